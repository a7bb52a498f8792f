"""`rag-bot ask` from a cold start: a new process for each question.

python -m eval.benchmarks.ask FOLDER
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from eval.benchmarks.measure import Table, arguments_for, ingest, median, run_module, show
from eval.benchmarks.questions import make_questions
from rag_bot import Library
from rag_bot.settings import Settings, load_settings


def ask_cold(settings: Settings, runs: int) -> Table:
    """Ask this index `runs` questions, each in its own process."""
    with Library(settings) as library:
        questions, status = make_questions(library, runs), library.status()
    flags = ("--index", settings.index, "--cache", settings.cache)
    with tempfile.TemporaryDirectory() as folder:  # where no rag-bot.toml is
        done = [run_module("rag_bot", *flags, "ask", each, "--json", folder=Path(folder)) for each in questions]
    stages = dict.fromkeys(stage for run in done for stage in run.values["timings_ms"])
    parts = {stage: median([run.values["timings_ms"].get(stage, 0.0) for run in done]) / 1000 for stage in stages}
    seconds = [run.seconds for run in done]
    row = (
        median(seconds),
        max(seconds),
        median([run.cpu_seconds for run in done]),
        max(run.peak_megabytes for run in done),
        *parts.values(),
    )
    return Table(
        f"Cold `rag-bot ask`, {status.notes:,} notes, {status.chunks:,} chunks, {runs} processes",
        ("s, median", "s, worst", "CPU s", "MB peak", *(f"{stage}, s" for stage in parts)),
        (row,),
    )


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        settings = load_settings(index=Path(temporary) / "index", cache=load_settings(cache=chosen.cache).cache)
        ingest(chosen.folder.resolve(), settings)
        show([ask_cold(settings, chosen.runs)], as_json=chosen.json)


if __name__ == "__main__":
    main()
