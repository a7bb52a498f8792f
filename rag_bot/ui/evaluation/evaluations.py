"""The page of evaluations, as it has to look now: the run that goes on, those that were kept, and what is chosen."""

from __future__ import annotations

import threading
from html import escape
from pathlib import Path
from typing import Any

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import case_files, read_cases
from rag_bot.evaluation.feedback import Feedback
from rag_bot.settings import Settings
from rag_bot.ui.evaluation.evaluation_job import EvaluationJob, EvaluationState
from rag_bot.ui.evaluation.run_list import Chosen, RunLine, RunLists, made_words, runs_html
from rag_bot.ui.words import many

_FOLDER = Path("eval")  # in the working folder, where `rag-bot eval` looks as well
_REMEMBERED = 4  # choices, for as many open pages
_NO_CASES = (
    "Thumbs up or down under an answer makes a case of it, and they collect here. "
    "Or type the path of a file with one case, a JSON object, a line."
)


class Evaluations:
    """Safe to use from several threads."""

    def __init__(self, settings: Settings, job: EvaluationJob) -> None:
        self.job = job
        self._feedback = Feedback(settings)
        self._lists = RunLists(settings)
        self._lock = threading.Lock()
        self._files: list[tuple[str, str]] = []
        self._made: list[tuple[tuple[RunLine, ...], str]] = []

    def files(self) -> list[tuple[str, str]]:
        """Labels and paths of the files of cases that are known: the feedback, and those in `eval/`."""
        own = [self._feedback.path] if self._feedback.path.is_file() and self._feedback.path.stat().st_size else []
        self._files = [_labelled(path, self._feedback.path) for path in (*own, *case_files(_FOLDER))]
        return self._files

    def views(self, chosen: Chosen, notes: int) -> dict[str, Any]:
        """The parts of the page; `notes` is how many are indexed."""
        with self._lock:
            found = self._lists.now()
            shown = found.choose(chosen)
            return {
                "evaluating": evaluating(self.job.state, notes, bool(self._files)),
                "runs": runs_html(found, shown),
                "result": self._result(shown),
            }

    def tick(self, chosen: Chosen, name: str, *, ticked: bool) -> Chosen:
        """What is chosen after a tick was set or taken, in the order of ticking: at most two; the first gives way."""
        now = [run.name for run in self._lists.now().choose(chosen)]
        ordered = [*(one for one in now if one not in chosen), *(one for one in chosen if one in now)]
        others = tuple(one for one in ordered if one != name)
        return (*others[-1:], name) if ticked else others

    def _result(self, shown: tuple[RunLine, ...]) -> str:
        """Made once for a choice, as long as it is among the last few."""
        made = next((html for some, html in self._made if some == shown), None)
        if made is None:
            made = _describe(shown) if shown else ""
            self._made = [(shown, made), *self._made[: _REMEMBERED - 1]]
        return made


def evaluating(state: EvaluationState, notes: int, has_cases: bool) -> str:
    """How the run goes or went; before one, what there is to know."""
    if state.running:
        name = escape(Path(state.file).name)
        bar = f'<progress aria-label="Run" value="{state.done}" max="{max(1, state.total)}"></progress>'
        words = "Stopping …" if state.stopped else f"Asking the cases of {name}: {state.done:,} of {state.total:,}"
        stop = '<button type="button" data-stop data-focus="stop">Stop</button>'
        return f'<div class="going" role="status"><div><p>{words}</p>{bar}</div>{stop}</div>'
    if state.error:
        return f'<p class="notice" role="status">{escape(state.error)}</p>'
    if state.stopped:
        return '<p class="hint" role="status">Stopped; nothing of this run is kept.</p>'
    if not notes:
        return '<p class="hint">Nothing is indexed yet. Read a folder of notes first, then ask it cases.</p>'
    return "" if has_cases else f'<p class="hint">No cases yet. {_NO_CASES}</p>'


def _describe(shown: tuple[RunLine, ...]) -> str:
    """One run, or two compared. Numbers and plots are only loaded when somebody looks."""
    from rag_bot.evaluation.compare import compare_results
    from rag_bot.evaluation.results import read_result
    from rag_bot.ui.evaluation.comparison_view import comparison_html
    from rag_bot.ui.evaluation.result_view import result_html

    try:
        results = [read_result(run.path) for run in shown]
        if len(results) == 1:
            return result_html(results[0])
        before, after = (f"{run.file}, {made_words(run.made)}" for run in shown)
        return comparison_html(compare_results(results[0], results[1], (before, after)))
    except UsageError as error:
        return f'<p class="notice">{escape(str(error))}</p>'


def _labelled(path: Path, feedback: Path) -> tuple[str, str]:
    name = "Your feedback" if path == feedback else str(path)
    try:
        return f"{name} · {many(len(read_cases(path)), 'case')}", str(path)
    except UsageError:  # a run will say what is wrong
        return name, str(path)
