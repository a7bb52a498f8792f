"""What the commands share: options, the library they ask, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType

from rag_bot.records import Progress

if TYPE_CHECKING:
    from rag_bot.library import Library
    from rag_bot.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, everything else on stderr.")]
Folder = Annotated[str | None, typer.Option("--folder", help="Only notes in this folder.")]
Tag = Annotated[str | None, typer.Option("--tag", help="Only notes with this tag.")]

DEFAULT_CASES = Path("eval/questions.jsonl")

_STAGES = {
    "documents": "Writing documents as notes",
    "notes": "Reading and embedding notes",
    "index": "Entering passages",
    "cases": "Asking",
    "questions": "Asking",
    "trials": "Trying settings",
}


def load(context: typer.Context, **flags: Any) -> Settings:
    from rag_bot.settings import load_settings

    return load_settings(**context.obj, **flags)


def open_library(context: typer.Context) -> Library:
    settings = load(context)
    from rag_bot.library import Library

    return Library(settings)


def show(as_json: bool, values: dict[str, Any], text: Callable[[], RenderableType]) -> None:
    if as_json:
        print(json.dumps(values, ensure_ascii=False, indent=1))
    else:
        Console(highlight=False).print(text(), soft_wrap=True)


class shown_progress:  # noqa: N801 - used as a function
    """Shows how far a sync or an evaluation is.

    A bar for people, JSON lines for the app, nothing where stderr is no terminal.
    """

    def __init__(self, as_json: bool, as_lines: bool) -> None:
        self._lines = as_lines
        self._console = Console(stderr=True)
        self._bar: Any = None
        self._shown = not as_lines and not as_json and self._console.is_terminal

    def __enter__(self) -> Callable[[Progress], None]:
        if self._lines:
            return lambda progress: print(json.dumps(asdict(progress)), file=sys.stderr, flush=True)
        if self._shown:
            from rich import progress as bars

            columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
            self._bar = bars.Progress(*columns, bars.TimeRemainingColumn(), console=self._console, transient=True)
            self._bar.start()
            self._tasks: dict[str, Any] = {}
            return self._advance
        return lambda _: None

    def _advance(self, progress: Progress) -> None:
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bar.add_task(_STAGES[progress.stage], total=progress.total)
        self._bar.update(self._tasks[progress.stage], completed=progress.done, total=progress.total)

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()
