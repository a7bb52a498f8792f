"""Kills syncs, at every failpoint and at random moments, and compares what is left with what should be.

python -m tests.stress_crashes --rounds 300 [--notes 40] [--seed 0]

Each round changes the folder at random and lets a sync of it die. Then the index has to show the state before or after
that sync, complete, with all its keys in Chroma and Tantivy. The next sync has to end with exactly what an ingest from
nothing gives.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rag_bot import Library, RagBotError
from rag_bot.failpoints import FAILPOINTS, VARIABLE
from rag_bot.settings import Settings, load_settings
from rag_bot.store.consistency import compare
from tests.index_contents import contents, differences, inner_differences, visible_notes

WORDS = """harbour lantern meadow orchard pebble quarry ribbon saddle timber umbrella violin walnut barley candle
dragon ember falcon garlic hammer island jacket kettle ladder marble needle oyster pepper quilt rocket saffron teapot
velvet""".split()
_SPAWN = multiprocessing.get_context("forkserver")
_PRELOADED = ["rag_bot.ingestion.sync", "rag_bot.library", "chromadb", "tantivy", "onnxruntime", "tokenizers"]


@dataclass(slots=True)
class Tally:
    """What happened in all rounds."""

    rounds: int = 0
    died: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def print(self) -> None:
        print(f"{self.rounds} rounds, {sum(self.died.values())} syncs ended early:")
        for place, times in sorted(self.died.items()):
            print(f"  {times:4}  {place}")
        print("seen afterwards: " + ", ".join(f"{times} {state}" for state, times in sorted(self.states.items())))
        print(f"{len(self.wrong)} differences found" + "".join(f"\n  {line}" for line in self.wrong))


def ways_to_die(chance: random.Random) -> tuple[str, float, int]:
    """A failpoint, or a time to be killed at, or a limit to the size of files."""
    kind = chance.random()
    if kind < 0.55:
        place = chance.choice(FAILPOINTS)
        return place + chance.choice(["", "", "@2", "=full"]), 0.0, 0
    if kind < 0.85:
        return "", chance.uniform(0.0, 1.2), 0
    return "", 0.0, chance.choice([1_000, 20_000, 100_000, 300_000])


def change_notes(folder: Path, chance: random.Random, most: int) -> None:
    """Some edits, new notes, deletions, renames, swaps, a folder that moves; never most of the notes at once."""
    for _ in range(chance.randint(1, 6)):
        paths = sorted(folder.rglob("*.md"))
        if len(paths) < 8:
            write_note(folder / f"{chance.choice('abcd')}" / f"{chance.randrange(10**6)}.md", chance)
            continue
        one, other = chance.sample(paths, 2)
        match chance.choice(["edit", "edit", "add", "delete", "rename", "swap", "copy", "move-folder", "append"]):
            case "edit":
                write_note(one, chance)
            case "append":
                one.write_text(one.read_text() + f"\nOne more line about {chance.choice(WORDS)}.\n")
            case "add" if len(paths) < most:
                write_note(folder / f"{chance.choice('abcd')}" / f"{chance.randrange(10**6)}.md", chance)
            case "delete" if len(paths) > 10:
                one.unlink()
            case "rename":
                one.rename(one.with_name(f"{chance.randrange(10**6)}.md"))
            case "swap":
                between = one.with_suffix(".swapping")
                one.rename(between)
                other.rename(one)
                between.rename(other)
            case "copy" if len(paths) < most:
                shutil.copy2(one, one.with_name(f"copy-{chance.randrange(10**6)}.md"))
            case "move-folder":
                one.parent.rename(folder / f"moved-{chance.randrange(10**6)}")
            case _:
                pass


def write_note(path: Path, chance: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [" ".join(chance.choices(WORDS, k=chance.randint(4, 25))) for _ in range(chance.randint(1, 3))]
    path.write_text(f"# {' '.join(chance.choices(WORDS, k=2))}\n\n" + "\n\n## More\n\n".join(parts) + "\n")


def sync_in_child(settings: Settings, folder: Path, way: tuple[str, float, int], chunker: int) -> str:
    """How a sync in a process of its own ended: "finished", or what it died of."""
    place, seconds, limit = way
    child = _SPAWN.Process(target=_sync, args=(settings.model_dump(), folder, place, limit, chunker))
    child.start()
    child.join(seconds or None)
    if child.is_alive():
        child.kill()
        child.join()
        return "killed at a random moment"
    if child.exitcode == 0:
        return "finished"
    return place or (f"files limited to {limit:,} bytes" if limit else f"exit {child.exitcode}")


def _sync(settings: dict[str, object], folder: Path, place: str, limit: int, chunker: int) -> None:
    os.environ[VARIABLE] = place
    from rag_bot.ingestion import prepare, sync

    prepare.CHUNKER_VERSION = sync.CHUNKER_VERSION = chunker  # type: ignore[attr-defined]
    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        with Library(Settings(**settings)) as library:  # type: ignore[arg-type]
            library.ingest([folder], on_loss="remove")
    except (RagBotError, OSError):
        sys.exit(1)


def stress(
    place: Path,
    cache: Path,
    rounds: int,
    notes: int,
    seed: int,
    *,
    way_of: Callable[[int, random.Random], tuple[str, float, int]] = lambda _, chance: ways_to_die(chance),
    report: Callable[[str], None] = lambda _: None,
    server: str = "",
    database: str = "",
) -> Tally:
    """All rounds; `way_of` chooses how the sync of a round dies.

    `server` has the vectors, if there is one, and `database` the catalogue.
    """
    _SPAWN.set_forkserver_preload(_PRELOADED)
    chance, tally, folder = random.Random(seed), Tally(), place / "notes"
    settings = Settings(notes=(), index=place / "index", cache=cache, vectors=server, catalogue=database)
    for _ in range(notes):
        write_note(folder / f"{chance.choice('abcd')}" / f"{chance.randrange(10**6)}.md", chance)
    chunker = 1
    for number in range(rounds):
        before = visible_notes(settings.index)
        if number:
            change_notes(folder, chance, notes * 2)
        chunker += chance.random() < 0.1
        after = {f"notes/{path.relative_to(folder).as_posix()}": path.read_text() for path in folder.rglob("*.md")}
        ended = sync_in_child(settings, folder, way_of(number, chance), chunker)
        tally.rounds += 1
        if ended != "finished":
            tally.died[ended] += 1
        found = _check_left(settings, before, after, tally)
        if (again := sync_in_child(settings, folder, ("", 0.0, 0), chunker)) != "finished":
            found.append(f"the next sync ended with {again}")
        found += _check_fresh(settings, folder, place / f"fresh-{number}", chunker)
        tally.wrong += [f"round {number} ({ended}): {what}" for what in found]
        report(f"round {number}: {ended}{': ' if found else ''}{'; '.join(found)}")
    return tally


def _check_left(settings: Settings, before: dict[str, str], after: dict[str, str], tally: Tally) -> list[str]:
    """The index that a dead sync left shows a complete state, and answers from it."""
    seen = visible_notes(settings.index)
    name = "nothing yet" if not seen else "before" if seen == before else "after" if seen == after else "neither"
    tally.states[name] += 1
    if name == "nothing yet":
        return [] if not before else ["all notes are gone"]
    found = [f"neither the state before nor after: {sorted({*seen} ^ {*after})[:3]}"] if name == "neither" else []
    for part in ("vectors", "words"):
        findings = compare(settings.index, part)
        found += findings.trouble(part)
    return found + _check_answers(settings, seen)


def _check_answers(settings: Settings, seen: dict[str, str]) -> list[str]:
    with Library(settings) as library:
        hits = [hit for word in WORDS[:3] for hit in library.search(word)]
        wrong = [hit.chunk.location for hit in hits if hit.chunk.text not in seen.get(hit.chunk.note_path, "")]
        return [f"answers from another state: {wrong[:3]}"] if wrong else []


def _check_fresh(settings: Settings, folder: Path, place: Path, chunker: int) -> list[str]:
    fresh = Settings(notes=(), index=place / "index", cache=settings.cache)
    ended = sync_in_child(fresh, folder, ("", 0.0, 0), chunker)
    if ended != "finished":
        return [f"an ingest from nothing ended with {ended}"]
    ours, theirs = contents(settings.index), contents(fresh.index)
    shutil.rmtree(place)
    return [*differences(ours, theirs), *inner_differences(ours)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        cache = load_settings().cache
        tally = stress(Path(temporary), cache, options.rounds, options.notes, options.seed, report=print)
    tally.print()
    print(f"{time.perf_counter() - began:.0f} s")
    sys.exit(bool(tally.wrong))


if __name__ == "__main__":
    main()
