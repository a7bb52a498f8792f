"""Fresh ingest of a folder: rag-bot against LlamaIndex's IngestionPipeline, each in its own process, in turns.

python -m eval.benchmarks.ingest FOLDER
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from eval.benchmarks.measure import Run, Table, arguments_for, median, run_module, show
from rag_bot.settings import load_settings

SIDES = {"rag-bot": "eval.benchmarks.ingest_rag_bot", "LlamaIndex": "eval.benchmarks.ingest_llama_index"}


def compare(folder: Path, cache: Path, rounds: int) -> Table:
    """Both sides in turns, `rounds` times; the table has the medians."""
    run_module(SIDES["rag-bot"], cache)
    runs: dict[str, list[Run]] = {name: [] for name in SIDES}
    for _ in range(rounds):
        for name, module in SIDES.items():
            with tempfile.TemporaryDirectory() as target:
                runs[name].append(run_module(module, folder, Path(target) / "index", cache))
    ours, theirs = (_figures(runs[name]) for name in SIDES)
    ratios = (them / us for us, them in zip(ours, theirs, strict=True))
    return Table(
        f"Fresh ingest of {folder.name}, {rounds} rounds in turns, medians",
        (
            "",
            "notes",
            "chunks",
            "s, whole process",
            "s, without imports",
            "notes/s, without imports",
            "CPU s",
            "MB peak",
        ),
        (("rag-bot", *ours), ("LlamaIndex", *theirs), ("LlamaIndex / rag-bot", *ratios)),
        ("LlamaIndex: HuggingFaceEmbedding in float32, batches of 10, SentenceSplitter(256, 0), ChromaVectorStore.",),
    )


def _figures(runs: Sequence[Run]) -> tuple[float, ...]:
    notes, chunks = runs[0].values["notes"], runs[0].values["chunks"]
    whole, inside = (median([run.seconds for run in runs]), median([run.values["seconds"] for run in runs]))
    cpu, memory = median([run.cpu_seconds for run in runs]), max(run.peak_megabytes for run in runs)
    return notes, chunks, whole, inside, notes / inside, cpu, memory


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    cache = load_settings(cache=chosen.cache).cache
    show([compare(chosen.folder.resolve(), cache, chosen.rounds)], as_json=chosen.json)


if __name__ == "__main__":
    main()
