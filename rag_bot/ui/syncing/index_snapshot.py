"""What the app shows of the index, read anew only after something has changed there."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from rag_bot.errors import IndexUnusable, RagBotError
from rag_bot.library import Library
from rag_bot.records import Run, Status, Writer
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.lock import find_writer
from rag_bot.store.schema import FILE_NAME, explained

_EXAMPLES = 4  # questions to begin with; set by hand
SHIPPED_NOTE = "corpus/talk/big-bench.md"
SHIPPED = (
    "What share of the BIG-Bench tasks was emergent?",
    "Over how many orders of magnitude does the scaling trend go?",
    "What are the implications of emergence?",
    "How big are teams now?",
)


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """Changes when a sync begins, ends or dies, in whichever process, when a folder comes or goes, and with the day."""

    generation: str = ""
    newest: Run | None = None
    writer: Writer | None = None
    missing: tuple[Path, ...] = ()
    day: datetime.date = datetime.date.min


@dataclass(frozen=True, slots=True)
class IndexSnapshot:
    """`status` is None without an index, or where it can't be read: `problem` says why. `questions` are examples."""

    version: IndexVersion
    status: Status | None = None
    problem: str = ""
    questions: tuple[str, ...] = ()

    @property
    def notes(self) -> int:
        return self.status.notes if self.status else 0

    @property
    def writer(self) -> Writer | None:
        """Who writes to the index just now."""
        return self.version.writer


class SnapshotCache:
    """The last snapshot of an index. Safe to use from several threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._last = IndexSnapshot(IndexVersion())

    def now(self) -> IndexSnapshot:
        """A new snapshot if the version has changed; else the last one, after a millisecond or two."""
        with self._lock:
            version = self._read_version()
            if version != self._last.version:
                self._last = self._read_index(version)
            return self._last

    def _read_version(self) -> IndexVersion:
        index, today = self._library.settings.index, datetime.date.today()
        if not has_index(self._library):
            return IndexVersion(day=today)
        try:
            with closing(Catalogue.open(index)) as catalogue, explained(index):
                generation, newest = catalogue.generation(), next(iter(catalogue.runs(1)), None)
                missing = tuple(root.folder for root in catalogue.roots() if not root.folder.is_dir())
        except IndexUnusable as error:
            return IndexVersion(generation=f"unusable: {error}", writer=find_writer(index), day=today)
        begun = newest is not None and newest.seconds is None
        return IndexVersion(generation, newest, find_writer(index) if begun else None, missing, today)

    def _read_index(self, version: IndexVersion) -> IndexSnapshot:
        if not has_index(self._library):
            return IndexSnapshot(version)
        try:
            status = replace(self._library.status(), writer=version.writer)
            questions = self._last.questions
            if not questions or version.generation != self._last.version.generation:
                questions = example_questions(self._library.note_titles())
        except RagBotError as error:
            return IndexSnapshot(version, problem=str(error))
        return IndexSnapshot(version, status, "", questions)


def has_index(library: Library) -> bool:
    """Whether something was indexed there, be it readable or not."""
    return (library.settings.index / FILE_NAME).is_file()


def example_questions(titles: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Four questions that the notes answer, from (path, title) of every note; fixed ones for the notes that ship."""
    if any(path == SHIPPED_NOTE for path, _ in titles):
        return SHIPPED
    names = list(dict.fromkeys(title for _, title in titles if 3 <= len(title) <= 60))
    step = max(1, len(names) // _EXAMPLES)
    return tuple(f"What did I note about {name}?" for name in names[::step][:_EXAMPLES])
