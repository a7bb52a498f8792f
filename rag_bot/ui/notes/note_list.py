"""How all notes stand, kept for a while, and those of them that somebody looks for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag_bot.conversations.titles import folded
from rag_bot.errors import IndexUnusable, UsageError
from rag_bot.library import Library
from rag_bot.records import NoteState

ALL = "all"
STATES = ("indexed", "changed", "new", "deleted", "unreadable")
_SHORTEST = 5.0  # seconds between two looks at the folders,
_SHARE = 50  # and at least so many times as long as a look takes


@dataclass(frozen=True, slots=True)
class NoteList:
    """All notes by path, with what they are found by."""

    notes: tuple[NoteState, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, notes: Sequence[NoteState]) -> NoteList:
        return cls(tuple(notes), tuple(folded(f"{note.title} {note.path}") for note in notes))

    def find(self, query: str, state: str = ALL) -> list[NoteState]:
        """The notes in this state whose path and title have all words of the query, however they are written."""
        wanted = folded(query).split()
        return [
            note
            for note, words in zip(self.notes, self.words, strict=True)
            if (state in (ALL, note.state)) and all(word in words for word in wanted)
        ]

    def counts(self) -> dict[str, int]:
        """The number of notes in each state, and of all."""
        counted = Counter(note.state for note in self.notes)
        return {ALL: len(self.notes)} | {state: counted[state] for state in STATES}

    def state_of(self, path: str) -> str:
        """The state of the note with this path; "" if there is none."""
        return next((note.state for note in self.notes if note.path == path), "")


class NoteLists:
    """Looks at the folders, which takes a second with 10,000 notes, and therefore not at each tick."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._list = NoteList()
        self._looked = float("-inf")
        self._took = 0.0

    def last(self) -> NoteList:
        """As they stood at the last look."""
        return self._list

    def look(self) -> NoteList:
        """As they stand now."""
        with self._lock:
            began = time.monotonic()
            notes = self._states()
            if notes != self._list.notes:
                self._list = NoteList.of(notes)
            self._looked = time.monotonic()
            self._took = self._looked - began
            return self._list

    def look_again(self) -> NoteList:
        """As they stood a while ago, and now if it is longer ago than a while."""
        due = time.monotonic() - self._looked > max(_SHORTEST, _SHARE * self._took)
        return self.look() if due else self._list

    def _states(self) -> tuple[NoteState, ...]:
        try:
            return self._library.note_states()
        except (IndexUnusable, UsageError):  # the side says why
            return ()
