"""A baseline that later runs of the same cases must not fall below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rag_bot.errors import UsageError
from rag_bot.evaluation.measures import COSTS, Measure, measure
from rag_bot.evaluation.results import Outcome, Result
from rag_bot.files import save_text

FORMAT = "rag-bot baseline 1"


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
class Fall:
    """A measure that is now below the lower end of the baseline's interval; `value` is None where no case has it."""

    baseline: Measure
    value: float | None

    def __str__(self) -> str:
        now = "not measured" if self.value is None else f"{self.value:.4f}"
        then = self.baseline
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
        measures=tuple(one for one in measure(result.outcomes).values() if one.name not in COSTS),
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
        found = _BASELINE.validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"The baseline {path} cannot be read: {error.strerror}.") from error
    except ValidationError:
        found = None
    if found is None or found.format != FORMAT:
        raise UsageError(f"{path} is no baseline of this version. Make one with `rag-bot eval run --baseline`.")
    return found


def falls(result: Result, baseline: Baseline) -> list[Fall]:
    """The measures that fell beyond the baseline's intervals."""
    now = measure(result.outcomes)
    values = [(then, now[then.name].value if then.name in now else None) for then in baseline.measures]
    return [Fall(then, value) for then, value in values if value is None or value < then.low]


def newly_wrong(result: Result, baseline: Baseline) -> Sequence[Outcome]:
    """The cases that were right in the baseline and are not now."""
    right = set(baseline.right)
    return [outcome for outcome in result.outcomes if not outcome.right and outcome.case.id in right]
