"""Vectors in the index's folder against those on a Chroma server: seconds to write them, and to search them.

chroma run --path DATA --port 8000
python -m eval.benchmarks.stores FOLDER... --server http://127.0.0.1:8000 --vectors 10000 100000

The vectors are made as those of `eval.benchmarks.recall`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from eval.benchmarks.measure import Table, arguments_for, percentile, show
from eval.benchmarks.recall import DEPTH, Vectors, exact, load, time_searches
from eval.benchmarks.synthetic import near
from rag_bot.settings import load_settings
from rag_bot.store.place import OWN_FOLDER, VectorsPlace
from rag_bot.store.server import open_vectors, remove_collection

BATCH = 2_000  # as a sync enters them


def measure_store(name: str, place: VectorsPlace, rows: Vectors, queries: Vectors) -> tuple[str | float, ...]:
    """A row of the table; what was written is removed again."""
    truth, keys = exact(rows, queries), [f"{number:032x}" for number in range(len(rows))]
    truth = [{keys[int(number)] for number in nearest} for nearest in truth]
    remove_collection(place)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with closing(open_vectors(Path(folder), place, "benchmark", create=True)) as index:
            for start in range(0, len(rows), BATCH):
                index.upsert(keys[start : start + BATCH], rows[start : start + BATCH])
        written = time.perf_counter() - began
        with closing(open_vectors(Path(folder), place, "benchmark")) as index:
            began = time.perf_counter()
            index.query(queries[0], DEPTH)
            first = (time.perf_counter() - began) * 1000
            recalls, times = time_searches(index, queries, truth)
    remove_collection(place)
    typical, slow = percentile(times, 0.5), percentile(times, 0.95)
    return name, f"{len(rows):,}", written, first, typical, slow, f"{np.mean(recalls):.4f}"


def measure_stores(folders: Sequence[Path], cache: Path, chosen: argparse.Namespace) -> Table:
    real, queries = load(folders, cache, chosen.questions)
    cells = []
    for count in chosen.vectors:
        rows = np.concatenate([real, near(real, max(0, count - len(real)))])[:count]
        for name, place in (("folder", OWN_FOLDER), ("server", VectorsPlace(chosen.server, "rag-bot-benchmark"))):
            cells.append(measure_store(name, place, rows, queries))
    return Table(
        f"Vectors in a folder and on a Chroma server, {len(queries)} questions, the nearest {DEPTH}",
        ("store", "vectors", "s to write", "ms the first search", "ms p50", "ms p95", "recall"),
        tuple(cells),
    )


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--server", required=True, help="address of a Chroma server")
    parser.add_argument("--vectors", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--questions", type=int, default=300)
    chosen = parser.parse_args()
    cache = load_settings(cache=chosen.cache).cache
    show([measure_stores(chosen.folders, cache, chosen)], as_json=chosen.json)


if __name__ == "__main__":
    main()
