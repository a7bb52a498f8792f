"""One writer syncs in a loop, many readers ask: every answer has to fit one complete state.

python -m tests.stress_readers --seconds 120 [--readers 8] [--notes 30]

Each state has all notes rewritten with its number. A search that finds all notes, all with the same number, fits one
state; half of the readers use Chroma, half compare exactly, and half of each open the index anew for each search.
However slow the machine: the first state is asked before the writer goes on, it syncs at least once, and every reader
asks for the last state too.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import random
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from rag_bot import Library
from rag_bot.settings import Settings, load_settings
from tests.stress_crashes import WORDS

PATIENCE = 600.0  # seconds; nobody waits where all is well
_SPAWN = multiprocessing.get_context("forkserver")
_PRELOADED = ["rag_bot.ingestion.sync", "rag_bot.library", "chromadb", "tantivy", "onnxruntime", "tokenizers"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What all readers together met with: how many states they saw, of how many that there were."""

    answers: int
    states: int
    synced: int
    wrong: list[str]


def write_state(folder: Path, state: int, notes: int) -> None:
    """All notes anew, each with the state's number and words of its own."""
    folder.mkdir(exist_ok=True)
    for number in range(notes):
        chance = random.Random(f"{state} {number}")
        words = " ".join(chance.choices(WORDS, k=25))
        (folder / f"{number}.md").write_text(f"The harbour in state {state} of note {number}: {words}.\n")


def stress(place: Path, cache: Path, *, seconds: float, readers: int, notes: int) -> Outcome:
    """Let them run for this long, or for one sync if that takes longer."""
    _SPAWN.set_forkserver_preload(_PRELOADED)
    settings = Settings(notes=(), index=place / "index", cache=cache)
    folder = place / "notes"
    asked, stop, ended, told = _SPAWN.Event(), _SPAWN.Event(), _SPAWN.Event(), _SPAWN.Queue()
    write_state(folder, 0, notes)
    with Library(settings) as library:
        library.ingest([folder])
    values = settings.model_dump()
    children = [_SPAWN.Process(target=_write, args=(values, folder, notes, asked, stop, ended, told))]
    children += [
        _SPAWN.Process(target=_read, args=(values, notes, n % 2 == 1, n % 4 < 2, asked, ended, told))
        for n in range(readers)
    ]
    for child in children:
        child.start()
    time.sleep(seconds)  # how long they are to run, not what anything waits for
    stop.set()
    reports: list[Any] = []
    while len(reports) < len(children) and (any(child.is_alive() for child in children) or not told.empty()):
        with suppress(Empty):  # where one has died it tells nothing
            reports.append(told.get(timeout=1))
    for child in children:
        child.join()
    found = [report for report in reports if isinstance(report, tuple)]
    return Outcome(
        answers=sum(answers for answers, _, _ in found),
        states=len(set().union(*(seen for _, seen, _ in found))),
        synced=next(report for report in reports if isinstance(report, int)),
        wrong=[line for _, _, wrong in found for line in wrong]
        + [f"{child.name} ended with {child.exitcode}" for child in children if child.exitcode],
    )


def _write(values: dict[str, Any], folder: Path, notes: int, asked: Any, stop: Any, ended: Any, told: Any) -> None:
    state = 0
    try:
        with Library(Settings(**values)) as library:
            assert asked.wait(timeout=PATIENCE)
            while state == 0 or not stop.is_set():
                state += 1
                write_state(folder, state, notes)
                library.ingest()
    finally:
        ended.set()
        told.put(state)


def _read(values: dict[str, Any], notes: int, exact: bool, anew: bool, asked: Any, ended: Any, told: Any) -> None:
    from rag_bot.store import indexes

    faulthandler.enable()
    if not exact:
        indexes.SMALL_LIBRARY = 0
    answers, seen, wrong = 0, set(), []
    with Library(Settings(**values)) as library:
        last = False
        while not last:
            last = ended.is_set()
            try:
                hits = library.search("harbour", limit=notes)
            except Exception as error:  # noqa: BLE001 - whatever it is, a reader should not meet with it
                wrong.append(f"{type(error).__name__}: {error}")
                continue
            if anew:
                library.close()
            states = {hit.chunk.text.split(" of note")[0] for hit in hits}
            answers += 1
            asked.set()
            seen |= states
            if len(states) != 1 or len({hit.note.path for hit in hits}) != notes:
                wrong.append(f"{len(hits)} of {notes} notes, from {sorted(states)}")
    told.put((answers, seen, wrong))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--notes", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found = stress(
            Path(temporary),
            load_settings().cache,
            seconds=options.seconds,
            readers=options.readers,
            notes=options.notes,
        )
    print(f"{found.synced} syncs; {found.answers} answers from {found.states} states; {len(found.wrong)} of them wrong")
    print("\n".join(found.wrong[:20]))
    sys.exit(bool(found.wrong))


if __name__ == "__main__":
    main()
