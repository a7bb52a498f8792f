"""The page of notes: what the index holds, its last syncs, and a list in which every note opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rag_bot.output import run_state
from rag_bot.records import NoteState, Run, Status
from rag_bot.ui.notes.note_list import ALL, STATES
from rag_bot.ui.phrases import duration, many, run_words, since, size, when
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot
from rag_bot.ui.syncing.overview import failures, folder

MOST_ROWS = 200
_LABELS = {ALL: "All"} | {state: state.capitalize() for state in STATES}


def summary(glance: IndexSnapshot) -> str:
    """Totals, model, folders and the last syncs."""
    status = glance.status
    if status is None:
        return f'<p class="hint">{escape(glance.problem or "Nothing is indexed yet.")}</p>'
    return (
        f"{_totals(status)}{_facts(status)}"
        f'<details class="history" data-keep="history"><summary>Last syncs</summary>{_history(status)}</details>'
    )


def filters(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Labels with counts, and states. "Indexed" is what all are that are in no other one."""
    return [(f"{_LABELS[state]} {counts.get(state, 0):,}", state) for state in (ALL, *STATES[1:])]


def rows(found: Sequence[NoteState]) -> str:
    """The notes that were found, as far as there is room."""
    if not found:
        return '<p class="hint">No note fits.</p>'
    more = len(found) - MOST_ROWS
    rest = f'<p class="hint">and {more:,} more; search to find them</p>' if more > 0 else ""
    return f'<ul class="notes">{"".join(_row(note) for note in found[:MOST_ROWS])}</ul>{rest}'


def _totals(status: Status) -> str:
    totals = (
        (f"{status.notes:,}", "note" if status.notes == 1 else "notes"),
        (f"{status.chunks:,}", "passage" if status.chunks == 1 else "passages"),
        (size(status.bytes_on_disk), "on disk"),
    )
    return f'<p class="totals">{"".join(f"<span><b>{number}</b> {unit}</span>" for number, unit in totals)}</p>'


def _facts(status: Status) -> str:
    folders = "".join(
        f'<li>{folder(root, status.missing)} <span class="place">{escape(str(root))}</span></li>'
        for root in status.roots
    )
    writer = status.writer
    named = f"process {writer.pid}" if writer and writer.pid else "a process"
    begun = f", since {since(writer.started)}" if writer and writer.started else ""
    facts = {
        "Folders": f"<ul>{folders}</ul>",
        "Model": f'{escape(status.model)} <span class="place">{escape(status.fingerprint)}</span>',
        "Synced": escape(when(status.last_synced) or "not yet") + failures(status.failed),
        "Running": escape(f"a sync ({named}{begun})") if writer else "",
    }
    shown = "".join(f"<dt>{name}</dt><dd>{fact}</dd>" for name, fact in facts.items() if fact)
    return f"<dl>{shown}</dl>"


def _history(status: Status) -> str:
    lines = "".join(_run(run, run_state(run, status.writer, place)) for place, run in enumerate(status.runs))
    return f"<table><thead><tr><th>When</th><th>What</th><th>Took</th></tr></thead><tbody>{lines}</tbody></table>"


def _run(run: Run, state: str) -> str:
    why = f'<p class="why">{escape(run.error)}</p>' if run.error else ""
    took = duration(run.seconds) if run.seconds is not None else ""
    return (
        f'<tr class="{state}"><td>{escape(when(run.started))}</td>'
        f"<td>{escape(run_words(run, state))}{why}{failures(run.failed, run.started)}</td><td>{took}</td></tr>"
    )


def _row(note: NoteState) -> str:
    path = escape(note.path)
    badge = "" if note.state == "indexed" else f'<span class="state {escape(note.state)}">{escape(note.state)}</span>'
    facts = [many(note.passages, "passage")] if note.synced or note.passages else []
    facts += [f"synced {when(note.synced)}"] if note.synced else []
    error = f'<span class="why" dir="auto">{escape(note.error)}</span>' if note.error else ""
    return (
        f'<li><a href="#" data-note="{path}"><b dir="auto">{escape(note.title)}</b>{badge}'
        f'<span class="place" dir="auto">{path}</span><span class="facts">{escape(" · ".join(facts))}</span>'
        f"{error}</a></li>"
    )
