"""Two results -> what changed from the one to the other, and whether it may be chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import NEAR_TOPIC, OFF_TOPIC
from rag_bot.evaluation.intervals import Floats, auroc, mean, randomisation_p
from rag_bot.evaluation.measures import AUROCS, LATENCIES, SHARES, missing_words, score_of
from rag_bot.evaluation.results import Outcome, Result

CHANCE = 0.05
Pair = tuple[Outcome, Outcome]
_Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure in both results, over the cases that have it in both, and the p-value of the difference."""

    name: str
    before: float
    after: float
    p: float
    cases: int

    @property
    def digits(self) -> int:
        """Behind the point, when it is shown."""
        return 1 if self.name in LATENCIES else 3

    @property
    def is_clear(self) -> bool:
        """Whether chance alone seldom does it. Times say more of the machine's load than of the settings."""
        return self.p < CHANCE and self.name not in LATENCIES


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that was right in one result and wrong in the other: the places that were quoted, none for abstained."""

    id: str
    kind: str
    question: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`common` cases are the same in both; `left_out` says in words which are not compared, "" where all are.

    `fixed` went from wrong to right, `broken` from right to wrong. `missing` names the evidence that was not in the
    notes for one of them, and so counted as not found. `changed_settings` says in words which settings differ.
    """

    before: str
    after: str
    common: int
    left_out: str
    differences: tuple[Difference, ...]
    fixed: tuple[Flip, ...]
    broken: tuple[Flip, ...]
    missing: tuple[str, ...]
    changed_settings: tuple[str, ...] = ()


def compare_results(before: Result, after: Result, names: tuple[str, str] = ("before", "after")) -> Comparison:
    """What changed over the cases that both have, with the same question, pattern and evidence.

    Raises:
        UsageError: they have no case in common.
    """
    pairs = _pairs(before, after)
    if not pairs:
        raise UsageError(f"{names[0]} and {names[1]} have no case in common. Compare runs of the same file of cases.")
    return Comparison(
        before=names[0],
        after=names[1],
        common=len(pairs),
        left_out=_left_out(before, after, len(pairs), names),
        differences=tuple(_differences(pairs)),
        fixed=tuple(_flip(pair) for pair in pairs if pair[1].right and not pair[0].right),
        broken=tuple(_flip(pair) for pair in pairs if pair[0].right and not pair[1].right),
        missing=tuple(dict.fromkeys(missing_words(outcome for pair in pairs for outcome in pair))),
        changed_settings=tuple(
            f"{name} {before.settings.get(name)}, then {value}"
            for name, value in after.settings.items()
            if before.settings.get(name) != value
        ),
    )


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """A comparison as the JSON of the command line; figures rounded to four digits."""
    differences = {
        one.name: {
            "before": round(one.before, 4),
            "after": round(one.after, 4),
            "difference": round(one.after - one.before, 4),
            "p": round(one.p, 4),
            "cases": one.cases,
        }
        for one in comparison.differences
    }
    return asdict(comparison) | {"differences": differences}


def _pairs(before: Result, after: Result) -> list[Pair]:
    others = {outcome.case.id: outcome for outcome in after.outcomes}
    return [
        (outcome, others[outcome.case.id])
        for outcome in before.outcomes
        if outcome.case.id in others and others[outcome.case.id].case == outcome.case
    ]


def _left_out(before: Result, after: Result, common: int, names: tuple[str, str]) -> str:
    ids = [{outcome.case.id for outcome in result.outcomes} for result in (before, after)]
    counts = (
        (len(ids[0] - ids[1]), f"only in {names[0]}"),
        (len(ids[1] - ids[0]), f"only in {names[1]}"),
        (len(ids[0] & ids[1]) - common, "written otherwise in both"),
    )
    return ", ".join(f"{count:,} {where}" for count, where in counts if count)


def _differences(pairs: Sequence[Pair]) -> Iterator[Difference]:
    for name in SHARES:
        yield from _difference(name, [(score_of(one, name), score_of(other, name)) for one, other in pairs], mean)
    for name, kind in zip(AUROCS, (OFF_TOPIC, NEAR_TOPIC, None), strict=True):
        some = [pair for pair in pairs if pair[0].case.answerable or kind in (None, pair[0].case.kind)]
        answerable = np.array([one.case.answerable for one, _ in some])
        if answerable.any() and not answerable.all():
            confidences = [(one.confidence, other.confidence) for one, other in some]
            yield from _difference(name, confidences, partial(_auroc_of, answerable))
    milliseconds = [(one.seconds * 1000, other.seconds * 1000) for one, other in pairs]
    for name, share in zip(LATENCIES, (0.5, 0.95), strict=True):
        yield from _difference(name, milliseconds, partial(np.quantile, q=share, axis=-1))


def _difference(
    name: str, values: Sequence[tuple[float | None, float | None]], statistic: _Statistic
) -> Iterator[Difference]:
    """One difference, or none where no case has the measure in both."""
    both = np.array([pair for pair in values if None not in pair], dtype=float)
    if len(both):
        before, after = both[:, 0], both[:, 1]
        p = randomisation_p(before, after, statistic)
        yield Difference(name, float(statistic(before)), float(statistic(after)), p, len(both))


def _auroc_of(answerable: NDArray[np.bool_], confidences: Floats) -> Floats:
    return auroc(confidences[..., answerable], confidences[..., ~answerable])


def _flip(pair: Pair) -> Flip:
    before, after = (tuple(one.location for one in outcome.citations) for outcome in pair)
    return Flip(pair[0].case.id, pair[0].case.kind, pair[0].case.question, before, after)
