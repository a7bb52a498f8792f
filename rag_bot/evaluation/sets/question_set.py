"""A set of questions whose right passages are known, and what asking it gave, as JSON and as text for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag_bot.evaluation.intervals import interval_of_mean
from rag_bot.evaluation.measures import Measure, figures, rounded
from rag_bot.evaluation.results import now
from rag_bot.evaluation.runs import commit, settings_facts, versions
from rag_bot.evaluation.scores import Scores
from rag_bot.library import Library
from rag_bot.records import Hit, Progress, Status
from rag_bot.settings import Settings

_KEPT = 10  # of what a question found; by eye
_NAMED = 10  # questions that are named in one line; by eye

OnProgress = Callable[[Progress], None]


class QuestionSet(Protocol):
    """Questions whose right passages are known, and the notes that they are asked of.

    `questions` are the texts by id. `digest` changes with the notes and with anything else that `results_of` depends
    on; `measures` begin with the one that decides between two settings.
    """

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def questions(self) -> Mapping[str, str]: ...
    @property
    def measures(self) -> tuple[str, ...]: ...

    def limit(self, settings: Settings) -> int:
        """How many passages to ask for."""

    def folders(self, work: Path, on_progress: OnProgress) -> Sequence[Path]:
        """The folders of the notes, written below `work` where they do not exist yet."""

    def results_of(self, question_id: str, hits: Sequence[Hit], library: Library) -> list[Any]:
        """What of the library's hits is needed to score them, as JSON can hold it."""

    def index(self, settings: Settings) -> Path | None:
        """An index of the notes that is there already, made with these settings; else None."""

    def score(self, results: Mapping[str, list[Any]]) -> Scores:
        """The measures of each question in `results`."""


@dataclass(frozen=True, slots=True)
class SetResult:
    """What one way of asking found and how good that is, by question. `index` is what stood in the index.

    `unreadable` notes are not in it; `refused` questions can't be asked, being too long, and count as without result.
    """

    settings: Settings
    index: Status
    results: Mapping[str, list[Any]]
    scores: Scores
    unreadable: int
    refused: int
    ingest_seconds: float
    ask_seconds: float

    def values(self, measure: str) -> list[float]:
        """One for each question, in the order they were asked."""
        return [self.scores[question][measure] for question in self.results]


def measured(result: SetResult, measure: str, questions: Sequence[str] | None = None) -> Measure:
    """The mean of a measure over what was asked, or over some of the questions, with its interval."""
    values = np.array([result.scores[question][measure] for question in (questions or result.results)])
    return rounded(measure, values.mean(), interval_of_mean(values), len(values))


def set_json(result: SetResult, measures: Sequence[str], counts: Mapping[str, int]) -> dict[str, Any]:
    """What any set's result tells: counts, its own and these, measures with their intervals, and how it was asked."""
    return {
        "made": now(),
        "counts": {
            "questions": len(result.results),
            "without_result": sum(not found for found in result.results.values()),
            "refused": result.refused,
            "notes": result.index.notes,
            "passages": result.index.chunks,
            "unreadable": result.unreadable,
            **counts,
        },
        "measures": {name: figures(measured(result, name)) for name in measures},
        "seconds": {"ingest": round(result.ingest_seconds, 1), "ask": round(result.ask_seconds, 1)},
        "settings": settings_facts(result.settings),
        "model": result.index.model,
        "fingerprint": result.index.fingerprint,
        "commit": commit(),
        "versions": versions(),
    }


def figures_text(values: Mapping[str, Any]) -> str:
    """What `figures` gave, for people."""
    return f"{values['value']:.4f} ({values['low']:.3f}-{values['high']:.3f})"


def with_questions(values: Mapping[str, Any], result: SetResult) -> dict[str, Any]:
    """The result with each question's measures and the first of what it found."""
    questions = {id_: {**result.scores[id_], "found": found[:_KEPT]} for id_, found in result.results.items()}
    return {**values, "questions": questions}


def result_text(values: Mapping[str, Any]) -> RenderableType:
    """Measures with their intervals, by file where there are files, and what they were taken from."""
    counts, seconds = values["counts"], values["seconds"]
    split = f" {values['split']}" if "split" in values else ""
    about = (
        f"{values['set']}{split}: {counts['questions']:,} questions, {counts['notes']:,} notes in "
        f"{counts['passages']:,} passages; ingested in {seconds['ingest']:.0f} s, asked in {seconds['ask']:.0f} s"
    )
    columns = {"all" if "by_file" in values else "": values["measures"], **values.get("by_file", {})}
    table = Table("", *columns, box=None, header_style="bold")
    for name in values["measures"]:
        table.add_row(name, *(figures_text(measures[name]) for measures in columns.values()))
    warned = {
        "unreadable": "notes could not be read",
        "refused": "questions are too long to be asked, and count as without result",
        "judged_and_missing": "documents are judged that the set does not have",
        "mismatched": "questions have a span that is not what stands there, and is left out",
    }
    lines = [f"{counts[name]:,} {words}" for name, words in warned.items() if counts.get(name)]
    if named := values.get("mismatched", ()):
        lines.append(f"They are {', '.join(named[:_NAMED])}{' ...' if len(named) > _NAMED else ''}")
    warnings = [Text(line, style="yellow") for line in lines]
    return Group(table, Text(), *warnings, Text(about, style="dim"))


def digest_of(*values: Any) -> str:
    """A short hash of values that JSON can hold."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


def file_digest(*files: Path) -> str:
    """A hash of the contents of files, in this order."""
    whole = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()
