"""What happens in a page's conversation: questions, retries, edits, votes, opened notes, and other conversations."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import gradio as gr
from markupsafe import Markup

from rag_bot.errors import RagBotError
from rag_bot.library import Library
from rag_bot.records import QUOTES, Filters
from rag_bot.ui.app_state import AppState
from rag_bot.ui.chat.answer_view import notice
from rag_bot.ui.chat.answering import Answering
from rag_bot.ui.chat.chat_view import ConversationView
from rag_bot.ui.chat.chats import UNDO_SECONDS, Chat, Exchange, earlier_questions
from rag_bot.ui.chat.feedback import Vote, Votes
from rag_bot.ui.chat.feedback_view import pick_bar
from rag_bot.ui.chat.scope import reported_filters
from rag_bot.ui.notes.panel import mark_of, open_note, unlike_any_other
from rag_bot.ui.reports import Parts, Report, Reports, line_number
from rag_bot.ui.templating import macros


class ChatEvents:
    """Asks the library for all pages of one app. What a report tells is what the scripts report it with."""

    def __init__(self, library: Library, sources: AppState) -> None:
        self._library = library
        self._lists = sources.lists
        self._chats = sources.chats
        self._streams = sources.streams
        self._answering = Answering(library, sources.sync, sources.models)
        self._votes = Votes(library)
        self._view = ConversationView(self._votes)

    def wire(self, reports: Reports) -> None:
        for part in ("question", "welcome"):
            reports.on_asking(part, "ask", self._ask)
        reports.on_asking("conversation", "ask_again", self._ask_again)
        reports.on_asking("conversation", "revise", self._revise)
        reports.on("conversation", "show_version", self._show_version)
        reports.on("question", "stop", self._stop, refreshes=False)
        for part in ("conversation", "panel"):
            reports.on(part, "vote", self._vote, refreshes=False)
        reports.on("panel", "open_note", self._open_note, refreshes=False)
        reports.on("chats", "open_chat", self._open_named)
        for event, does in (("rename", self._rename), ("pin", self._pin), ("delete", self._delete)):
            reports.on("dialog", event, does)
        reports.on("toast", "restore", self._restore)

    def leave(self, request: gr.Request) -> None:
        """Ends the answer that a page waits for, which is closed; what has come is saved."""
        self._streams.leave(str(request.session_hash))

    def _ask(self, report: Report) -> Iterator[Parts]:
        """Shows the answer as it grows. `scope` is what the page reports of it, as JSON."""
        question = report.text("question").strip()
        if question:
            chat = self._chats.caught_up(report.page.chat)
            exchange = _new_exchange(question, chat, reported_filters(report.text("scope")))
            yield from self._answer(report, chat, exchange, "")

    def _ask_again(self, report: Report) -> Iterator[Parts]:
        """Answers a question anew where it stands, in the mode that is named or the one it had."""
        chat = report.page.chat
        exchange, mode = chat.find(report.text("exchange")), report.text("mode")
        if exchange:
            answer = exchange.result.answer if exchange.result else None
            mode = mode or (QUOTES if answer and answer.mode == QUOTES and not answer.model else "")
            yield from self._answer(report, chat, exchange, mode)

    def _revise(self, report: Report) -> Iterator[Parts]:
        """Asks a question in other words, or everywhere; what there was stays, with what was said after it."""
        chat = report.page.chat
        exchange, question = chat.find(report.text("exchange")), report.text("question").strip()
        if exchange and question:
            before = chat.up_to(exchange.key)
            filters = Filters() if report.is_told("everywhere") else exchange.filters
            revised = _new_exchange(question, before, filters)
            saved = exchange.versions or ((exchange.key,) if exchange.result else ())
            versions = (*saved, revised.key) if chat.key and saved else ()
            yield from self._answer(report, before, replace(revised, versions=versions), "")

    def _show_version(self, report: Report) -> Parts:
        """The conversation with another wording of a question, and what was said after that."""
        key = report.page.chat.key
        if not key:
            return {}
        self._streams.leave(report.session, to_its_end=True)
        self._chats.show(key, report.text("exchange"))
        return self.open(report, key)

    def _stop(self, report: Report) -> None:
        """Ends the answer that this page waits for; what has come stays."""
        self._streams.stop(report.session)

    def open(self, report: Report, key: str) -> Parts:
        """Another conversation, or a new one by the key ""."""
        self._streams.leave(report.session)
        try:
            chat, problem = self._chats.open(key) if key else Chat(), ""
        except RagBotError as error:
            chat, problem = Chat(), str(notice(str(error)))
        report.page.chat = chat
        return {"conversation": problem + self._view.whole(chat), "current": current(chat.key)}

    def _open_named(self, report: Report) -> Parts:
        return self.open(report, report.text("key"))

    def _rename(self, report: Report) -> None:
        self._chats.rename(report.text("key"), report.text("title"))

    def _pin(self, report: Report) -> None:
        self._chats.pin(report.text("key"), pinned=report.is_told("pinned"))

    def _delete(self, report: Report) -> Parts:
        """Gives what offers to undo it, for some seconds; one that was open gives way to a new one."""
        key, is_open = report.text("key"), report.text("key") == report.page.chat.key
        if is_open:
            self._streams.leave(report.session, to_its_end=True)
        title = self._chats.delete(key)
        offer = macros("chat.html").deleted(key, title, UNDO_SECONDS) if title else ""
        return {"toast": offer, **(self.open(report, "") if is_open else {})}

    def _restore(self, report: Report) -> Parts:
        """Brings back a conversation, and opens it where it would not take the place of another one."""
        key = report.text("key")
        self._chats.restore(key)
        return {"toast": "", **({} if report.page.chat.history else self.open(report, key))}

    def _vote(self, report: Report) -> Parts:
        """The thumbs of all answers, after what was said of one."""
        picked = report.told.get("picked", ())
        vote = Vote(
            exchange=report.text("exchange"),
            action=report.text("action"),
            picked=tuple(map(line_number, picked)),
            note=report.text("note"),
            first=report.line("first"),
            last=report.line("last"),
        )
        return {"voted": self._votes.vote(report.page.chat.history, vote) + unlike_any_other()}

    def _open_note(self, report: Report) -> Parts:
        """The panel with the note that was clicked; where its lines are looked for, with the form that asks for them.

        A link names the lines from `start` to `end`, or a `heading`, or nothing but the note.
        """
        start, end = report.line("start"), report.line("end")
        lines = range(start, end + 1) if start and end else range(0)
        picking = report.page.chat.find(report.text("picking"))
        bar = partial(pick_bar, picking) if picking else None
        note, heading = report.text("note"), report.text("heading")
        report.page.note = note, mark_of(self._library, note)
        return {"panel": open_note(self._library, self._lists, note, lines, heading, bar)}

    def _answer(self, report: Report, chat: Chat, exchange: Exchange, mode: str) -> Iterator[Parts]:
        """Shows the exchange as it grows. Nothing happens while the page's last one still does."""
        history = chat.before(exchange.key)

        def grow(stop: threading.Event) -> Iterator[tuple[Chat, Exchange]]:
            return self._saved(chat, self._answering.grow(exchange, history, mode, stop))

        stream = self._streams.begin(report.session, grow)
        if stream is None:
            return
        before, after = self._view.around(chat, exchange.key)
        following = len(chat.after(exchange.key))
        for saved, growing in stream:
            report.page.chat = saved.with_exchange(growing)
            shown = before + self._view.exchange(growing, following) + after
            yield {"conversation": shown, "current": current(saved.key)}

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


def current(key: str) -> str:
    """Tells the browser which conversation is open."""
    return str(Markup('<i data-current="{}"></i>').format(key))


def _new_exchange(question: str, chat: Chat, filters: Filters) -> Exchange:
    return Exchange(secrets.token_hex(6), question, filters, earlier=earlier_questions(question, chat.history))
