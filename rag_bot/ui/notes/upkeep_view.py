"""The HTML of what can be done about the index: syncing, a plan of it, a check; and what came of it, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from rag_bot.ui.notes.upkeep_job import CHECK, PLAN, REMOVE, REPAIR, UpkeepState
from rag_bot.ui.phrases import many, when
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot
from rag_bot.ui.syncing.overview import progress_words, watching
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.syncing.watch_job import WatchState
from rag_bot.ui.templating import macros

_MOST_NAMED = 50  # notes that are named of one kind of change; set by hand
_GOING = {
    PLAN: "Looking for what has changed …",
    CHECK: "Reading every note and comparing it with the index …",
    REPAIR: "Repairing the index …",
    REMOVE: "Taking the folder out of the index …",
}
_CHANGES = {
    "added": ("new note would be read", "new notes would be read"),
    "changed": ("changed note would be read again", "changed notes would be read again"),
    "moved": ("note would get its new name", "notes would get their new names"),
    "deleted": ("note whose file is gone would be taken out", "notes whose files are gone would be taken out"),
}
_PARTS = {
    "folders": "Your folders",
    "catalogue": "The list of your notes",
    "chroma": "The search by meaning",
    "tantivy": "The search by words",
    "files": "The files of the index",
}
"""What the parts of a check are called, as in `Problem`."""


def upkeep(snapshot: IndexSnapshot, sync: SyncState, watch: WatchState, state: UpkeepState) -> Markup:
    """The buttons, and what is going on or came of the last of them; nothing where there are no folders yet.

    An index that can't be read can be repaired.
    """
    is_damaged = bool(snapshot.problem)
    if not is_damaged and (snapshot.status is None or not snapshot.status.roots):
        return Markup()
    html = macros("notes_summary.html")
    is_busy = sync.running or state.running
    going = html.going(progress_words(sync), sync) if sync.running else Markup()
    if state.running:
        going = html.going(_GOING[state.command], None)
    result = Markup() if going else _result(state, snapshot)
    return html.upkeep(is_busy, is_damaged, watch.on, watching(watch), going, result)


def _result(state: UpkeepState, snapshot: IndexSnapshot) -> Markup:
    html = macros("notes_summary.html")
    if state.error:
        return html.told("It did not work.", [state.error], is_problem=True)
    if state.result is None:
        return Markup()
    if state.command == PLAN:  # of another state of the index it tells nothing
        return _plan(state.result) if state.generation == snapshot.version.generation else Markup()
    if state.command == REMOVE:
        removed = many(int(state.result.get("deleted", 0)), "note")
        return html.told(f"{removed} taken out of the index.", [f"The files are still in {state.folder}."])
    return _check(state.result, when(state.ended), is_repair=state.command == REPAIR)


def _plan(report: Mapping[str, Any]) -> Markup:
    html = macros("notes_summary.html")
    groups = []
    for change, (one, several) in _CHANGES.items():
        paths = report["paths"][change]
        names = [f"{path['before']} → {path['after']}" if isinstance(path, dict) else path for path in paths]
        if names:
            title = f"{len(names):,} {one if len(names) == 1 else several}"
            groups.append((change, title, names[:_MOST_NAMED], len(names) - _MOST_NAMED))
    asked = [
        f"{many(int(loss['lost']), 'note')} of {loss['folder']} can't be found. You would be asked about them."
        for loss in report.get("kept", ())
    ]
    unread = [f"{failure['path']} can't be read: {failure['error']}" for failure in report["failed"]]
    return html.plan(groups, [*asked, *unread[:_MOST_NAMED]])


def _check(found: Mapping[str, Any], at: str, *, is_repair: bool) -> Markup:
    html = macros("notes_summary.html")
    counted = f"{many(int(found['notes']), 'note')} and {many(int(found['passages']), 'passage')}"
    looked_at = f"{counted} were compared {at}."
    problems: Sequence[Mapping[str, str]] = found["problems"]
    repaired = [f"Repaired: {part}" for part in found["repaired"]]
    if not problems:
        verdict = "The index is repaired." if is_repair and repaired else "All is well: the index is as your files are."
        return html.told(verdict, [*repaired, looked_at])
    lines = [f"{_PARTS[problem['part']]}: {problem['text']}" for problem in problems]
    is_damaged = any(problem["part"] != "folders" for problem in problems)
    verdict = "Something is wrong with the index." if is_damaged else "Your files have changed since the last sync."
    remedy = "" if is_repair and is_damaged else "repair" if is_damaged else "sync"
    return html.told(verdict, [*repaired, *lines, looked_at], is_problem=True, remedy=remedy)
