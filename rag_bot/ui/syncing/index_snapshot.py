"""What the app shows of the index, read anew only after something has changed there."""

from __future__ import annotations

import datetime
import threading
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from rag_bot.errors import IndexUnusable, RagBotError
from rag_bot.library import Library
from rag_bot.records import Run, Status, Writer
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.lock import find_writer
from rag_bot.store.ownership import Standing, standing
from rag_bot.store.schema import explained, has_catalogue
from rag_bot.ui.syncing.example_questions import ExampleQuestions


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
    """`status` is None without an index, or where it can't be read: `problem` says why.

    `questions` are examples, as many as are found by now. `is_strange` says that the index was not made here, so that
    reading a folder makes it anew.
    """

    version: IndexVersion
    status: Status | None = None
    problem: str = ""
    questions: tuple[str, ...] = ()
    is_strange: bool = False

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
        self._examples = ExampleQuestions(library)

    def close(self) -> None:
        """Ends what is looked for in the background."""
        self._examples.close()

    def now(self) -> IndexSnapshot:
        """A new snapshot if the version has changed; else the last one, after a millisecond or two."""
        with self._lock:
            version = self._read_version()
            if version != self._last.version:
                self._last = self._read_index(version)
            if self._last.notes and not version.writer:
                questions = self._examples.now(version.generation)
                if questions != self._last.questions:
                    self._last = replace(self._last, questions=questions)
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
        except RagBotError as error:
            is_strange = standing(self._library.settings.index) is Standing.STRANGE
            return IndexSnapshot(version, problem=str(error), is_strange=is_strange)
        return IndexSnapshot(version, status, questions=self._last.questions)


def has_index(library: Library) -> bool:
    """Whether something was indexed there, be it readable or not."""
    return has_catalogue(library.settings.index)
