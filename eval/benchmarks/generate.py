"""Libraries of made-up notes, as large as wanted, out of the words of real ones and as long as those.

python -m eval.benchmarks.generate FOLDER COUNT VAULT...
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER_NOTES = 100  # in each folder; set by hand
AREA_FOLDERS = 10  # an area holds this many folders; set by hand
_SHORTEST, _LONGEST = 20, 2_000  # words of a note; set by hand
_WORD = re.compile("[A-Za-z][A-Za-z'-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """The words of real notes, as often as they stand there, and how many words each note has."""

    words: Sequence[str]
    lengths: Sequence[int]


def read_source(vaults: Sequence[Path]) -> Source:
    """Raises ValueError where the vaults hold no words."""
    paths = sorted(path for vault in vaults for path in vault.rglob("*.md") if path.is_file())
    texts = [[sys.intern(word) for word in _WORD.findall(path.read_text("utf-8", "replace"))] for path in paths]
    lengths = [min(max(len(words), _SHORTEST), _LONGEST) for words in texts]
    words = [word for text in texts for word in text]
    if not words:
        raise ValueError(f"There are no words in {', '.join(map(str, vaults))}; name folders with .md files.")
    return Source(words, lengths)


def write_library(folder: Path, count: int, source: Source, seed: int = 0) -> int:
    """Write this many notes, the same ones for the same seed; the number of characters written."""
    written, per_folder = 0, max(1, min(FOLDER_NOTES, count // AREA_FOLDERS))
    for number in range(count):
        topic = number // per_folder
        path = folder / f"area-{topic // AREA_FOLDERS:03}" / f"topic-{topic:04}" / f"{_stem(number)}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        written += path.write_text(_note(random.Random(f"{seed} {number}"), source, count), encoding="utf-8")
    return written


def groups(folder: Path) -> list[Path]:
    """Folders of a library to rename or remove: areas of 1,000 notes, or folders of a hundred where those are few."""
    areas = sorted(folder.iterdir())
    return areas if len(areas) > 2 else sorted(areas[0].iterdir())


def _note(chance: random.Random, source: Source, count: int) -> str:
    title, tags = _phrase(chance, source), ", ".join(word.lower() for word in chance.choices(source.words, k=2))
    day = f"20{chance.randint(15, 26)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    front = f"---\ncreated: {day}\ntags: [{tags}]\n---\n\n" if chance.random() < 0.5 else ""
    return f"{front}# {title}\n\n" + "\n\n".join(_blocks(chance, source, count, chance.choice(source.lengths))) + "\n"


def _blocks(chance: random.Random, source: Source, count: int, words: int) -> Iterator[str]:
    while words > 0:
        kind = chance.choices(("text", "list", "heading", "code"), (10, 5, 4, 1))[0]
        if kind == "heading":
            yield f"{'#' * chance.randint(2, 3)} {_phrase(chance, source)}"
        if kind == "list":
            block = "\n".join(_items(chance, source, count))
        elif kind == "code":
            block = f"```sh\n{' '.join(chance.choices(source.words, k=12)).lower()}\n```"
        else:
            block = " ".join(_sentence(chance, source, count) for _ in range(chance.randint(1, 5)))
        words -= len(block.split())
        yield block


def _items(chance: random.Random, source: Source, count: int) -> Iterator[str]:
    indent = ""
    for _ in range(chance.randint(2, 7)):
        yield f"{indent}- {_sentence(chance, source, count)}"
        indent = chance.choice(("", "", "  "))


def _sentence(chance: random.Random, source: Source, count: int) -> str:
    words = chance.choices(source.words, k=chance.randint(5, 18))
    if chance.random() < 0.1:
        words.append(chance.choice((f"[[{_stem(chance.randrange(count))}]]", f"[{words[0]}](https://example.org/a)")))
    text = " ".join(words)
    return f"{text[0].upper()}{text[1:]}."


def _phrase(chance: random.Random, source: Source) -> str:
    return " ".join(chance.choices(source.words, k=chance.randint(2, 5))).capitalize()


def _stem(number: int) -> str:
    return f"note-{number:06}"


def main() -> None:
    folder, count, *vaults = sys.argv[1:]
    source = read_source([Path(vault) for vault in vaults])
    print(json.dumps({"characters": write_library(Path(folder), int(count), source)}))


if __name__ == "__main__":
    main()
