"""Conversations: begun, kept, listed, searched, renamed, deleted."""

from __future__ import annotations

import builtins
import json
import secrets
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_bot.conversations.exchange import Conversation, SavedExchange, from_json, local_now, to_json
from rag_bot.conversations.markdown import conversation_markdown
from rag_bot.conversations.schema import changing, reading, rewrite
from rag_bot.conversations.titles import LONGEST_TITLE, UNTITLED, as_title, folded
from rag_bot.errors import ConversationsUnusable, UsageError

if TYPE_CHECKING:
    from rag_bot.settings import Settings

FILE = "conversations.sqlite3"
MOST_LISTED = 200  # conversations, where nobody says how many; set by hand

_KEY_BYTES = 6  # 12 digits, of which people give the first few; set by hand
_COLUMNS = "key, title, created, changed, (SELECT count(*) FROM exchange WHERE conversation = conversation.id)"
# Each word stands in the title or in one of the exchanges. Words come as JSON, so that no text can be read as SQL.
_LIST = f"""
SELECT {_COLUMNS} FROM conversation WHERE library = ? AND NOT EXISTS (
  SELECT 1 FROM json_each(?) AS word WHERE NOT instr(conversation.words, word.value) AND NOT EXISTS (
    SELECT 1 FROM exchange WHERE exchange.conversation = conversation.id AND instr(exchange.words, word.value)))
ORDER BY latest DESC LIMIT ?
"""
_LATEST = "SELECT coalesce(max(latest), 0) FROM conversation WHERE library = ?"


class Conversations:
    """The conversations about one index, in a file that they may share with those about others.

    Opened anew for each call, so several threads and processes may use one file at a time. Every method raises
    ConversationsUnusable where the file is damaged, of a newer version, or refused by the disk; what was saved before
    is then as it was. Those that take a conversation's key raise UsageError where there is no such conversation.
    """

    def __init__(self, file: Path, library: str = "index") -> None:
        self.file = file
        self._library = library

    @classmethod
    def of(cls, settings: Settings) -> Conversations:
        """Those about the index of these settings: beside its folder, for nobody else to read."""
        return cls(settings.index.parent / FILE, settings.index.name)

    def begin(self, first_question: str) -> Conversation:
        """A new conversation without exchanges, called by its first question."""
        title, now = as_title(first_question) or UNTITLED, local_now()
        key = secrets.token_hex(_KEY_BYTES)
        with changing(self.file) as connection:
            connection.execute(
                "INSERT INTO conversation (library, key, title, words, created, changed, latest) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._library, key, title, folded(title), now, now, self._next(connection)),
            )
        return Conversation(key, title, now, now, 0)

    def put(self, conversation: str, exchange: SavedExchange) -> None:
        """Append an exchange, or replace the one of the same key where it stands."""
        answer, saved = exchange.answer, to_json(exchange)
        words = folded(f"{exchange.question}\n{answer.text}\n{answer.draft}")
        with changing(self.file) as connection:
            number = self._touch(connection, conversation)
            connection.execute(
                "INSERT INTO exchange (conversation, position, key, words, saved) "
                "SELECT ?1, coalesce(max(position), 0) + 1, ?2, ?3, ?4 FROM exchange WHERE conversation = ?1 "
                "ON CONFLICT (conversation, key) DO UPDATE SET words = excluded.words, saved = excluded.saved",
                (number, _storable(exchange.key), words, saved),
            )

    def cut(self, conversation: str, from_exchange: str, new_question: str = "") -> None:
        """Remove this exchange and all after it, before its question is asked in other words; else nothing.

        A title that was made of the first question follows the new one that is asked instead of it.
        """
        with changing(self.file) as connection:
            number = self._touch(connection, conversation)
            if new_question and self._is_titled_by(connection, number, from_exchange):
                _entitle(connection, number, as_title(new_question) or UNTITLED)
            connection.execute(
                "DELETE FROM exchange WHERE conversation = ?1 AND position >= "
                "(SELECT position FROM exchange WHERE conversation = ?1 AND key = ?2)",
                (number, _storable(from_exchange)),
            )

    def exchanges(self, conversation: str) -> tuple[SavedExchange, ...]:
        """All exchanges of a conversation, the oldest first."""
        with reading(self.file) as connection:
            number = self._number(connection, conversation)
            rows = _rows(connection, "SELECT saved FROM exchange WHERE conversation = ? ORDER BY position", number)
        try:
            return tuple(from_json(saved) for (saved,) in rows)
        except ValueError as error:
            raise ConversationsUnusable(
                f"The conversation {conversation} in {self.file} is damaged. `rag-bot conversations delete` removes it."
            ) from error

    def list(self, search: str = "", limit: int = MOST_LISTED) -> builtins.list[Conversation]:
        """The conversations in which each word of `search` stands, however it is written, the last changed first."""
        words = json.dumps(sorted(set(folded(search).split())))
        with reading(self.file) as connection:
            return [Conversation(*row) for row in _rows(connection, _LIST, self._library, words, max(0, limit))]

    def find(self, beginning: str) -> Conversation:
        """The conversation whose key begins so. Raises UsageError also where several do."""
        with reading(self.file) as connection:
            rows = _rows(
                connection,
                f"SELECT {_COLUMNS} FROM conversation WHERE library = ?1 AND substr(key, 1, length(?2)) = ?2 LIMIT 2",
                *(self._library, _storable(beginning)),
            )
        if not beginning or not rows:
            raise _unknown(beginning)
        if len(rows) > 1:
            raise UsageError(f"Several conversations begin with {beginning!r}. Give more of the key.")
        return Conversation(*rows[0])

    def rename(self, conversation: str, title: str) -> None:
        """Give another title. Raises UsageError also where nothing of it is to be seen."""
        cleaned = as_title(title, LONGEST_TITLE)
        if not cleaned:
            raise UsageError("A conversation's title cannot be empty. Give it some words.")
        with changing(self.file) as connection:
            _entitle(connection, self._number(connection, conversation), cleaned)

    def delete(self, conversation: str) -> None:
        """Remove a conversation for good: the file is written anew, so nothing of it is left on its pages."""
        with changing(self.file) as connection:
            connection.execute("DELETE FROM conversation WHERE id = ?", (self._number(connection, conversation),))
        rewrite(self.file)

    def delete_all(self) -> None:
        """Remove all conversations about this index for good, as `delete` does one."""
        with changing(self.file) as connection:
            connection.execute("DELETE FROM conversation WHERE library = ?", (self._library,))
        rewrite(self.file)

    def export(self, conversation: str) -> str:
        """The conversation as Markdown, each answer with its citations and their lines verbatim."""
        return conversation_markdown(self.find(conversation), self.exchanges(conversation))

    def _touch(self, connection: sqlite3.Connection, conversation: str) -> int:
        """Make this conversation the last changed one; its number in the tables."""
        number = self._number(connection, conversation)
        values = local_now(), self._next(connection), number
        connection.execute("UPDATE conversation SET changed = ?, latest = ? WHERE id = ?", values)
        return number

    def _is_titled_by(self, connection: sqlite3.Connection, number: int, exchange: str) -> bool:
        """Whether this exchange is the first, and the title is the one that its question makes."""
        query = "SELECT key, saved FROM exchange WHERE conversation = ? ORDER BY position LIMIT 1"
        titles = _rows(connection, "SELECT title FROM conversation WHERE id = ?", number)
        for key, saved in _rows(connection, query, number):
            with suppress(ValueError):  # of one that is damaged nothing can be said
                return key == _storable(exchange) and titles == [(as_title(from_json(saved).question) or UNTITLED,)]
        return False

    def _next(self, connection: sqlite3.Connection) -> int:
        return int(_rows(connection, _LATEST, self._library)[0][0]) + 1

    def _number(self, connection: sqlite3.Connection | None, conversation: str) -> int:
        rows = _rows(
            connection,
            "SELECT id FROM conversation WHERE library = ? AND key = ?",
            *(self._library, _storable(conversation)),
        )
        if not rows:
            raise _unknown(conversation)
        return int(rows[0][0])


def _rows(connection: sqlite3.Connection | None, query: str, *values: object) -> builtins.list[Any]:
    """None where nothing was saved yet."""
    return connection.execute(query, values).fetchall() if connection else []


def _entitle(connection: sqlite3.Connection, number: int, title: str) -> None:
    connection.execute("UPDATE conversation SET title = ?, words = ? WHERE id = ?", (title, folded(title), number))


def _unknown(conversation: str) -> UsageError:
    return UsageError(f"There is no conversation {conversation!r}. `rag-bot conversations list` shows those there are.")


def _storable(text: str) -> str:
    """SQLite takes no half of a surrogate pair, which an argument of the command line may hold."""
    return text.encode("utf-8", "replace").decode()
