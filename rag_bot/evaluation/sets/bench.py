"""Asks the questions of a set in a folder of its own, which keeps notes, indexes and what was found."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import rag_bot
from rag_bot.errors import UsageError
from rag_bot.evaluation.sets.question_set import OnProgress, QuestionSet, SetResult, digest_of
from rag_bot.files import write_whole
from rag_bot.library import Library
from rag_bot.models import CHUNK_WINDOW, EmbeddingModel
from rag_bot.models.export import Vectors
from rag_bot.query.answer import clean_question, find
from rag_bot.query.open_index import Sources
from rag_bot.records import Hit, Progress
from rag_bot.settings import Settings
from rag_bot.store.lock import writer_lock
from rag_bot.store.moving import begin_with

_DECIDING = (
    *("models", "text", "markdown", "query", "store", "library.py", "records"),
    *("evaluation/sets", "evaluation/cases.py", "evaluation/evidence.py", "evaluation/scores.py"),
)
"""The code that decides what a question finds in an index, and what of it is kept; `models` has its weights' hashes."""
_NAME_CHARACTERS = 60  # of a set, in the name of its folder; file systems allow 255 in all


class Bench:
    """The work folder of one set, held by this process until it is closed.

    Indexes are made when they are first needed and differ in model and size of passages only; a question's vector is
    computed once.

    Raises:
        WriterBusy: another process works there.
        UsageError: nothing can be written there.
    """

    def __init__(self, questions: QuestionSet, base: Path, on_progress: OnProgress = lambda _: None) -> None:
        self.questions = questions
        name = "".join(mark if mark.isalnum() or mark in "-_" else "-" for mark in questions.name)[:_NAME_CHARACTERS]
        self.work = base / f"{name or 'set'}-{questions.digest[:12]}"
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

    def ask(self, settings: Settings, ids: Iterable[str] | None = None) -> SetResult:
        """Ask these questions, or all, with these settings; what was asked like this before is not asked again."""
        library, unreadable, ingest_seconds = self._library(settings)
        questions = self.questions.questions
        began = time.perf_counter()
        results = self._results(library, settings, list(questions if ids is None else ids))
        seconds = time.perf_counter() - began
        scores = self.questions.score(results)
        status = library.status(runs=1)
        refused = sum(not _can_be_asked(questions[question]) for question in results)
        return SetResult(settings, status, results, scores, unreadable, refused, ingest_seconds, seconds)

    def _results(self, library: Library, settings: Settings, ids: Sequence[str]) -> dict[str, list[Any]]:
        limit = self.questions.limit(settings)
        way = {
            "retrieval": settings.retrieval.model_dump(mode="json"),
            "reader": settings.reader,
            "limit": limit,
            "index": library.settings.index.name,
            "generation": library.generation(),
            "code": code_digest(),
        }
        results = {}
        with closing(KeptResults(self.work / "found", way)) as kept:
            for done, question in enumerate(ids, start=1):
                text = self.questions.questions[question]
                known = kept.get(question, text)
                if known is None:
                    hits = self._search(library, settings, text, limit) if _can_be_asked(text) else []
                    known = self.questions.results_of(question, hits, library)
                    kept.keep(question, text, known)
                results[question] = known
                self._on_progress(Progress("questions", done, len(ids)))
        return results

    def _search(self, library: Library, settings: Settings, text: str, limit: int) -> list[Hit]:
        """As `Library.search`, with these settings and the question's vector from before."""

        def search(sources: Sources) -> list[Hit]:
            model = self._models.setdefault(sources.model.info.fingerprint, RememberingModel(sources.model))
            sources = replace(sources, model=model, settings=settings.retrieval)
            return find(sources, text, limit=limit)[0]

        return library.with_sources(search)

    def _library(self, settings: Settings) -> tuple[Library, int, float]:
        """An index of the notes with this model and size of passages: the library, notes not read, and seconds."""
        ready = self.questions.index(settings)
        index = ready or self.work / f"index-{digest_of(settings.model)[:6]}-{settings.chunk_tokens or CHUNK_WINDOW}"
        if index not in self._opened:
            update: dict[str, object] = {"index": index, "notes": ()}
            if not ready:  # one that is soon removed leaves nothing on servers
                update |= {"vectors": "", "catalogue": ""}
            library = Library(settings.model_copy(update=update))
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


class KeptResults:
    """What questions found, kept on disk as they are asked, so that a killed run goes on where it was.

    One file for one way of asking: a line of JSON that says which, then one for each question, in any order.

    A line that a kill cut short counts as not written.
    """

    def __init__(self, folder: Path, way: Mapping[str, Any]) -> None:
        self.path = folder / f"{digest_of(way)}.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        lines = list(self._lines()) or [dict(way)]
        write_whole(self.path, "".join(f"{json.dumps(line, default=str)}\n" for line in lines))
        self._known = {line["id"]: line for line in lines[1:]}
        self._file = self.path.open("a", encoding="utf-8")

    def close(self) -> None:
        self._file.close()

    def get(self, question_id: str, text: str) -> Any | None:
        """What this question found; None if it was not asked yet, or in other words."""
        line = self._known.get(question_id)
        return line["found"] if line and line["question"] == text else None

    def keep(self, question_id: str, text: str, found: Any) -> None:
        self._known[question_id] = {"id": question_id, "question": text, "found": found}
        self._file.write(f"{json.dumps(self._known[question_id], default=str)}\n")
        self._file.flush()

    def _lines(self) -> Iterator[dict[str, Any]]:
        with suppress(FileNotFoundError), self.path.open(encoding="utf-8") as lines:
            for line in lines:
                with suppress(ValueError):
                    yield json.loads(line)


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Changes with any line of the code that decides what a question finds in an index, and what of it is kept."""
    package = Path(rag_bot.__file__).parent
    parts = [package / part for part in _DECIDING]
    files = sorted(file for part in parts for file in (part.rglob("*.py") if part.is_dir() else [part]))
    return digest_of([[file.relative_to(package).as_posix(), file.read_text(encoding="utf-8")] for file in files])
