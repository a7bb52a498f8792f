"""One process writes to an index at a time. The lock dies with its process."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rag_bot.errors import IndexUnusable, WriterBusy


@contextmanager
def writer_lock(index: Path) -> Iterator[None]:
    """Hold the right to write to this index, whose folder is made for the user alone if it is not there.

    Raises:
        WriterBusy: another process holds it; the message names it.
        IndexUnusable: the folder can't be made or written to.
    """
    lock = FileLock(index / "writer.lock")
    holder = index / "writer.json"
    try:
        if not index.exists():
            index.mkdir(parents=True, mode=0o700)
            index.chmod(0o700)
        lock.acquire(timeout=0)
        _name_holder(holder)
    except Timeout as error:
        raise WriterBusy(f"{describe_holder(holder)} is writing to the index in {index}. Try again later.") from error
    except OSError as error:
        raise IndexUnusable(
            f"The index folder {index} cannot be written to: {error.strerror or error}. Choose another with --index."
        ) from error
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _name_holder(holder: Path) -> None:
    described = {"pid": os.getpid(), "host": socket.gethostname(), "started": f"{datetime.now():%Y-%m-%d %H:%M:%S}"}
    holder.write_text(json.dumps(described))


def describe_holder(holder: Path) -> str:
    """The writing process in words."""
    try:
        values = json.loads(holder.read_text())
        return f"Process {values['pid']} on {values['host']} (since {values['started']})"
    except (OSError, ValueError, KeyError):
        return "Another process"
