"""The notes as the folders and the index have them now, and those of them that somebody looks for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, Self

from rag_bot.conversations.titles import folded
from rag_bot.errors import IndexUnusable, UsageError
from rag_bot.library import Library
from rag_bot.records import NoteState
from rag_bot.ui.notes.uploads import target_folders

ALL = "all"
STATES = ("indexed", "changed", "new", "deleted", "unreadable")
TREE, TABLE = "tree", "table"
ROWS_AT_ONCE = 200  # set by hand; "Show more" shows as many again
_MOST_ROWS = 1_000_000  # more than a list has
_LONGEST = 1_000  # characters of a query, and folders that are folded or not; set by hand
_SHORTEST = 5.0  # seconds between two looks at the folders,
_SHARE = 50  # and at least so many times as long as a look takes; both set by hand
_PATIENCE_SECONDS = 0.5  # that a page waits for a look which has just begun; set by hand

_folded = lru_cache(maxsize=200_000)(folded)  # of some 100,000 notes; set by hand

SORTS: Mapping[str, Callable[[NoteState], Any]] = {
    "title": lambda note: _folded(note.title),
    "folder": lambda note: _folded(folder_of(note.path)),
    "date": lambda note: note.date or note.edited,
    "size": attrgetter("size"),
    "passages": attrgetter("passages"),
    "state": lambda note: STATES.index(note.state),
    "synced": attrgetter("synced"),
}
"""What the table can be sorted by."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Which notes somebody looks for, and how they are shown.

    `sort` is one of `SORTS`, with a "-" before it the largest first. `toggled` are the folders of the tree that are
    folded or open unlike they would be by themselves; `shown` is how many rows there is room for.
    """

    query: str = ""
    state: str = ALL
    view: str = TREE
    sort: str = "title"
    toggled: frozenset[str] = frozenset()
    shown: int = ROWS_AT_ONCE

    @classmethod
    def told(cls, query: str, state: str, view: str, sort: str, toggled: Sequence[str], more: int) -> Self:
        """As a page reports it, from an address that may say anything: what makes no sense is left out.

        `more` is how often it was asked for more rows.
        """
        return cls(
            str(query)[:_LONGEST],
            state if state in STATES else ALL,
            TABLE if view == TABLE else TREE,
            sort if str(sort).removeprefix("-") in SORTS else "title",
            frozenset(str(path) for path in toggled[:_LONGEST]),
            min((1 + max(0, int(more))) * ROWS_AT_ONCE, _MOST_ROWS),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether some notes only are looked for."""
        return bool(self.query.strip()) or self.state != ALL


@dataclass(frozen=True, slots=True)
class NoteList:
    """All notes by path, with what they are found by; `left_out` are reason, path and kind of what is no note."""

    notes: tuple[NoteState, ...] = ()
    words: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def of(cls, notes: Sequence[NoteState], left_out: Iterable[tuple[str, str, str]] = ()) -> NoteList:
        words = tuple(folded(f"{note.title} {note.path}") for note in notes)
        return cls(tuple(notes), words, tuple(sorted(left_out)))

    def find(self, query: str, state: str = ALL, with_words: Collection[str] = ()) -> list[NoteState]:
        """The notes in this state whose path and title have all words of the query, however they are written.

        `with_words` are the paths of those that have them in their text.
        """
        wanted = set(folded(query).split())
        return [
            note
            for note, words in zip(self.notes, self.words, strict=True)
            if (state in (ALL, note.state))
            and (note.path in with_words or not wanted or all(word in words for word in wanted))
        ]

    def counts(self) -> dict[str, int]:
        """The number of notes in each state, and of all."""
        counted = Counter(note.state for note in self.notes)
        return {ALL: len(self.notes)} | {state: counted[state] for state in STATES}

    def state_of(self, path: str) -> str:
        """The state of the note with this path; "" if there is none."""
        return next((note.state for note in self.notes if note.path == path), "")

    def folders(self) -> list[str]:
        """The folders that notes lie in, and those around them, as paths of notes begin."""
        return sorted(count_by_folder(note.path for note in self.notes))


@dataclass(frozen=True, slots=True)
class FolderLine:
    """A line of the tree. `level` counts from 1, the outermost; `notes` are how many are below it."""

    path: str
    level: int
    notes: int
    is_open: bool

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A note in the tree."""

    note: NoteState
    level: int


@dataclass(slots=True)
class _Branch:
    notes: list[NoteState] = field(default_factory=list)
    folders: dict[str, _Branch] = field(default_factory=dict)
    count: int = 0


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def count_by_folder(paths: Iterable[str]) -> Counter[str]:
    """Of each folder that notes lie in, and of those around them, how many of the notes are anywhere below it."""
    counts: Counter[str] = Counter()
    for folder, count in Counter(map(folder_of, paths)).items():
        while folder:
            counts[folder] += count
            folder = folder_of(folder)
    return counts


def sort_notes(notes: Iterable[NoteState], sort: str) -> list[NoteState]:
    """By one of `SORTS`, those that are alike as they were; notes without a value come last in any case."""
    key = SORTS[sort.removeprefix("-")]
    valued = [(key(note), note) for note in notes]
    valued.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))
    return [note for value, note in valued if value != ""] + [note for value, note in valued if value == ""]


def tree_lines(notes: Iterable[NoteState], looked: Looked) -> list[FolderLine | Leaf]:
    """Folders and notes as they stand below each other: the outermost folders are open, where notes are looked for all.

    Folders come before notes, both by name.
    """
    top, by_folder = _Branch(), dict[str, list[NoteState]]()
    for note in notes:
        by_folder.setdefault(folder_of(note.path), []).append(note)
    for path, inside in by_folder.items():
        branch = top
        for name in path.split("/"):
            branch = branch.folders.setdefault(name, _Branch())
            branch.count += len(inside)
        branch.notes = inside
    lines: list[FolderLine | Leaf] = []

    def add(branch: _Branch, path: str, level: int) -> None:
        for name in sorted(branch.folders, key=_folded):
            inner, below = branch.folders[name], f"{path}{name}"
            is_open = (level == 1 or looked.is_narrowed) != (below in looked.toggled)
            lines.append(FolderLine(below, level, inner.count, is_open))
            if is_open:
                add(inner, f"{below}/", level + 1)
        lines.extend(Leaf(note, level) for note in sorted(branch.notes, key=lambda note: _folded(note.title)))

    add(top, "", 1)
    return lines


class NoteLists:
    """Looks at the folders, which takes a second with 10,000 notes: in a thread, and not at each tick."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._list = NoteList()
        self._looked = float("-inf")
        self._took = 0.0
        self._generation = ""
        self._looking: threading.Thread | None = None
        self._targets: list[str] = []

    @property
    def targets(self) -> list[str]:
        """The folders that files may be added to, as note paths begin."""
        return self._targets

    @property
    def has_looked(self) -> bool:
        """Whether a look has ended."""
        return self._looked > float("-inf")

    def last(self) -> NoteList:
        """As they stood at the last look."""
        return self._list

    def look(self, patience_seconds: float = _PATIENCE_SECONDS) -> NoteList:
        """As they stand now, or where that takes longer than so many seconds, as they stood at the last look.

        None where there is no index, or it can't be read, of which the side says why.
        """
        with self._lock:
            if self._looking is None or not self._looking.is_alive():
                self._looking = threading.Thread(target=self._look, name="look", daemon=True)
                self._looking.start()
            looking = self._looking
        looking.join(patience_seconds)
        return self._list

    def look_again(self, generation: str = "") -> NoteList:
        """As they stood a while ago, and now if it is longer ago than a while or the index is of another generation."""
        is_long_ago = time.monotonic() - self._looked > max(_SHORTEST, _SHARE * self._took)
        is_other, self._generation = generation != self._generation, generation
        return self.look() if is_long_ago or is_other else self._list

    def _look(self) -> None:
        began, left_out = time.monotonic(), list[tuple[str, str, str]]()
        try:
            notes = self._library.note_states(lambda *file: left_out.append(file))
        except (IndexUnusable, UsageError):
            notes = ()
        fresh = NoteList.of(notes, left_out)
        if fresh != self._list:
            self._list = fresh
        if self._library.settings.uploads:
            self._targets = target_folders(self._library, fresh.folders())
        self._took = time.monotonic() - began
        self._looked = time.monotonic()
