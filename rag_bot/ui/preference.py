"""Whether the index is to be kept in sync, remembered beside it from one start of the app to the next."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_NAME = "keep-in-sync"


def wants_watching(index: Path) -> bool:
    return (index / _NAME).is_file()


def remember_watching(index: Path, on: bool) -> None:
    """An index that can't be written to remembers nothing."""
    with suppress(OSError):
        if on:
            (index / _NAME).touch()
        else:
            (index / _NAME).unlink(missing_ok=True)
