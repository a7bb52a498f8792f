"""The HTML above the list of notes: what the index holds, its folders, what is not in it and why, its last syncs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from rag_bot.output import forgetting_words, run_state
from rag_bot.records import INDEXED, NOT_READ, LeftOut, Status, left_out_words
from rag_bot.ui.notes.note_list import NoteList
from rag_bot.ui.phrases import duration, run_words, since, size, when
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot
from rag_bot.ui.syncing.overview import failures, folder
from rag_bot.ui.templating import macros

_MOST_NAMED = 200  # files that are named for one reason; set by hand
REASONS: Mapping[str, str] = {
    "placeholder": "Their contents are in a cloud drive, not on this computer. Make them available offline, and sync.",
    "binary": "They are called like notes, but no text is in them. Save them as text, and sync.",
    "too-large": "They are larger than 64 MB, which no note is. Split them, and sync.",
    "format": "Files of this kind are not read. What you save of them as text, Markdown or PDF is.",
    "page-part": "They are pieces of a saved web page. The page itself is read.",
    "media": "Only text is read. What a note says about them is found.",
    "link": "Links are not followed. Add the folder that they lead to, if it is to be searched.",
    "private": "They say of themselves that they are private. Take that out of them, if they are to be searched.",
    "excluded": "Your settings leave them out. Change that there, if they are to be searched.",
    "ignored": "A file named .gitignore or .ragbotignore beside or above them leaves them out. Change it, if they are "
    "to be searched.",
    "encoding": "It had to be guessed how their letters are written. Where some look wrong, save the note as UTF-8.",
    "conflict-copy": "A sync tool made them when a note was changed in two places. Both answer. Bring them together, "
    "and delete one.",
    "merge-markers": "They hold two versions of a text, between lines of <<<<<<< and >>>>>>>. Take one of them out.",
}
"""Of each reason of `LeftOut`: why, and what can be done."""


@dataclass(frozen=True, slots=True)
class _Reason:
    """Files that one reason is about; `more` are not named."""

    title: str
    why: str
    files: Sequence[str]
    more: int


def summary(snapshot: IndexSnapshot, notes: NoteList, named: Collection[Path] = ()) -> Markup:
    """Totals, folders, what was left out and the last syncs. `named` are the folders that the settings name."""
    status = snapshot.status
    if status is None:
        html = macros("base.html")
        return html.notice(snapshot.problem) if snapshot.problem else html.hint("Nothing is indexed yet.")
    totals = (
        (f"{status.notes:,}", "note" if status.notes == 1 else "notes"),
        (f"{status.chunks:,}", "passage" if status.chunks == 1 else "passages"),
        (size(status.bytes_on_disk), "index"),
    )
    html = macros("notes_summary.html")
    not_read = _not_read(notes) or [_reason(entry) for entry in status.left_out if entry.reason in NOT_READ]
    doubtful = [_reason(entry) for entry in status.left_out if entry.reason in INDEXED]
    runs = _runs(status)
    parts = (
        html.folders(_folders(status, named)),
        failures(status.failed, "unread"),
        html.left_out("not-read", "Not read", "file or folder", "files and folders", not_read),
        html.left_out("doubtful", "Read with a doubt", "note", "notes", doubtful),
        html.history(runs, {"Model": status.model_version, "Index": str(status.index)}),
    )
    synced = f"synced {when(status.last_synced)}" if status.last_synced else "not synced yet"
    if runs and runs[0]["state"] == "done":
        synced += f" · {runs[0]['what']}"
    return html.summary(totals, synced, _running(status), Markup("").join(parts))


def _folders(status: Status, named: Collection[Path]) -> list[tuple[Markup, str, str, bool]]:
    """Of each folder its name, its path, what removing it means, and whether the settings name it."""
    return [
        (folder(root, status.missing), str(root), forgetting_words(root, status.roots), root in named)
        for root in status.roots
    ]


def _running(status: Status) -> str:
    writer = status.writer
    if not writer:
        return ""
    begun = f", since {since(writer.started)}" if writer.started else ""
    return f"A sync is running ({f'process {writer.pid}' if writer.pid else 'another process'}{begun})"


def _not_read(notes: NoteList) -> list[_Reason]:
    """All that the last look at the folders left out."""
    by_reason: dict[str, list[tuple[str, str]]] = {}
    for reason, path, kind in notes.left_out:
        if reason in NOT_READ:
            by_reason.setdefault(reason, []).append((path, kind))
    reasons = []
    for reason in (reason for reason in NOT_READ if reason in by_reason):
        files = by_reason[reason]
        kinds: dict[str, int] = {}
        for _, kind in files:
            if kind:
                kinds[kind] = kinds.get(kind, 0) + 1
        paths = tuple(path for path, _ in files)
        reasons.append(_reason(LeftOut(reason, len(files), paths, dict(sorted(kinds.items())))))
    return reasons


def _reason(entry: LeftOut) -> _Reason:
    files = entry.examples[:_MOST_NAMED]
    return _Reason(left_out_words(entry), REASONS[entry.reason], files, entry.count - len(files))


def _runs(status: Status) -> list[dict[str, Markup | str]]:
    """The last syncs, as they are told."""
    runs: list[dict[str, Markup | str]] = []
    for place, run in enumerate(status.runs):
        state = run_state(run, status.writer, place)
        runs.append(
            {
                "state": state,
                "when": when(run.started),
                "what": run_words(run, state),
                "error": run.error,
                "failures": failures(run.failed, run.started),
                "took": duration(run.seconds) if run.seconds is not None else "",
            }
        )
    return runs
