"""Folders that lost most of their notes: what is asked about them, and the buttons that answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from rag_bot.ui.phrases import many
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.syncing.watch_job import WatchState

_FOR_TERMINALS = re.compile(r"\s*Nothing was changed, and they still answer\..*", re.DOTALL)
_WORDS = {
    "missing": "is not there. Is its disk mounted?",
    "empty": "holds no notes any more. Is its disk mounted?",
    "fewer": "lost more than half of its notes.",
}


def question(asked: str) -> str:
    """The question that a sync stopped with."""
    words = _FOR_TERMINALS.sub("", asked.removeprefix("rag-bot: "))
    buttons = _button("keep", "Keep them, sync the rest") + _button("remove", "Remove them from the index")
    return (
        f'<div class="notice asks"><p>{escape(words)}</p>'
        f"<p>Nothing was changed yet; they still answer.</p>{buttons}</div>"
    )


def kept_notes(sync: SyncState, watch: WatchState) -> str:
    """The folders whose lost notes the last sync kept, each with a button that removes them."""
    if sync.running or sync.question:
        return ""
    report = watch.report if watch.reported > sync.reported else sync.report
    return "".join(_kept(loss) for loss in (report or {}).get("kept", ()))


def _kept(loss: Mapping[str, Any]) -> str:
    folder, lost = str(loss["folder"]), int(loss["lost"])
    name = folder.replace("\\", "/").rstrip("/").rpartition("/")[2] or folder
    known = int(loss["known"])
    which = many(known, "note") if lost == known else f"{lost:,} of its {many(known, 'note')}"
    remove = _button("remove", f"Remove {many(lost, 'note')} from the index", folder)
    return (
        f'<div class="notice asks"><p title="{escape(folder)}"><b dir="auto">{escape(name)}</b> '
        f"{_WORDS.get(str(loss['reason']), '')}</p>"
        f"<p>Kept in the index, and still answering: {which}.</p>"
        f"{remove}</div>"
    )


def _button(answer: str, words: str, folder: str = "") -> str:
    where = f' data-folder="{escape(folder)}"' if folder else ""
    return f'<button type="button" data-answer="{answer}"{where}>{escape(words)}</button>'
