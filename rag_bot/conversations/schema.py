"""The tables of conversations, and how their file is opened: for the length of one reading or one change."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from rag_bot.conversations.titles import folded
from rag_bot.databases import connect_to_read
from rag_bot.errors import ConversationsUnusable

PATIENCE_SECONDS = 20.0  # that another process or thread may take for a change; set by hand

# Each step brings a file from its place in this list to the next version; a new file goes through all of them.
# `latest` counts changes, so that the order does not hang on clocks; `words` is the text as a search compares it.
_STEPS = (
    """
CREATE TABLE conversation (
  id INTEGER PRIMARY KEY,
  library TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  words TEXT NOT NULL,
  created TEXT NOT NULL,
  changed TEXT NOT NULL,
  latest INTEGER NOT NULL
);
CREATE INDEX conversation_latest ON conversation (library, latest);
CREATE TABLE exchange (
  id INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  key TEXT NOT NULL,
  words TEXT NOT NULL,
  saved BLOB NOT NULL,
  UNIQUE (conversation, position),
  UNIQUE (conversation, key)
);
""",
    # Accents made a difference before.
    """
UPDATE conversation SET words = folded(words);
UPDATE exchange SET words = folded(words);
""",
    # A question can be asked in other words and keeps those of before: each exchange `follows` the one of this key, ""
    # where it is the first, and those that follow the same are wordings of one question. A conversation is shown up to
    # the exchange `shown`. `removed` is when it was taken away (seconds since 1970), as long as that can be undone.
    """
ALTER TABLE conversation ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN shown TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN removed REAL;
ALTER TABLE exchange ADD COLUMN follows TEXT NOT NULL DEFAULT '';
UPDATE exchange SET follows = coalesce((
  SELECT key FROM exchange AS other WHERE other.conversation = exchange.conversation
  AND other.position < exchange.position ORDER BY other.position DESC LIMIT 1), '');
UPDATE conversation SET shown = coalesce((
  SELECT key FROM exchange WHERE conversation = conversation.id ORDER BY position DESC LIMIT 1), '');
""",
)
SCHEMA = len(_STEPS)
_MAKING = threading.Lock()  # so that no thread writes to a file that another one is just making
# What SQLite and the file system were seen to say, in lower case, by the remedy that helps.
_NO_SPACE = ("full", "disk i/o", "no space", "too large", "quota")
_NOT_ALLOWED = ("readonly", "read-only", "unable to open", "denied", "permitted", "not a dir", "file exists")


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection inside one state of the file; None where nothing was saved yet, and then nothing is made.

    A file of an earlier version that can't be written is read from a copy in memory, which is brought up to date.

    Raises:
        ConversationsUnusable: the file is damaged, of a newer version, or cannot be read.
    """
    with explained(file, "read"):
        if not file.is_file():
            yield None
            return
        with ExitStack() as held:
            opened = connect_to_read(file, writable="mode=rw", patience=PATIENCE_SECONDS)
            connection = held.enter_context(_opened(opened))
            version = _version(connection, file)
            if version == 0:
                yield None
                return
            if version < SCHEMA:
                try:
                    _bring_up_to_date(connection, file)
                except sqlite3.OperationalError:
                    connection = held.enter_context(_opened(_copied(connection)))
                    _bring_up_to_date(connection, file)
            connection.execute("BEGIN")
            yield connection


@contextmanager
def changing(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection for one change, which is there as a whole afterwards, or not at all. The file is made if need be.

    Raises:
        ConversationsUnusable: as `reading`; or the folder can't be written, the disk is full, another one writes on.
    """
    with explained(file, "saved"):
        _make(file)
        with _opened(_connect(file)) as connection:
            _bring_up_to_date(connection, file)
            with _transaction(connection):
                yield connection


def rewrite(file: Path) -> None:
    """Write the file anew, so that nothing of what was deleted is left in it or beside it. Raises as `changing`.

    `secure_delete` alone is not enough: it overwrites what is removed, and not the copies that a page keeps of rows
    which moved to another page before (seen with SQLite 3.40).
    """
    with explained(file, "rewritten without what was deleted"), _opened(_connect(file)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def explained(file: Path, done: str) -> Iterator[None]:
    """Turn the errors of SQLite and of the file system into one line that names the file and the remedy."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        message = reason.lower()
        if any(words in message for words in _NO_SPACE):
            remedy = "Free space on its disk; nothing that was saved before is lost."
        elif "locked" in message:
            remedy = "Another process holds the file; try again when that has ended."
        elif any(words in message for words in _NOT_ALLOWED):
            remedy = "Check that you may read and write there."
        else:
            remedy = "Move the file away to begin anew; your notes and the index are not touched."
        raise ConversationsUnusable(f"The conversations in {file} cannot be {done}: {reason}. {remedy}") from error


def _make(file: Path) -> None:
    """An empty file for nobody else to read, where there is none.

    One that is there is left alone: on POSIX, closing a file takes away all locks that other threads of the process
    hold on it. SQLite then takes the log for unused and removes it, with what was just written.
    """
    with _MAKING:
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _connect(file: Path) -> sqlite3.Connection:
    uri = f"{file.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE_SECONDS)


def _copied(connection: sqlite3.Connection) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    connection.backup(memory)
    return memory


@contextmanager
def _opened(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Closing the last connection also takes up what the write-ahead log holds, and removes it."""
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        yield connection
    finally:
        connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _bring_up_to_date(connection: sqlite3.Connection, file: Path) -> None:
    if _version(connection, file) < SCHEMA:
        connection.create_function("folded", 1, folded, deterministic=True)
        with _transaction(connection):
            for version in range(_version(connection, file), SCHEMA):  # another process may just have done it
                for statement in _STEPS[version].split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
    with suppress(sqlite3.OperationalError):  # another one holds the file just now; the next change will do it
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")


def _version(connection: sqlite3.Connection, file: Path) -> int:
    """The version of the file; 0 for an empty one."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]  # first: another may just make ours
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA:
        raise ConversationsUnusable(
            f"The conversations in {file} have version {version}, this rag-bot reads {SCHEMA}. Update rag-bot."
        )
    if version == 0 and tables:
        raise ConversationsUnusable(
            f"{file} is another program's database and not one of conversations. Move it away to begin anew."
        )
    return version
