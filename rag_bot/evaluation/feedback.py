"""The cases that a person's feedback on answers makes: a file of their own, which no rebuild of the index touches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import Case, append_case, case_line, read_cases
from rag_bot.evaluation.results import beside_index, make_private
from rag_bot.files import save_text
from rag_bot.records import ALL_NOTES, Filters

if TYPE_CHECKING:
    from rag_bot.settings import Settings

KIND = "feedback"
FOLDER, FILE = "feedback", "cases.jsonl"
_PATIENCE_SECONDS = 5.0  # that another writer, who has a few lines to write, may take; set by hand


def feedback_file(settings: Settings) -> Path:
    """Where the cases of this index are, once there are some: beside it, in a folder for nobody else to read."""
    return beside_index(settings, FOLDER) / FILE


class Feedback:
    """At most one case of kind "feedback" for a question. Safe to use from several threads and processes."""

    def __init__(self, settings: Settings) -> None:
        self.path = feedback_file(settings)
        self._read: tuple[tuple[int, ...], tuple[Case, ...]] = ((), ())

    def cases(self) -> tuple[Case, ...]:
        """All cases of the file, none where it isn't there; read anew only after it has changed.

        Raises:
            UsageError: the file can't be read, or a line is no case.
        """
        try:
            status = self.path.stat()
            stamp: tuple[int, ...] = (status.st_mtime_ns, status.st_ino, status.st_size)
        except OSError:
            stamp = ()
        if stamp != self._read[0]:
            self._read = (stamp, tuple(read_cases(self.path)) if any(stamp[-1:]) else ())
        return self._read[1]

    def find(self, question: str, turns: tuple[str, ...] = (), filters: Filters = ALL_NOTES) -> Case | None:
        """The case of a question asked of these notes, however it is spaced and in whatever case of letters.

        Raises as `cases`.
        """
        words = _normalised(question, turns)
        for case in self.cases():
            if case.kind == KIND and case.filters == filters and _normalised(case.question, case.turns) == words:
                return case
        return None

    def keep(self, case: Case) -> Case:
        """Add a case, in place of the one that its question had; it gets that one's id, or one of its own.

        Raises:
            UsageError: the file is there and no file of cases, or can't be written.
        """
        with self._alone():
            former = self.find(case.question, case.turns, case.filters)
            if former is None:
                return append_case(self.path, replace(case, kind=KIND))
            case = replace(case, kind=KIND, id=former.id)
            self._save([case if other.id == former.id else other for other in self.cases()])
            return case

    def take_back(self, question: str, turns: tuple[str, ...] = (), filters: Filters = ALL_NOTES) -> bool:
        """Remove the case of a question; False where there is none. Raises as `keep`."""
        with self._alone():
            former = self.find(question, turns, filters)
            if former is None:
                return False
            self._save([case for case in self.cases() if case.id != former.id])
            return True

    def _save(self, cases: list[Case]) -> None:
        save_text(self.path, "".join(case_line(case) for case in cases))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The folder, made where there is none, for this writer alone."""
        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=_PATIENCE_SECONDS)
        try:
            make_private(self.path.parent)
            lock.acquire()
        except OSError as error:  # Timeout is one as well
            why = error.strerror or "another process writes there"
            raise UsageError(f"{self.path} cannot be written: {why}. See who may write there.") from error
        try:
            yield
        finally:
            lock.release()


def _normalised(question: str, turns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" ".join(text.split()).casefold() for text in (*turns, question))
