"""How far long work is: a bar on a terminal, JSON lines for the app, a line now and then for logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rag_bot.cli.command import remark, report, terminal
from rag_bot.records import Progress

LINE_SECONDS = 30.0  # after so long without a line there is one; set by hand
LEAST_SECONDS = 5.0  # so long there is none, however fast it goes; set by hand

_STAGES = {
    "documents": "Writing documents as notes",
    "notes": "Reading and embedding notes",
    "index": "Entering passages",
    "cases": "Asking",
    "questions": "Asking",
    "trials": "Trying settings",
    "sentences": "Checking",
}


class shown_progress:  # noqa: N801 - used as a function
    """Shows how far a sync or an evaluation is, on stderr.

    A bar for people, JSON lines for the app, and where neither is wanted a `Log`.
    """

    def __init__(self, as_json: bool, as_lines: bool) -> None:
        self._lines = as_lines
        self._console = terminal(stderr=True)
        self._bar: Any = None
        self._shown = not as_lines and not as_json and self._console.is_terminal

    def __enter__(self) -> Callable[[Progress], None]:
        if self._lines:
            return lambda progress: report(asdict(progress))
        if self._shown:
            from rich import progress as bars

            columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
            self._bar = bars.Progress(*columns, bars.TimeRemainingColumn(), console=self._console, transient=True)
            self._bar.start()
            self._tasks: dict[str, Any] = {}
            return self._advance
        return Log(remark)

    def _advance(self, progress: Progress) -> None:
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bar.add_task(_STAGES[progress.stage], total=progress.total)
        self._bar.update(self._tasks[progress.stage], completed=progress.done, total=progress.total)

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()


class Log:
    """A line for each tenth of a stage or each half minute; none for short work, and none for its end."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._at = clock()
        self._stage = ""
        self._tenth = 0

    def __call__(self, progress: Progress) -> None:
        if progress.done >= progress.total:
            return
        if progress.stage != self._stage:
            self._stage, self._tenth = progress.stage, 0
        tenth, waited = 10 * progress.done // progress.total, self._clock() - self._at
        if waited >= LINE_SECONDS or (waited >= LEAST_SECONDS and tenth > self._tenth):
            counted = f"{progress.done:,} of {progress.total:,} ({progress.done / progress.total:.0%})"
            self._write(f"{_STAGES[progress.stage]}: {counted}")
            self._at, self._tenth = self._clock(), tenth
