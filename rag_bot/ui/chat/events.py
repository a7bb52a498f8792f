"""What happens in a page's conversation: questions, retries, edits, votes, opened notes, and other conversations."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup

from rag_bot.errors import RagBotError
from rag_bot.library import Library
from rag_bot.records import QUOTES, Filters
from rag_bot.ui.app_state import AppState, OpenedNote
from rag_bot.ui.chat.answer_view import notice
from rag_bot.ui.chat.answering import Answering
from rag_bot.ui.chat.chat_view import ConversationView
from rag_bot.ui.chat.chats import UNDO_SECONDS, Chat, Exchange, earlier_questions
from rag_bot.ui.chat.feedback import Vote, Votes
from rag_bot.ui.chat.feedback_view import pick_bar
from rag_bot.ui.chat.scope import reported_filters
from rag_bot.ui.components import AT_ONCE, html, line_number
from rag_bot.ui.hidden_characters import show_hidden
from rag_bot.ui.notes.panel import mark_of, open_note, unlike_any_other
from rag_bot.ui.templating import macros

PageUpdate = tuple[Any, Any, Any, Any]
"""What the page gets: the question's field, the Chat, its HTML, and which one it is. Often some are skipped."""
_NOTHING_OPENED = (gr.skip(), gr.skip(), gr.skip())


class ChatEvents:
    """Asks the library for all pages of one app; Gradio knows an open page by the session of its requests.

    What an event carries, such as `event.key`, is what the scripts report it with.
    """

    def __init__(self, library: Library, sources: AppState) -> None:
        self._library = library
        self._lists = sources.lists
        self._chats = sources.chats
        self._streams = sources.streams
        self._answering = Answering(library, sources.sync, sources.models)
        self._votes = Votes(library)
        self._view = ConversationView(self._votes)

    def ask(self, question: str, chat: Chat, scope: str, request: gr.Request) -> Iterator[PageUpdate]:
        """Clears the field, once, for the next question is typed there meanwhile; then shows the answer as it grows.

        `scope` is what the page reports of it, as JSON.
        """
        if not question.strip():
            yield "", gr.skip(), gr.skip(), gr.skip()
            return
        exchange = _new_exchange(question.strip(), chat, reported_filters(scope))
        yield from self._answer(chat, exchange, "", request, field="")

    def ask_example(self, chat: Chat, event: gr.EventData, request: gr.Request) -> Iterator[PageUpdate]:
        yield from self.ask(str(event.question), chat, str(getattr(event, "scope", "")), request)

    def ask_again(self, chat: Chat, event: gr.EventData, request: gr.Request) -> Iterator[PageUpdate]:
        """Answers a question anew where it stands, in the mode that is named or the one it had."""
        exchange, mode = chat.find(str(event.exchange)), str(event.mode)
        if exchange:
            answer = exchange.result.answer if exchange.result else None
            mode = mode or (QUOTES if answer and answer.mode == QUOTES and not answer.model else "")
            yield from self._answer(chat, exchange, mode, request)

    def revise(self, chat: Chat, event: gr.EventData, request: gr.Request) -> Iterator[PageUpdate]:
        """Asks a question in other words, or everywhere; what there was stays, with what was said after it."""
        exchange, question = chat.find(str(event.exchange)), str(event.question).strip()
        if exchange and question:
            before = chat.up_to(exchange.key)
            filters = Filters() if getattr(event, "everywhere", False) is True else exchange.filters
            revised = _new_exchange(question, before, filters)
            saved = exchange.versions or ((exchange.key,) if exchange.result else ())
            versions = (*saved, revised.key) if chat.key and saved else ()
            yield from self._answer(before, replace(revised, versions=versions), "", request)

    def show_version(self, chat: Chat, event: gr.EventData, request: gr.Request) -> Any:
        """The conversation with another wording of a question, and what was said after that."""
        if not chat.key:
            return gr.skip()
        self.leave(request, to_its_end=True)
        self._chats.show(chat.key, str(event.exchange))
        return self.open(chat.key, request)

    def stop(self, request: gr.Request) -> None:
        """Ends the answer that this page waits for; what has come stays."""
        self._streams.stop(_page(request))

    def leave(self, request: gr.Request, *, to_its_end: bool = False) -> None:
        """As `stop`, when nobody will see what comes; `to_its_end` waits until that is saved."""
        self._streams.leave(_page(request), to_its_end=to_its_end)

    def open(self, key: str, request: gr.Request) -> tuple[Chat, str, str]:
        """Another conversation, or a new one: Chat, HTML, and which one it is."""
        self.leave(request)
        try:
            chat, problem = self._chats.open(key) if key else Chat(), ""
        except RagBotError as error:
            chat, problem = Chat(), str(notice(str(error)))
        return chat, problem + self._view.whole(chat), current(chat.key)

    def open_named(self, event: gr.EventData, request: gr.Request) -> tuple[Chat, str, str]:
        return self.open(str(event.key), request)

    def rename(self, event: gr.EventData) -> None:
        self._chats.rename(str(event.key), str(event.title))

    def pin(self, event: gr.EventData) -> None:
        self._chats.pin(str(event.key), pinned=event.pinned is True)

    def delete(self, chat: Chat, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Gives what offers to undo it, for some seconds; one that was open gives way to a new one."""
        key = str(event.key)
        if key == chat.key:
            self.leave(request, to_its_end=True)
        title = self._chats.delete(key)
        offer = show_hidden(macros("chat.html").deleted(key, title, UNDO_SECONDS)) if title else ""
        return offer, *(self.open("", request) if key == chat.key else _NOTHING_OPENED)

    def restore(self, chat: Chat, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Brings back a conversation, and opens it where it would not take the place of another one."""
        key = str(event.key)
        self._chats.restore(key)
        return "", *(_NOTHING_OPENED if chat.history else self.open(key, request))

    def vote(self, chat: Chat, event: gr.EventData) -> str:
        """The thumbs of all answers, after what was said of one."""
        vote = Vote(
            exchange=str(event.exchange),
            action=str(event.action),
            picked=tuple(line_number(line) for line in getattr(event, "picked", ())),
            note=str(getattr(event, "note", "")),
            first=line_number(getattr(event, "first", 0)),
            last=line_number(getattr(event, "last", 0)),
        )
        return show_hidden(self._votes.vote(chat.history, vote) + unlike_any_other())

    def open_note(self, chat: Chat, event: gr.EventData) -> tuple[str, OpenedNote]:
        """The panel with the note that was clicked; where its lines are looked for, with the form that asks for them.
        And how the note was then.

        A link names the lines from `start` to `end`, or a `heading`, or nothing but the note.
        """
        start, end = line_number(getattr(event, "start", 0)), line_number(getattr(event, "end", 0))
        lines = range(start, end + 1) if start and end else range(0)
        heading = str(getattr(event, "heading", None) or "")
        picking = chat.find(str(getattr(event, "picking", None)))
        bar = partial(pick_bar, picking) if picking else None
        opened = str(event.note), mark_of(self._library, str(event.note))
        return show_hidden(open_note(self._library, self._lists, str(event.note), lines, heading, bar)), opened

    def _answer(
        self, chat: Chat, exchange: Exchange, mode: str, request: gr.Request, *, field: Any = None
    ) -> Iterator[PageUpdate]:
        """Shows the exchange as it grows. Nothing happens while the page's last one still does."""
        history = chat.before(exchange.key)

        def grow(stop: threading.Event) -> Iterator[tuple[Chat, Exchange]]:
            return self._saved(chat, self._answering.grow(exchange, history, mode, stop))

        stream = self._streams.begin(_page(request), grow)
        if stream is None:
            return
        before, after = self._view.around(chat, exchange.key)
        following, field = len(chat.after(exchange.key)), gr.skip() if field is None else field
        for saved, growing in stream:
            shown = before + self._view.exchange(growing, following) + after
            yield field, saved.with_exchange(growing), shown, current(saved.key)
            field = gr.skip()

    def _saved(self, chat: Chat, exchanges: Iterator[Exchange]) -> Iterator[tuple[Chat, Exchange]]:
        """Saves what grows: as soon as there is something to save, and when it is whole. Says once if it can't."""
        is_saved, problem = False, Markup()
        for exchange in exchanges:
            if exchange.result and not (is_saved and exchange.growing):
                had_problem = bool(self._chats.problem)
                chat, is_saved = self._chats.save(chat, exchange), True
                if self._chats.problem and not had_problem:
                    problem = problem or notice(self._chats.problem)
            yield chat, replace(exchange, html=exchange.html + problem)


class ChatsPart:
    """The saved conversations in the side bar: their list, its search, and what can be done with one.

    Made inside the side bar. `parts` are the components that change by themselves, by name.
    """

    def __init__(self, events: ChatEvents) -> None:
        self._events = events
        self.search = gr.Textbox(
            placeholder="Search conversations",
            show_label=False,
            label="Search conversations",
            container=False,
            lines=1,
            max_lines=1,
            elem_id="chat-search",
        )
        self.parts = {"chats": html("chats", "open_chat")}

    def lay_out_dialog(self) -> None:
        """What can be done with a conversation, and undone; not inside the side bar, which can be hidden."""
        self._dialog = html("dialog", "rename", "pin", "delete", first=str(macros("chat.html").dialog()))
        self._toast = html("toast", "restore")

    def wire(self, chat: Any, shown: list[Any], opened: Callable[..., Any], refreshing: dict[str, Any]) -> None:
        """`chat` is the page's conversation, `shown` what another one changes; `opened` wires an opening."""
        self.search.input(trigger_mode="always_last", **refreshing)
        opened(self.parts["chats"].open_chat, self._events.open_named, None)
        self._dialog.rename(self._events.rename, None, None, **AT_ONCE).then(**refreshing)
        self._dialog.pin(self._events.pin, None, None, **AT_ONCE).then(**refreshing)
        self._dialog.delete(self._events.delete, chat, [self._toast, *shown], **AT_ONCE).then(**refreshing)
        self._toast.restore(self._events.restore, chat, [self._toast, *shown], **AT_ONCE).then(**refreshing)


def current(key: str) -> str:
    """Tells the browser which conversation is open."""
    return str(Markup('<i data-current="{}"></i>').format(key))


def _new_exchange(question: str, chat: Chat, filters: Filters) -> Exchange:
    return Exchange(secrets.token_hex(6), question, filters, earlier=earlier_questions(question, chat.history))


def _page(request: gr.Request) -> str:
    return str(request.session_hash)
