"""Notes and their passages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

CLOSED = ("x", "-", ">")
"""The marks of tasks that nobody has to do any more."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """From `line` (from 1) on a note's text stands on this page, slide, row, ... of its file, up to the next landmark.

    `name` and `number` are its name for people ("page" 3); without a number it is the name alone, and "" for none.
    With `step` 1 each line further down is the next one: rows of a table.
    """

    line: int
    name: str
    number: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """One file of notes, read.

    `path` is the name people see and the index keys by: the label of the root (its folder's name), then the path below
    it, with forward slashes (`notes/talks/a.md`). `root` is the absolute folder on disk. `text` is the whole file
    decoded, line ends and byte-order mark as they stand; of a file that is no text what was read of it, and `places`
    say where in the file its lines stand, in their order. `metadata` holds the front matter, with `tags` and `aliases`
    as lists of str.
    `title` is what a person would call the note; `own_title` is it again if the text itself gives it (front matter, or
    a first heading), else "", so that renaming a file changes nothing that is embedded. `stamp` is what the file system
    said of the file, as `files.stamp_of` gives it. `oddities` are reasons to doubt the text, as in `LeftOut`, and their
    kinds.
    """

    path: str
    root: Path
    label: str
    title: str
    own_title: str
    text: str
    metadata: Mapping[str, Any]
    body_start_line: int
    content_hash: str
    size: int
    mtime_ns: int
    stamp: str = ""
    places: tuple[Landmark, ...] = ()
    oddities: Mapping[str, str] = field(default_factory=dict)

    def place(self, start_line: int, end_line: int) -> str:
        """Where in the file these lines stand: "page 3", "sheet Prices, row 2-5"; "" where the lines tell it."""
        (name, first), (last_name, last) = self._landmark(start_line), self._landmark(end_line)
        if name == last_name:
            return f"{name} {first}-{last}" if first != last else f"{name} {first}" if first else name
        ends = (f"{words} {number}" if number else words for words, number in ((name, first), (last_name, last)))
        return " to ".join(filter(None, ends))

    def _landmark(self, line: int) -> tuple[str, int]:
        number = bisect_right(self.places, line, key=attrgetter("line"))
        if not number:
            return "", 0
        landmark = self.places[number - 1]
        return landmark.name, landmark.number + landmark.step * (line - landmark.line)

    @property
    def file(self) -> Path:
        """The file on disk."""
        return self.root / self.path.removeprefix(f"{self.label}/")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A contiguous span of a note: `text == note.text[start_char:end_char]`, lines counted from 1, both ends included.

    `context` is the line put above the text for embedding and word search (title > headings > ancestor bullets).
    `readable` is the text as it is read, without comments and machine text; "" where that is the text.
    """

    key: str
    note_path: str
    ordinal: int
    headings: tuple[str, ...]
    context: str
    text: str
    start_char: int
    end_char: int
    start_line: int
    end_line: int
    readable: str = ""

    @property
    def location(self) -> str:
        return location(self.note_path, self.start_line, self.end_line)

    @property
    def embedded_text(self) -> str:
        text = self.readable or self.text
        return f"{self.context}\n{text}" if self.context else text


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a note, in the line (from 1) that begins with its mark: "[ ]" or, in Logseq, "TODO".

    `mark` is " " for an open one, "x" done, "-" cancelled, ">" moved elsewhere, "/" in progress, or another one that is
    open as well. `above` are the headings and bullets that it stands below; `due` and `done` are days (ISO 8601) or "".
    """

    note_path: str
    line: int
    mark: str
    text: str
    above: tuple[str, ...]
    due: str = ""
    done: str = ""

    @property
    def is_open(self) -> bool:
        return self.mark not in CLOSED


@dataclass(frozen=True, slots=True)
class NoteState:
    """A note as the index and the folder have it now.

    `state` is "indexed", "changed" (its file is not what was indexed), "new" (not indexed yet), "deleted" (its file is
    gone) or "unreadable" (`error` says why). `passages`, `synced`, `size` in bytes, `date` and `edited` are those of
    the indexed version: `date` is what the note says that it is of, as `store.note_dates.date_of`, `edited` the local
    day on which its file was last written, both in ISO 8601, or "".
    """

    path: str
    title: str
    state: str
    passages: int = 0
    synced: str = ""
    error: str = ""
    size: int = 0
    date: str = ""
    edited: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a note is not in the index. `reason` is one word, `message` and `remedy` are parts of a sentence."""

    reason: str
    message: str
    remedy: str


def location(path: str, start_line: int, end_line: int) -> str:
    """`notes/a.md:12-15`, or `notes/a.md:12` for one line."""
    return f"{path}:{start_line}" if start_line == end_line else f"{path}:{start_line}-{end_line}"


def with_place(location: str, place: str) -> str:
    """A location for people: `notes/a.md:12`, `notes/b.pdf:40-42 (page 3)`."""
    return f"{location} ({place})" if place else location


def split_location(text: str) -> tuple[str, int, int]:
    """Path, first and last line of what `location` wrote. Raises ValueError for any other text."""
    path, _, lines = text.rpartition(":")
    numbers = lines.split("-")
    if not path or len(numbers) > 2 or not all(map(str.isdecimal, numbers)):
        raise ValueError(f"{text!r} is no location")
    return path, int(numbers[0]), int(numbers[-1])
