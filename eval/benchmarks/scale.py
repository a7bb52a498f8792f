"""What ingest, changes, verify, status and a save cost in libraries of 1,000 to 100,000 notes.

python -m eval.benchmarks.scale VAULT... --notes 1000 10000 100000

The notes are made up of the words of the vaults, which are not touched. Each operation runs in a process of its own.
Progress goes to stderr. A library of 100,000 notes takes some 3 GB of disk for notes and index (TMPDIR says where).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np

from eval.benchmarks.changes import COLUMNS, deleted_and_restored, edited, renamed, row, unchanged
from eval.benchmarks.generate import groups
from eval.benchmarks.measure import Run, Table, arguments_for, ingest, run_module, show
from eval.benchmarks.saves import save_until_found
from rag_bot.models import EmbeddingModel
from rag_bot.models.export import Vectors
from rag_bot.settings import Settings, load_settings

STUB_ABOVE = 10_000  # notes; embedding more of them takes longer than all the rest
_SETTLE_SECONDS = 2.1  # a file written a moment before is read again by the next sync
_STUBBED = "STUBBED: the vectors of the fresh ingest are random ones; every later passage is embedded by the model."
_EMBEDDED = "All vectors are the model's."


def measure_scale(
    vaults: Sequence[Path], notes: int, place: Path, cache: Path, *, runs: int, saves: int, stub_above: int = STUB_ABOVE
) -> Iterator[Table]:
    """Make a library of this many notes in the empty folder `place`, and measure everything with it."""
    folder, settings = place / "notes", load_settings(index=place / "index", cache=cache)
    _say(f"{notes:,} notes: write them")
    made = run_module("eval.benchmarks.generate", folder, notes, *(vault.resolve() for vault in vaults))
    time.sleep(_SETTLE_SECONDS)
    stub, load = notes > stub_above, _load()
    rows = [*_measured(settings, folder, runs, stub=stub)]
    status = _command(settings, "status")
    title = f"{notes:,} notes of {made.values['characters'] / 1e6:,.1f} MB, {status.values['chunks']:,} passages"
    yield Table(
        f"{title}, {runs} processes, medians",
        COLUMNS,
        tuple(rows),
        (_STUBBED if stub else _EMBEDDED, f"Load average before and after: {load}, {_load()}, {os.cpu_count()} CPUs."),
    )
    _say(f"{notes:,} notes: save until found")
    yield save_until_found(settings, folder, saves)


def _measured(settings: Settings, folder: Path, runs: int, *, stub: bool) -> Iterator[tuple[str | int | float, ...]]:
    _say("  fresh ingest")
    yield row("fresh ingest", [_ingest_stubbed(settings, folder) if stub else ingest(folder, settings)])
    _say("  unchanged sync, edits")
    yield row("nothing changed", unchanged(settings, folder, runs))
    yield row("one note edited", edited(settings, folder, runs))
    first, second, *_ = groups(folder)
    size = f"{sum(1 for _ in first.rglob('*.md')):,}"
    _say("  rename, delete")
    yield row(f"folder of {size} notes renamed", renamed(settings, folder, first, runs))
    deleted, restored = deleted_and_restored(settings, folder, second, runs)
    yield row(f"{size} notes deleted", deleted)
    yield row(f"{size} notes restored", restored)
    _say("  verify, status")
    yield row("verify", [_command(settings, "verify")])
    yield row("status", [_command(settings, "status") for _ in range(runs)])


def _command(settings: Settings, name: str) -> Run:
    return run_module("rag_bot", "--index", settings.index, "--cache", settings.cache, name, "--json")


def _ingest_stubbed(settings: Settings, folder: Path) -> Run:
    return run_module("eval.benchmarks.scale", "--stubbed", settings.index, settings.cache, folder)


def _random_vectors(model: EmbeddingModel, texts: Sequence[str]) -> Vectors:
    """Unit vectors, the same ones for the same texts."""
    chance = np.random.default_rng(zlib.crc32("\n".join(texts).encode()))
    rows = chance.standard_normal((len(texts), model.info.dimensions), dtype=np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def _child(index: str, cache: str, folder: str) -> None:
    """A fresh ingest without embedding, reported as `rag-bot ingest --json` does it."""
    from rag_bot import Library
    from rag_bot.output import report_json

    settings = load_settings(index=Path(index), cache=Path(cache))
    with patch.object(EmbeddingModel, "encode_passages", _random_vectors), Library(settings) as library:
        values = report_json(library.ingest([folder]))
    print(json.dumps(values | {"chunks_embedded": 0}))


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _tables(chosen: argparse.Namespace, cache: Path) -> Iterator[Table]:
    counts = {"runs": chosen.runs, "saves": chosen.saves, "stub_above": chosen.stub_above}
    for notes in chosen.notes:
        kept = chosen.keep and chosen.keep.resolve() / str(notes)
        with nullcontext(str(kept)) if kept else tempfile.TemporaryDirectory() as place:
            yield from measure_scale(chosen.vaults, notes, Path(place), cache, **counts)


def main() -> None:
    if sys.argv[1:2] == ["--stubbed"]:
        return _child(*sys.argv[2:])
    parser = arguments_for(__doc__)
    parser.add_argument("vaults", nargs="+", type=Path, help="folders of real notes, for their words")
    parser.add_argument("--notes", nargs="+", type=int, default=[1_000, 10_000, 100_000], help="sizes of libraries")
    parser.add_argument("--runs", type=int, default=3, help="processes for each operation")
    parser.add_argument("--saves", type=int, default=5)
    parser.add_argument("--stub-above", type=int, default=STUB_ABOVE, help="embed no libraries of more notes than this")
    parser.add_argument("--keep", type=Path, help="make the libraries in this folder, and leave them there")
    chosen = parser.parse_args()
    return show(_tables(chosen, load_settings(cache=chosen.cache).cache), as_json=chosen.json)


if __name__ == "__main__":
    main()
