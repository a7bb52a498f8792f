"""What a question and a click on a place in the notes get."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from rag_bot.errors import IndexUnusable, RagBotError
from rag_bot.ingestion.staleness import change_since
from rag_bot.library import Library
from rag_bot.markdown import Lines
from rag_bot.records import Filters, Note
from rag_bot.ui.note_view import heading_lines, render_missing, render_note
from rag_bot.ui.render import exchange, growing_answer, notice, waiting
from rag_bot.ui.views import Sources
from rag_bot.ui.welcome import still_reading

EVERYWHERE = ""
_LOG = logging.getLogger(__name__)

History = tuple[str, ...]
"""The finished exchanges of a session, as HTML."""


class Talk:
    """Asks the library for one page."""

    def __init__(self, library: Library, sources: Sources) -> None:
        self._library = library
        self._sync = sources.sync
        self._lists = sources.lists

    def ask(self, question: str, history: History, folder: str) -> Iterator[tuple[Any, History, str]]:
        """Clears the field, once, for the next question is typed there meanwhile; then shows the answer as it grows."""
        field: Any = ""
        question = question.strip()
        for answer_html in self._answer(question, folder) if question else ():
            whole = (*history, exchange(question, answer_html))
            yield field, whole, "".join(whole)
            field = gr.skip()
        if not question:
            yield field, history, "".join(history)

    def ask_example(self, history: History, folder: str, event: gr.EventData) -> Iterator[tuple[Any, History, str]]:
        yield from self.ask(str(event._data["question"]), history, folder)

    def _answer(self, question: str, folder: str) -> Iterator[str]:
        yield waiting()
        try:
            yield from growing_answer(self._library.ask(question, filters=Filters(folder=folder or None)))
        except IndexUnusable as error:
            yield notice(still_reading(self._sync.state) if self._sync.state.running else str(error))
        except RagBotError as error:
            yield notice(str(error))
        except Exception as error:  # noqa: BLE001 - the outermost edge
            _LOG.exception("A question failed")
            yield notice(f"Something went wrong ({type(error).__name__}); the terminal says more.")

    def open_note(self, event: gr.EventData) -> str:
        asked = event._data
        note = self._library.note(str(asked["note"]))
        if note is None:
            return render_missing(str(asked["note"]), self._lists.last().state_of(str(asked["note"])))
        paths = [path for path, _ in self._library.note_titles()]
        start, end = asked.get("start"), asked.get("end")
        cited = range(int(start), int(end) + 1) if start and end else heading_lines(note, asked.get("heading") or "")
        change = change_since(note, _text_of(note, cited))
        return f"{render_note(note, paths, cited=cited, change=change)}<!--{time.monotonic_ns()}-->"

    def folders(self) -> Any:
        """The folders of the notes, to search in one of them."""
        try:
            paths = [path for path, _ in self._library.note_titles()]
        except RagBotError:
            paths = []
        folders = sorted({str(parent) for path in paths for parent in list(Path(path).parents)[:-1]})
        return gr.Dropdown([("All notes", EVERYWHERE), *((folder, folder) for folder in folders)])


def _text_of(note: Note, lines: range) -> str:
    """The text of lines counted from 1."""
    counted = Lines.of(note.text)
    spans = list(zip(counted.starts, counted.ends, strict=True))[lines.start - 1 : lines.stop - 1] if lines else []
    return note.text[spans[0][0] : spans[-1][1]].strip() if spans else ""
