"""The notes as the folders and the index have them now, and the HTML of their list."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rag_bot.conversations.titles import folded
from rag_bot.errors import IndexUnusable, UsageError
from rag_bot.library import Library
from rag_bot.output import run_state
from rag_bot.records import INDEXED, NOT_READ, NoteState, Status, left_out_words
from rag_bot.ui.phrases import duration, many, run_words, since, size, when
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot
from rag_bot.ui.syncing.overview import failures, folder
from rag_bot.ui.templating import macros

ALL = "all"
STATES = ("indexed", "changed", "new", "deleted", "unreadable")
MOST_ROWS = 200  # set by hand; a search finds the others
_SHORTEST = 5.0  # seconds between two looks at the folders,
_SHARE = 50  # and at least so many times as long as a look takes; both set by hand


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
        wanted = set(folded(query).split())
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
        """As they stand now; none where there is no index, or it can't be read, of which the side says why."""
        with self._lock:
            began = time.monotonic()
            try:
                notes = self._library.note_states()
            except (IndexUnusable, UsageError):
                notes = ()
            if notes != self._list.notes:
                self._list = NoteList.of(notes)
            self._looked = time.monotonic()
            self._took = self._looked - began
            return self._list

    def look_again(self) -> NoteList:
        """As they stood a while ago, and now if it is longer ago than a while."""
        due = time.monotonic() - self._looked > max(_SHORTEST, _SHARE * self._took)
        return self.look() if due else self._list


def filters(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Labels with counts, and states. "Indexed" is what all are that are in no other one."""
    return [(f"{state.capitalize()} {counts.get(state, 0):,}", state) for state in (ALL, *STATES[1:])]


def rows(notes: Sequence[NoteState]) -> Markup:
    """The notes that were found, as far as there is room."""
    if not notes:
        return macros("base.html").hint("No note fits.")
    shown = []
    for note in notes[:MOST_ROWS]:
        facts = [many(note.passages, "passage")] if note.synced or note.passages else []
        facts += [f"synced {when(note.synced)}"] if note.synced else []
        shown.append((note, " · ".join(facts)))
    return macros("notes.html").rows(shown, len(notes) - MOST_ROWS)


def summary(snapshot: IndexSnapshot) -> Markup:
    """Totals, model, folders and the last syncs."""
    status = snapshot.status
    if status is None:
        return macros("base.html").hint(snapshot.problem or "Nothing is indexed yet.")
    totals = (
        (f"{status.notes:,}", "note" if status.notes == 1 else "notes"),
        (f"{status.chunks:,}", "passage" if status.chunks == 1 else "passages"),
        (size(status.bytes_on_disk), "on disk"),
    )
    return macros("notes.html").summary(totals, _facts(status), _runs(status))


def _facts(status: Status) -> dict[str, Markup | str]:
    html = macros("notes.html")
    writer = status.writer
    running = ""
    if writer:
        begun = f", since {since(writer.started)}" if writer.started else ""
        running = f"a sync ({f'process {writer.pid}' if writer.pid else 'a process'}{begun})"
    return {
        "Folders": html.folders([(folder(root, status.missing), str(root)) for root in status.roots]),
        "Model": html.model(status.model, status.fingerprint),
        "Synced": Markup("{}{}").format(when(status.last_synced) or "not yet", failures(status.failed)),
        "Running": running,
        "Not read": html.left_out([entry for entry in status.left_out if entry.reason in NOT_READ], left_out_words),
        "Doubtful": html.left_out([entry for entry in status.left_out if entry.reason in INDEXED], left_out_words),
    }


def _runs(status: Status) -> list[dict[str, Markup | str]]:
    """The last syncs, as they are told."""
    runs: list[dict[str, Markup | str]] = []
    for place, run in enumerate(status.runs):
        state = run_state(run, status.writer, place)
        runs.append(
            {
                "state": state,
                "when": when(run.started),
                "what": run_words(run, state),
                "error": run.error,
                "failures": failures(run.failed, run.started),
                "took": duration(run.seconds) if run.seconds is not None else "",
            }
        )
    return runs
