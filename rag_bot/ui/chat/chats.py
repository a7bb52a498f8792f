"""The saved conversations, as one app keeps and lists them. Where they cannot be saved, the chat goes on without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rag_bot.conversations import Conversation, Conversations, SavedExchange
from rag_bot.errors import RagBotError, UsageError
from rag_bot.library import Library
from rag_bot.records import Citation
from rag_bot.store.staleness import change_since
from rag_bot.ui.chat.exchange import Chat, Exchange, History, leaning_on
from rag_bot.ui.chat.render import whole_answer

MOST_LISTED = 200
UNFINISHED = "This answer was not finished."


class Chats:
    """Safe to use from several threads. `problem` is why the last change could not be saved, "" where it was."""

    def __init__(self, library: Library, conversations: Conversations) -> None:
        self._library = library
        self._conversations = conversations
        self._listed: tuple[object, tuple[Conversation, ...]] = (None, ())
        self.problem = ""

    def save(self, chat: Chat, one: Exchange) -> Chat:
        """The conversation with the key under which this exchange is saved now; as it was, where it can't be.

        An exchange that still grows is saved as one that was not finished, in case that it never is.
        """
        if one.given is None:
            return chat
        given = one.given
        if one.growing:
            given = replace(given, answer=replace(given.answer, draft="", notice=UNFINISHED))
        try:
            key = self._put(chat, given)
        except RagBotError as error:
            self.problem = str(error)
            return chat
        self.problem = ""
        return replace(chat, key=key)

    def cut(self, chat: Chat, key: str, asked_instead: str = "") -> None:
        """Forgets an exchange and all that came after it, before something else is asked in its place."""
        if chat.key:
            self._change(lambda: self._conversations.cut(chat.key, key, asked_instead))

    def rename(self, key: str, title: str) -> None:
        self._change(lambda: self._conversations.rename(key, title))

    def delete(self, key: str) -> None:
        self._change(lambda: self._conversations.delete(key))

    def open(self, key: str) -> Chat:
        """A saved conversation. Whether its notes are still as they were is looked at anew.

        Raises:
            UsageError: there is none of this key.
            ConversationsUnusable: they cannot be read.
        """
        history: History = ()
        for saved in self._conversations.exchanges(key):
            history = (*history, self._reopened(saved, history))
        return Chat(key, history)

    def list(self, search: str) -> tuple[Conversation, ...]:
        """Those with these words in them, the last changed first; read anew only after the file has changed.

        Raises:
            ConversationsUnusable: they cannot be read.
        """
        state = (search, *(_stamp(self._conversations.file.with_name(name)) for name in self._names()))
        if self._listed[0] != state:
            self._listed = (state, tuple(self._conversations.list(search, MOST_LISTED)))
        return self._listed[1]

    def _names(self) -> tuple[str, str]:
        return self._conversations.file.name, f"{self._conversations.file.name}-wal"

    def _put(self, chat: Chat, given: SavedExchange) -> str:
        if chat.key:
            try:
                self._conversations.put(chat.key, given)
            except UsageError:  # deleted meanwhile, perhaps on another page: what is still shown is saved anew
                return self._begin(chat, given)
            return chat.key
        return self._begin(chat, given)

    def _begin(self, chat: Chat, given: SavedExchange) -> str:
        """A new conversation with all that has been said."""
        said = [one.given for one in chat.having(Exchange(given.key, given.question, "", given=given)).history]
        kept = [one for one in said if one]
        key = self._conversations.begin(kept[0].question).key
        for one in kept:
            self._conversations.put(key, one)
        return key

    def _change(self, change: Callable[[], None]) -> None:
        try:
            change()
        except RagBotError as error:
            self.problem = str(error)
        else:
            self.problem = ""

    def _reopened(self, saved: SavedExchange, before: History) -> Exchange:
        citations = tuple(self._looked_at(one) for one in saved.answer.citations)
        given = replace(saved, answer=replace(saved.answer, citations=citations))
        html = whole_answer(given.answer, given.nearest)
        return Exchange(given.key, given.question, given.folder, html, given, leaning_on(given.question, before))

    def _looked_at(self, citation: Citation) -> Citation:
        """With what has become of the note since."""
        try:
            note = self._library.note(citation.quote.note_path)
        except RagBotError:  # without an index nothing can be said of it
            return citation
        return replace(citation, change=change_since(note, citation.quote.text) if note else "deleted")


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
