"""Tries settings over ranges: the best of them on one half of the questions, reported on the other half."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import split_of
from rag_bot.evaluation.intervals import randomisation_p
from rag_bot.evaluation.measures import Measure, figures
from rag_bot.evaluation.results import now
from rag_bot.evaluation.runs import commit, override, settings_facts, split_assignments, versions
from rag_bot.evaluation.sets.bench import Bench
from rag_bot.evaluation.sets.question_set import figures_text, measured
from rag_bot.models import CHUNK_WINDOW
from rag_bot.settings import Settings

MOST_TRIALS = 500  # set by hand: with a question a tenth of a second, a set of 300 takes hours

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SettingsTrial:
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
    trials: tuple[SettingsTrial, ...]
    best: SettingsTrial
    tested: Measure
    tested_present: Measure
    p: float
    dev: int
    test: int

    @property
    def present(self) -> SettingsTrial:
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


def sweep_settings(
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
    measures = bench.questions.measures
    if measure is None:
        measure = measures[0]
    elif measure not in measures:
        raise UsageError(f"There is no measure {measure!r} here. Measures are: {', '.join(measures)}.")
    halves: dict[str, list[str]] = {"dev": [], "test": []}
    for question in bench.questions.questions:
        halves[split_of(question)].append(question)
    dev, test = halves["dev"], halves["test"]
    if not (dev and test):
        raise UsageError("There are too few questions for two halves. Give a larger set.")
    others = [override(settings, values) for values in grid]  # all are checked before any is tried
    present_values = _values_of(settings, grid)
    tried = [settings, *(other for other in others if _values_of(other, grid) != present_values)]
    trials = []
    for done, trial in enumerate(tried):
        on_trial(done, len(tried))
        trials.append(SettingsTrial(_values_of(trial, grid), measured(bench.ask(trial, dev), measure).value))
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


def sweep_json(swept: Sweep, name: str, settings: Settings) -> dict[str, Any]:
    """Every trial by the development half; the best and the present `settings` by the test half; of the set `name`."""
    return {
        "kind": "sweep",
        "set": name,
        "made": now(),
        "measure": swept.measure,
        "trials": [{**trial.values, "dev": trial.score} for trial in swept.trials],
        "best": dict(swept.best.values),
        "test": figures(swept.tested),
        "present": dict(swept.present.values),
        "test_of_present": figures(swept.tested_present),
        "p": swept.p,
        "questions": {"dev": swept.dev, "test": swept.test},
        "settings": settings_facts(settings),
        "commit": commit(),
        "versions": versions(),
    }


def sweep_text(values: Mapping[str, Any]) -> RenderableType:
    """The trials with the best marked, then the test half."""
    names = list(values["best"])
    table = Table(*names, f"{values['measure']} on dev", "", box=None, header_style="bold")
    for number, trial in enumerate(values["trials"]):
        is_best = all(trial[name] == value for name, value in values["best"].items())
        marks = [word for word, holds in (("best", is_best), ("present", number == 0)) if holds]
        row = (*(str(trial[name]) for name in names), f"{trial['dev']:.4f}", ", ".join(marks))
        table.add_row(*row, style="bold" if is_best else "")
    halves = values["questions"]
    tested = f"On test: best {figures_text(values['test'])}, "
    if values["best"] == values["present"]:
        tested += "which are the present settings"
    else:
        tested += f"present {figures_text(values['test_of_present'])}, p = {values['p']:.4f}"
    about = f"{values['set']}: {halves['dev']:,} questions for dev, {halves['test']:,} for test"
    return Group(table, Text(), Text(tested), Text(about, style="dim"))


def _values_of(settings: Settings, grid: Sequence[Values]) -> dict[str, Any]:
    """The values that these settings have for the names of a grid."""
    known = settings.retrieval.model_dump(mode="json") | {
        "model": settings.model,
        "chunk_tokens": settings.chunk_tokens or CHUNK_WINDOW,
    }
    return {name: known[name] for name in grid[0]}


def _expanded(name: str, values: str) -> list[str]:
    """The values that `a,b:c:step` stands for; a model's name may have a colon in it."""
    expanded: list[str] = []
    for part in (part.strip() for part in values.split(",")):
        bounds = part.split(":") if name != "model" else [part]
        if len(bounds) == 1:
            expanded.append(part)
            continue
        try:
            low, high, step = map(Decimal, bounds)
            count = int((high - low) / step)
        except (InvalidOperation, ValueError, ZeroDivisionError):
            count = -1
        if not 0 <= count < MOST_TRIALS or step <= 0:
            raise UsageError(f"{name}={part} is no range; write FIRST:LAST:STEP, as in 0.3:0.8:0.1.")
        expanded += [f"{(low + step * number).normalize():f}" for number in range(count + 1)]
    return list(dict.fromkeys(filter(None, expanded)))
