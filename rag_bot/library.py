"""Library: an opened index of notes. Ingest, search and ask in one object; the Python API."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from rag_bot.embedding import EmbeddingModel
from rag_bot.errors import IndexUnusable, RagBotError
from rag_bot.ingestion.staleness import change_since
from rag_bot.query.answer import answer, find
from rag_bot.query.sources import Sources
from rag_bot.query.why.journey import Trace
from rag_bot.records import Answer, Filters, Hit, Note, NoteState, Progress, Status, SyncReport, Verification
from rag_bot.settings import Settings, load_settings
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.indexes import open_to_ask
from rag_bot.store.lock import find_writer
from rag_bot.store.schema import explained
from rag_bot.store.vectors import ExactVectors, VectorIndex
from rag_bot.store.words import WordIndex

_T = TypeVar("_T")
_TRIES = 10


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
        on_loss: str = "ask",
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> SyncReport:
        """Make the index equal to these folders; without any, to those of the settings and all ingested before.

        `on_loss` is what happens where a folder is gone or lost more than half of its notes: "ask" changes nothing and
        raises NotesLost, "remove" removes the notes, "keep" leaves them and syncs the rest.

        Raises:
            UsageError, NotesLost, WriterBusy, ModelError, IndexUnusable
        """
        from rag_bot.ingestion.losses import OnLoss
        from rag_bot.ingestion.sync import preview, sync

        index, wanted = self.settings.index, [Path(folder) for folder in folders] or self._usual_folders()
        if dry_run:
            return preview(index, wanted, model=self._prepared_model, on_loss=OnLoss(on_loss))
        return sync(index, wanted, model=self._prepared_model, on_loss=OnLoss(on_loss), on_progress=on_progress)

    def forget(self, folder: Path | str) -> SyncReport:
        """Remove the notes of a folder that was ingested; the folder itself is not touched.

        Raises:
            UsageError, WriterBusy, IndexUnusable
        """
        from rag_bot.ingestion.sync import forget

        return forget(self.settings.index, Path(folder))

    def watch(
        self,
        folders: Sequence[Path | str] = (),
        *,
        on_report: Callable[[SyncReport], None],
        on_error: Callable[[RagBotError], None],
        stop: threading.Event | None = None,
        rescan_seconds: float = 300.0,
    ) -> None:
        """Sync, and again whenever a note is saved, until `stop` is set. Returns at once only where it can't begin.

        Folders that lose most of their notes keep them, as with `on_loss="keep"`. Every `rescan_seconds` all folders
        are looked at, for changes that nobody announced.

        Raises:
            UsageError, ModelError, IndexUnusable: as the first sync raises them. Later errors go to `on_error`.
        """
        from rag_bot.ingestion.watch import Watcher

        wanted = [Path(folder) for folder in folders] or self._usual_folders()
        watcher = Watcher(self.settings.index, wanted, self._prepared_model(), on_report, on_error)
        watcher.run(stop or threading.Event(), rescan_seconds)

    def verify(self, *, repair: bool = False, on_progress: Callable[[Progress], None] = lambda _: None) -> Verification:
        """Do folders, catalogue, Chroma and Tantivy agree? With `repair`, make them.

        Raises:
            WriterBusy: another process syncs.
            UsageError, ModelError, IndexUnusable: there is no index, or it can't be repaired.
        """
        from rag_bot.ingestion.repair import repair as mend
        from rag_bot.ingestion.verify import verify

        if repair:
            return mend(self.settings.index, self._prepared_model, self.settings.notes, on_progress)
        return verify(self.settings.index)

    def search(
        self, question: str, *, limit: int = 10, filters: Filters | None = None, earlier: Sequence[str] = ()
    ) -> list[Hit]:
        """The best passages for a question, best first. `earlier` are the questions before it, oldest first.

        Raises:
            UsageError: the question is empty or too long, or no note passes the filters.
            IndexUnusable: nothing has been ingested yet, or the index is damaged.
        """
        return self.search_timed(question, limit=limit, filters=filters, earlier=earlier)[0]

    def search_timed(
        self, question: str, *, limit: int = 10, filters: Filters | None = None, earlier: Sequence[str] = ()
    ) -> tuple[list[Hit], dict[str, float]]:
        """As `search`, with the milliseconds of each stage."""
        return self.asked(lambda sources: find(sources, question, limit=limit, filters=filters, earlier=earlier))

    def ask(self, question: str, *, filters: Filters | None = None, earlier: Sequence[str] = ()) -> Answer:
        """The lines of the notes that answer a question, or that they don't. Raises as `search`."""
        return self.asked(
            lambda sources: answer(sources, question, filters=filters, earlier=earlier, change_since=change_since)
        )

    def why(self, question: str, place: str, *, filters: Filters | None = None, earlier: Sequence[str] = ()) -> Trace:
        """What became of a passage when a question is asked, and at which stage it was lost.

        `place` is a note, or lines of one: `notes/a.md:12-15`, a file on disk, the end of a path. Raises as `search`;
        UsageError also where several notes are called so.
        """
        from rag_bot.ingestion.absence import why_absent
        from rag_bot.query.why.trace import trace

        absent = partial(why_absent, self.settings.index)
        return self.asked(
            lambda sources: trace(
                sources,
                question,
                place,
                filters=filters,
                earlier=earlier,
                why_absent=absent,
                change_since=change_since,
            )
        )

    def note(self, path: str) -> Note | None:
        """A note as it was indexed, by the path that citations give."""
        with self._catalogue() as catalogue:
            return catalogue.find_note(path)

    def note_titles(self) -> list[tuple[str, str]]:
        """Path and title of every note, by path."""
        with self._catalogue() as catalogue:
            return catalogue.note_titles()

    def note_states(self) -> tuple[NoteState, ...]:
        """How each note of the index and of its folders stands, by path. Raises IndexUnusable without an index."""
        from rag_bot.ingestion.states import note_states

        return note_states(self.settings.index)

    def generation(self) -> str:
        """Changes with every sync that changed something; "" where nothing is indexed yet."""
        try:
            with self._catalogue() as catalogue:
                return catalogue.generation()
        except IndexUnusable:
            return ""

    def status(self, *, runs: int = 10) -> Status:
        """What the index holds, and its last syncs. Raises IndexUnusable where there is none."""
        index = self.settings.index
        with self._catalogue() as catalogue:
            meta, (notes, chunks, vectors) = catalogue.meta(), catalogue.counts()
            roots, history = [root.folder for root in catalogue.roots()], catalogue.runs(runs)
            finished = next(iter(catalogue.runs(1, succeeded=True)), None)
        return Status(
            index=index,
            roots=tuple(roots),
            missing=tuple(root for root in roots if not root.is_dir()),
            notes=notes,
            chunks=chunks,
            vectors=vectors,
            model=meta.get("model", self.settings.model),
            fingerprint=meta.get("fingerprint", ""),
            last_synced=finished.started if finished else None,
            failed=finished.failed if finished else (),
            bytes_on_disk=sum(_size(path) for path in index.rglob("*")),
            runs=history,
            writer=find_writer(index),
        )

    def warm_up(self) -> None:
        """Load what a question needs, so that the first one is as fast as the next."""
        self.asked(lambda sources: sources.vectors.query(sources.model.encode_query("warm up"), 1))

    def _prepared_model(self) -> EmbeddingModel:
        return EmbeddingModel.prepare(self.settings.model, self.settings.cache, self.settings.chunk_tokens)

    def _usual_folders(self) -> list[Path]:
        """The folders of the settings that are not roots yet, and all roots: none means all roots."""
        if not self.settings.notes:
            return []
        try:
            with self._catalogue() as catalogue:
                return [*(root.folder for root in catalogue.roots()), *self.settings.notes]
        except IndexUnusable:
            return list(self.settings.notes)

    def _sources(self, catalogue: Catalogue, indexes: Indexes) -> Sources:
        return Sources(catalogue, indexes.vectors, indexes.words, indexes.model, self.settings.retrieval)

    @contextmanager
    def _catalogue(self) -> Iterator[Catalogue]:
        catalogue = Catalogue.open(self.settings.index)
        try:
            with explained(self.settings.index), catalogue.snapshot():
                yield catalogue
        finally:
            catalogue.close()

    def asked(self, ask: Callable[[Sources], _T]) -> _T:
        """What `ask` finds in one complete state, of which it gets the sources.

        A sync takes what its new state no longer has out of the search indexes, so a question during which the state
        changed is asked again.

        Raises:
            IndexUnusable: nothing has been ingested yet, the index is damaged, or it never stands still.
        """
        for _ in range(_TRIES):
            with self._catalogue() as catalogue:
                begun = catalogue.generation()
                try:
                    with self._indexes(catalogue) as indexes:
                        result = ask(self._sources(catalogue, indexes))
                except IndexUnusable:
                    if self.generation() == begun:
                        raise
                    continue
            if self.generation() == begun:
                return result
        raise IndexUnusable(f"The index in {self.settings.index} changes all the time; ask again in a moment.")

    @contextmanager
    def _indexes(self, catalogue: Catalogue) -> Iterator[Indexes]:
        """Both indexes and the model, in use until the block ends; opened anew when a sync has changed them since."""
        meta = catalogue.meta()
        if "store" not in meta:
            raise IndexUnusable(
                f"The first ingest into {self.settings.index} has not finished. Run `rag-bot ingest` to finish it."
            )
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
        vectors, words = open_to_ask(self.settings.index, catalogue)
        self._opened = (meta["generation"], Indexes(vectors, words, model))

    def _let_go(self) -> None:
        if self._opened:
            self._opened[1].vectors.close()
            self._opened = None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # removed by a sync meanwhile
        return 0
