"""An index that stays open from one question to the next, and gives each of them one complete state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from rag_bot.errors import IndexUnusable
from rag_bot.models import EmbeddingModel
from rag_bot.models.reader import Reader, open_reader
from rag_bot.settings import RetrievalSettings, Settings
from rag_bot.store.bm25 import WordIndex
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.indexes import open_to_ask
from rag_bot.store.postgres import require_named
from rag_bot.store.schema import explained
from rag_bot.store.server import ServerVectors
from rag_bot.store.vectors import ExactVectors, VectorIndex

_T = TypeVar("_T")
_TRIES = 10  # set by hand: a sync that changes the state during ten questions in a row is none that ends soon


@dataclass(frozen=True, slots=True)
class Sources:
    """What a question is asked of: one state of the catalogue, the indexes, the model that embedded them, the reader.

    Open for the length of one question; `catalogue` is inside a snapshot. `notes` is how many notes it has.
    """

    catalogue: Catalogue
    vectors: VectorIndex | ServerVectors | ExactVectors
    words: WordIndex
    model: EmbeddingModel
    notes: int
    settings: RetrievalSettings
    reader_name: str = ""

    @property
    def reader(self) -> Reader | None:
        """Loaded by the first question that is read; a search needs none. Raises ModelError as `open_reader`."""
        return open_reader(self.reader_name)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What stays open from one question to the next."""

    generation: str
    vectors: VectorIndex | ServerVectors | ExactVectors
    words: WordIndex
    model: EmbeddingModel
    notes: int  # counting them reads an index with every path


class OpenIndex:
    """Opens nothing until it is asked something. Safe to use from several threads.

    What another process ingests is seen by the next question.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._idle = threading.Condition()
        self._active = 0
        self._opened: _Opened | None = None

    def close(self) -> None:
        """Let go of the index, once nobody asks it any more."""
        with self._idle:
            self._idle.wait_for(lambda: self._active == 0)
            self._let_go()

    def generation(self) -> str:
        """Changes with every sync that changed something; "" where nothing is indexed yet."""
        try:
            with self.catalogue() as catalogue:
                return catalogue.generation()
        except IndexUnusable:
            return ""

    @contextmanager
    def catalogue(self) -> Iterator[Catalogue]:
        """One state of the catalogue. Raises IndexUnusable where there is none, or it is damaged."""
        require_named(self.settings.index, self.settings.catalogue)
        catalogue = Catalogue.open(self.settings.index)
        try:
            with explained(self.settings.index), catalogue.snapshot():
                yield catalogue
        finally:
            catalogue.close()

    def with_sources(self, use: Callable[[Sources], _T]) -> _T:
        """What `use` returns, given the sources of one complete state.

        A sync takes what its new state no longer has out of the search indexes, so a question during which the state
        changed is asked again.

        Raises:
            IndexUnusable: nothing has been ingested yet, the index is damaged, or it never stands still.
        """
        for _ in range(_TRIES):
            with self.catalogue() as catalogue:
                begun = catalogue.generation()
                try:
                    with self._in_use(catalogue) as opened:
                        result = use(
                            Sources(
                                catalogue,
                                opened.vectors,
                                opened.words,
                                opened.model,
                                opened.notes,
                                self.settings.retrieval,
                                self.settings.reader,
                            )
                        )
                except IndexUnusable:
                    if self.generation() == begun:
                        raise
                    continue
            with self.catalogue() as now:
                if now.generation() == begun:
                    return result
        raise IndexUnusable(f"The index in {self.settings.index} changes all the time; ask again in a moment.")

    @contextmanager
    def _in_use(self, catalogue: Catalogue) -> Iterator[_Opened]:
        """Both indexes and the model, in use until the block ends; opened anew when a sync has changed them since."""
        meta = catalogue.meta()
        if "store" not in meta:
            raise IndexUnusable(
                f"The first ingest into {self.settings.index} has not finished. Run `rag-bot ingest` to finish it."
            )
        with self._idle:
            if self._opened is None or self._opened.generation != meta["generation"]:
                # A client sees what another process wrote only after it was closed and opened again.
                self._idle.wait_for(lambda: self._active == 0)
                model = self._opened.model if self._opened else None
                if model is None or model.info.fingerprint != meta["fingerprint"]:
                    model = EmbeddingModel.open(meta["model"], meta["fingerprint"], self.settings.cache)
                before, self._opened = self._opened.vectors if self._opened else None, None
                try:
                    vectors, words = open_to_ask(self.settings.index, catalogue, self.settings.vectors, before)
                except BaseException:
                    if before:
                        before.close()
                    raise
                self._opened = _Opened(meta["generation"], vectors, words, model, catalogue.census.count())
            opened = self._opened
            self._active += 1
        try:
            yield opened
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()

    def _let_go(self) -> None:
        if self._opened:
            self._opened.vectors.close()
            self._opened = None
