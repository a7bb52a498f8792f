"""Files: read while nobody changes them, written whole or not at all, and known by their SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rag_bot.errors import ModelError, NoteUnreadable, UsageError

LARGEST_NOTE = 64 * 1024 * 1024  # bytes; the largest note seen in public vaults has a hundredth of it
_CLOCK_STEP_NS = 2_000_000_000  # that of FAT, the coarsest
_HASHES_NAME = "hashes.json"


# What sync tools add to the name of a copy. Must match `(Jo's conflicted copy 2026-03-01)` of Dropbox, Nextcloud and
# Obsidian in their languages, `(SFConflict jo@home 2026-03-01)` of Seafile, `.sync-conflict-20260301-101010-ABC` of
# Syncthing.
_CONFLICT = re.compile(
    r"[(\[][^()\[\]]*[ck]onfli(?:ct|kt|t)[^()\[\]]*(?:cop|kop|\d)[^()\[\]]*[)\]]"
    r"|[(\[][^()\[\]]*(?:cop|kop)[^()\[\]]*[ck]onfli(?:ct|kt|t)[^()\[\]]*[)\]]"
    r"|\.sync-conflict-\d{8}-\d{6}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file held, with the size and times that belong to it; `stamp` tells whether it is still the same."""

    data: bytes
    size: int
    mtime_ns: int
    stamp: str


def read_once(file: str | Path, path: str) -> Contents | None:
    """The bytes of a file; None if it changed meanwhile.

    Raises:
        NoteUnreadable: it is no regular file, or too large for a note; `path` names it.
        OSError: it can't be read.
    """
    # Not blocking, or a pipe put in the file's place would hold us up for ever.
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise NoteUnreadable(f"{path} is not a regular file.")
        if before.st_size > LARGEST_NOTE:
            raise NoteUnreadable(f"{path} has {before.st_size:,} bytes; notes have at most {LARGEST_NOTE:,}. Split it.")
        data = stream.read()
        after = os.fstat(descriptor)
    if _state(before) != _state(after) or len(data) != after.st_size:
        return None
    return Contents(data, after.st_size, after.st_mtime_ns, stamp_of(after))


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_named_conflict_copy(name: str) -> bool:
    """Whether a file's name says that a sync tool made it, of two versions that are in conflict."""
    return bool(_CONFLICT.search(name))


def stamp_of(status: os.stat_result) -> str:
    """Size, times and inode of a file. It changes with the content, also where a file of the same size and time takes
    another's place.

    A file written a moment ago has none: written again within the clock's step, it would look the same.
    """
    changed_ns = status.st_mtime_ns if os.name == "nt" else status.st_ctime_ns
    if time.time_ns() - changed_ns < _CLOCK_STEP_NS:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside this one to write to, which takes its place when the block ends, and is gone where it fails.

    Raises:
        OSError: it can't be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is never seen half written. What is no text becomes a question mark.

    Raises:
        OSError: it can't be written; what was there before is still there.
    """
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", errors="replace")


def save_text(path: Path, text: str) -> None:
    """As `write_whole`, for a file that somebody named.

    Raises:
        UsageError: it can't be written.
    """
    try:
        write_whole(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error


class FileHashes:
    """SHA-256 of large files, remembered in the cache folder: hashing weights takes as long as a small sync.

    A file with the size, times and inode that it had is not read again. Without a cache nothing is remembered.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._file = cache / _HASHES_NAME if cache else None
        self._known = self._read(self._file) if self._file else {}

    def sha256(self, path: Path) -> str:
        """The hex digest of a file.

        Raises:
            ModelError: it can't be read.
        """
        try:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
            known = self._known.get(str(path))
            if known and known[:-1] == stamp:
                return str(known[-1])
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"The model file {path} cannot be read: {os.strerror(error.errno or 0)}.") from error
        self._known[str(path)] = [*stamp, digest]
        if self._file:
            with suppress(OSError):  # it is read again the next time, then
                self._file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
                write_whole(self._file, json.dumps(self._known))
        return digest

    @staticmethod
    def _read(file: Path) -> dict[str, list[object]]:
        try:
            known = json.loads(file.read_text(encoding="utf-8"))
            return {str(path): list(values) for path, values in known.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}
