"""The page of evaluations, as it has to look now: the run that goes on, those that were kept, and what is chosen."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from rag_bot.errors import UsageError, reason_of
from rag_bot.evaluation.cases import case_files, read_cases
from rag_bot.evaluation.feedback import KIND, Feedback
from rag_bot.evaluation.measures import Measure, share_of
from rag_bot.evaluation.results import kept_results, read_result
from rag_bot.library import Library
from rag_bot.ui.evaluation.evaluation_job import EvaluationJob, EvaluationState
from rag_bot.ui.phrases import many, when
from rag_bot.ui.templating import macros

if TYPE_CHECKING:
    from rag_bot.evaluation.results import Result

Chosen = tuple[str, ...]
"""The names of the runs that are looked at: one, or two that are compared; none for the newest."""
_CASES_FOLDER = Path("eval")  # in the working folder, where `rag-bot eval` looks as well
_MOST_LISTED = 30  # runs; set by hand
_MOST_REMEMBERED = 4  # choices, for as many open pages; set by hand
_NO_CASES = (
    "No cases yet. Thumbs up or down under an answer makes a case of it, and they collect here. "
    "Or type the path of a file with one case, a JSON object, a line."
)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in the list; `recall` is None where no case has evidence, `right` where there is no case."""

    path: Path
    made: str
    file: str
    cases: int
    right: Measure | None
    recall: Measure | None
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, path: Path, result: Result) -> RunSummary:
        return cls(
            path=path,
            made=result.made,
            file=file_words(result),
            cases=len(result.outcomes),
            right=share_of("right", result.outcomes),
            recall=share_of("recall@5", result.outcomes),
            settings=result.settings,
        )

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class RunList:
    """The runs, the newest first, and why the other files are none."""

    runs: tuple[RunSummary, ...] = ()
    skipped: tuple[str, ...] = ()

    def choose(self, chosen: Chosen) -> tuple[RunSummary, ...]:
        """Those that are chosen and still there, the older first; else the newest."""
        still_there = tuple(run for run in reversed(self.runs) if run.name in chosen)
        return still_there or self.runs[:1]


class KeptRuns:
    """The runs whose results were kept. Reads each file once, and again when it has changed."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[tuple[Path, int, int], RunSummary | str] = {}

    def list(self) -> RunList:
        """The runs as their files are now."""
        try:
            files = [(path, path.stat()) for path in kept_results(self._library.settings) if path.is_file()]
        except OSError as error:
            return RunList(skipped=(f"The kept results cannot be read: {reason_of(error)}.",))
        keys = [(path, state.st_mtime_ns, state.st_size) for path, state in files]
        self._known = {key: self._known.get(key) or _read(key[0]) for key in keys}
        runs = [run for run in self._known.values() if isinstance(run, RunSummary)]
        return RunList(
            tuple(sorted(runs, key=lambda run: (run.made, run.name), reverse=True)),
            tuple(why for why in self._known.values() if isinstance(why, str)),
        )


class Evaluations:
    """What the page shows and offers. Safe to use from several threads."""

    def __init__(self, library: Library, job: EvaluationJob) -> None:
        self.job = job
        self._feedback = Feedback(library.settings)
        self._kept_runs = KeptRuns(library)
        self._lock = threading.Lock()
        self._files: tuple[object, list[tuple[str, str]]] = (None, [])
        self._results: list[tuple[tuple[RunSummary, ...], Markup]] = []

    def files(self) -> list[tuple[str, str]]:
        """Labels and paths of the files of cases that are known: the feedback, and those in `eval/`.

        They are read anew only after one of them has changed.
        """
        own = self._feedback.path
        states = [(path, path.stat()) for path in (own, *_CASES_FOLDER.glob("*.jsonl")) if path.is_file()]
        stamp = sorted((path, state.st_mtime_ns, state.st_size) for path, state in states)
        if stamp != self._files[0]:
            has_own = any(path == own and state.st_size for path, state in states)
            files = [_labelled(own, "Your feedback")] if has_own else []
            self._files = (stamp, files + [_labelled(path, str(path)) for path in case_files(_CASES_FOLDER)])
        return self._files[1]

    def views(self, chosen: Chosen, notes: int) -> dict[str, Any]:
        """The parts of the page as HTML, by name; `notes` is how many are indexed."""
        with self._lock:
            listed, files = self._kept_runs.list(), self.files()
            shown = listed.choose(chosen)
            return {
                "cases": macros("evaluation.html").cases(files),
                "evaluating": evaluating(self.job.state, notes, bool(files)),
                "runs": runs_html(listed, shown),
                "result": self._result(shown),
            }

    def _result(self, shown: tuple[RunSummary, ...]) -> Markup:
        """Made once for a choice, as long as it is among the last few."""
        html = next((html for runs, html in self._results if runs == shown), None)
        if html is None:
            html = _describe(shown) if shown else Markup()
            self._results = [(shown, html), *self._results[: _MOST_REMEMBERED - 1]]
        return html


def evaluating(state: EvaluationState, notes: int, has_cases: bool) -> Markup:
    """How the run goes or went, as HTML; before one, what there is to know."""
    base = macros("base.html")
    if state.running:
        progress = f"Asking the cases of {Path(state.file).name}: {state.done:,} of {state.total:,}"
        return macros("evaluation.html").running(state, "Stopping …" if state.stopped else progress)
    if state.error:
        return base.notice(state.error)
    if state.stopped:
        return base.hint("Stopped; nothing of this run is kept.", role="status")
    if not notes:
        return base.hint("Nothing is indexed yet. Read a folder of notes first, then ask it cases.")
    return Markup() if has_cases else base.hint(_NO_CASES)


def runs_html(listed: RunList, shown: Sequence[RunSummary]) -> Markup:
    """A table in which a run is shown by a click, and two are compared by their ticks."""
    from rag_bot.evaluation.tables import figure

    names = list(dict.fromkeys(name for run in listed.runs for name in run.settings))
    values = {name: {repr(run.settings[name]) for run in listed.runs if name in run.settings} for name in names}
    differing = [name for name in names if len(values[name]) > 1]  # runs of older versions have fewer settings

    def settings_words(run: RunSummary) -> str:
        told = ((name, run.settings.get(name)) for name in differing)
        return ", ".join(f"{name} {value}" for name, value in told if value not in (None, ""))

    def row(run: RunSummary) -> tuple[Any, ...]:
        right, recall = ("–" if measure is None else figure(measure) for measure in (run.right, run.recall))
        return run, made_words(run.made), right, recall, settings_words(run), run in shown

    rows = [row(run) for run in listed.runs[:_MOST_LISTED]]
    older = len(listed.runs) - _MOST_LISTED
    return macros("evaluation.html").runs(rows, many(older, "older run") if older > 0 else "", listed.skipped)


def made_words(made: str) -> str:
    """When a run was made, in local words."""
    return when(made.replace("Z", "+00:00"))


def file_words(result: Result) -> str:
    """The file of a run's cases; what comes from feedback alone is called so."""
    from_feedback = result.outcomes and all(outcome.case.kind == KIND for outcome in result.outcomes)
    return "Your feedback" if from_feedback else result.cases_file


def _describe(shown: tuple[RunSummary, ...]) -> Markup:
    """One run, or two compared. Numbers and plots are only loaded when somebody looks."""
    from rag_bot.evaluation.compare import compare_results
    from rag_bot.ui.evaluation.result_view import comparison_html, result_html

    try:
        results = [read_result(run.path) for run in shown]
        titles = [f"{run.file}, {made_words(run.made)}" for run in shown]
        if len(results) == 1:
            return result_html(results[0], titles[0])
        return comparison_html(compare_results(results[0], results[1], (titles[0], titles[1])))
    except UsageError as error:
        return macros("base.html").notice(str(error), role="")


def _read(path: Path) -> RunSummary | str:
    try:
        return RunSummary.of(path, read_result(path))
    except UsageError as error:
        return str(error)


def _labelled(path: Path, name: str) -> tuple[str, str]:
    try:
        return f"{name} · {many(len(read_cases(path)), 'case')}", str(path)
    except UsageError:  # a run will say what is wrong
        return name, str(path)
