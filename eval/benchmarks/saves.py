"""How long a save takes to be found: `ingest --watch` in one process, a reader that asks all the time in another."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.benchmarks.measure import Table, finish, median, start_module
from rag_bot.settings import Settings, load_settings

_BETWEEN_SEARCHES = 0.05  # seconds, these and the next, set by hand
_BETWEEN_SAVES = 1.0
_PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Save:
    """One save, in seconds.

    `sync` is the whole sync, which goes on a little after its new state can be found; `search` opens that state first.
    """

    until_found: float
    sync: float
    search: float


def save_until_found(settings: Settings, folder: Path, saves: int) -> Table:
    """Append a line to as many notes, one after the other. The folder is in the index already, and a copy."""
    flags = ("--index", settings.index, "--cache", settings.cache)
    watching = start_module("rag_bot", *flags, "ingest", folder, "--watch", "--json", folder=folder)
    reading = start_module("eval.benchmarks.saves", settings.index, settings.cache)
    try:
        json.loads(_line(watching))
        _line(reading)
        notes = sorted(folder.rglob("*.md"))
        done = [_save(notes[number * len(notes) // saves], number, watching, reading) for number in range(saves)]
    finally:
        for child in (watching, reading):
            child.terminate()
        (_, watcher), (_, reader) = finish(watching), finish(reading)
    return Table(
        f"Save until found, {len(notes):,} notes, {saves} saves",
        ("", "s min", "s median", "s max"),
        (
            _row("save until found", [save.until_found for save in done]),
            _row("its sync, to the end", [save.sync for save in done]),
            _row("the search that found it", [save.search for save in done]),
        ),
        (f"Memory, MB peak: {watcher:,.0f} of the watch, {reader:,.0f} of the reader.",),
    )


def _save(note: Path, number: int, watching: subprocess.Popen[str], reading: subprocess.Popen[str]) -> Save:
    time.sleep(_BETWEEN_SAVES)
    sentence = f"The lamp of cellar quombit{number} hangs beside its second ladder."
    assert reading.stdin
    with note.open("a", encoding="utf-8") as file:
        file.write(f"\n{sentence}\n")
    began = time.perf_counter()
    print(sentence, file=reading.stdin, flush=True)
    search = float(_line(reading))
    until_found = time.perf_counter() - began
    while not (report := json.loads(_line(watching)))["changed"]:
        pass
    return Save(until_found, report["seconds"], search)


def _line(child: subprocess.Popen[str]) -> str:
    assert child.stdout
    assert child.stderr
    if line := child.stdout.readline():
        return line
    raise RuntimeError(f"A process ended too early:\n{child.stderr.read()}")


def _row(name: str, seconds: Sequence[float]) -> tuple[str, float, float, float]:
    return name, min(seconds), median(seconds), max(seconds)


def _read(settings: Settings) -> None:
    """What the reader does: ask each line of stdin until a passage has it, and print the seconds of that search."""
    from rag_bot import Library

    with Library(settings) as library:
        library.warm_up()
        print("ready", flush=True)
        for line in sys.stdin:
            sentence, patient_until = line.strip(), time.monotonic() + _PATIENCE
            while True:
                began = time.perf_counter()
                hits = library.search(sentence)
                if any(sentence in hit.chunk.text for hit in hits):
                    break
                if time.monotonic() > patient_until:
                    raise SystemExit(f"Not found within {_PATIENCE:.0f} s: {sentence}")
                time.sleep(_BETWEEN_SEARCHES)
            print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    _read(load_settings(index=Path(sys.argv[1]), cache=Path(sys.argv[2])))
