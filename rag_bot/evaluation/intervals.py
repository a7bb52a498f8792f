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


def resample(cases: int) -> NDArray[np.int64]:
    """Numbers of cases drawn with replacement, shape [resamples, cases]."""
    return np.random.default_rng(SEED).integers(cases, size=(RESAMPLES, cases))


def interval_of_mean(values: Floats) -> Interval:
    """The 95 % percentile bootstrap interval of a mean over cases (Efron 1979)."""
    return percentile_interval(values[resample(len(values))].mean(axis=1))


def interval_of(values: Floats, statistic: Callable[[Floats], Floats]) -> Interval:
    """The same for a figure that `statistic` computes along the last axis."""
    return percentile_interval(statistic(values[resample(len(values))]))


def percentile_interval(resampled: Floats) -> Interval:
    """The middle 95 % of a figure's values over the resamples."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def auroc(positive: Floats, negative: Floats) -> float:
    """The chance that a positive's value is above a negative's, ties counted half."""
    return float(_wins(positive, negative).mean())


def interval_of_auroc(positive: Floats, negative: Floats) -> Interval:
    """Its interval: positives and negatives are drawn again, each as many as there are."""
    wins = _wins(positive, negative)
    generator = np.random.default_rng(SEED)
    drawn = (generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES) for count in wins.shape)
    of_positive, of_negative = (counts / counts.shape[1] for counts in drawn)
    return percentile_interval(((of_positive @ wins) * of_negative).sum(axis=1))


def randomisation_p(before: Floats, after: Floats) -> float:
    """The two-sided p-value of a paired randomisation test of the means (Smucker et al. 2007).

    Under the hypothesis of no difference each pair could as well be the other way round: the share of 10,000 random
    choices of signs whose mean difference is at least as far from 0. The observed one is among them, so it is never 0.
    """
    differences = after - before
    changed = differences[np.abs(differences) > 1e-12]
    if not len(changed):
        return 1.0
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], size=(FLIPS, len(changed)))
    extreme = np.abs(signs @ changed) >= abs(changed.sum()) - 1e-9
    return float((extreme.sum() + 1) / (FLIPS + 1))


def _wins(positive: Floats, negative: Floats) -> Floats:
    """1 where a positive is above a negative, 0.5 where they are equal; shape [positives, negatives]."""
    wins: Floats = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    return wins
