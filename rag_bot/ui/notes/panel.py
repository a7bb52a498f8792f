"""The panel beside the conversation: a note, opened at the lines that something stands on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rag_bot.library import Library
from rag_bot.markdown import LineIndex
from rag_bot.records import Note
from rag_bot.store.staleness import change_since
from rag_bot.ui.chat.exchange import Chat
from rag_bot.ui.evaluation.feedback_view import pick_bar
from rag_bot.ui.notes.note_list import NoteLists
from rag_bot.ui.notes.note_view import heading_lines, render_missing, render_note


def open_note(library: Library, lists: NoteLists, chat: Chat, asked: Mapping[str, Any]) -> str:
    """The note as HTML; where somebody looks for the answer to a question, it asks for its lines.

    `asked` names the `note`, the lines from `start` to `end` or the `heading`, and the exchange that is `picking`.
    """
    note = library.note(str(asked["note"]))
    if note is None:
        return render_missing(str(asked["note"]), lists.last().state_of(str(asked["note"])))
    paths = [path for path, _ in library.note_titles()]
    start, end = asked.get("start"), asked.get("end")
    cited = range(int(start), int(end) + 1) if start and end else heading_lines(note, asked.get("heading") or "")
    change = change_since(note, _text_of(note, cited))
    asks = chat.find(str(asked.get("picking")))
    bar = pick_bar(asks, len(LineIndex.of(note.text).starts)) if asks else ""
    return render_note(note, paths, cited=cited, change=change, bar=bar) + nonce()


def nonce() -> str:
    """Makes a value another one, so that the browser hears of it even if it is the same again."""
    return f"<!--{time.monotonic_ns()}-->"


def _text_of(note: Note, lines: range) -> str:
    """The text of lines counted from 1."""
    counted = LineIndex.of(note.text)
    spans = list(zip(counted.starts, counted.ends, strict=True))[lines.start - 1 : lines.stop - 1] if lines else []
    return note.text[spans[0][0] : spans[-1][1]].strip() if spans else ""
