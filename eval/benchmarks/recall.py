"""Recall of Chroma's HNSW against exact search, for the settings that the store could use.

python -m eval.benchmarks.recall FOLDER... --vectors 100000

The vectors are those of the folders' chunks and, beyond these, copies with noise added, scaled to length 1 again; the
questions are made of the notes' titles and first sentences.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from eval.benchmarks.measure import Table, arguments_for, percentile, show
from eval.benchmarks.questions import make_questions
from eval.benchmarks.synthetic import NOISE, near
from rag_bot import Library
from rag_bot.models import EmbeddingModel
from rag_bot.records import Filters
from rag_bot.settings import load_settings
from rag_bot.store import vectors as store
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.server import ServerVectors
from rag_bot.store.vectors import VectorIndex

DEPTH = 50
GRAPHS = ((16, 100), (16, 200), (24, 200), (32, 200))  # max_neighbors, ef_construction
BEAMS = (100, 150, 200, 300)  # ef_search
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trial:
    """What one setting gave: share of the true neighbours found, on average and by the worst twentieth of questions."""

    max_neighbors: int
    ef_construction: int
    ef_search: int
    recall: float
    worst: float
    milliseconds: float
    build_seconds: float


def load(folders: Sequence[Path], cache: Path, questions: int) -> tuple[Vectors, Vectors]:
    """The vectors of the folders' chunks, and of questions about them."""
    with tempfile.TemporaryDirectory() as temporary:
        settings = load_settings(index=Path(temporary) / "index", cache=cache)
        with Library(settings) as library, closing(_ingested(library, folders)) as catalogue:
            stored = catalogue.vectors(sorted(catalogue.keys_matching(Filters())))
            model = EmbeddingModel.prepare(settings.model, cache)
            queries = [model.encode_query(question) for question in make_questions(library, questions)]
    return np.stack(list(stored.values())), np.stack(queries)


def try_settings(
    rows: Vectors, queries: Vectors, graphs: Sequence[tuple[int, int]], beams: Sequence[int]
) -> Iterator[Trial]:
    """Build each graph once, and search it with each beam."""
    truth = exact(rows, queries)
    for max_neighbors, ef_construction in graphs:
        graph = {"space": "cosine", "max_neighbors": max_neighbors, "ef_construction": ef_construction}
        with tempfile.TemporaryDirectory() as folder, patch.object(store, "GRAPH", {**graph, "ef_search": beams[0]}):
            began = time.perf_counter()
            with closing(VectorIndex(Path(folder), "benchmark", create=True)) as index:
                index.upsert([str(number) for number in range(len(rows))], rows)
                built = time.perf_counter() - began
            for beam in beams:
                with closing(VectorIndex(Path(folder), "benchmark")) as index:
                    index._collection.modify(configuration={"hnsw": {"ef_search": beam}})
                with closing(VectorIndex(Path(folder), "benchmark")) as index:
                    recalls, times = time_searches(index, queries, truth)
                worst, typical = percentile(recalls, 0.05), percentile(times, 0.5)
                yield Trial(max_neighbors, ef_construction, beam, float(np.mean(recalls)), worst, typical, built)


def exact(rows: Vectors, queries: Vectors) -> list[set[str]]:
    """The true nearest `DEPTH` rows of each question."""
    cosines = queries @ rows.T
    return [set(map(str, np.argpartition(-row, DEPTH)[:DEPTH].tolist())) for row in cosines]


def time_searches(
    index: VectorIndex | ServerVectors, queries: Vectors, truth: Sequence[set[str]]
) -> tuple[list[float], list[float]]:
    """For each question the share of its true neighbours found, and the milliseconds."""
    index.query(queries[0], DEPTH)
    recalls, times = [], []
    for vector, nearest in zip(queries, truth, strict=True):
        began = time.perf_counter()
        hits = index.query(vector, DEPTH)
        times.append((time.perf_counter() - began) * 1000)
        recalls.append(len(nearest & {key for key, _ in hits}) / DEPTH)
    return recalls, times


def _ingested(library: Library, folders: Sequence[Path]) -> Catalogue:
    library.ingest(folders)
    return Catalogue.open(library.settings.index)


def measure_recall(folders: Sequence[Path], cache: Path, chosen: argparse.Namespace) -> Table:
    real, queries = load(folders, cache, chosen.questions)
    rows = np.concatenate([real, near(real, max(0, chosen.vectors - len(real)), noise=chosen.noise)])
    trials = try_settings(rows, queries, chosen.graphs or GRAPHS, chosen.beams or BEAMS)
    cells = tuple(
        (
            trial.max_neighbors,
            trial.ef_construction,
            trial.ef_search,
            f"{trial.recall:.4f}",
            f"{trial.worst:.2f}",
            trial.milliseconds,
            trial.build_seconds,
        )
        for trial in trials
    )
    return Table(
        f"Recall@{DEPTH} of {len(rows):,} vectors, {len(queries)} questions",
        ("M", "ef_construction", "ef_search", "recall", "worst 5%", "ms a query", "s to build"),
        cells,
        (f"{len(real):,} vectors are of real notes; the others are those with noise of length {chosen.noise} added.",),
    )


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--noise", type=float, default=NOISE)
    parser.add_argument("--graphs", nargs="+", type=_graph, help="as M:ef_construction, for example 24:200")
    parser.add_argument("--beams", nargs="+", type=int, help="values of ef_search")
    chosen = parser.parse_args()
    cache = load_settings(cache=chosen.cache).cache
    show([measure_recall(chosen.folders, cache, chosen)], as_json=chosen.json)


def _graph(text: str) -> tuple[int, int]:
    max_neighbors, ef_construction = text.split(":")
    return int(max_neighbors), int(ef_construction)


if __name__ == "__main__":
    main()
