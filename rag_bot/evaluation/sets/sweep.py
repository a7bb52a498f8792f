"""Tries settings over ranges: the best of them on one half of the questions, reported on the other half."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from itertools import product
from typing import Any

import numpy as np

from rag_bot.errors import UsageError
from rag_bot.evaluation.intervals import interval_of_mean, randomisation_p
from rag_bot.evaluation.measures import Measure
from rag_bot.evaluation.overrides import override, split_assignments
from rag_bot.evaluation.sets.bench import Asked, Bench
from rag_bot.models import CHUNK_WINDOW
from rag_bot.settings import Settings

MOST_TRIALS = 500

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings, and their mean of the measure over the questions of the development half."""

    values: Values
    score: float


@dataclass(frozen=True, slots=True)
class Sweep:
    """`trials` in the order of the grid; the present settings are the first, with the values they have.

    `tested` and `tested_present` are the best and the present settings on the test half, `p` the chance of a difference
    like theirs without any (paired randomisation test).
    """

    measure: str
    trials: tuple[Trial, ...]
    best: Trial
    tested: Measure
    tested_present: Measure
    p: float
    dev: int
    test: int

    @property
    def present(self) -> Trial:
        return self.trials[0]


def read_grid(given: Sequence[str]) -> list[dict[str, str]]:
    """`["dense_weight=0.3:0.5:0.1", "fusion=convex,rrf"]` -> each combination, the last name changing first.

    `a:b:step` is a range with both ends, commas separate values and ranges.

    Raises:
        UsageError: a setting or range is none, or there are more combinations than anybody would wait for.
    """
    ranges = {name: _expanded(name, values) for name, values in split_assignments(given).items()}
    if not ranges or not all(ranges.values()):
        raise UsageError("Nothing to try. Give settings with their values, as in dense_weight=0.3:0.8:0.1.")
    combinations = [dict(zip(ranges, values, strict=True)) for values in product(*ranges.values())]
    if len(combinations) > MOST_TRIALS:
        raise UsageError(f"These are {len(combinations):,} combinations; at most {MOST_TRIALS} are tried. Give fewer.")
    return combinations


def split_of(question_id: str) -> str:
    """ "dev" or "test", by nothing but the id; the same halves as those of cases."""
    return "test" if sha256(question_id.encode()).digest()[0] % 2 else "dev"


def sweep(
    bench: Bench,
    settings: Settings,
    grid: Sequence[Values],
    *,
    measure: str | None = None,
    on_trial: Callable[[int, int], None] = lambda *_: None,
) -> Sweep:
    """Ask the questions of the development half with each of the settings, and those of the other with the best.

    Between settings that are equal to four digits the present ones win, then the earlier. `on_trial` hears how many
    trials of how many are done.

    Raises:
        UsageError: a value is none that its setting can have, the measure is unknown, or a half has no questions.
    """
    measure = _known(measure, bench.questions.measures)
    dev, test = _halves(bench.questions.questions)
    tried = _with_present(settings, grid)
    trials = []
    for done, one in enumerate(tried):
        on_trial(done, len(tried))
        trials.append(Trial(_values_of(one, grid), measured(bench.ask(one, dev), measure).value))
    on_trial(len(tried), len(tried))
    best = max(range(len(trials)), key=lambda number: (trials[number].score, -number))
    present, winner = (bench.ask(tried[number], test) for number in (0, best))
    return Sweep(
        measure=measure,
        trials=tuple(trials),
        best=trials[best],
        tested=measured(winner, measure),
        tested_present=measured(present, measure),
        p=randomisation_p(np.array(present.values(measure)), np.array(winner.values(measure))),
        dev=len(dev),
        test=len(test),
    )


def measured(asked: Asked, measure: str, questions: Sequence[str] | None = None) -> Measure:
    """The mean of a measure over what was asked, or over some of the questions, with its interval."""
    values = np.array([asked.scores[question][measure] for question in (questions or asked.found)])
    low, high = interval_of_mean(values)
    return Measure(measure, round(float(values.mean()), 4), round(low, 4), round(high, 4), len(values))


def _known(measure: str | None, measures: Sequence[str]) -> str:
    if measure is None:
        return measures[0]
    if measure not in measures:
        raise UsageError(f"There is no measure {measure!r} here. Measures are: {', '.join(measures)}.")
    return measure


def _halves(questions: Iterable[str]) -> tuple[list[str], list[str]]:
    halves: dict[str, list[str]] = {"dev": [], "test": []}
    for question in questions:
        halves[split_of(question)].append(question)
    if not all(halves.values()):
        raise UsageError("There are too few questions for two halves. Give a larger set.")
    return halves["dev"], halves["test"]


def _with_present(settings: Settings, grid: Sequence[Values]) -> list[Settings]:
    """The present settings, then all others of the grid. All are checked before any is tried."""
    others = [override(settings, values) for values in grid]
    return [settings, *(one for one in others if _values_of(one, grid) != _values_of(settings, grid))]


def _values_of(settings: Settings, grid: Sequence[Values]) -> dict[str, Any]:
    """The values that these settings have for the names of a grid."""
    known = settings.retrieval.model_dump(mode="json") | {
        "model": settings.model,
        "chunk_tokens": settings.chunk_tokens or CHUNK_WINDOW,
    }
    return {name: known[name] for name in grid[0]}


def _expanded(name: str, values: str) -> list[str]:
    found: list[str] = []
    for one in (part.strip() for part in values.split(",")):
        bounds = one.split(":") if name != "model" else [one]
        found += _range(name, bounds) if len(bounds) > 1 else [one]
    return list(dict.fromkeys(filter(None, found)))


def _range(name: str, bounds: Sequence[str]) -> list[str]:
    try:
        low, high, step = map(Decimal, bounds)
        count = int((high - low) / step)
    except (InvalidOperation, ValueError, ZeroDivisionError):
        count = -1
    if not 0 <= count < MOST_TRIALS or step <= 0:
        raise UsageError(f"{name}={':'.join(bounds)} is no range; write FIRST:LAST:STEP, as in 0.3:0.8:0.1.")
    return [f"{(low + step * number).normalize():f}" for number in range(count + 1)]
