"""The side's HTML: how the notes are in one line, how a sync is going, what is wrong, and what is to be decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from rag_bot.output import run_state
from rag_bot.records import Failure, Status
from rag_bot.ui.phrases import many, run_words, since, time_left
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.syncing.watch_job import WatchState
from rag_bot.ui.templating import macros

_MOST_FAILURES = 20  # files that are named; set by hand
# The end of a sync's question, which tells the flags to answer with in a terminal.
_FOR_TERMINALS = re.compile(r"\s*Nothing was changed, and they still answer\..*", re.DOTALL)
_LOSSES = {
    "missing": "is not there. Is its disk mounted?",
    "empty": "holds no notes any more. Is its disk mounted?",
    "fewer": "lost more than half of its notes.",
}
"""What became of a folder, by the reason that the report of a sync has."""


def overview(snapshot: IndexSnapshot, sync: SyncState, watch: WatchState, *, is_kept_up: bool = False) -> Markup:
    """How many notes there are and when they were synced; the sync that runs, what is wrong, and what is to be decided.

    Until there are notes, the welcome asks what is to be decided. `is_kept_up` while the page of notes shows that the
    app repairs the index or removes a folder.
    """
    html = macros("syncing.html")
    if not snapshot.notes:
        return html.overview(_facts(snapshot, sync), sync_result(sync) if sync.running else "")
    running, writer = Markup(), snapshot.writer
    if writer and not sync.running and not is_kept_up:  # a sync that is not the app's own job
        is_watch = watch.pid and writer.pid == watch.pid
        begun = f" since {since(writer.started)}" if writer.started else ""
        running = html.running("Syncing what changed …" if is_watch else f"Another process is syncing{begun} …")
    result = sync_result(sync, _meanwhile(snapshot))
    return html.overview(_facts(snapshot, sync), running + result + _kept_notes(sync, watch))


def _meanwhile(snapshot: IndexSnapshot) -> str:
    """What answers while a sync runs."""
    if snapshot.status and snapshot.status.waiting:
        return f"You can ask meanwhile: the newest {many(snapshot.notes, 'note')} answer already."
    return "You can ask meanwhile: your notes answer as they were before."


def watching(watch: WatchState) -> Markup:
    """What stands below the switch."""
    words = ""
    if watch.on and not watch.ready:
        words = "Trying again …" if watch.error else "Looking for changes …"
    elif watch.on:
        words = f"Watching, last change {since(watch.changed)}" if watch.changed else "Watching for changes"
    return macros("syncing.html").watching(words, watch.error)


def sync_result(sync: SyncState, answering: str = "") -> Markup:
    """A bar while the app's own sync runs; then what went wrong, or what it asks.

    `answering` says what answers meanwhile.
    """
    html = macros("syncing.html")
    if sync.running:
        return html.progress(progress_words(sync), sync, answering)
    if sync.question:
        return html.lost_notes(_FOR_TERMINALS.sub("", sync.question))
    if sync.error:
        return macros("base.html").notice(sync.error)
    return Markup("")


def progress_words(sync: SyncState) -> str:
    """Such as "120 of 578 notes read, about 2 minutes left"."""
    if sync.stopped:
        return "Stopping …"
    if not sync.total:
        return "Looking at your notes …"
    if sync.stage == "index":
        return f"Almost done: {sync.done:,} of {sync.total:,} passages"
    left = f", {time_left(sync.seconds_left)}" if sync.seconds_left is not None else ""
    return f"{sync.done:,} of {many(sync.total, 'note')} read{left}"


def folder(root: Path, missing: Sequence[Path]) -> Markup:
    """A folder's name, and whether it is there."""
    return macros("syncing.html").folder(root, root.name or str(root), root in missing)


def failures(failed: Sequence[Failure], name: str = "failures") -> Markup:
    """What could not be read and why, folded; with a name of its own it stays open while the page changes."""
    if not failed:
        return Markup("")
    title, more = f"{many(len(failed), 'file')} could not be read", len(failed) - _MOST_FAILURES
    return macros("syncing.html").failures(name, title, failed[:_MOST_FAILURES], f"{more:,}" if more > 0 else "")


def _facts(snapshot: IndexSnapshot, sync: SyncState) -> Markup:
    """What the index holds, and what is wrong with it."""
    status, html = snapshot.status, macros("syncing.html")
    if snapshot.problem:
        return macros("base.html").hint("The index can't be read")
    if status is None or not status.roots:
        return macros("base.html").hint("No notes yet", kind="nothing")
    states = [run_state(run, status.writer, place) for place, run in enumerate(status.runs)]
    failed = len(status.failed)
    return html.facts(
        counts=many(status.notes, "note"),
        synced=since(status.last_synced) if status.last_synced else "",
        missing=[folder(root, status.missing) for root in status.missing],
        failed=f"{many(failed, 'file')} could not be read" if failed else "",
        last_failure=_last_failure(status, states, is_told=bool(sync.question or sync.error or sync.stopped)),
    )


def _last_failure(status: Status, states: Sequence[str], *, is_told: bool) -> tuple[str, str] | None:
    """Why the newest sync did not go through, and how it ended; None where it did, or that is told already."""
    if is_told or not states or states[0] not in ("failed", "killed"):
        return None
    newest = status.runs[0]
    return newest.error, f"The sync of {since(newest.started)}: {run_words(newest, states[0])}"


def _kept_notes(sync: SyncState, watch: WatchState) -> Markup:
    """The folders whose lost notes the last sync kept, each with a button that removes them."""
    if sync.running or sync.question:
        return Markup("")
    report = (watch.report if watch.reported > sync.reported else sync.report) or {}
    asks = []
    for loss in report.get("kept", ()):
        path, lost, known = str(loss["folder"]), int(loss["lost"]), int(loss["known"])
        name = path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path
        which = many(known, "note") if lost == known else f"{lost:,} of its {many(known, 'note')}"
        why = _LOSSES.get(str(loss["reason"]), "")
        asks.append(macros("syncing.html").kept_notes(path, name, why, which, many(lost, "note")))
    return Markup("").join(asks)
