"""All benchmarks of a folder of notes, in one go.

python eval/benchmarks/run.py FOLDER
python eval/benchmarks/run.py FOLDER --chunks 100000 --notes 10000 --json

The folder is copied first; the notes themselves are not touched. Other programs that run meanwhile change all times:
compare within one run, not between runs.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from eval.benchmarks.ask import ask_cold
from eval.benchmarks.changes import sync_again
from eval.benchmarks.ingest import compare
from eval.benchmarks.measure import Table, arguments_for, ingest, run_module, show
from eval.benchmarks.scale import measure_scale
from eval.benchmarks.search import search_warm
from rag_bot.settings import Settings, load_settings

GROWN = "Synthetic chunks: words of the notes at random, vectors of the notes with noise added."


def measure_all(
    folder: Path, settings: Settings, *, rounds: int, runs: int, questions: int, chunks: int = 0, notes: int = 0
) -> Iterator[Table]:
    """Every benchmark; `folder` must be a copy.

    `chunks`: again with an index of that size. `notes`: changes of a library of that size, made of the folder's words.
    """
    if rounds:
        yield compare(folder, settings.cache, rounds)
    ingest(folder, settings)
    yield sync_again(settings, folder, runs)
    yield ask_cold(settings, runs)
    yield from search_warm(settings, questions)
    if notes:
        with tempfile.TemporaryDirectory() as place:
            yield from measure_scale([folder], notes, Path(place), settings.cache, runs=runs, saves=runs)
    if chunks:
        run_module("eval.benchmarks.synthetic", settings.index, chunks)
        yield ask_cold(settings, runs)
        for table in search_warm(settings, questions):
            yield Table(table.title, table.columns, table.rows, (*table.remarks, GROWN))


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--notes", type=int, default=0, help="also change a library of this many made-up notes")
    parser.add_argument("--chunks", type=int, default=0, help="also search an index grown to this many chunks")
    parser.add_argument("--rounds", type=int, default=2, help="ingests by each side; 0 leaves them out")
    parser.add_argument("--runs", type=int, default=5, help="processes for each question or sync")
    parser.add_argument("--questions", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / chosen.folder.resolve().name
        shutil.copytree(chosen.folder, folder, ignore=shutil.ignore_patterns(".*"))
        settings = load_settings(index=Path(temporary) / ".index", cache=load_settings(cache=chosen.cache).cache)
        counts = {name: getattr(chosen, name) for name in ("rounds", "runs", "questions", "chunks", "notes")}
        show(measure_all(folder, settings, **counts), as_json=chosen.json)


if __name__ == "__main__":
    main()
