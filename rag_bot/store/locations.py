"""Where in the notes, as people write it (a path, the end of one, lines of a note) -> the note that is meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rag_bot.errors import UsageError
from rag_bot.store.catalogue import Root

_LISTED = 5  # notes that are named where several are meant; set by hand
_ALIKE = 0.75  # share of characters from which another name may have been meant; set by hand


@dataclass(frozen=True, slots=True)
class NoteLocation:
    """`notes/a.md:12-15`. `lines` are counted from 1, both ends included; None for the whole note."""

    path: str
    lines: tuple[int, int] | None = None


def read_location(text: str) -> NoteLocation:
    """Raises UsageError where the lines can't be lines."""
    # Must match a path with a line or two behind it; nine digits are more than any note has lines.
    located = re.fullmatch(r"(.+):(\d{1,9})(?:-(\d{1,9}))?", text.strip())
    if not located:
        return NoteLocation(text.strip())
    start, end = int(located[2]), int(located[3] or located[2])
    if not 1 <= start <= end:
        raise UsageError(f"The lines of {text!r} begin with 1 and end where they began or later: notes/a.md:12-15.")
    return NoteLocation(located[1], (start, end))


def find_path(written: str, paths: Sequence[str], roots: Sequence[Root]) -> str | None:
    """Which of these note paths is meant by one of them, a file on disk, or the end of a path.

    Raises:
        UsageError: several end like this.
    """
    wanted = plain_path(written)
    by_name = {plain_path(path): path for path in paths}
    below = [f"{root.label}/{relative.as_posix()}" for root, relative in roots_around(Path(written), roots)]
    for name in (wanted, *below):
        if plain_path(name) in by_name:
            return by_name[plain_path(name)]
    ends = [path for name, path in by_name.items() if name.endswith(f"/{wanted}")]
    if len(ends) > 1:
        listed = ", ".join(ends[:_LISTED]) + (", ..." if len(ends) > _LISTED else "")
        raise UsageError(f"{len(ends)} notes are called {written}: {listed}. Give more of the path.")
    return ends[0] if ends else None


def roots_around(file: Path, roots: Sequence[Root]) -> list[tuple[Root, Path]]:
    """The roots that a file lies in, the innermost first, and its path below each; the file need not be there."""
    absolute = file.expanduser().absolute()
    pairs = [
        (root, form.relative_to(root.folder))
        for root in roots
        for form in dict.fromkeys((absolute, absolute.resolve()))
        if form.is_relative_to(root.folder)
    ]
    return sorted(pairs, key=lambda pair: -len(pair[0].folder.parts))


def similar_path(written: str, paths: Sequence[str]) -> str:
    """The note path that looks most like what was written; "" where none does."""
    names = {Path(path).name.lower(): path for path in paths} | {path.lower(): path for path in paths}
    forms = (written.lower(), Path(written).name.lower())
    close = [name for form in forms for name in get_close_matches(form, names, n=1, cutoff=_ALIKE)]
    return names[close[0]] if close else ""


def plain_path(path: str) -> str:
    """A path as it is compared: file names come in NFD as well, from macOS for one."""
    return unicodedata.normalize("NFC", path.replace("\\", "/").removeprefix("./"))
