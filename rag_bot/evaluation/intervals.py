"""How far a figure may be off: intervals, tests of differences, and what is too few to tell. All with a fixed seed."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log10
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

# scipy.stats takes half a second to import, so it is imported where it is needed.

Floats = NDArray[np.float64]
Interval = tuple[float, float]
Statistic = Callable[[Floats], Floats]
"""A figure of many samples at once: over the last axis."""

RESAMPLES = 2_000  # usual for a percentile interval (Efron and Tibshirani 1993, 13.3: at least 1,000)
PERMUTATIONS = 10_000  # the standard error of p = 0.05 is then 0.002
CONFIDENCE = 0.95
CHANCE = 0.05  # the usual level
TOO_FEW = "too few to tell"
_WIDEST = 0.4  # of an interval that tells something: a fifth either way; set by hand
_MOST_DIGITS = 3  # that any set of cases here carries
SEED = 20_260  # any will do, if it is always the same
_AT_ONCE = 500  # permutations: with 1,000 cases some 4 MB for each array
_TIE = 9  # digits: sums in another order differ by less, and are the same difference


def mean(values: Floats) -> Floats:
    """Over the last axis."""
    means: Floats = values.mean(axis=-1)
    return means


def interval_of_mean(values: Floats) -> Interval:
    """The 95 % percentile bootstrap interval of a mean over cases (Efron 1979)."""
    return interval_of(values, mean)


def interval_of_share(count: float, total: int) -> Interval:
    """The 95 % score interval of a share, `count` of `total` > 0 (Wilson 1927, JASA 22), wide also at 0 and 1.

    `count` may as well be the sum of values between 0 and 1, such as recalls: these spread less than as many of 0 and
    1 with the same mean do, so the interval is rather too wide than too narrow.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, spread = count / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    reach = (share * (1 - share) * spread + spread * spread / 4) ** 0.5 / (1 + spread)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def is_too_wide(interval: Interval) -> bool:
    """Whether an interval of something between 0 and 1 is so wide that its middle tells nothing."""
    low, high = interval
    return high - low > _WIDEST


def digits_of(interval: Interval) -> int:
    """The digits behind the point that a figure with this interval carries: as many as half its width has noughts."""
    low, high = interval
    return min(_MOST_DIGITS, max(1, ceil(-log10((high - low) / 2)))) if high > low else _MOST_DIGITS


def can_differ(differing: int) -> bool:
    """Whether a paired randomisation test of so many pairs that differ can find that it is no chance at all.

    All of 2 ** differing choices are alike, and at least two of them, the observed and its reverse, are as far from 0.
    """
    return 2.0 ** (1 - differing) < CHANCE


def interval_of(values: Floats, statistic: Statistic) -> Interval:
    """The same for another figure; of one case it is the figure itself."""
    return _bootstrap((values,), statistic)


def auroc(positive: Floats, negative: Floats) -> Floats:
    """The chance that a positive's value is above a negative's, ties counted half; over the last axis of both.

    By the ranks of the positives among all (Mann and Whitney 1947).
    """
    from scipy.stats import rankdata

    positives, negatives = positive.shape[-1], negative.shape[-1]
    ranks = rankdata(np.concatenate([positive, negative], axis=-1), axis=-1)[..., :positives].sum(axis=-1)
    chance: Floats = (ranks - positives * (positives + 1) / 2) / (positives * negatives)
    return chance


def interval_of_auroc(positive: Floats, negative: Floats) -> Interval:
    """Its interval: positives and negatives are drawn again, each as many as there are."""
    return _bootstrap((positive, negative), auroc)


def randomisation_p(before: Floats, after: Floats, statistic: Statistic = mean) -> float:
    """The two-sided p-value of a paired randomisation test (Smucker et al. 2007).

    Without a difference each pair could as well be the other way round. So: the share of 10,000 random choices, for
    each pair, of which is which, whose difference is at least as far from 0; of all choices, where there are no more.
    The observed choice is one of them, so it is never 0.
    """
    from scipy.stats import permutation_test

    if np.array_equal(before, after) or len(before) == 1:
        return 1.0

    def distance(before: Floats, after: Floats, axis: int) -> Floats:  # noqa: ARG001 - always the last
        difference: Floats = np.abs(statistic(after) - statistic(before)).round(_TIE)
        return difference

    test = permutation_test(
        (before, after),
        distance,
        permutation_type="samples",
        alternative="greater",
        n_resamples=PERMUTATIONS,
        batch=_AT_ONCE,
        vectorized=True,
        rng=np.random.default_rng(SEED),
    )
    return float(test.pvalue)


def _bootstrap(samples: tuple[Floats, ...], statistic: Callable[..., Floats]) -> Interval:
    """The percentile interval of a figure of some samples, each drawn again by itself."""
    from scipy.stats import bootstrap

    drawn = bootstrap(
        # It wants two values; a single one drawn twice gives the same figure.
        [np.repeat(sample, 2) if len(sample) == 1 else sample for sample in samples],
        lambda *resampled, axis: statistic(*resampled),  # noqa: ARG005 - always the last
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        method="percentile",
        vectorized=True,
        rng=np.random.default_rng(SEED),
    )
    low, high = drawn.confidence_interval
    return float(low), float(high)
