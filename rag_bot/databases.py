"""SQLite files that are read where nothing can be written: in a read-only folder, and on a disk that is full.

Whoever reads a file with a write-ahead log shares one more file with the others, which the first of them makes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

# "disk I/O error", "database or disk is full" and "unable to open database file", as a full disk was seen to say it.
_NO_ROOM = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}


class Database(Protocol):
    """What is used of a connection, be it to a file of SQLite or to a server."""

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Any: ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Any: ...

    def close(self) -> None: ...


def connect_to_read(path: Path, *, writable: str = "mode=ro", patience: float) -> sqlite3.Connection:
    """A connection from which all that was committed is read, for any thread; `patience` in seconds for a lock.

    `writable` are the options where the folder and the file can be written to.

    Raises:
        sqlite3.DatabaseError: the file is damaged, or cannot be read.
    """
    log = path.with_name(f"{path.name}-wal")
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        options = writable
    else:  # SQLite can't make the shared file; without a log nobody writes there either
        options = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    connection = _connect(path, options, patience)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in _NO_ROOM:  # the rest of the code only says at what
            raise
        return _connect_without_room(path, log, patience)
    return connection


def _connect_without_room(path: Path, log: Path, patience: float) -> sqlite3.Connection:
    """Without a log the file is read as it is: nobody writes to it without the room that is lacking.

    With one, what both hold is copied into memory by a connection that is alone for so long and so shares nothing.
    """
    if not (log.is_file() and log.stat().st_size):
        return _connect(path, "mode=ro&immutable=1", patience)
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with closing(_connect(path, "mode=rw", patience)) as alone:
        alone.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        alone.backup(copy)
    return copy


def _connect(path: Path, options: str, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=patience,
    )
    connection.execute("PRAGMA temp_store = MEMORY")  # the temporary folder may be on the same disk
    return connection
