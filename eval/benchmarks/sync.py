"""Sync of notes that did not change, and of one that did; each in a process of its own.

python -m eval.benchmarks.sync --notes 10000
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np

from eval.benchmarks.measure import Run, Table, arguments_for, median, run_module, show
from eval.benchmarks.synthetic import write_notes
from rag_bot import Library
from rag_bot.embedding import EmbeddingModel
from rag_bot.settings import Settings, load_settings

STUBBED = "The notes are generated and their first vectors random; the edited note is embedded by the model."


def sync_again(settings: Settings, folder: Path, runs: int, *, remarks: tuple[str, ...] = ()) -> Table:
    """The folder is in the index already, and a copy: this edits one of its notes and restores it."""
    unchanged = [_sync(settings, folder) for _ in range(runs)]
    edited = [_sync_edited(settings, folder, number) for number in range(runs)]
    return Table(
        f"Sync of {unchanged[0].values['notes']:,} notes, {runs} processes, medians",
        ("", "s, whole process", "s, sync alone", "CPU s", "MB peak"),
        (_row("nothing changed", unchanged), _row("one note edited", edited)),
        remarks,
    )


def sync_generated(notes: int, cache: Path, runs: int) -> Table:
    """As `sync_again`, for as many generated notes."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "notes"
        settings = load_settings(index=Path(temporary) / "index", cache=cache)
        write_notes(folder, notes)
        _sync(settings, folder, "--child-stubbed")
        return sync_again(settings, folder, runs, remarks=(STUBBED,))


def _random_vectors(model: EmbeddingModel, texts: list[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    rows = np.random.default_rng(len(texts)).standard_normal((len(texts), model.info.dimensions), dtype=np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def _sync_edited(settings: Settings, folder: Path, number: int) -> Run:
    note = sorted(folder.rglob("*.md"))[number]
    before = note.read_bytes()
    try:
        note.write_bytes(before + b"\nOne more line.\n")
        run = _sync(settings, folder)
    finally:
        note.write_bytes(before)
    _sync(settings, folder)
    return run


def _sync(settings: Settings, folder: Path, how: str = "--child") -> Run:
    return run_module("eval.benchmarks.sync", how, settings.index, settings.cache, folder)


def _row(name: str, runs: list[Run]) -> tuple[str, float, float, float, float]:
    alone = median([run.values["seconds"] for run in runs])
    cpu = median([run.cpu_seconds for run in runs])
    return name, median([run.seconds for run in runs]), alone, cpu, max(run.peak_megabytes for run in runs)


def _measure(index: str, cache: str, folder: str) -> None:
    with Library(load_settings(index=Path(index), cache=Path(cache))) as library:
        report = library.ingest([folder])
        print(json.dumps({"notes": library.status().notes, "seconds": report.seconds}))


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        return _measure(*sys.argv[2:])
    if sys.argv[1:2] == ["--child-stubbed"]:
        with patch.object(EmbeddingModel, "encode_documents", _random_vectors):
            return _measure(*sys.argv[2:])
    parser = arguments_for(__doc__)
    parser.add_argument("--notes", type=int, default=10_000, help="how many notes to generate")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    cache = load_settings(cache=chosen.cache).cache
    return show([sync_generated(chosen.notes, cache, chosen.runs)], as_json=chosen.json)


if __name__ == "__main__":
    main()
