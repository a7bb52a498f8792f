"""Do Chroma and Tantivy hold exactly what the catalogue says? Asked in a child process, which damaged files may end.

python -m rag_bot.store.agreement INDEX
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
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.vectors import VectorIndex
from rag_bot.store.words import WordIndex

SAMPLE = 100  # vectors that are searched for themselves
EXHAUSTIVE = 300  # vectors among which the graph search misses none
MISSED = 0.05  # of the sample that it may miss in a larger one: it is approximate, and was seen to miss 1 in 270,000
_SAME = 1e-4  # Chroma normalises again, which changes the last digit
_NEAREST = 0.999  # cosine of a vector to what is found for it


@dataclass(frozen=True, slots=True)
class Findings:
    """Keys that one of the indexes lacks, or has too many, and why it can't be used if it can't."""

    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    broken: str = ""

    def trouble(self, part: str) -> list[str]:
        """What hurts answers, in words; empty if nothing does."""
        lacking = [f"{part} lacks {len(self.missing):,} of the passages"] if self.missing else []
        return [*lacking, *([f"{part}: {self.broken}"] if self.broken else [])]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was found in both indexes."""

    vectors: Findings
    words: Findings

    @classmethod
    def of_damaged(cls, why: str) -> Agreement:
        """Neither can be trusted."""
        return cls(Findings(broken=why), Findings(broken=why))

    def trouble(self) -> list[str]:
        """What hurts answers, in words; empty if nothing does.

        Keys too many do not: a sync that was killed leaves them. None that counts is ever lacking, though, unless files
        were damaged, and what was damaged is not mended but made anew.
        """
        return [*self.vectors.trouble("Chroma"), *self.words.trouble("Tantivy")]


def probe(index: Path, *, words_only: bool = False) -> Agreement:
    """Compare in a child process, one for each index. It takes some seconds, for Chroma at least."""
    with ThreadPoolExecutor() as both:
        words = both.submit(_ask_child, index, "words")
        vectors = Findings() if words_only else _ask_child(index, "vectors")
        return Agreement(vectors, words.result())


def compare(index: Path, part: str) -> Findings:
    """Compare in this process."""
    with closing(Catalogue.open(index)) as catalogue, catalogue.snapshot():
        meta, live = catalogue.meta(), catalogue.live_keys()
        try:
            with _writable(index / meta["store"]) as folder:
                return _PARTS[part](catalogue, folder, meta["fingerprint"], live)
        except IndexUnusable as error:
            return Findings(broken=str((error.__cause__ and first_line(error.__cause__)) or error))


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """The folder, or a copy of one that can't be written to: Chroma and Tantivy write where they read."""
    if os.access(folder, os.W_OK) or not folder.is_dir():
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="rag-bot-") as temporary:
        yield Path(shutil.copytree(folder, Path(temporary) / folder.name))


def _compare_vectors(catalogue: Catalogue, folder: Path, fingerprint: str, live: set[str]) -> Findings:
    with closing(VectorIndex(folder, fingerprint)) as index:
        keys, different = index.keys(), 0
        for some, vectors in index.stored():
            true = catalogue.vectors(some)
            different += sum(
                key in true and bool(np.abs(vector - true[key]).max() > _SAME)
                for key, vector in zip(some, vectors, strict=True)
            )
        sample = _spread(sorted(keys & live))
        lost = sum(not _finds_itself(index, catalogue, key) for key in sample)
        lost = lost if len(keys) <= EXHAUSTIVE or lost > MISSED * len(sample) else 0
    broken = [f"{different:,} vectors are not those of the catalogue"] if different else []
    broken += [f"{lost} of {len(sample)} sampled vectors are not found by a search"] if lost else []
    return Findings(sorted(live - keys), sorted(keys - live), "; ".join(broken))


def _compare_words(catalogue: Catalogue, folder: Path, fingerprint: str, live: set[str]) -> Findings:
    del catalogue, fingerprint
    stored = WordIndex.open(folder).keys()
    twice = [key for key, times in Counter(stored).items() if times > 1]
    return Findings(
        sorted(live - set(stored)),
        sorted(set(stored) - live),
        f"{len(twice):,} passages are stored twice" if twice else "",
    )


_PARTS: dict[str, Callable[[Catalogue, Path, str, set[str]], Findings]] = {
    "vectors": _compare_vectors,
    "words": _compare_words,
}


def _finds_itself(index: VectorIndex, catalogue: Catalogue, key: str) -> bool:
    stored = catalogue.vectors([key])
    found = index.query(stored[key], 10) if stored else []
    return bool(found) and found[0][1] > _NEAREST


def _spread(keys: list[str]) -> list[str]:
    return keys[:: max(1, len(keys) // SAMPLE)][:SAMPLE]


def _ask_child(index: Path, part: str) -> Findings:
    command = module_command(__name__, str(index), part)
    done = subprocess.run(command, capture_output=True, text=True, env=child_environment(), check=False)
    try:
        return Findings(**json.loads(done.stdout))
    except (ValueError, TypeError):
        said = done.stderr.strip().splitlines()
        how = f"ended by signal {-done.returncode}" if done.returncode < 0 else said[-1] if said else "said nothing"
        return Findings(broken=f"it cannot be opened ({how})")


def main() -> None:
    print(json.dumps(asdict(compare(Path(sys.argv[1]), sys.argv[2]))))


if __name__ == "__main__":
    main()
