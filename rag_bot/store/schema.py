"""The catalogue's tables, and how they are opened, be they in a file or in a database."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rag_bot.databases import Database, connect_to_read
from rag_bot.errors import IndexUnusable
from rag_bot.store.ownership import CATALOGUE_NAME, PLACE_NAME, STORE_PARTS, claim, require_own, stores
from rag_bot.store.place import CataloguePlace
from rag_bot.store.postgres import PostgresConnection

FILE_NAME = CATALOGUE_NAME
_PATIENCE_SECONDS = 10.0  # that another connection may take for its transaction; set by hand

# Each step brings an index from its place in this list to the next version; a new index goes through all of them.
STEPS = (
    """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE root (id INTEGER PRIMARY KEY, folder TEXT NOT NULL UNIQUE, label TEXT NOT NULL UNIQUE);
CREATE TABLE note (
  id INTEGER PRIMARY KEY,
  root_id INTEGER NOT NULL REFERENCES root(id),
  path TEXT NOT NULL,
  pending INTEGER NOT NULL DEFAULT 0,
  title TEXT NOT NULL,
  own_title TEXT NOT NULL,
  text TEXT NOT NULL,
  metadata TEXT NOT NULL,
  body_start_line INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  UNIQUE (path, pending)
);
CREATE INDEX note_root ON note (root_id, pending, path, size, mtime_ns, content_hash);
CREATE TABLE chunk (
  note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  key TEXT NOT NULL,
  headings TEXT NOT NULL,
  context TEXT NOT NULL,
  start_char INTEGER NOT NULL,
  end_char INTEGER NOT NULL,
  start_line INTEGER NOT NULL,
  end_line INTEGER NOT NULL,
  PRIMARY KEY (note_id, ordinal)
) WITHOUT ROWID;
CREATE INDEX chunk_key ON chunk (key);
CREATE TABLE tag (
  tag TEXT NOT NULL,
  note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
  PRIMARY KEY (tag, note_id)
) WITHOUT ROWID;
CREATE INDEX tag_note ON tag (note_id);
CREATE TABLE vector (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started TEXT NOT NULL,
  seconds REAL NOT NULL,
  counts TEXT NOT NULL,
  failed TEXT NOT NULL
);
""",
    """
ALTER TABLE note ADD COLUMN stamp TEXT NOT NULL DEFAULT '';
ALTER TABLE note ADD COLUMN synced TEXT NOT NULL DEFAULT '';
DROP INDEX note_root;
CREATE INDEX note_root ON note (root_id, pending, path, stamp, content_hash);
CREATE INDEX note_pending ON note (id) WHERE pending;
ALTER TABLE vector ADD COLUMN retired INTEGER;
CREATE INDEX vector_retired ON vector (retired) WHERE retired IS NOT NULL;
ALTER TABLE run RENAME TO old_run;
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started TEXT NOT NULL,
  seconds REAL,
  counts TEXT NOT NULL DEFAULT '{}',
  failed TEXT NOT NULL DEFAULT '[]',
  error TEXT NOT NULL DEFAULT ''
);
INSERT INTO run (id, started, seconds, counts, failed) SELECT id, started, seconds, counts, failed FROM old_run;
DROP TABLE old_run;
""",
    """
ALTER TABLE note ADD COLUMN places TEXT NOT NULL DEFAULT '[]';
ALTER TABLE note ADD COLUMN oddities TEXT NOT NULL DEFAULT '{}';
CREATE INDEX note_odd ON note (root_id, path, oddities) WHERE oddities != '{}' AND NOT pending;
CREATE TABLE excluded (
  path TEXT PRIMARY KEY,
  root_id INTEGER NOT NULL REFERENCES root(id) ON DELETE CASCADE,
  stamp TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  rule TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX excluded_root ON excluded (root_id);
ALTER TABLE run ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]';
CREATE TABLE name (
  name TEXT NOT NULL,
  note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  PRIMARY KEY (name, note_id)
) WITHOUT ROWID;
CREATE INDEX name_note ON name (note_id);
CREATE TABLE name_word (
  word TEXT NOT NULL,
  note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  words INTEGER NOT NULL,
  PRIMARY KEY (word, note_id, part)
) WITHOUT ROWID;
CREATE INDEX name_word_note ON name_word (note_id);
CREATE TABLE link (
  note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  name TEXT NOT NULL,
  target TEXT NOT NULL,
  anchor TEXT NOT NULL,
  is_embed INTEGER NOT NULL
);
CREATE INDEX link_note ON link (note_id, line);
CREATE INDEX link_name ON link (name);
CREATE TABLE date (
  note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
  first TEXT NOT NULL,
  last TEXT NOT NULL,
  start_line INTEGER NOT NULL,
  end_line INTEGER NOT NULL,
  source TEXT NOT NULL
);
CREATE INDEX date_note ON date (note_id);
CREATE INDEX date_first ON date (first, last);
CREATE INDEX date_long ON date (first, last) WHERE first <> last;
CREATE TABLE task (
  note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  mark TEXT NOT NULL,
  text TEXT NOT NULL,
  above TEXT NOT NULL,
  due TEXT NOT NULL,
  done TEXT NOT NULL
);
CREATE INDEX task_note ON task (note_id);
""",
)
SCHEMA_VERSION = len(STEPS)


def open_for_reading(index: Path) -> Database:
    """A connection that can't write.

    Raises:
        IndexUnusable: nothing has been indexed here by this user, the catalogue is damaged or of another version, or
            its database is not there.
    """
    require_own(index)
    refuse_lost(index)
    if not has_catalogue(index):
        raise IndexUnusable(f"There is no index in {index} yet. Run `rag-bot ingest FOLDER` with your notes' folder.")
    place = CataloguePlace.read(index)
    if place.url:
        remote = PostgresConnection(place)
        _check_version(remote.version(), index)
        return remote
    with explained(index):
        connection = _prepared(connect_to_read(index / FILE_NAME, patience=_PATIENCE_SECONDS))
        _check_version(_version(connection), index)
    return connection


def open_for_writing(index: Path) -> Database:
    """A connection for the one writer; the tables are made if there are none.

    Raises:
        IndexUnusable: the catalogue is damaged, of another version or another user's, or the disk or the database
            refuses.
        WriterBusy: the database has elected another writer.
    """
    require_own(index)
    refuse_lost(index)
    claim(index)
    place = CataloguePlace.read(index)
    if place.url:
        remote = PostgresConnection(place, writes=True)
        remote.version()  # there are tables already, or they are lost
        remote.bring_up_to_date(STEPS)
        _check_version(remote.version(), index)
        return remote
    with explained(index):
        connection = _connect_to_write(index / FILE_NAME)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _bring_up_to_date(connection)
        _check_version(_version(connection), index)
    return connection


def has_catalogue(index: Path) -> bool:
    """Whether something was indexed there, be it readable or not."""
    return (index / FILE_NAME).is_file() or (index / PLACE_NAME).is_file()


def is_lost(index: Path) -> bool:
    """Whether search indexes are there, but no catalogue that says what is in them."""
    path = index / FILE_NAME
    has_stores = any((store / part).is_dir() for store in stores(index) for part in STORE_PARTS)
    return has_stores and not (path.is_file() and path.stat().st_size) and not (index / PLACE_NAME).is_file()


def refuse_lost(index: Path) -> None:
    """Raises IndexUnusable rather than let a new catalogue be made, which would know nothing of the old folders."""
    if is_lost(index):
        raise IndexUnusable(
            f"The index in {index} has lost its {FILE_NAME}. Run `rag-bot verify --repair`; your notes are not touched."
        )


@contextmanager
def explained(index: Path) -> Iterator[None]:
    """Turn SQLite's errors into one line that names the index and the remedy."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        reason = str(error)
        if "full" in reason or "disk I/O" in reason:
            remedy = "Free space on its disk and run the command again; nothing is lost."
        elif "locked" in reason:
            remedy = "Another program holds it; try again when that has ended."
        elif "readonly" in reason or "unable to open" in reason:
            remedy = "Check that you may write there, or choose another folder with --index."
        else:
            remedy = "Run `rag-bot verify --repair`; your notes are not touched."
        raise IndexUnusable(f"The index in {index} cannot be used: {reason}. {remedy}") from error


def _connect_to_write(path: Path) -> sqlite3.Connection:
    return _prepared(sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_PATIENCE_SECONDS))


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.create_function("nfc", 1, partial(unicodedata.normalize, "NFC"), deterministic=True)
    return connection


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    for version in range(_version(connection), SCHEMA_VERSION):
        connection.executescript(f"BEGIN;{STEPS[version]}PRAGMA user_version = {version + 1};COMMIT;")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_version(version: int, index: Path) -> None:
    if version == 0:
        raise IndexUnusable(f"The index in {index} is empty. Run `rag-bot ingest FOLDER` with your notes' folder.")
    if version != SCHEMA_VERSION:
        remedy = "Update rag-bot." if version > SCHEMA_VERSION else "Run `rag-bot ingest` once to bring it up to date."
        raise IndexUnusable(
            f"The index in {index} has version {version}, this rag-bot reads {SCHEMA_VERSION}. {remedy}"
        )
