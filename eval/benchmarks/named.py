"""Is a note found by its name? Questions made of file names by rule, and how often the right note comes first.

python -m eval.benchmarks.named FOLDER --questions 70 --seed 0
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from rag_bot import Library

# By turns; none is fitted to the names of a vault, so that some questions read oddly.
TEMPLATES = ("How do I {}?", "What is {}?", "keywords", "Where did I write about {}?", "typo", "plural")
_SMALL = frozenset("a an and at by for from how i in into is my of on or the to what with your".split())


def question_for(name: str, template: str, chance: random.Random) -> str:
    """A question that means the note of this name: whole, its telling words in any order, or one misspelt."""
    words = name.replace("-", " ").replace("_", " ").split()
    telling = [word for word in words if word.lower() not in _SMALL] or words
    if template == "keywords":
        return " ".join(chance.sample(telling, len(telling))).lower()
    if template in ("typo", "plural"):
        longest = max(telling, key=len)
        if template == "plural":
            changed = longest[:-1] if longest.endswith("s") else f"{longest}s"
        else:  # two neighbours inside the word are swapped
            at = chance.randrange(1, max(2, len(longest) - 2))
            changed = longest[:at] + longest[at + 1 : at + 2] + longest[at : at + 1] + longest[at + 2 :]
        return f"What about {' '.join(changed if word == longest else word for word in words)}?"
    return template.format(" ".join(words))


def make_named_questions(paths: Sequence[str], count: int, seed: int) -> list[tuple[str, str, str]]:
    """Path, template and question of so many notes whose names have letters, and no other note has."""
    chance = random.Random(seed)
    named = Counter(PurePosixPath(path).stem.lower() for path in paths)
    usable = [
        path
        for path in sorted(paths)
        if _is_telling(PurePosixPath(path).stem) and named[PurePosixPath(path).stem.lower()] == 1
    ]
    chosen = chance.sample(usable, min(count, len(usable)))
    rows = []
    for number, path in enumerate(chosen):
        template = TEMPLATES[number % len(TEMPLATES)]
        rows.append((path, template, question_for(PurePosixPath(path).stem, template, chance)))
    return rows


def _is_telling(name: str) -> bool:
    return sum(map(str.isalpha, name)) > sum(map(str.isdigit, name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=70)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--index", type=Path, help="where the index is kept; else it is made for this run alone")
    parser.add_argument("--show", action="store_true", help="print the questions whose note did not come first")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as temporary,
        Library(index=chosen.index or Path(temporary) / "index") as library,
    ):
        library.ingest([chosen.folder])
        right, total = Counter[str](), Counter[str]()
        paths = [path for path, _ in library.note_titles()]
        for path, template, question in make_named_questions(paths, chosen.questions, chosen.seed):
            found = [hit.note.path for hit in library.search(question, limit=3)]
            cited = [citation.quote.note_path for citation in library.ask(question).citations]
            total[template] += 1
            right[template] += found[:1] == [path]
            right["first three"] += path in found
            right["first cited"] += cited[:1] == [path]
            if chosen.show and found[:1] != [path]:
                print(f"  {question}  ({path}): {', '.join(found)}")
    count = sum(total.values())
    print(f"right note first: {sum(right[template] for template in TEMPLATES)} of {count}")
    for kind in ("first three", "first cited"):
        print(f"{kind}: {right[kind]} of {count}")
    print(", ".join(f"{template} {right[template]}/{total[template]}" for template in TEMPLATES))


if __name__ == "__main__":
    main()
