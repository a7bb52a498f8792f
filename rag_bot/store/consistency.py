"""Is the catalogue sound in itself, and do Chroma and Tantivy hold exactly what it says?

The second is asked in a child process, which damaged files may end: python -m rag_bot.store.consistency INDEX PART
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from rag_bot.errors import IndexUnusable, first_line
from rag_bot.processes import child_environment, module_command
from rag_bot.records import Chunk
from rag_bot.store.bm25 import WordIndex
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.late import Late
from rag_bot.store.place import VectorsPlace
from rag_bot.store.server import ServerUnusable, ServerVectors, open_vectors
from rag_bot.store.vectors import VectorIndex

SAMPLE = 100  # vectors that are searched for themselves; set by hand
EXHAUSTIVE = 300  # vectors among which the graph search misses none: as many as it looks at (`ef_search`)
MISSED = 0.05  # of the sample that it may miss in a larger one: it is approximate, and was seen to miss 1 in 270,000
_SAME = 1e-4  # difference in a number: Chroma normalises again, which changes the last digit
_NEAREST = 0.999  # cosine of a vector to itself as a search gives it, rounded; set by hand
_UNIT = 1e-3  # how far the length of a stored vector may be from 1: far above what rounding does; set by hand


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Keys that one of the search indexes lacks, or has too many, and why it can't be used if it can't."""

    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    broken: str = ""

    def trouble(self, part: str) -> list[str]:
        """What hurts answers, in words; empty if nothing does."""
        lacking = [f"{part} lacks {len(self.missing):,} of the passages"] if self.missing else []
        return [*lacking, *([f"{part}: {self.broken}"] if self.broken else [])]


@dataclass(frozen=True, slots=True)
class Consistency:
    """How both search indexes differ from the catalogue."""

    vectors: Mismatch
    words: Mismatch

    @classmethod
    def of_damaged(cls, why: str) -> Consistency:
        """Neither can be trusted."""
        return cls(Mismatch(broken=why), Mismatch(broken=why))

    def trouble(self) -> list[str]:
        """What hurts answers, in words; empty if nothing does.

        Keys too many do not: a sync that was killed leaves them. None that counts is ever lacking, though, unless files
        were damaged, and what was damaged is not mended but made anew.
        """
        return [*self.vectors.trouble("Chroma"), *self.words.trouble("Tantivy")]


def compare_in_children(index: Path, *, words_only: bool = False) -> Consistency:
    """Compare in a child process, one for each index. It takes some seconds, for Chroma at least.

    A Chroma server, which can't end this process, is asked by it. Raises ServerUnusable where that can't be done.
    """
    with closing(Catalogue.open(index)) as catalogue:
        on_server = bool(catalogue.meta().get("vectors"))
    with ThreadPoolExecutor() as both:
        words = both.submit(_compare_in_child, index, "words")
        if words_only:
            return Consistency(Mismatch(), words.result())
        vectors = compare(index, "vectors") if on_server else _compare_in_child(index, "vectors")
        return Consistency(vectors, words.result())


def compare(index: Path, part: str) -> Mismatch:
    """Compare "vectors" or "words" in this process."""
    with closing(Catalogue.open(index)) as catalogue, catalogue.snapshot():
        meta, live = catalogue.meta(), catalogue.live_keys()
        try:
            with _writable(index / meta["store"]) as folder:
                if part == "words":
                    return _compare_words(folder, live)
                place = VectorsPlace.read(meta.get("vectors", ""))
                with closing(open_vectors(folder, place, meta["fingerprint"])) as vectors:
                    return _compare_vectors(catalogue, vectors, live, Late.read(meta))
        except ServerUnusable:
            raise
        except IndexUnusable as error:
            return Mismatch(broken=str((error.__cause__ and first_line(error.__cause__)) or error))


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """The folder, or a copy of one that can't be written to: Chroma and Tantivy write where they read."""
    if os.access(folder, os.W_OK) or not folder.is_dir():
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="rag-bot-") as temporary:
        yield Path(shutil.copytree(folder, Path(temporary) / folder.name))


def _compare_vectors(catalogue: Catalogue, index: VectorIndex | ServerVectors, live: set[str], late: Late) -> Mismatch:
    keys, different = index.keys(), 0
    for batch, vectors in index.stored():
        true = catalogue.vectors(batch)
        different += sum(
            key in true and bool(np.abs(vector - true[key]).max() > _SAME)
            for key, vector in zip(batch, vectors, strict=True)
        )
    common = sorted(keys & live)
    sample = common[:: max(1, len(common) // SAMPLE)][:SAMPLE]
    lost = sum(not _finds_itself(index, catalogue, key) for key in sample)
    lost = lost if len(keys) <= EXHAUSTIVE or lost > MISSED * len(sample) else 0
    broken = [f"{different:,} vectors are not those of the catalogue"] if different else []
    broken += [f"{lost} of {len(sample)} sampled vectors are not found by a search"] if lost else []
    return Mismatch(sorted(live - keys - late.entered), sorted(keys - live - late.removed), "; ".join(broken))


def _finds_itself(index: VectorIndex | ServerVectors, catalogue: Catalogue, key: str) -> bool:
    stored = catalogue.vectors([key])
    nearest = index.query(stored[key], 10) if stored else []
    return bool(nearest) and nearest[0][1] > _NEAREST


def _compare_words(folder: Path, live: set[str]) -> Mismatch:
    times = Counter(WordIndex.open(folder).keys())
    twice = sum(count > 1 for count in times.values())
    broken = f"{twice:,} passages are stored twice" if twice else ""
    return Mismatch(sorted(live - times.keys()), sorted(times.keys() - live), broken)


def _compare_in_child(index: Path, part: str) -> Mismatch:
    command = module_command(__name__, str(index), part)
    done = subprocess.run(command, capture_output=True, text=True, env=child_environment(), check=False)
    try:
        return Mismatch(**json.loads(done.stdout))
    except (ValueError, TypeError):
        lines = done.stderr.strip().splitlines()
        how = f"ended by signal {-done.returncode}" if done.returncode < 0 else lines[-1] if lines else "said nothing"
        return Mismatch(broken=f"it cannot be opened ({how})")


@dataclass(frozen=True, slots=True)
class Unsound:
    """Notes with passages that are not what their keys say, or that have no whole vector; and those vectors' keys."""

    notes: tuple[str, ...]
    keys: tuple[str, ...]


def find_unsound(catalogue: Catalogue, key_of: Callable[[Chunk], str]) -> Unsound:
    """Compare every passage and every vector with what it should be; reads everything."""
    whole = {key for key, vector in catalogue.stored_vectors() if is_unit(vector)}
    bad_keys = catalogue.live_keys() - whole
    notes = {chunk.note_path for chunk in catalogue.chunks() if chunk.key in bad_keys or chunk.key != key_of(chunk)}
    return Unsound(tuple(sorted(notes)), tuple(sorted(bad_keys)))


def is_unit(vector: bytes) -> bool:
    """Whether stored bytes are a vector of length 1, which noise is not."""
    if not vector or len(vector) % 4:
        return False
    return bool(abs(float(np.linalg.norm(np.frombuffer(vector, dtype="<f4"))) - 1) < _UNIT)


def main() -> None:
    print(json.dumps(asdict(compare(Path(sys.argv[1]), sys.argv[2]))))


if __name__ == "__main__":
    main()
