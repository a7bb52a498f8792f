"""What the index holds and how a sync is going, in words."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from rag_bot.records import Status
from rag_bot.ui.sync_job import SyncState

_MOST_FAILURES = 20


def overview(status: Status | None, state: SyncState) -> str:
    """The side's HTML: folders, counts, when it was synced, and the sync that runs or ran last."""
    return f'<div class="overview">{_holds(status)}<div class="sync" role="status">{sync_result(state)}</div></div>'


def _holds(status: Status | None) -> str:
    if status is None or not status.roots:
        return '<p class="hint">No notes yet.</p>'
    folders = "".join(f"<li>{_folder(root)}</li>" for root in status.roots)
    failed = f"<p>{_many(len(status.failed), 'file')} could not be read</p>" if status.failed else ""
    return (
        f'<ul class="folders">{folders}</ul>'
        f"<p>{_many(status.notes, 'note')} · {_many(status.chunks, 'passage')}</p>"
        f"<p>Synced {escape(when(status.last_synced))}</p>{failed}"
    )


def _folder(root: Path) -> str:
    missing = "" if root.is_dir() else ' <span class="stale">not there now</span>'
    return f'<span title="{escape(str(root))}" dir="auto">{escape(root.name or str(root))}</span>{missing}'


def when(started: str | None, *, now: datetime.datetime | None = None) -> str:
    """A time as the catalogue writes it, in local words."""
    if not started:
        return "never"
    moment = datetime.datetime.fromisoformat(started).astimezone()
    today = (now or datetime.datetime.now()).astimezone().date()
    days = (today - moment.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, moment.date().isoformat())
    return f"{day} {moment:%H:%M}"


def sync_result(state: SyncState) -> str:
    """A bar while a sync runs, then what it did."""
    if state.running:
        return f"<p>{escape(progress_words(state))}</p>{_bar(state)}"
    if state.error:
        return f'<p class="notice">{escape(state.error.removeprefix("rag-bot: "))}</p>'
    return _report(state.report) if state.report is not None else ""


def progress_words(state: SyncState) -> str:
    """Such as "Reading your notes: 120 of 578"."""
    if not state.total:
        return "Looking for changed notes …"
    if state.stage == "index":
        return f"Entering passages: {state.done:,} of {state.total:,}"
    return f"Reading your notes: {state.done:,} of {state.total:,}"


def _bar(state: SyncState) -> str:
    value = f' value="{state.done}" max="{state.total}"' if state.total else ""
    return f'<progress aria-label="Sync"{value}></progress>'


def _report(report: Mapping[str, Any]) -> str:
    failed = report.get("failed", [])
    return f"<p>{escape(report_words(report))}</p>{_failures(failed)}"


def report_words(report: Mapping[str, Any]) -> str:
    """Such as "2 added, 1 changed; 575 unchanged."."""
    counts = {name: _count(report.get(name)) for name in ("added", "changed", "moved", "deleted", "unchanged")}
    unchanged = counts.pop("unchanged")
    done = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    return f"{done}; {unchanged:,} unchanged." if done else f"Nothing new; {unchanged:,} unchanged."


def _count(value: object) -> int:
    """Counts, or the lists of what is counted."""
    return len(value) if isinstance(value, list) else int(str(value or 0))


def _failures(failed: Sequence[Mapping[str, Any]]) -> str:
    if not failed:
        return ""
    rows = "".join(
        f'<li><b dir="auto">{escape(str(failure.get("path", "")))}</b> {escape(str(failure.get("error", "")))}</li>'
        for failure in failed[:_MOST_FAILURES]
    )
    more = f"<li>and {len(failed) - _MOST_FAILURES:,} more</li>" if len(failed) > _MOST_FAILURES else ""
    summary = f"{_many(len(failed), 'file')} could not be read"
    return f"<details><summary>{summary}</summary><ul>{rows}{more}</ul></details>"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
