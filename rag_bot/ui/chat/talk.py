"""A page's conversation: what questions, retries, edits and other conversations make of it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from rag_bot.errors import RagBotError
from rag_bot.library import Library
from rag_bot.records import QUOTES
from rag_bot.ui.app_state import AppState
from rag_bot.ui.chat.answering import Answering
from rag_bot.ui.chat.conversation_view import ConversationView
from rag_bot.ui.chat.exchange import Chat, Exchange, leaning_on
from rag_bot.ui.chat.feedback import Votes
from rag_bot.ui.chat.render import notice
from rag_bot.ui.legible import legible
from rag_bot.ui.notes.panel import nonce, open_note

EVERYWHERE = ""
Shown = tuple[Any, Any, Any, Any]
"""What the page gets: the question's field, the Chat, its HTML, and which one it is. Often some are skipped."""


class Talk:
    """Asks the library for all pages of one app; `page` is what Gradio knows an open page by."""

    def __init__(self, library: Library, sources: AppState) -> None:
        self._library = library
        self._lists = sources.lists
        self._chats = sources.chats
        self._streams = sources.streams
        self._answering = Answering(library, sources.sync, sources.models)
        self._votes = Votes(library)
        self._view = ConversationView(self._votes)

    def ask(self, question: str, chat: Chat, folder: str, request: gr.Request) -> Iterator[Shown]:
        """Clears the field, once, for the next question is typed there meanwhile; then shows the answer as it grows."""
        if not question.strip():
            yield "", gr.skip(), gr.skip(), gr.skip()
            return
        yield from self._answer(chat, _begun(question.strip(), chat, folder), "", request, "")

    def ask_example(self, chat: Chat, folder: str, event: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        yield from self.ask(str(event._data["question"]), chat, folder, request)

    def ask_again(self, chat: Chat, event: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        """Answers a question anew where it stands, in the mode that is named or the one it had."""
        one, mode = chat.find(str(event._data["exchange"])), str(event._data["mode"])
        if one:
            had = one.given.answer if one.given else None
            mode = mode or (QUOTES if had and had.mode == QUOTES and not had.model else "")
            yield from self._answer(chat, one, mode, request)

    def revise(self, chat: Chat, event: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        """Asks a question in other words; what was said after it is gone."""
        one, question = chat.find(str(event._data["exchange"])), str(event._data["question"]).strip()
        if one and question:
            before = chat.up_to(one.key)
            begun = _begun(question, before, one.folder)
            yield from self._answer(before, begun, "", request, cut=one.key)

    def stop(self, request: gr.Request) -> None:
        """Ends the answer that this page waits for; what has come stays."""
        self._streams.stop(_page(request))

    def leave(self, request: gr.Request, *, to_its_end: bool = False) -> None:
        """As `stop`, when nobody will see what comes; `to_its_end` waits until that is saved."""
        self._streams.leave(_page(request), to_its_end=to_its_end)

    def open(self, wanted: str, request: gr.Request) -> tuple[Chat, str, str, str]:
        """Another conversation, or a new one: Chat, HTML, which one it is, and the panel, which is closed."""
        self.leave(request)
        try:
            chat, said = self._chats.open(wanted) if wanted else Chat(), ""
        except RagBotError as error:
            chat, said = Chat(), notice(str(error))
        return chat, said + self._view.whole(chat), current(chat.key), ""

    def open_named(self, event: gr.EventData, request: gr.Request) -> tuple[Chat, str, str, str]:
        return self.open(str(event._data["key"]), request)

    def vote(self, chat: Chat, event: gr.EventData) -> str:
        """The thumbs of all answers, after what was said of one."""
        return legible(self._votes.vote(chat.history, event._data)) + nonce()

    def open_note(self, chat: Chat, event: gr.EventData) -> str:
        """The panel with the note that was clicked."""
        return legible(open_note(self._library, self._lists, chat, event._data))

    def folders(self) -> Any:
        """The folders of the notes, to search in one of them."""
        try:
            paths = [path for path, _ in self._library.note_titles()]
        except RagBotError:
            paths = []
        folders = sorted({str(parent) for path in paths for parent in list(Path(path).parents)[:-1]})
        return gr.Dropdown([("All notes", EVERYWHERE), *((folder, folder) for folder in folders)])

    def _answer(
        self, chat: Chat, begun: Exchange, mode: str, request: gr.Request, field: Any = None, cut: str = ""
    ) -> Iterator[Shown]:
        """Shows the exchange as it grows. Nothing happens while the page's last one still does."""
        earlier = chat.before(begun.key)

        def grow(stop: threading.Event) -> Iterator[tuple[Chat, Exchange]]:
            if cut:
                self._chats.cut(chat, cut, begun.question)
            return self._saved(chat, self._answering.grow(begun, earlier, mode, stop))

        stream = self._streams.begin(_page(request), grow)
        if stream is None:
            return
        before, after = self._view.around(chat, begun.key)
        following, field = len(chat.after(begun.key)), gr.skip() if field is None else field
        for now, one in stream:
            html = before + self._view.one(one, following) + after
            yield field, now.having(one), html, current(now.key)
            field = gr.skip()

    def _saved(self, chat: Chat, growing: Iterator[Exchange]) -> Iterator[tuple[Chat, Exchange]]:
        """Saves what grows: as soon as there is something to save, and when it is whole. Says once if it can't."""
        is_saved, said = False, ""
        for one in growing:
            if one.given and not (is_saved and one.growing):
                had_problem = bool(self._chats.problem)
                chat, is_saved = self._chats.save(chat, one), True
                said = said or (notice(self._chats.problem) if self._chats.problem and not had_problem else "")
            yield chat, replace(one, html=one.html + said)


def current(key: str) -> str:
    """Tells the browser which conversation is open."""
    return f'<i data-current="{key}"></i>'


def _begun(question: str, chat: Chat, folder: str) -> Exchange:
    return Exchange(secrets.token_hex(6), question, folder, turns=leaning_on(question, chat.history))


def _page(request: gr.Request) -> str:
    return str(request.session_hash)
