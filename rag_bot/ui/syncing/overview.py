"""The side's HTML: what the index holds, how a sync is going, and what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from rag_bot.output import run_state
from rag_bot.records import Failure, Status
from rag_bot.ui.phrases import many, progress_words, run_words, since
from rag_bot.ui.syncing.glance import Glance
from rag_bot.ui.syncing.losses import kept_notes, question
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.syncing.watch_job import WatchState

_MOST_FAILURES = 20


def overview(glance: Glance, sync: SyncState, watch: WatchState) -> str:
    """Folders, counts, when it was synced with what result, the sync that runs, and what there is to decide.

    Until there are notes, the welcome tells how the first sync goes.
    """
    goes = f"{_running(glance, sync, watch)}{sync_result(sync)}{kept_notes(sync, watch)}" if glance.notes else ""
    return f'<div class="overview">{_holds(glance, sync)}<div class="sync" role="status">{goes}</div></div>'


def watching(watch: WatchState) -> str:
    """What stands below the switch."""
    trouble = f'<p class="notice">{escape(watch.error)}</p>' if watch.error else ""
    if not watch.on:
        return trouble
    if not watch.ready:
        words = "Trying again …" if watch.error else "Looking for changes …"
    else:
        words = f"Watching, last change {since(watch.changed)}" if watch.changed else "Watching for changes"
    return f'<p role="status">{escape(words)}</p>{trouble}'


def sync_result(sync: SyncState) -> str:
    """A bar while the app's own sync runs; then what went wrong, or what it asks."""
    if sync.running:
        return f"<p>{escape(progress_words(sync))}</p>{_bar(sync)}"
    if sync.question:
        return question(sync.question)
    if sync.error:
        return f'<p class="notice">{escape(sync.error.removeprefix("rag-bot: "))}</p>'
    return ""


def folder(root: Path, missing: Sequence[Path]) -> str:
    """A folder's name, and whether it is there."""
    gone = ' <span class="stale">not there now</span>' if root in missing else ""
    return f'<span title="{escape(str(root))}" dir="auto">{escape(root.name or str(root))}</span>{gone}'


def failures(failed: Sequence[Failure], name: str = "failures") -> str:
    """What could not be read and why, folded; with a name of its own it stays open while the page changes."""
    if not failed:
        return ""
    rows = "".join(
        f'<li><b dir="auto">{escape(one.path)}</b> {escape(one.error)}</li>' for one in failed[:_MOST_FAILURES]
    )
    more = f"<li>and {len(failed) - _MOST_FAILURES:,} more</li>" if len(failed) > _MOST_FAILURES else ""
    summary = f"{many(len(failed), 'file')} could not be read"
    return f'<details data-keep="{escape(name)}"><summary>{summary}</summary><ul>{rows}{more}</ul></details>'


def _holds(glance: Glance, sync: SyncState) -> str:
    status = glance.status
    if glance.problem:
        return '<p class="hint">The index can\'t be read</p>'
    if status is None or not status.roots:
        return '<p class="hint nothing">No notes yet</p>'
    folders = "".join(f"<li>{folder(root, status.missing)}</li>" for root in status.roots)
    counted = f"<p>{many(status.notes, 'note')} · {many(status.chunks, 'passage')}</p>" if status.last_synced else ""
    return f'<ul class="folders">{folders}</ul>{counted}{_synced(status, sync)}{failures(status.failed)}'


def _synced(status: Status, sync: SyncState) -> str:
    """The last sync that went through; where a later one did not, that as well."""
    states = [run_state(run, status.writer, place) for place, run in enumerate(status.runs)]
    done = next((run for run, state in zip(status.runs, states, strict=True) if state == "done"), None)
    result = f" · {run_words(done, 'done')}" if done else ""
    good = f"<p>Synced {escape(since(status.last_synced) + result)}</p>" if status.last_synced else ""
    told = sync.question or sync.error
    if states and states[0] in ("failed", "killed") and not told:
        newest = status.runs[0]
        how = f"The sync of {since(newest.started)}: {run_words(newest, states[0])}"
        return f'{good}<p title="{escape(newest.error)}">{escape(how)}</p>'
    return good


def _running(glance: Glance, sync: SyncState, watch: WatchState) -> str:
    """A sync that is not this app's own job."""
    writer = glance.pulse.writer
    if writer is None or sync.running:
        return ""
    if watch.pid and writer.pid == watch.pid:
        return "<p>Syncing what changed …</p>"
    begun = f" since {since(writer.started)}" if writer.started else ""
    return f"<p>Another process is syncing{escape(begun)} …</p>"


def _bar(sync: SyncState) -> str:
    value = f' value="{sync.done}" max="{sync.total}"' if sync.total else ""
    return f'<progress aria-label="Sync"{value}></progress>'
