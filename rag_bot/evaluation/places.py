"""Where a person's own cases and results lie: beside the index, each index's in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from rag_bot.settings import Settings


def beside_index(settings: Settings, kind: str) -> Path:
    """The folder for files of this kind, called as the index is: others beside it have theirs. Not made here."""
    return settings.index.parent / kind / settings.index.name


def make_private(folder: Path) -> None:
    """A folder of `beside_index`, and the one of its kind, for nobody else to read, where there are none.

    Raises:
        OSError: they can't be made.
    """
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    for one in (folder.parent, folder):
        one.mkdir(mode=0o700, exist_ok=True)
