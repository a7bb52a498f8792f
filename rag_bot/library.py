"""Library: an opened index of notes. Ingest, search and ask in one object; the Python API."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rag_bot.embedding import EmbeddingModel
from rag_bot.errors import IndexUnusable
from rag_bot.query.answer import answer, find
from rag_bot.query.sources import Sources
from rag_bot.records import Answer, Filters, Hit, Note, Progress, Status, SyncReport
from rag_bot.settings import Settings, load_settings
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.schema import explained
from rag_bot.store.vectors import ExactVectors, VectorIndex
from rag_bot.store.words import WordIndex

SMALL_LIBRARY = 3_000  # passages that are compared one by one sooner than Chroma is loaded


@dataclass(frozen=True, slots=True)
class Indexes:
    """What stays open from one question to the next."""

    vectors: VectorIndex | ExactVectors
    words: WordIndex
    model: EmbeddingModel


class Library:
    """The notes that were ingested into one index folder.

    Opens nothing until it is asked something. Safe to use from several threads; what another process ingests is seen by
    the next question.
    """

    def __init__(self, settings: Settings | None = None, **flags: Any) -> None:
        """Settings as they are, or those that `load_settings(**flags)` gives."""
        self.settings = settings or load_settings(**flags)
        self._idle = threading.Condition()
        self._active = 0
        self._opened: tuple[str, Indexes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        with self._idle:
            self._idle.wait_for(lambda: self._active == 0)
            self._let_go()

    def ingest(
        self,
        folders: Sequence[Path | str] = (),
        *,
        dry_run: bool = False,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> SyncReport:
        """Make the index equal to these folders; without any, to those of the settings and all ingested before.

        Raises:
            UsageError, WriterBusy, ModelError, IndexUnusable
        """
        from rag_bot.ingestion.sync import preview, sync

        wanted = [Path(folder) for folder in folders] or self._usual_folders()
        index, model, cache = self.settings.index, self.settings.model, self.settings.cache
        if dry_run:
            return preview(index, wanted, model_name=model, cache=cache)
        return sync(index, wanted, model_name=model, cache=cache, on_progress=on_progress)

    def search(self, question: str, *, limit: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The best passages for a question, best first.

        Raises:
            UsageError: the question is empty or too long, or no note passes the filters.
            IndexUnusable: nothing has been ingested yet, or the index is damaged.
        """
        return self.search_timed(question, limit=limit, filters=filters)[0]

    def search_timed(
        self, question: str, *, limit: int = 10, filters: Filters | None = None
    ) -> tuple[list[Hit], dict[str, float]]:
        """As `search`, with the milliseconds of each stage."""
        with self._sources() as sources:
            return find(sources, question, limit=limit, filters=filters)

    def ask(self, question: str, *, filters: Filters | None = None) -> Answer:
        """The lines of the notes that answer a question, or that they don't. Raises as `search`."""
        with self._sources() as sources:
            return answer(sources, question, filters=filters, is_stale=lambda hit: is_stale(hit.note))

    def note(self, path: str) -> Note | None:
        """A note as it was indexed, by the path that citations give."""
        with self._catalogue() as catalogue:
            return catalogue.find_note(path)

    def note_titles(self) -> list[tuple[str, str]]:
        """Path and title of every note, by path."""
        with self._catalogue() as catalogue:
            return catalogue.note_titles()

    def status(self) -> Status:
        """What the index holds. Raises IndexUnusable where there is none."""
        with self._catalogue() as catalogue:
            meta, (notes, chunks, vectors) = catalogue.meta(), catalogue.counts()
            synced, failed = catalogue.last_run() or (None, ())
            return Status(
                index=self.settings.index,
                roots=tuple(root.folder for root in catalogue.roots()),
                notes=notes,
                chunks=chunks,
                vectors=vectors,
                model=meta.get("model", ""),
                fingerprint=meta.get("fingerprint", ""),
                last_synced=synced,
                failed=failed,
                bytes_on_disk=sum(path.stat().st_size for path in self.settings.index.rglob("*") if path.is_file()),
            )

    def warm_up(self) -> None:
        """Load what a question needs, so that the first one is as fast as the next."""
        with self._sources() as sources:
            sources.vectors.query(sources.model.encode_query("warm up"), 1)

    def _usual_folders(self) -> list[Path]:
        """The folders of the settings that are not roots yet, and all roots: none means all roots."""
        if not self.settings.notes:
            return []
        try:
            with self._catalogue() as catalogue:
                return [*(root.folder for root in catalogue.roots()), *self.settings.notes]
        except IndexUnusable:
            return list(self.settings.notes)

    @contextmanager
    def _catalogue(self) -> Iterator[Catalogue]:
        catalogue = Catalogue.open(self.settings.index)
        try:
            with explained(self.settings.index), catalogue.snapshot():
                yield catalogue
        finally:
            catalogue.close()

    @contextmanager
    def _sources(self) -> Iterator[Sources]:
        with self._catalogue() as catalogue:
            meta = catalogue.meta()
            if "generation" not in meta:
                raise IndexUnusable(
                    f"The first ingest into {self.settings.index} has not finished. Run `rag-bot ingest` to finish it."
                )
            with self._indexes(catalogue, meta) as indexes:
                yield Sources(catalogue, indexes.vectors, indexes.words, indexes.model)

    @contextmanager
    def _indexes(self, catalogue: Catalogue, meta: Mapping[str, str]) -> Iterator[Indexes]:
        """Both indexes and the model, in use until the block ends; opened anew when a sync has changed them since."""
        with self._idle:
            if self._opened is None or self._opened[0] != meta["generation"]:
                self._idle.wait_for(lambda: self._active == 0)
                self._reopen(catalogue, meta)
            assert self._opened
            opened = self._opened[1]
            self._active += 1
        try:
            yield opened
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()

    def _reopen(self, catalogue: Catalogue, meta: Mapping[str, str]) -> None:
        """A client sees what another process wrote only after it was closed and opened again."""
        model = self._opened[1].model if self._opened else None
        if model is None or model.info.fingerprint != meta["fingerprint"]:
            model = EmbeddingModel.open(meta["model"], meta["fingerprint"], self.settings.cache)
        self._let_go()
        few = catalogue.all_vectors(SMALL_LIBRARY)
        vectors = ExactVectors(few) if few is not None else VectorIndex(self.settings.index, meta["fingerprint"])
        self._opened = (meta["generation"], Indexes(vectors, WordIndex.open(self.settings.index), model))

    def _let_go(self) -> None:
        if self._opened:
            self._opened[1].vectors.close()
            self._opened = None


def is_stale(note: Note) -> bool:
    """Whether the note's file is gone or no longer what was indexed."""
    try:
        stat = note.file.stat()
        if (stat.st_size, stat.st_mtime_ns) == (note.size, note.mtime_ns):
            return False
        with note.file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() != note.content_hash
    except OSError:
        return True
