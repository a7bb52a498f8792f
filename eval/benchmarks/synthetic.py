"""Makes an index larger: made-up text out of the words of real notes, vectors near real ones.

python -m eval.benchmarks.synthetic INDEX CHUNKS
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag_bot.ingestion.chunking import chunk_key
from rag_bot.records import Chunk, Filters, Note
from rag_bot.store.checksums import take_checksums
from rag_bot.store.indexes import SearchIndexes
from rag_bot.store.lock import writer_lock
from rag_bot.store.writer import CatalogueWriter

CHUNKS_PER_NOTE = 8  # set by hand
NOTES_AT_ONCE = 250  # in one transaction; set by hand
NOISE = 0.6  # length of the noise added to a unit vector: the cosine to it is then 0.86


def near(vectors: NDArray[np.float32], count: int, *, seed: int = 0, noise: float = NOISE) -> NDArray[np.float32]:
    """Unit vectors, shape [count, dimensions]: random ones of `vectors` with noise of this length added."""
    chance = np.random.default_rng(seed)
    chosen = vectors[chance.integers(len(vectors), size=count)]
    added = chance.standard_normal(chosen.shape, dtype=np.float32) * np.float32(noise / np.sqrt(chosen.shape[1]))
    moved = chosen + added
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


def grow(index: Path, chunks: int) -> None:
    """Bring an index to this many chunks, written through the store's own modules as a sync does it."""
    with writer_lock(index), closing(CatalogueWriter.open(index)) as catalogue:
        meta = catalogue.meta()
        folder = index / meta["store"]
        known = catalogue.find_chunks(sorted(catalogue.keys_matching(Filters())))
        words = [word for chunk, _ in known for word in chunk.text.split()]
        real = np.stack(list(catalogue.vectors([chunk.key for chunk, _ in known]).values()))
        missing = max(0, chunks - len(known))
        made = _made_notes(index / "synthetic", words, missing, meta["fingerprint"])
        with closing(SearchIndexes(folder, meta["fingerprint"])) as indexes:
            _enter(catalogue, indexes, made, near(real, missing), index / "synthetic")
        seal = take_checksums(folder)
        with catalogue.transaction():
            catalogue.apply((), ())
            catalogue.set_meta(generation=str(time.time_ns()), seal=json.dumps(seal))


def _enter(
    catalogue: CatalogueWriter,
    indexes: SearchIndexes,
    made: Iterator[tuple[Note, list[Chunk]]],
    rows: NDArray[np.float32],
    folder: Path,
) -> None:
    root, done = catalogue.add_root(folder, folder.name), 0
    while group := list(islice(made, NOTES_AT_ONCE)):
        chunks = [chunk for _, of_note in group for chunk in of_note]
        keys, part = [chunk.key for chunk in chunks], rows[done : done + len(chunks)]
        with catalogue.transaction():
            catalogue.add_vectors(keys, part)
            for note, of_note in group:
                catalogue.add_pending(root, note, of_note)
        texts = [chunk.embedded_text for chunk in chunks]
        indexes.enter(list(zip(keys, texts, part, strict=True)))
        done += len(chunks)


def _made_notes(
    root: Path, words: list[str], chunks: int, fingerprint: str, seed: int = 0
) -> Iterator[tuple[Note, list[Chunk]]]:
    chance = random.Random(seed)
    for number, start in enumerate(range(0, chunks, CHUNKS_PER_NOTE)):
        count = min(CHUNKS_PER_NOTE, chunks - start)
        texts = [" ".join(chance.choices(words, k=chance.randint(20, 140))) for _ in range(count)]
        title = " ".join(chance.choices(words, k=4))
        path = f"{root.name}/{number:06}.md"
        note = Note(path, root, root.name, title, title, "\n\n".join(texts), {"tags": []}, 1, str(number), 0, 0)
        yield note, list(_made_chunks(note, texts, fingerprint))


def _made_chunks(note: Note, texts: list[str], fingerprint: str) -> Iterator[Chunk]:
    start = 0
    for ordinal, text in enumerate(texts):
        key = chunk_key(fingerprint, f"{note.path} {ordinal}\n{text}")
        line = 2 * ordinal + 1
        yield Chunk(key, note.path, ordinal, (note.title,), note.title, text, start, start + len(text), line, line)
        start += len(text) + 2


def main() -> None:
    index, chunks = sys.argv[1:]
    began = time.perf_counter()
    grow(Path(index), int(chunks))
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
