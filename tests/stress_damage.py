"""Damages each file of an index in four ways, and prints what `verify` says and whether `--repair` mends it.

python -m tests.stress_damage [VAULT]      (default: the corpus)

Deleted, cut in half, a part overwritten with noise, replaced by the copy of an earlier state. Repaired means: the
catalogue, Chroma and Tantivy hold exactly what they held, and verify finds nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_bot import Library, RagBotError
from rag_bot.settings import Settings, load_settings
from tests.conftest import CORPUS
from tests.index_contents import contents, differences, inner_differences

QUESTION = "emergence"
HARMLESS = ("writer.lock", ".tantivy-writer.lock", ".tantivy-meta.lock", "roots.json")


@dataclass(frozen=True, slots=True)
class Damaged:
    """What came of damaging one file. `answered` is what a reader in a child process met with before the repair."""

    file: str
    how: str
    found: tuple[str, ...]
    answered: str
    wrong: tuple[str, ...]


def make_index(place: Path, source: Path, cache: Path) -> Settings:
    """An index in two states: `earlier` is a copy of the first."""
    notes = place / "notes"
    shutil.copytree(source, notes)
    settings = Settings(notes=(), index=place / "index", cache=cache)
    with Library(settings) as library:
        library.ingest([notes])
        shutil.copytree(settings.index, place / "earlier")
        (notes / "added.md").write_text("# Emergence\n\n" + "\n\n".join(f"Line {n} on emergence." for n in range(40)))
        changed = next(path for path in sorted(notes.rglob("*.md")) if path.name != "added.md")
        changed.write_text(changed.read_text() + "\n\nOne more line.\n")
        library.ingest()
    (before,), (store,) = (place / "earlier").glob("store-*"), settings.index.glob("store-*")
    before.rename(place / "earlier" / store.name)  # so that its files can be put in the place of the later ones
    return settings


def files_of(index: Path) -> list[str]:
    return sorted(path.relative_to(index).as_posix() for path in index.rglob("*") if path.is_file())


def damage_all(
    settings: Settings, place: Path, wanted: Callable[[str, str], bool] = lambda *_: True
) -> Iterator[Damaged]:
    """Each file in each way, if wanted, in a copy of the index that is repaired afterwards."""
    sound = contents(settings.index)
    for file in files_of(settings.index):
        for how in ("deleted", "truncated", "noise", "older copy"):
            if wanted(file, how) and (how != "older copy" or (place / "earlier" / file).is_file()):
                copy = settings.model_copy(update={"index": place / "damaged"})
                shutil.rmtree(copy.index, ignore_errors=True)
                shutil.copytree(settings.index, copy.index)
                _damage(copy.index / file, how, place / "earlier" / file)
                yield _look(copy, file, how, sound)


def _damage(path: Path, how: str, earlier: Path) -> None:
    data = bytearray(path.read_bytes())
    if how == "deleted":
        path.unlink()
    elif how == "truncated":
        os.truncate(path, len(data) // 2)
    elif how == "noise":
        size = min(4096, max(1, len(data) // 2))
        start = (len(data) - size) // 2
        data[start : start + size] = random.Random(0).randbytes(size)
        path.write_bytes(data)
    else:
        shutil.copy(earlier, path)


def _look(settings: Settings, file: str, how: str, sound: dict[str, Any]) -> Damaged:
    answered = ask_in_child(settings)
    with Library(settings) as library:
        try:
            found = tuple(f"{problem.part}: {problem.text}" for problem in library.verify().problems)
            left = [one for one in library.verify(repair=True).problems if one.part != "folders"]  # ingest follows
        except RagBotError as error:
            return Damaged(file, how, (str(error),), answered, ("not repaired",))
        library.ingest()
    held = contents(settings.index)
    wrong = [*(problem.text for problem in left), *differences(held, sound), *inner_differences(held)]
    return Damaged(file, how, found, answered, tuple(wrong))


def ask_in_child(settings: Settings) -> str:
    """ "an answer", the error in one line, or the signal that ended the reader."""
    command = [sys.executable, "-m", "rag_bot", "--index", str(settings.index), "--cache", str(settings.cache)]
    done = subprocess.run([*command, "search", QUESTION], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return "an answer"
    return f"signal {-done.returncode}" if done.returncode < 0 else done.stderr.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vault", type=Path, nargs="?", default=CORPUS)
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        settings = make_index(Path(temporary), options.vault, load_settings().cache)
        print("| file | what was done | a reader got | verify said | repaired |\n|---|---|---|---|---|")
        for one in damage_all(settings, Path(temporary)):
            said = "; ".join(one.found) or "nothing wrong"
            repaired = "exactly" if not one.wrong else "; ".join(one.wrong)
            print(f"| {one.file} | {one.how} | {one.answered} | {said} | {repaired} |", flush=True)
            wrong += bool(one.wrong) or one.answered.startswith("signal")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
