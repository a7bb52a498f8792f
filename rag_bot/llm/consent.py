"""What a remote model is sent, and which ones somebody has agreed to, in a small file beside the index."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

SENT = "the question, the passages found for it, and the conversation so far"
"""What leaves this machine when a remote model is asked."""
_AGREED = "agreed-remotes"


def has_agreed(index: Path, name: str, place: str) -> bool:
    """Whether somebody has agreed that a model at this place is sent what it needs."""
    try:
        return f"{name} {place}" in (index / _AGREED).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False


def remember_agreed(index: Path, name: str, place: str) -> None:
    """An index that can't be written to remembers nothing."""
    with suppress(OSError), (index / _AGREED).open("a", encoding="utf-8") as file:
        file.write(f"{name} {place}\n")
