"""Keys by meaning: a Chroma collection of unit vectors (the only importer of chromadb).

It holds nothing but keys and vectors, and only the catalogue decides which of them count.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import IndexUnusable

FOLDER_NAME = "chroma"
_PREFIX = "notes-"
# recall@50 of 0.993 against exact search at 100,000 vectors: eval/benchmarks/recall.py.
_HNSW = {
    "space": "cosine",
    "ef_construction": 200,
    "max_neighbors": 16,
    "ef_search": 300,
    # Records that wait in Chroma's log until the graph on disk takes them in; each opening of the graph enters them
    # again, at some 3 ms each in a large library. The default of 1,000 makes no first ingest faster.
    "sync_threshold": 100,
    "batch_size": 100,
}


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what Chroma raises (many unrelated types, some of them from Rust) into one of ours."""
    try:
        yield
    except IndexUnusable:
        raise
    except Exception as error:
        raise IndexUnusable.because_of(error, FOLDER_NAME) from error


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
        return sorted(zip(self._keys, cosines, strict=True), key=lambda pair: (-pair[1], pair[0]))[:limit]

    def close(self) -> None:
        """Nothing is held open."""


class VectorIndex:
    """The vectors of one embedding model in one folder. Chroma, which takes a second, is loaded at the first use."""

    def __init__(self, folder: Path, fingerprint: str, *, create: bool = False) -> None:
        """Raises IndexUnusable, at the first use, where there is none and none is to be made."""
        self._folder = folder / FOLDER_NAME
        self._name = f"{_PREFIX}{fingerprint}"
        self._create = create

    @cached_property
    def _client(self) -> Any:
        chromadb = load_chroma()
        with _explained():
            if not self._create and not (self._folder / "chroma.sqlite3").is_file():
                raise FileNotFoundError(f"{self._folder} holds no Chroma database")
            return chromadb.PersistentClient(str(self._folder), chromadb.config.Settings(anonymized_telemetry=False))

    @cached_property
    def _collection(self) -> Any:
        client = self._client
        with _explained():
            if not self._create:
                return client.get_collection(self._name, embedding_function=None)
            return client.get_or_create_collection(self._name, embedding_function=None, configuration={"hnsw": _HNSW})

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
        step = int(self._client.get_max_batch_size())
        for start in range(0, len(keys), step):
            with _explained():
                self._collection.delete(ids=list(keys[start : start + step]))

    def query(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        """The nearest keys with their cosine, best first."""
        with _explained():
            found = self._collection.query(
                query_embeddings=vector[np.newaxis, :], n_results=limit, include=["distances"]
            )
        return [(key, 1.0 - distance) for key, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def close(self) -> None:
        """Let go of the folder; a client opened after that sees what other processes wrote."""
        if "_client" in self.__dict__:
            self._client.close()


def load_chroma() -> Any:
    """The module, whose import takes seconds."""
    import chromadb
    import chromadb.config

    logging.getLogger("chromadb").setLevel(logging.ERROR)
    return chromadb


def every_collection(folder: Path) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    """Keys and vectors of all models below a folder, as far as they can be read."""
    index = VectorIndex(folder, "")
    for collection in index._client.list_collections():
        some = VectorIndex(folder, collection.name.removeprefix(_PREFIX))
        with suppress(IndexUnusable):
            yield from some.stored()
