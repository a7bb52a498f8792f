"""Conversations: the one that a page shows, and those that are saved, as one app keeps and lists them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from markupsafe import Markup

from rag_bot.conversations import Conversation, Conversations, SavedExchange
from rag_bot.errors import RagBotError, UsageError
from rag_bot.library import Library
from rag_bot.query.followups import leans_back
from rag_bot.records import DELETED, Citation, Filters, Turn
from rag_bot.store.staleness import change_since
from rag_bot.ui.chat.answer_view import whole_answer
from rag_bot.ui.notes.links import link_targets

MOST_LISTED = 200  # set by hand; a search finds older ones
UNDO_SECONDS = 60.0  # that a conversation which was deleted can be brought back; set by hand
UNFINISHED = "This answer was not finished."


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, asked of all notes or of those that pass `filters`, and what it got.

    `html` is what is shown. `result` is what it stands on: never there where something went wrong, and not whole while
    the answer is `growing`. `earlier` are the questions before it that it was asked with, the oldest first. `versions`
    are the keys of all wordings of the question that are saved, this one's among them; none where there is no other.
    """

    key: str
    question: str
    filters: Filters
    html: Markup = field(default_factory=Markup)
    result: SavedExchange | None = None
    earlier: tuple[str, ...] = ()
    growing: bool = False
    versions: tuple[str, ...] = ()


History = tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation; `key` is that of the saved one, "" as long as it is saved nowhere."""

    key: str = ""
    history: History = ()

    def find(self, key: str) -> Exchange | None:
        return next((exchange for exchange in self.history if exchange.key == key), None)

    def before(self, key: str) -> History:
        """What was said before an exchange; everything if it is not there yet."""
        keys = [exchange.key for exchange in self.history]
        return self.history[: keys.index(key)] if key in keys else self.history

    def after(self, key: str) -> History:
        return self.history[len(self.before(key)) + 1 :]

    def up_to(self, key: str) -> Chat:
        """Without this exchange and those after it."""
        return replace(self, history=self.before(key))

    def with_exchange(self, exchange: Exchange) -> Chat:
        """With an exchange in the place of the one of the same key, or else at the end."""
        return replace(self, history=(*self.before(exchange.key), exchange, *self.after(exchange.key)))


def earlier_questions(question: str, history: History) -> tuple[str, ...]:
    """The questions before it that a follow-up is asked with; none for a question that stands alone."""
    return tuple(exchange.question for exchange in history) if leans_back(question) else ()


def as_turns(history: History) -> tuple[Turn, ...]:
    """What was said, as a language model is told it."""
    return tuple(
        Turn(exchange.question, exchange.result.answer.remembered if exchange.result else "") for exchange in history
    )


class Chats:
    """The saved conversations. Where they cannot be saved, the chat goes on without.

    Safe to use from several threads. `problem` is why the last change could not be saved, "" where it was.
    """

    def __init__(self, library: Library, conversations: Conversations) -> None:
        self._library = library
        self._conversations = conversations
        self._listed: tuple[object, tuple[Conversation, ...]] = (None, ())
        self.problem = ""

    def save(self, chat: Chat, exchange: Exchange) -> Chat:
        """The conversation with the key under which this exchange is saved now; as it was, where it can't be.

        An exchange that still grows is saved as one that was not finished, in case that it never is.
        """
        result = exchange.result
        if result is None:
            return chat
        if exchange.growing:
            result = replace(result, answer=replace(result.answer, draft="", notice=UNFINISHED))
        try:
            key = self._put(chat, replace(exchange, result=result), result)
        except RagBotError as error:
            self.problem = str(error)
            return chat
        self.problem = ""
        return replace(chat, key=key)

    def show(self, key: str, exchange: str) -> None:
        """Lets a conversation be opened with this wording of a question and what came after it."""
        self._change(lambda: self._conversations.show(key, exchange))

    def rename(self, key: str, title: str) -> None:
        self._change(lambda: self._conversations.rename(key, title))

    def pin(self, key: str, *, pinned: bool) -> None:
        self._change(lambda: self._conversations.pin(key, pinned=pinned))

    def delete(self, key: str) -> str:
        """Takes a conversation away, and after `UNDO_SECONDS` for good. Its title; "" where that failed."""
        title = ""

        def remove() -> None:
            nonlocal title
            listed = self._conversations.find(key)
            self._conversations.remove(listed.key)
            title = listed.title

        self._change(remove)
        self.purge_later()
        return title

    def restore(self, key: str) -> None:
        """Brings back one that was deleted a moment ago."""
        self._change(lambda: self._conversations.restore(key))

    def purge_later(self) -> None:
        """Deletes for good, once their time is over, what was deleted until now, in this run of the app or before."""
        timer = threading.Timer(UNDO_SECONDS, self.purge, (UNDO_SECONDS,))
        timer.daemon = True
        timer.start()

    def purge(self, seconds: float = 0.0) -> None:
        """Deletes for good what was deleted at least so long ago. What can't be written now is left to another time."""
        with suppress(RagBotError):
            self._conversations.purge(seconds)

    def delete_all(self) -> None:
        self._change(self._conversations.delete_all)

    def open(self, key: str) -> Chat:
        """A saved conversation. Whether its notes are still as they were is looked at anew.

        Raises:
            UsageError: there is none of this key.
            ConversationsUnusable: they cannot be read.
        """
        history: History = ()
        versions = self._conversations.versions(key)
        targets = link_targets(self._library)
        for saved in self._conversations.exchanges(key):
            citations = tuple(self._with_change(citation) for citation in saved.answer.citations)
            result = replace(saved, answer=replace(saved.answer, citations=citations))
            html = whole_answer(result.answer, result.nearest, targets)
            earlier = earlier_questions(saved.question, history)
            wordings = versions.get(saved.key, ())
            opened = Exchange(saved.key, saved.question, saved.filters, html, result, earlier)
            history = (*history, replace(opened, versions=wordings if len(wordings) > 1 else ()))
        return Chat(key, history)

    def reopened(self, key: str) -> Chat:
        """As `open`; a new conversation where that fails."""
        try:
            return self.open(key)
        except RagBotError:
            return Chat()

    def caught_up(self, chat: Chat) -> Chat:
        """With what another page has asked in it meanwhile; as it was where that went on from elsewhere."""
        known = [exchange.key for exchange in chat.history if exchange.result]
        with suppress(RagBotError):  # saving it will tell
            saved = [exchange.key for exchange in self._conversations.exchanges(chat.key)] if chat.key else []
            if len(saved) > len(known) and saved[: len(known)] == known:
                return replace(chat, history=(*chat.history, *self.open(chat.key).history[len(known) :]))
        return chat

    def list(self, search: str) -> tuple[Conversation, ...]:
        """Those with these words in them, the last changed first; read anew only after the file has changed.

        Raises:
            ConversationsUnusable: they cannot be read.
        """
        file = self._conversations.file
        state = (search, _stamp(file), _stamp(file.with_name(f"{file.name}-wal")))
        if self._listed[0] != state:
            self._listed = (state, tuple(self._conversations.list(search, MOST_LISTED)))
        return self._listed[1]

    def _put(self, chat: Chat, exchange: Exchange, result: SavedExchange) -> str:
        """The key of the conversation that it is saved in: this one, or a new one with all that has been said."""
        if chat.key:
            with suppress(UsageError):  # deleted meanwhile, perhaps on another page: what is still shown is saved anew
                before = [other.key for other in chat.history if other.result and other.key != result.key]
                self._conversations.put(chat.key, result, before[-1] if before else "")
                return chat.key
        results = [other.result for other in chat.with_exchange(exchange).history if other.result]
        key = self._conversations.begin(results[0].question).key
        for each in results:
            self._conversations.put(key, each)
        return key

    def _change(self, change: Callable[[], None]) -> None:
        try:
            change()
        except RagBotError as error:
            self.problem = str(error)
        else:
            self.problem = ""

    def _with_change(self, citation: Citation) -> Citation:
        """With what has become of the note since."""
        try:
            note = self._library.note(citation.quote.note_path)
        except RagBotError:  # without an index nothing can be said of it
            return citation
        return replace(citation, change=change_since(note, citation.quote.text) if note else DELETED)


def _stamp(file: Path) -> tuple[int, int]:
    """Changes with the file; the same for every file that is not there."""
    try:
        state = file.stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size
