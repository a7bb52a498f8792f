"""What a question and a click on a place in the notes get."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from rag_bot.errors import IndexUnusable, RagBotError
from rag_bot.ingestion.staleness import change_since
from rag_bot.library import Library
from rag_bot.markdown import Lines
from rag_bot.query.wording import leans_back
from rag_bot.records import Filters, Note
from rag_bot.ui.exchange import Exchange, Given, History
from rag_bot.ui.feedback import Votes
from rag_bot.ui.feedback_view import pick_bar
from rag_bot.ui.note_view import heading_lines, render_missing, render_note
from rag_bot.ui.render import growing_quotes, notice, waiting
from rag_bot.ui.views import Sources
from rag_bot.ui.welcome import still_reading

EVERYWHERE = ""
_LOG = logging.getLogger(__name__)


class Talk:
    """Asks the library for one page."""

    def __init__(self, library: Library, sources: Sources) -> None:
        self._library = library
        self._sync = sources.sync
        self._lists = sources.lists
        self._votes = Votes(library)

    def ask(self, question: str, history: History, folder: str) -> Iterator[tuple[Any, History, str]]:
        """Clears the field, once, for the next question is typed there meanwhile; then shows the answer as it grows."""
        field: Any = ""
        question = question.strip()
        turns = tuple(exchange.question for exchange in history) if leans_back(question) else ()
        for exchange in self._exchange(question, folder, turns) if question else ():
            whole = (*history, exchange)
            yield field, whole, self._votes.conversation(whole)
            field = gr.skip()
        if not question:
            yield field, history, self._votes.conversation(history)

    def ask_example(self, history: History, folder: str, event: gr.EventData) -> Iterator[tuple[Any, History, str]]:
        yield from self.ask(str(event._data["question"]), history, folder)

    def vote(self, history: History, event: gr.EventData) -> str:
        """The thumbs of all answers, after what was said of one."""
        return self._votes.vote(history, event._data) + _nonce()

    def _exchange(self, question: str, folder: str, turns: tuple[str, ...]) -> Iterator[Exchange]:
        """The exchange as it grows; `turns` are the questions before it that it leans on."""
        begun = Exchange(secrets.token_hex(6), question, folder, turns=turns)
        for html, given in self._answer(question, folder, turns):
            yield replace(begun, html=html, given=given)

    def _answer(self, question: str, folder: str, turns: tuple[str, ...]) -> Iterator[tuple[str, Given | None]]:
        """The HTML as it grows; what it stands on comes with the last of it."""
        yield waiting(), None
        try:
            answer = self._library.ask(question, filters=Filters(folder=folder or None), earlier=turns)
            given = Given.of(answer)
            *growing, whole = growing_quotes(answer, given.nearest)
            yield from ((html, None) for html in growing)
            yield whole, given
        except IndexUnusable as error:
            yield notice(still_reading(self._sync.state) if self._sync.state.running else str(error)), None
        except RagBotError as error:
            yield notice(str(error)), None
        except Exception as error:  # noqa: BLE001 - the outermost edge
            _LOG.exception("A question failed")
            yield notice(f"Something went wrong ({type(error).__name__}); the terminal says more."), None

    def open_note(self, history: History, event: gr.EventData) -> str:
        """The panel; where somebody looks for the answer to a question, it asks for its lines."""
        asked = event._data
        note = self._library.note(str(asked["note"]))
        if note is None:
            return render_missing(str(asked["note"]), self._lists.last().state_of(str(asked["note"])))
        paths = [path for path, _ in self._library.note_titles()]
        start, end = asked.get("start"), asked.get("end")
        cited = range(int(start), int(end) + 1) if start and end else heading_lines(note, asked.get("heading") or "")
        change = change_since(note, _text_of(note, cited))
        asks = next((one for one in history if one.key == asked.get("picking")), None)
        bar = pick_bar(asks, len(Lines.of(note.text).starts)) if asks else ""
        return render_note(note, paths, cited=cited, change=change, bar=bar) + _nonce()

    def folders(self) -> Any:
        """The folders of the notes, to search in one of them."""
        try:
            paths = [path for path, _ in self._library.note_titles()]
        except RagBotError:
            paths = []
        folders = sorted({str(parent) for path in paths for parent in list(Path(path).parents)[:-1]})
        return gr.Dropdown([("All notes", EVERYWHERE), *((folder, folder) for folder in folders)])


def _nonce() -> str:
    """Makes a value another one, so that the browser hears of it even if it is the same again."""
    return f"<!--{time.monotonic_ns()}-->"


def _text_of(note: Note, lines: range) -> str:
    """The text of lines counted from 1."""
    counted = Lines.of(note.text)
    spans = list(zip(counted.starts, counted.ends, strict=True))[lines.start - 1 : lines.stop - 1] if lines else []
    return note.text[spans[0][0] : spans[-1][1]].strip() if spans else ""
