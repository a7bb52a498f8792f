"""Keys by meaning: a Chroma collection of unit vectors (the only importer of chromadb).

It holds nothing but keys and vectors, and only the catalogue decides which of them count.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import IndexUnusable
from rag_bot.store.lock import held
from rag_bot.store.ownership import MARK_NAME

FOLDER_NAME = "chroma"
DATABASE_NAME = "chroma.sqlite3"
_PREFIX = "notes-"
# How Chroma 1.5 writes that it knows no embedding function; of any other that a collection names it builds an object.
_NO_FUNCTIONS = ({"type": "legacy"}, {"type": "unknown"}, None)
_PANIC = "PanicException"  # what Rust's panics become; no Exception, and a class that can't be imported
# recall@50 against exact search of 0.997 at 8,258 vectors of real notes and 0.992 at 60,000: eval/benchmarks/README.md.
GRAPH = {
    "space": "cosine",
    "ef_construction": 200,
    # Where vectors are all about equally near, a new one is linked to few that have no place left, and nothing leads to
    # it: with 16 that befell some of 400 made-up ones in 66 of 300 graphs, with 32 in 1 of 100; of 8,258 passages of
    # real notes none with either. Each more takes 8 bytes a vector.
    "max_neighbors": 32,
    "ef_search": 300,
    # The graph is on disk after each write. What is in its log alone Chroma 1.5 enters once more at the next write if
    # it was asked in between (it then takes 0 for the last number it has seen), as changes that run beside the new
    # vectors and undo their links: one more than 20 was then not found in 10 of 1,650 times, and no longer.
    "sync_threshold": 1,
}


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what Chroma raises (many unrelated types, some of them from Rust) into one of ours."""
    try:
        yield
    except IndexUnusable:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == _PANIC:
            raise IndexUnusable.because_of(error, FOLDER_NAME) from error
        raise


_OPENING = threading.Lock()
_OPEN: Counter[Path] = Counter()
"""How many clients of this process have a database open."""


def copy_database(folder: Path, copy: Path) -> None:
    """Copy Chroma's database from one store's folder into another's, whoever opens it meanwhile.

    Chroma writes a line at each opening. Ours wait, for closing a file takes all locks away that a process holds on it.
    Raises sqlite3.Error.
    """
    paths = (one / FOLDER_NAME / DATABASE_NAME for one in (folder, copy))
    with _OPENING, closing(sqlite3.connect(next(paths))) as source, closing(sqlite3.connect(next(paths))) as target:
        source.backup(target)


def _require_no_functions(database: Path) -> None:
    """Raises IndexUnusable before Chroma opens a database that would make it build something.

    Chroma builds the embedding function that a collection names, whatever it is opened with; one of them loads models
    that run code. Triggers, views and computed columns could bring a name in after this look. `collections` holds what
    is said of each; whatever it says in JSON is looked through. Open to be written, for a killed sync may have left a
    journal, which SQLite first rolls back.
    """
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        kinds = connection.execute(
            "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index')"
        ).fetchall()
        computed = connection.execute("SELECT name FROM pragma_table_xinfo('collections') WHERE hidden").fetchall()
        is_there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'collections'").fetchone()
        rows = connection.execute("SELECT * FROM collections").fetchall() if is_there else []
    if kinds or computed or any(_names_a_function(value) for row in rows for value in row):
        raise IndexUnusable(
            f"{database} would make Chroma run code that it names: somebody has changed it. Nothing of it was opened. "
            "Run `rag-bot verify --repair`; your notes are not touched."
        )


def _names_a_function(value: object) -> bool:
    """Whether a stored value has an embedding function, or anything with a type of its own, in its JSON."""
    if not isinstance(value, str | bytes) or value.lstrip()[:1] not in ("{", "[", b"{", b"["):
        return False
    named: list[object] = []

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        named.extend(inner for key, inner in pairs if key == "embedding_function")
        named.extend([found] if "type" in found else [])
        named.extend([pairs] if len(found) < len(pairs) else [])  # a key twice: readers differ in which one counts
        return found

    try:
        json.loads(value, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return True
    return any(function not in _NO_FUNCTIONS for function in named)


class ExactVectors:
    """The vectors of a small library in memory: comparing all is exact, and sooner done than loading Chroma."""

    def __init__(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        self._keys = list(vectors)
        self._matrix = np.stack(list(vectors.values())) if vectors else np.zeros((0, 0), dtype=np.float32)

    def query(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        """The nearest keys with their cosine, best first."""
        if not self._keys:
            return []
        cosines = (self._matrix @ vector).tolist()
        return _best_of(zip(self._keys, cosines, strict=True), limit)

    def close(self) -> None:
        """Nothing is held open."""


def _best_of(cosines: Iterable[tuple[str, float]], limit: int) -> list[tuple[str, float]]:
    return sorted(cosines, key=lambda pair: (-pair[1], pair[0]))[:limit]


class VectorIndex:
    """The vectors of one embedding model in one folder. Chroma, which takes a second, is loaded at the first use.

    A query compares those of `late`, too, which the graph may not have yet.
    """

    def __init__(self, folder: Path, fingerprint: str, *, create: bool = False) -> None:
        """Raises IndexUnusable, at the first use, where there is none and none is to be made."""
        self.late = ExactVectors({})
        self._folder = folder / FOLDER_NAME
        self._name = f"{_PREFIX}{fingerprint}"
        self._create = create
        self._held = ExitStack()

    def is_same(self, other: object) -> bool:
        """Whether the other one's graph is this one's, so that it need not be loaded again: none is written to."""
        return isinstance(other, VectorIndex) and (self._folder, self._name) == (other._folder, other._name)

    @cached_property
    def _client(self) -> Any:
        chromadb = load_chroma()
        database = self._folder / DATABASE_NAME
        # Nothing of a file `.env` that lies in the current folder: it could name classes to be imported.
        settings = chromadb.config.Settings(_env_file=None, anonymized_telemetry=False)
        with _explained(), _OPENING, ExitStack() as held_open:
            if not self._create:  # who asks; a sync goes on to the next folder and removes this one
                held_open.enter_context(held(self._folder.with_name(MARK_NAME)))
            if database.is_file():
                # Not while Chroma has it open here: closing a file takes all locks away that a process holds on it.
                if not _OPEN[database]:
                    _require_no_functions(database)
            elif not self._create:
                raise FileNotFoundError(f"{self._folder} holds no Chroma database")
            client = chromadb.PersistentClient(str(self._folder), settings)
            _OPEN[database] += 1
            self._held = held_open.pop_all()
            return client

    @cached_property
    def _collection(self) -> Any:
        client = self._client
        with _explained():
            if not self._create:
                return client.get_collection(self._name, embedding_function=None)
            return client.get_or_create_collection(self._name, embedding_function=None, configuration={"hnsw": GRAPH})

    def keys(self) -> set[str]:
        """All keys, those included that searching no longer reaches."""
        collection = self._collection
        with _explained():
            return set(collection.get(include=[])["ids"])

    def stored(self) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """All keys and vectors in batches.

        Raises:
            IndexUnusable: some of the keys have no vector that searching would reach.
        """
        collection, size = self._collection, int(self._client.get_max_batch_size())
        for start in range(0, len(self.keys()), size):
            with _explained():
                found = collection.get(include=["embeddings"], limit=size, offset=start)
            yield found["ids"], np.asarray(found["embeddings"], dtype=np.float32)

    def upsert(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store vectors, shape [len(keys), dimensions]; a key that is there already is overwritten."""
        step = int(self._client.get_max_batch_size())
        for start in range(0, len(keys), step):
            some = slice(start, start + step)
            with _explained():
                self._collection.upsert(ids=list(keys[some]), embeddings=vectors[some])

    def delete(self, keys: Sequence[str]) -> None:
        """Take vectors out; unknown keys do no harm."""
        step = int(self._client.get_max_batch_size())
        for start in range(0, len(keys), step):
            with _explained():
                self._collection.delete(ids=list(keys[start : start + step]))
        with _explained():
            if keys and not self._collection.count():
                self._make_anew()

    def _make_anew(self) -> None:
        """Chroma writes the files of an emptied graph with each opening, of one that never had a vector none."""
        self._client.delete_collection(self._name)
        for graph in self._folder.glob("*/"):
            shutil.rmtree(graph)
        del self._collection
        _ = self._collection

    def query(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        """The nearest keys with their cosine, best first."""
        with _explained():
            found = self._collection.query(
                query_embeddings=vector[np.newaxis, :], n_results=limit, include=["distances"]
            )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        cosines = {key: 1.0 - distance for key, distance in pairs} | dict(self.late.query(vector, limit))
        return _best_of(cosines.items(), limit)

    def close(self) -> None:
        """Let go of the folder; a client opened after that sees what other processes wrote."""
        if client := self.__dict__.pop("_client", None):
            self.__dict__.pop("_collection", None)
            with _OPENING:
                client.close()
                _OPEN[self._folder / DATABASE_NAME] -= 1
            self._held.close()


def load_chroma() -> Any:
    """The module, whose import takes seconds."""
    import chromadb
    import chromadb.config

    logging.getLogger("chromadb").setLevel(logging.ERROR)
    return chromadb


def every_collection(folder: Path) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    """Keys and vectors of all models below a folder, as far as they can be read."""
    with closing(VectorIndex(folder, "")) as index, suppress(IndexUnusable):
        for collection in index._client.list_collections():
            with closing(VectorIndex(folder, collection.name.removeprefix(_PREFIX))) as some, suppress(IndexUnusable):
                yield from some.stored()
