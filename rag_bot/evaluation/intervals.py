"""How far a figure may be off: bootstrap intervals, and tests of differences. All with a fixed seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]

RESAMPLES = 2_000
FLIPS = 10_000
CONFIDENCE = 0.95
SEED = 20_260
_AT_ONCE = 500


def mean(values: Floats) -> Floats:
    """Over the last axis."""
    found: Floats = values.mean(axis=-1)
    return found


def resample(cases: int) -> NDArray[np.int64]:
    """Numbers of cases drawn with replacement, shape [resamples, cases]."""
    return np.random.default_rng(SEED).integers(cases, size=(RESAMPLES, cases))


def interval_of_mean(values: Floats) -> Interval:
    """The 95 % percentile bootstrap interval of a mean over cases (Efron 1979)."""
    return interval_of(values, mean)


def interval_of(values: Floats, statistic: Callable[[Floats], Floats]) -> Interval:
    """The same for a figure that `statistic` computes along the last axis."""
    return percentile_interval(statistic(values[resample(len(values))]))


def percentile_interval(resampled: Floats) -> Interval:
    """The middle 95 % of a figure's values over the resamples."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def auroc(positive: Floats, negative: Floats) -> Floats:
    """The chance that a positive's value is above a negative's, ties counted half; over the last axis of both."""
    wins: Floats = _wins(positive, negative).mean(axis=(-1, -2))
    return wins


def interval_of_auroc(positive: Floats, negative: Floats) -> Interval:
    """Its interval: positives and negatives are drawn again, each as many as there are."""
    wins = _wins(positive, negative)
    generator = np.random.default_rng(SEED)
    drawn = (generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES) for count in wins.shape)
    of_positive, of_negative = (counts / counts.shape[1] for counts in drawn)
    return percentile_interval(((of_positive @ wins) * of_negative).sum(axis=1))


def randomisation_p(before: Floats, after: Floats, statistic: Callable[[Floats], Floats] = mean) -> float:
    """The two-sided p-value of a paired randomisation test (Smucker et al. 2007); `statistic` is over the last axis.

    Without a difference each pair could as well be the other way round. So: the share of 10,000 random choices, for
    each pair, of which is which, whose difference is at least as far from 0. The observed choice is one of them, so it
    is never 0.
    """
    if np.array_equal(before, after):
        return 1.0
    observed = abs(float(statistic(after) - statistic(before)))
    generator, extreme = np.random.default_rng(SEED), 0
    for _ in range(FLIPS // _AT_ONCE):
        swapped = generator.random((_AT_ONCE, len(before))) < 0.5
        differences = statistic(np.where(swapped, before, after)) - statistic(np.where(swapped, after, before))
        extreme += int((np.abs(differences) >= observed - 1e-9).sum())
    return (extreme + 1) / (FLIPS + 1)


def _wins(positive: Floats, negative: Floats) -> Floats:
    """1 where a positive is above a negative, 0.5 where they are equal; shape [..., positives, negatives]."""
    above, below = positive[..., :, None], negative[..., None, :]
    wins: Floats = (above > below) + 0.5 * (above == below)
    return wins
