"""What the app remembers from one start to the next, in small files beside the index."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from rag_bot.files import write_whole
from rag_bot.store.ownership import is_own

_SYNC, _MODEL = "keep-in-sync", "answers-by"  # names of the files


def remembered_watching(index: Path) -> bool:
    """Whether the index is to be kept in sync."""
    return is_own(index) and (index / _SYNC).is_file()


def remember_watching(index: Path, on: bool) -> None:
    """An index that is not there, not this user's, or can't be written to remembers nothing."""
    if not is_own(index):
        return
    with suppress(OSError):
        if on:
            (index / _SYNC).touch()
        else:
            (index / _SYNC).unlink(missing_ok=True)


def remembered_model(index: Path, settings_llm: str) -> str | None:
    """The language model that was chosen last, "" for none; None where nobody has, or the settings' has changed since.

    `settings_llm` is what the settings name now. A file of one line doesn't tell what they named, and holds.
    """
    if not is_own(index):
        return None
    try:
        lines = (index / _MODEL).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    chosen = lines[0] if lines else ""
    named = lines[1] if len(lines) > 1 else settings_llm
    return chosen.strip() if named.strip() == settings_llm.strip() else None


def remember_model(index: Path, name: str, settings_llm: str) -> None:
    """As `remembered_model` reads it: what was chosen, and below it what the settings name."""
    if not is_own(index):
        return
    with suppress(OSError):
        write_whole(index / _MODEL, f"{name}\n{settings_llm}\n")
