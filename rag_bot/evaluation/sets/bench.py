"""Asks the questions of a set in a folder of its own, which keeps notes, indexes and what was found."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

from rag_bot.errors import UsageError
from rag_bot.evaluation.sets.found import FoundStore, code_digest, digest_of
from rag_bot.evaluation.sets.rankings import Scores
from rag_bot.library import Library
from rag_bot.models import CHUNK_WINDOW, EmbeddingModel
from rag_bot.models.export import Vectors
from rag_bot.query.answer import clean_question, find
from rag_bot.query.open_index import Sources
from rag_bot.records import Hit, Progress, Status
from rag_bot.settings import Settings
from rag_bot.store.lock import writer_lock
from rag_bot.store.schema import begin_with

OnProgress = Callable[[Progress], None]


class QuestionSet(Protocol):
    """Questions whose right passages are known, and the notes that they are asked of.

    `questions` are the texts by id. `digest` changes with the notes and with anything else that `found` depends on;
    `measures` begin with the one that decides between two settings.
    """

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def questions(self) -> Mapping[str, str]: ...
    @property
    def measures(self) -> tuple[str, ...]: ...

    def limit(self, settings: Settings) -> int:
        """How many passages to ask for."""

    def folders(self, work: Path, on_progress: OnProgress) -> Sequence[Path]:
        """The folders of the notes, written below `work` where they do not exist yet."""

    def found(self, question_id: str, hits: Sequence[Hit], library: Library) -> list[Any]:
        """What of the library's hits is needed to score them, as JSON can hold it."""

    def index(self, settings: Settings) -> Path | None:
        """An index of the notes that is there already, made with these settings; else None."""

    def score(self, found: Mapping[str, list[Any]]) -> Scores:
        """The measures of each question in `found`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one way of asking found and how good that is, by question. `index` is what stood in the index.

    `unreadable` notes are not in it; `refused` questions can't be asked, being too long, and count as without result.
    """

    settings: Settings
    index: Status
    found: Mapping[str, list[Any]]
    scores: Scores
    unreadable: int
    refused: int
    ingest_seconds: float
    ask_seconds: float

    def values(self, measure: str) -> list[float]:
        """One for each question, in the order they were asked."""
        return [self.scores[question][measure] for question in self.found]


class Bench:
    """The work folder of one set, held by this process until it is closed.

    Indexes are made when they are first needed and differ in model and size of passages only; a question's vector is
    computed once. Raises WriterBusy where another process works there, UsageError where nothing can be written.
    """

    def __init__(self, questions: QuestionSet, base: Path, on_progress: OnProgress = lambda _: None) -> None:
        self.questions = questions
        self.work = base / f"{_safe(questions.name)}-{questions.digest[:12]}"
        self._on_progress = on_progress
        self._opened: dict[Path, tuple[Library, int, float]] = {}
        self._models: dict[str, RememberingModel] = {}
        self._closing = ExitStack()
        try:
            self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UsageError(f"{base} cannot be written to: {error.strerror}. Choose another with --work.") from error
        self._closing.enter_context(writer_lock(self.work))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing.close()

    def ask(self, settings: Settings, ids: Iterable[str] | None = None) -> Asked:
        """Ask these questions, or all, with these settings; what was asked like this before is not asked again."""
        library, unreadable, ingest_seconds = self._library(settings)
        began = time.perf_counter()
        found = self._find(library, settings, list(self.questions.questions if ids is None else ids))
        seconds = time.perf_counter() - began
        scores = self.questions.score(found)
        status = library.status(runs=1)
        refused = sum(not _can_be_asked(self.questions.questions[question]) for question in found)
        return Asked(settings, status, found, scores, unreadable, refused, ingest_seconds, seconds)

    def _find(self, library: Library, settings: Settings, ids: Sequence[str]) -> dict[str, list[Any]]:
        limit = self.questions.limit(settings)
        way = {
            "retrieval": settings.retrieval.model_dump(mode="json"),
            "limit": limit,
            "index": library.settings.index.name,
            "generation": library.generation(),
            "code": code_digest(),
        }
        found = {}
        with closing(FoundStore(self.work / "found", way)) as store:
            for done, question in enumerate(ids, start=1):
                text = self.questions.questions[question]
                known = store.get(question, text)
                if known is None:
                    hits = self._search(library, settings, text, limit) if _can_be_asked(text) else []
                    known = self.questions.found(question, hits, library)
                    store.keep(question, text, known)
                found[question] = known
                self._on_progress(Progress("questions", done, len(ids)))
        return found

    def _search(self, library: Library, settings: Settings, text: str, limit: int) -> list[Hit]:
        """As `Library.search`, with these settings and the question's vector from before."""

        def search(sources: Sources) -> list[Hit]:
            remembering = self._remembering(sources.model)
            sources = replace(sources, model=remembering, settings=settings.retrieval)
            return find(sources, text, limit=limit)[0]

        return library.with_sources(search)

    def _remembering(self, model: EmbeddingModel) -> RememberingModel:
        return self._models.setdefault(model.info.fingerprint, RememberingModel(model))

    def _library(self, settings: Settings) -> tuple[Library, int, float]:
        """An index of the notes with this model and size of passages: the library, notes not read, and seconds."""
        ready = self.questions.index(settings)
        index = ready or self.work / f"index-{digest_of(settings.model)[:6]}-{settings.chunk_tokens or CHUNK_WINDOW}"
        if index not in self._opened:
            library = Library(settings.model_copy(update={"index": index, "notes": ()}))
            self._closing.callback(library.close)
            self._opened[index] = library, *((0, 0.0) if ready else self._ingest(library))
        return self._opened[index]

    def _ingest(self, library: Library) -> tuple[int, float]:
        """How many notes could not be read, and the seconds it took."""
        index = library.settings.index
        others = [path for path in sorted(self.work.glob("index-*")) if path != index]
        if others and not index.exists():
            begin_with(index, others[0])
        folders = self.questions.folders(self.work, self._on_progress)
        report = library.ingest(folders, on_loss="keep", on_progress=self._on_progress)
        return len(report.failed), report.seconds


class RememberingModel(EmbeddingModel):
    """The same model; encodes each question once."""

    def __init__(self, model: EmbeddingModel) -> None:
        super().__init__(model.folder, model.weights, model.chunk_window)
        self._vectors: dict[str, Vectors] = {}

    def encode_query(self, text: str) -> Vectors:
        if text not in self._vectors:
            self._vectors[text] = super().encode_query(text)
        return self._vectors[text]


def _can_be_asked(text: str) -> bool:
    try:
        return bool(clean_question(text))
    except UsageError:
        return False


def file_digest(*files: Path) -> str:
    """A hash of the contents of files, in this order."""
    whole = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()


def _safe(name: str) -> str:
    return "".join(mark if mark.isalnum() or mark in "-_" else "-" for mark in name)[:60] or "set"
