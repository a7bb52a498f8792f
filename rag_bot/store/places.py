"""A note and lines of it, as people write them, -> the note that is meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rag_bot.errors import UsageError
from rag_bot.store.catalogue import Root

_LISTED = 5  # notes that are named where several are meant
_ALIKE = 0.75  # share of characters from which another name may have been meant


@dataclass(frozen=True, slots=True)
class Place:
    """`notes/a.md:12-15`. `lines` are counted from 1, both ends included; None for the whole note."""

    path: str
    lines: tuple[int, int] | None = None


def read_place(text: str) -> Place:
    """Raises UsageError where the lines can't be lines."""
    found = re.fullmatch(r"(.+):(\d{1,9})(?:-(\d{1,9}))?", text.strip())
    if not found:
        return Place(text.strip())
    start, end = int(found[2]), int(found[3] or found[2])
    if not 1 <= start <= end:
        raise UsageError(f"The lines of {text!r} begin with 1 and end where they began or later: notes/a.md:12-15.")
    return Place(found[1], (start, end))


def find_path(written: str, paths: Sequence[str], roots: Sequence[Root]) -> str | None:
    """Which of these note paths is meant by one of them, a file on disk, or the end of a path.

    Raises:
        UsageError: several end like this.
    """
    wanted = _plain(written)
    by_name = {_plain(path): path for path in paths}
    below = [f"{root.label}/{place.as_posix()}" for root, place in places_below(Path(written), roots)]
    for name in (wanted, *below):
        if _plain(name) in by_name:
            return by_name[_plain(name)]
    ends = [path for name, path in by_name.items() if name.endswith(f"/{wanted}")]
    if len(ends) > 1:
        listed = ", ".join(ends[:_LISTED]) + (", ..." if len(ends) > _LISTED else "")
        raise UsageError(f"{len(ends)} notes are called {written}: {listed}. Give more of the path.")
    return ends[0] if ends else None


def places_below(file: Path, roots: Sequence[Root]) -> list[tuple[Root, Path]]:
    """The roots that a file lies in, the innermost first, and its path below each; the file need not be there."""
    absolute = file.expanduser().absolute()
    found = [
        (root, form.relative_to(root.folder))
        for root in roots
        for form in dict.fromkeys((absolute, absolute.resolve()))
        if form.is_relative_to(root.folder)
    ]
    return sorted(found, key=lambda pair: -len(pair[0].folder.parts))


def similar(written: str, paths: Sequence[str]) -> str:
    """The note path that looks most like what was written; "" where none does."""
    names = {Path(path).name.lower(): path for path in paths} | {path.lower(): path for path in paths}
    wanted = (written.lower(), Path(written).name.lower())
    close = [name for one in wanted for name in get_close_matches(one, names, n=1, cutoff=_ALIKE)]
    return names[close[0]] if close else ""


def _plain(path: str) -> str:
    return unicodedata.normalize("NFC", path.replace("\\", "/").removeprefix("./"))
