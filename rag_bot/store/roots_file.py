"""A copy of the list of folders beside the catalogue, for the day that the catalogue is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rag_bot.files import write_whole
from rag_bot.store.catalogue import Root

FILE_NAME = "roots.json"


def write_roots(index: Path, roots: Sequence[Root]) -> None:
    """Replace the file if the list is another one. Where that fails the catalogue still has it."""
    listed = {root.label: str(root.folder) for root in roots}
    if read_roots(index) == listed:
        return
    with suppress(OSError):
        write_whole(index / FILE_NAME, json.dumps(listed, ensure_ascii=False, indent=1))


def read_roots(index: Path) -> dict[str, str]:
    """Folders by label; empty where there is no such file, or none that can be read."""
    try:
        values = json.loads((index / FILE_NAME).read_text(encoding="utf-8"))
        return {str(label): str(folder) for label, folder in values.items()}
    except (OSError, ValueError, AttributeError):
        return {}
