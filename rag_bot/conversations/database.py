"""Conversations: begun, kept, listed, searched, renamed, pinned, deleted."""

from __future__ import annotations

import builtins
import json
import secrets
import sqlite3
import time
from collections.abc import Mapping
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
_COLUMNS = "key, title, created, changed, (SELECT count(*) FROM exchange WHERE conversation = conversation.id), pinned"
# Each word stands in the title or in one of the exchanges. Words come as JSON, so that no text can be read as SQL.
_LIST = f"""
SELECT {_COLUMNS} FROM conversation WHERE library = ? AND removed IS NULL AND NOT EXISTS (
  SELECT 1 FROM json_each(?) AS word WHERE NOT instr(conversation.words, word.value) AND NOT EXISTS (
    SELECT 1 FROM exchange WHERE exchange.conversation = conversation.id AND instr(exchange.words, word.value)))
ORDER BY pinned DESC, latest DESC LIMIT ?
"""
# From the exchange that is shown last back to the first. An exchange comes after the one that it follows, which ends
# this in a damaged file too.
_SHOWN = """
WITH RECURSIVE path (key, position, follows, saved) AS (
  SELECT key, position, follows, saved FROM exchange WHERE conversation = ?1
  AND key = (SELECT shown FROM conversation WHERE id = ?1)
  UNION ALL SELECT exchange.key, exchange.position, exchange.follows, exchange.saved
  FROM path JOIN exchange ON exchange.key = path.follows AND exchange.position < path.position
  WHERE exchange.conversation = ?1)
SELECT saved FROM path ORDER BY position
"""
# Of all that came after an exchange, or else itself, what was asked last.
_SHOW = """
WITH RECURSIVE below (key, position) AS (
  SELECT key, position FROM exchange WHERE conversation = ?1 AND key = ?2
  UNION ALL SELECT exchange.key, exchange.position
  FROM below JOIN exchange ON exchange.follows = below.key AND exchange.position > below.position
  WHERE exchange.conversation = ?1)
UPDATE conversation SET shown = coalesce((SELECT key FROM below ORDER BY position DESC LIMIT 1), shown) WHERE id = ?1
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

    def put(self, conversation: str, exchange: SavedExchange, follows: str | None = None) -> None:
        """Replace the exchange of the same key where it stands, or append one, which is shown then.

        A new one follows that of the key `follows`, or by default the last that is shown; with "" it is the first.
        Where others follow that as well, it is another wording of their question, and the conversation is shown with
        it. A title that was made of another wording of the first question is made of this one then.
        """
        answer, key, saved = exchange.answer, _storable(exchange.key), to_json(exchange)
        words = folded(f"{exchange.question}\n{answer.text}\n{answer.draft}")
        with changing(self.file) as connection:
            number = self._touch(connection, conversation)
            replaced = "UPDATE exchange SET words = ?, saved = ? WHERE conversation = ? AND key = ?"
            if connection.execute(replaced, (words, saved, number, key)).rowcount:
                return
            if follows is None:
                ((follows,),) = _rows(connection, "SELECT shown FROM conversation WHERE id = ?", number)
            if not follows and self._is_titled_by_first(connection, number):
                _entitle(connection, number, as_title(exchange.question) or UNTITLED)
            connection.execute(
                "INSERT INTO exchange (conversation, position, key, words, saved, follows) "
                "SELECT ?1, coalesce(max(position), 0) + 1, ?2, ?3, ?4, ?5 FROM exchange WHERE conversation = ?1",
                (number, key, words, saved, _storable(follows)),
            )
            connection.execute("UPDATE conversation SET shown = ? WHERE id = ?", (key, number))

    def show(self, conversation: str, exchange: str) -> None:
        """Show it with this wording of a question and what came after that; an unknown one changes nothing."""
        with changing(self.file) as connection:
            connection.execute(_SHOW, (self._number(connection, conversation), _storable(exchange)))

    def exchanges(self, conversation: str) -> tuple[SavedExchange, ...]:
        """The exchanges of a conversation as it is shown, the oldest first: of each question one wording."""
        with reading(self.file) as connection:
            rows = _rows(connection, _SHOWN, self._number(connection, conversation))
        try:
            return tuple(from_json(saved) for (saved,) in rows)
        except ValueError as error:
            raise ConversationsUnusable(
                f"The conversation {conversation} in {self.file} is damaged. `rag-bot conversations delete` removes it."
            ) from error

    def versions(self, conversation: str) -> Mapping[str, tuple[str, ...]]:
        """For the key of each exchange those of all wordings of its question, the oldest first."""
        with reading(self.file) as connection:
            number = self._number(connection, conversation)
            rows = _rows(
                connection, "SELECT follows, key FROM exchange WHERE conversation = ? ORDER BY position", number
            )
        wordings: dict[str, tuple[str, ...]] = {}
        for follows, key in rows:
            wordings[follows] = (*wordings.get(follows, ()), key)
        return {key: wordings[follows] for follows, key in rows}

    def list(self, search: str = "", limit: int = MOST_LISTED) -> builtins.list[Conversation]:
        """The conversations in which each word of `search` stands, however it is written: those that are
        pinned before the others, the last changed first."""
        words = json.dumps(sorted(set(folded(search).split())))
        with reading(self.file) as connection:
            return [_listed(row) for row in _rows(connection, _LIST, self._library, words, max(0, limit))]

    def find(self, beginning: str) -> Conversation:
        """The conversation whose key begins so. Raises UsageError also where several do."""
        with reading(self.file) as connection:
            rows = _rows(
                connection,
                f"SELECT {_COLUMNS} FROM conversation WHERE library = ?1 AND removed IS NULL "
                "AND substr(key, 1, length(?2)) = ?2 LIMIT 2",
                *(self._library, _storable(beginning)),
            )
        if not beginning or not rows:
            raise _unknown(beginning)
        if len(rows) > 1:
            raise UsageError(f"Several conversations begin with {beginning!r}. Give more of the key.")
        return _listed(rows[0])

    def rename(self, conversation: str, title: str) -> None:
        """Give another title. Raises UsageError also where nothing of it is to be seen."""
        cleaned = as_title(title, LONGEST_TITLE)
        if not cleaned:
            raise UsageError("A conversation's title cannot be empty. Give it some words.")
        with changing(self.file) as connection:
            _entitle(connection, self._number(connection, conversation), cleaned)

    def pin(self, conversation: str, *, pinned: bool) -> None:
        """Let it stand before those that are not pinned, or no longer."""
        with changing(self.file) as connection:
            number = self._number(connection, conversation)
            connection.execute("UPDATE conversation SET pinned = ? WHERE id = ?", (int(pinned), number))

    def remove(self, conversation: str) -> None:
        """Take it away so that it can be brought back: only `restore` and `purge` know it now."""
        with changing(self.file) as connection:
            number = self._number(connection, conversation)
            connection.execute("UPDATE conversation SET removed = ? WHERE id = ?", (time.time(), number))

    def restore(self, conversation: str) -> None:
        """Bring back one that was removed; one that was not stays as it is."""
        with changing(self.file) as connection:
            number = self._number(connection, conversation, among="TRUE")
            connection.execute("UPDATE conversation SET removed = NULL WHERE id = ?", (number,))

    def purge(self, seconds: float) -> None:
        """Delete for good, as `delete` does, what was removed so long ago; without a removed one no file is touched."""
        due = "library = ? AND removed <= ?"
        with reading(self.file) as connection:
            if not _rows(connection, f"SELECT 1 FROM conversation WHERE {due}", self._library, time.time() - seconds):
                return
        with changing(self.file) as connection:
            connection.execute(f"DELETE FROM conversation WHERE {due}", (self._library, time.time() - seconds))
        rewrite(self.file)

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

    def _is_titled_by_first(self, connection: sqlite3.Connection, number: int) -> bool:
        """Whether the title is the one that a wording of the first question makes."""
        titles = _rows(connection, "SELECT title FROM conversation WHERE id = ?", number)
        for (saved,) in _rows(connection, "SELECT saved FROM exchange WHERE conversation = ? AND follows = ''", number):
            with suppress(ValueError):  # of one that is damaged nothing can be said
                if titles == [(as_title(from_json(saved).question) or UNTITLED,)]:
                    return True
        return False

    def _next(self, connection: sqlite3.Connection) -> int:
        return int(_rows(connection, _LATEST, self._library)[0][0]) + 1

    def _number(self, connection: sqlite3.Connection | None, conversation: str, among: str = "removed IS NULL") -> int:
        rows = _rows(
            connection,
            f"SELECT id FROM conversation WHERE library = ? AND key = ? AND {among}",
            *(self._library, _storable(conversation)),
        )
        if not rows:
            raise _unknown(conversation)
        return int(rows[0][0])


def _rows(connection: sqlite3.Connection | None, query: str, *values: object) -> builtins.list[Any]:
    """None where nothing was saved yet."""
    return connection.execute(query, values).fetchall() if connection else []


def _listed(row: tuple[str, str, str, str, int, int]) -> Conversation:
    key, title, created, changed, exchanges, pinned = row
    return Conversation(key, title, created, changed, exchanges, bool(pinned))


def _entitle(connection: sqlite3.Connection, number: int, title: str) -> None:
    connection.execute("UPDATE conversation SET title = ?, words = ? WHERE id = ?", (title, folded(title), number))


def _unknown(conversation: str) -> UsageError:
    return UsageError(f"There is no conversation {conversation!r}. `rag-bot conversations list` shows those there are.")


def _storable(text: str) -> str:
    """SQLite takes no half of a surrogate pair, which an argument of the command line may hold."""
    return text.encode("utf-8", "replace").decode()
