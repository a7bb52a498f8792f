"""What every command needs: shared options, the library it asks, and the one place where it prints.

Printed text is never read as markup, and the terminal never obeys it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from rag_bot.errors import UsageError
from rag_bot.output.visible import Visible, json_text, visible, visible_line
from rag_bot.records import Filters

if TYPE_CHECKING:
    from rag_bot.library import Library
    from rag_bot.settings import FolderSettings, Settings


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise UsageError(f"--today {text!r} is no day. Write it as in 2026-04-02.") from error


def filters_of(
    folder: str | None, tag: str | None, since: str | None, until: str | None, today: date | None = None
) -> Filters:
    """The filters that these options are. Raises UsageError where a time cannot be read."""
    from rag_bot.query.filters import read_filters

    return read_filters(folder, tag, since, until, today=today, prefix="--")


AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, everything else on stderr.")]
Folder = Annotated[str | None, typer.Option("--folder", help="Only notes in this folder.")]
Tag = Annotated[str | None, typer.Option("--tag", help="Only notes with this tag.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Only notes of then or later: 2026-03, 'last month'.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Only notes of then or earlier.")]
Today = Annotated[
    date | None,
    typer.Option("--today", metavar="YYYY-MM-DD", parser=_day, help="The day that it is asked on, if not today."),
]


def load(context: typer.Context, **flags: Any) -> Settings:
    """The settings, with the flags before the command and these, which win. Imports what it needs when it is called.

    On a terminal it is asked whether what a rag-bot.toml sets beyond the harmless may count.
    """
    from rag_bot.settings import load_settings, read_folder

    if can_ask():
        found = read_folder(Path.cwd())
        if found.pending:
            ask_to_agree(found)
    return load_settings(**context.obj | {name: value for name, value in flags.items() if value is not None})


def can_ask() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_to_agree(found: FolderSettings) -> bool:
    """Asks whether the file may count, and remembers a yes. Raises UsageError where something in it is no setting."""
    from rag_bot.trust import SETTINGS, agree

    found.check()
    agrees = typer.confirm(f"{sets(found)} Use them?", err=True)
    if agrees:
        agree(SETTINGS, str(found.file), found.digest)
    return agrees


def sets(found: FolderSettings) -> str:
    """What its user has to agree to, whole, in a sentence on one line."""
    told = ", ".join(f"{name} = {value!r}" for name, value in found.other.items())
    return visible_line(f"{found.file} sets {told}.")


def open_library(context: typer.Context) -> Library:
    """The library of the settings, to be closed. What is wrong with these shows before the library is loaded."""
    settings = load(context)
    from rag_bot.library import Library

    return Library(settings)


def terminal(*, stderr: bool = False) -> Console:
    """A console that takes no text for markup or emoji. What is printed on it goes through `put`."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def put(console: Console, what: RenderableType, style: str = "") -> None:
    """Prints text, or what Rich can render, with the controls in it made visible; lines are not broken."""
    console.print(Visible(Text(what) if isinstance(what, str) else what), style=style, soft_wrap=True)


def show(as_json: bool, values: dict[str, Any], text: Callable[[], RenderableType]) -> None:
    """A command's result on stdout: one JSON object, or text for people."""
    if as_json:
        sys.stdout.write(json_text(values, indent=1) + "\n")
    else:
        put(terminal(), text())


def say(text: str) -> None:
    """A line on stdout, at once."""
    print(visible_line(text), flush=True)


def remark(text: str) -> None:
    """A line on stderr, at once: an error, or what people should know beside the result."""
    print(f"rag-bot: {visible_line(' '.join(text.split()))}", file=sys.stderr, flush=True)


def report(values: dict[str, Any]) -> None:
    """A line of JSON on stderr, at once, for the app."""
    print(json_text(values), file=sys.stderr, flush=True)


def write_out(text: str) -> None:
    """A whole text on stdout, which may be a terminal."""
    sys.stdout.write(visible(text))


def print_traceback() -> None:
    """That of the error that is being handled, on stderr."""
    print(visible(traceback.format_exc()), file=sys.stderr)
