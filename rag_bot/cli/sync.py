"""The commands that make the index equal to the notes, and tell how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_bot.cli.command import AsJson, can_ask, open_library, remark, say, show
from rag_bot.cli.progress import shown_progress
from rag_bot.errors import IndexUnusable, NotesLost, RagBotError, UsageError
from rag_bot.records import SyncReport

if TYPE_CHECKING:
    from rag_bot.library import Library

FAILED, SOME_UNREADABLE = 1, 3

app = typer.Typer()


@app.command(
    epilog="Examples:\n\n  rag-bot ingest ~/notes\n\n  rag-bot ingest            (all folders again)\n\n"
    "  rag-bot ingest --ray ray://cluster.example.org:10001"
)
def ingest(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders of notes.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and touch nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and sync whenever a note is saved.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove the notes of folders that are gone or nearly empty.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep those notes, and sync the rest.")] = False,
    ray: Annotated[
        str,
        typer.Option(
            "--ray", metavar="ADDRESS", help="Send passages to this Ray cluster, which embeds them: auto, HOST:6379."
        ),
    ] = "",
    as_json: AsJson = False,
    progress: Annotated[bool, typer.Option("--progress", hidden=True)] = False,
) -> None:
    """Make the index equal to these folders; without PATH, to all that were ingested before."""
    from rag_bot.output import dry_run_json, nesting_words, report_json, report_text
    from rag_bot.store.ownership import Standing, standing

    if (yes and keep) or (watch and (dry_run or yes or ray)) or (dry_run and ray):
        raise UsageError(
            "--yes and --keep, --watch and --dry-run, --yes or --ray, and --dry-run and --ray exclude each other."
        )
    if watch:
        _watch(context, paths or (), as_json)
        return
    on_loss = "remove" if yes else "keep" if keep else "ask"
    with open_library(context) as library:
        roots = _roots(library) if paths else []
        say_what_leaves(library)
        is_strange = not dry_run and standing(library.settings.index) is Standing.STRANGE

        def sync(on_loss: str) -> SyncReport:
            with shown_progress(as_json, progress) as on_progress:
                return library.ingest(paths or (), dry_run=dry_run, on_loss=on_loss, ray=ray, on_progress=on_progress)

        try:
            report = sync(on_loss)
        except NotesLost as error:
            report = sync(_ask_about(error, as_json))
        if is_strange:
            remark(f"the index in {library.settings.index} was not made here: it has these folders alone now")
    for path in paths or ():
        if words := nesting_words(path.expanduser().resolve(), roots):
            remark(words)
    values = dry_run_json(report) if dry_run else report_json(report)
    show(as_json, values, lambda: report_text(report, dry_run=dry_run))
    if report.failed:
        raise typer.Exit(SOME_UNREADABLE)


@app.command(epilog="Examples:\n\n  rag-bot forget ~/old-notes")
def forget(context: typer.Context, folder: Path, as_json: AsJson = False) -> None:
    """Remove a folder's notes from the index. The folder itself is not touched, and may be gone."""
    from rag_bot.output import nesting_words, report_json

    with open_library(context) as library:
        report = library.forget(folder)
        words = nesting_words(folder.expanduser().resolve(), _roots(library))
    show(as_json, report_json(report), lambda: f"{len(report.plan.deleted):,} notes of {folder} forgotten")
    if words:
        remark(words)
    if folder.expanduser().absolute() in library.settings.notes:
        remark(f"the settings still name {folder}; the next ingest without PATH reads it again")


@app.command(epilog="Examples:\n\n  rag-bot verify\n\n  rag-bot verify --repair")
def verify(
    context: typer.Context,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is wrong with the index.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare folders and index, and say what is wrong."""
    from rag_bot.output import verification_json, verification_text

    with open_library(context) as library, shown_progress(as_json, False) as on_progress:
        found = library.verify(repair=repair, on_progress=on_progress)
    show(as_json, verification_json(found), lambda: verification_text(found))
    if found.problems:
        raise typer.Exit(FAILED)


@app.command(epilog="Examples:\n\n  rag-bot status\n\n  rag-bot status --json")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """What is indexed, with which model, and when it was last synced."""
    from rag_bot.output import status_json, status_text

    with open_library(context) as library:
        found = library.status()
    show(as_json, status_json(found), lambda: status_text(found))


def _roots(library: Library) -> list[Path]:
    """The folders that are in the index; none where there is no index."""
    try:
        return [root.folder for root in library.roots()]
    except IndexUnusable:
        return []


def _watch(context: typer.Context, paths: Sequence[Path], as_json: bool) -> None:
    """A line for each sync that changed something, and for a trouble that is new.

    With --json an object for each sync, on a line of its own.
    """
    import time

    from rag_bot.output import json_text, report_json, sync_line

    def on_report(report: SyncReport) -> None:
        if as_json:
            say(json_text(report_json(report)))
        elif not report.plan.is_empty or [report.failed, report.kept] != last:
            for line in sync_line(report, time.strftime("%H:%M:%S")).split("\n"):
                say(line)
        last[:] = [report.failed, report.kept]
        trouble[:] = []

    def on_error(error: RagBotError) -> None:
        if [str(error)] != trouble:
            remark(f"{time.strftime('%H:%M:%S')} {error}")
        trouble[:] = [str(error)]

    last: list[object] = []
    trouble: list[str] = []
    with open_library(context) as library:
        say_what_leaves(library)
        library.watch(paths, on_report=on_report, on_error=on_error)


def say_what_leaves(library: Library) -> None:
    """A line on stderr for what of the index is on another machine."""
    from rag_bot.store.postgres import remote_database
    from rag_bot.store.server import remote_place

    if place := library.settings.catalogue and remote_database(library.settings.catalogue):
        remark(f"the texts of your notes are sent to the database at {place}.")
    if place := library.settings.vectors and remote_place(library.settings.vectors):
        remark(f"the vectors of your passages, but not their texts, are sent to the Chroma server at {place}.")


def _ask_about(error: NotesLost, as_json: bool) -> str:
    """Where somebody can answer, ask; else the error says how to answer beforehand."""
    if as_json or not can_ask():
        raise error
    remark(str(error))
    try:
        return "remove" if typer.confirm("Remove these notes from the index?", err=True) else "keep"
    except typer.Abort:
        raise error from None
