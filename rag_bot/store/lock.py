"""One process writes to an index at a time, and nobody removes what another one reads. Locks die with their process."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from rag_bot.errors import IndexUnusable, WriterBusy, reason_of
from rag_bot.files import write_whole
from rag_bot.records import Writer
from rag_bot.store.ownership import HOLDER_NAME, LOCK_NAME, Standing, claim, make_private, require_own

if sys.platform != "win32":
    import fcntl

_NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_PATIENCE_SECONDS = 0.1  # `find_writer` may be looking; set by hand


@contextmanager
def writer_lock(index: Path) -> Iterator[None]:
    """Hold the right to write to this folder, which is made for the user alone if it is not there.

    Raises:
        WriterBusy: another process holds it; the message names it.
        IndexUnusable: the folder can't be made or written to.
    """
    lock, holder = FileLock(index / LOCK_NAME), index / HOLDER_NAME
    try:
        if not index.exists():
            index.mkdir(parents=True, mode=0o700)
            index.chmod(0o700)
        lock.acquire(timeout=_PATIENCE_SECONDS, poll_interval=_PATIENCE_SECONDS / 4)
        started = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
        write_whole(holder, json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "started": started}))
    except Timeout as error:
        raise WriterBusy(f"{describe_holder(holder)} is writing to the index in {index}. Try again later.") from error
    except OSError as error:
        is_full = error.errno in _NO_ROOM
        remedy = "Free space on its disk; nothing is lost." if is_full else "Choose another with --index."
        raise IndexUnusable(f"The index folder {index} cannot be written to: {reason_of(error)}. {remedy}") from error
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def index_lock(index: Path) -> Iterator[None]:
    """As `writer_lock`, for an index of this user or a new one, which nobody else can read afterwards.

    Raises:
        WriterBusy, IndexUnusable: as `writer_lock`; also for a folder that holds other things, or another's index.
    """
    require_own(index)
    with writer_lock(index):
        # As it is now, that nobody else writes to it. An earlier version may have made it.
        if require_own(index) is Standing.OWN:
            claim(index)
        try:
            make_private(index)
            yield
        finally:
            make_private(index)


def find_writer(index: Path) -> Writer | None:
    """The process that writes to this index now, if there is one. The lock tells, not the file that names it."""
    if not _is_held(index / LOCK_NAME):
        return None
    return _read_holder(index / HOLDER_NAME) or Writer(0, "", "")


if sys.platform == "win32":

    def _is_held(lock_file: Path) -> bool:
        if not lock_file.is_file():
            return False
        lock = FileLock(lock_file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:  # a folder that can't be written to has no writer
            return False
        lock.release()
        return False

else:

    def _is_held(lock_file: Path) -> bool:
        """By a shared lock, so that those who look at the same time don't take each other for a writer."""
        try:
            with lock_file.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # nobody has ever written there, or nobody can
            return False
        return False


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Meanwhile nobody else is `alone` with this file. Where it is not there, nothing is held."""
    with ExitStack() as opened:
        with suppress(FileNotFoundError):
            _lock(opened.enter_context(file.open("rb")), alone=False)
        yield


@contextmanager
def alone(file: Path) -> Iterator[bool]:
    """Whether nobody has this file `held`, or will before the block ends. It may be removed meanwhile."""
    with ExitStack() as opened:
        try:
            _lock(opened.enter_context(file.open("rb+")), alone=True)
        except FileNotFoundError:
            yield True
        except BlockingIOError:
            yield False
        else:
            yield True


def _lock(file: IO[bytes], *, alone: bool) -> None:
    """Until the file is closed. Raises BlockingIOError where others hold what is wanted alone."""
    if sys.platform != "win32":  # there, what is open can't be removed
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)


def describe_holder(holder: Path) -> str:
    """The writing process in words."""
    writer = _read_holder(holder)
    return f"Process {writer.pid} on {writer.host} (since {writer.started})" if writer else "Another process"


def _read_holder(holder: Path) -> Writer | None:
    try:
        values = json.loads(holder.read_text(encoding="utf-8"))
        return Writer(int(values["pid"]), str(values["host"]), str(values["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
