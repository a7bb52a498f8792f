"""Two results -> what changed from the one to the other, and whether it may be chance; a result and the baseline that
later runs of the same cases must not fall below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import NEAR_TOPIC, OFF_TOPIC
from rag_bot.evaluation.intervals import CHANCE, Floats, Statistic, auroc, can_differ, mean, randomisation_p
from rag_bot.evaluation.measures import (
    AUROCS,
    COSTS,
    LATENCIES,
    LESS_IS_BETTER,
    SHARES,
    Measure,
    measure,
    missing_words,
    score_of,
)
from rag_bot.evaluation.results import Outcome, Result
from rag_bot.files import save_text

FORMAT = "rag-bot baseline 1"
Pair = tuple[Outcome, Outcome]


@dataclass(frozen=True, slots=True)
class MeasureDifference:
    """A measure in both results, over the cases that have it in both, and the p-value of the difference.

    `differing` is in how many of the cases it is not the same.
    """

    name: str
    before: float
    after: float
    p: float
    cases: int
    differing: int

    @property
    def digits(self) -> int:
        """Behind the point, when it is shown: as many as a single case changes, but for a hundred cases two."""
        return 1 if self.name in LATENCIES else 2 if self.cases <= 100 else 3

    @property
    def is_too_few(self) -> bool:
        """Whether so few cases differ that the test could not tell whatever they were."""
        return not can_differ(self.differing)

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
    differences: tuple[MeasureDifference, ...]
    fixed: tuple[Flip, ...]
    broken: tuple[Flip, ...]
    missing: tuple[str, ...]
    changed_settings: tuple[str, ...] = ()


def compare_results(before: Result, after: Result, names: tuple[str, str] = ("before", "after")) -> Comparison:
    """What changed over the cases that both have, with the same question, pattern and evidence.

    Raises:
        UsageError: they have no case in common.
    """
    others = {outcome.case.id: outcome for outcome in after.outcomes}
    pairs = [
        (outcome, others[outcome.case.id])
        for outcome in before.outcomes
        if outcome.case.id in others and others[outcome.case.id].case == outcome.case
    ]
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
        difference.name: {
            "before": round(difference.before, 4),
            "after": round(difference.after, 4),
            "difference": round(difference.after - difference.before, 4),
            "p": round(difference.p, 4),
            "cases": difference.cases,
            "differing": difference.differing,
        }
        for difference in comparison.differences
    }
    return asdict(comparison) | {"differences": differences}


def _left_out(before: Result, after: Result, common: int, names: tuple[str, str]) -> str:
    ids = [{outcome.case.id for outcome in result.outcomes} for result in (before, after)]
    counts = (
        (len(ids[0] - ids[1]), f"only in {names[0]}"),
        (len(ids[1] - ids[0]), f"only in {names[1]}"),
        (len(ids[0] & ids[1]) - common, "written otherwise in both"),
    )
    return ", ".join(f"{count:,} {where}" for count, where in counts if count)


def _differences(pairs: Sequence[Pair]) -> Iterator[MeasureDifference]:
    for name in SHARES:
        yield from _difference(name, [(score_of(then, name), score_of(now, name)) for then, now in pairs], mean)
    for name, kind in zip(AUROCS, (OFF_TOPIC, NEAR_TOPIC, None), strict=True):
        of_kind = [pair for pair in pairs if pair[0].case.answerable or kind in (None, pair[0].case.kind)]
        answerable = np.array([then.case.answerable for then, _ in of_kind])
        if answerable.any() and not answerable.all():
            confidences = [(then.confidence, now.confidence) for then, now in of_kind]
            yield from _difference(name, confidences, partial(_auroc_of, answerable))
    milliseconds = [(then.seconds * 1000, now.seconds * 1000) for then, now in pairs]
    for name, share in zip(LATENCIES, (0.5, 0.95), strict=True):
        yield from _difference(name, milliseconds, partial(np.quantile, q=share, axis=-1))


def _difference(
    name: str, values: Sequence[tuple[float | None, float | None]], statistic: Statistic
) -> Iterator[MeasureDifference]:
    """One difference, or none where no case has the measure in both."""
    both = np.array([pair for pair in values if None not in pair], dtype=float)
    if len(both):
        before, after = both[:, 0], both[:, 1]
        p = randomisation_p(before, after, statistic)
        differing = int((before != after).sum())
        yield MeasureDifference(name, float(statistic(before)), float(statistic(after)), p, len(both), differing)


def _auroc_of(answerable: NDArray[np.bool_], confidences: Floats) -> Floats:
    return auroc(confidences[..., answerable], confidences[..., ~answerable])


def _flip(pair: Pair) -> Flip:
    before, after = (tuple(line.location for line in outcome.citations) for outcome in pair)
    return Flip(pair[0].case.id, pair[0].case.kind, pair[0].case.question, before, after)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The measures of a result, without times, which hang on the machine, and the ids of the cases that were right."""

    cases_file: str
    made: str
    commit: str
    settings: Mapping[str, Any]
    fingerprint: str
    measures: tuple[Measure, ...]
    right: tuple[str, ...]
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class FallenMeasure:
    """A measure that is now worse than all of the baseline's interval; `value` is None where no case has it."""

    baseline: Measure
    value: float | None

    def __str__(self) -> str:
        now = "not measured" if self.value is None else f"{self.value:.4f}"
        then = self.baseline
        if then.name in LESS_IS_BETTER:
            return f"{then.name} is {now}, above {then.high:.4f}, the upper end of the baseline's {then.value:.4f}"
        return f"{then.name} is {now}, below {then.low:.4f}, the lower end of the baseline's {then.value:.4f}"


_BASELINE: TypeAdapter[Baseline] = TypeAdapter(Baseline)


def baseline_of(result: Result) -> Baseline:
    """What a later run is held to."""
    return Baseline(
        cases_file=result.cases_file,
        made=result.made,
        commit=result.commit,
        settings=result.settings,
        fingerprint=result.index.fingerprint,
        measures=tuple(figure for figure in measure(result.outcomes).values() if figure.name not in COSTS),
        right=tuple(outcome.case.id for outcome in result.outcomes if outcome.right),
    )


def write_baseline(result: Result, path: Path) -> None:
    """Make a result the baseline.

    Raises:
        UsageError: it can't be written there.
    """
    save_text(path, _BASELINE.dump_json(baseline_of(result), indent=1).decode() + "\n")


def read_baseline(path: Path) -> Baseline:
    """A baseline that was written.

    Raises:
        UsageError: the file can't be read or is no baseline of this version.
    """
    try:
        baseline = _BASELINE.validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"The baseline {path} cannot be read: {error.strerror}.") from error
    except ValidationError:
        baseline = None
    if baseline is None or baseline.format != FORMAT:
        raise UsageError(f"{path} is no baseline of this version. Make one with `rag-bot eval run --baseline`.")
    return baseline


def falls(result: Result, baseline: Baseline) -> list[FallenMeasure]:
    """The measures that fell beyond the baseline's intervals."""
    now = measure(result.outcomes)
    values = [(then, now[then.name].value if then.name in now else None) for then in baseline.measures]
    return [FallenMeasure(then, value) for then, value in values if value is None or _is_worse(value, then)]


def _is_worse(value: float, then: Measure) -> bool:
    return value > then.high if then.name in LESS_IS_BETTER else value < then.low


def newly_wrong(result: Result, baseline: Baseline) -> Sequence[Outcome]:
    """The cases that were right in the baseline and are not now."""
    right = set(baseline.right)
    return [outcome for outcome in result.outcomes if not outcome.right and outcome.case.id in right]
