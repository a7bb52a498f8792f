"""How the time to read and cut a note grows with its size: `python -m eval.benchmarks.growth [SHAPE ...]`.

Each shape is made at n, 2n and 4n; a factor of about 2 from one to the next is growth with size, of 4 with its square.
CPU seconds of each step: blanks, parsing, lines, tags and title, chunks (with a counter of words for the tokenizer).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from rag_bot.ingestion.chunking import chunk_note
from rag_bot.ingestion.front_matter import read_front_matter
from rag_bot.ingestion.readers import title_in
from rag_bot.markdown import parse_note, quotable_lines, readable_text
from rag_bot.records import Note

SHAPES: dict[str, Callable[[int], str]] = {
    "prose on one line": lambda n: "The bees fly out in the morning, and return by noon. " * (n // 53),
    "words on one line": lambda n: "word " * (n // 5),
    "letters on one line": lambda n: "é" * n,
    "table": lambda n: "| a | b |\n|---|---|\n" + "| x | y |\n" * (n // 10),
    "table without a head": lambda n: "| x | y |\n" * (n // 10),
    "list levels": lambda n: "".join(" " * (2 * level) + "- a\n" for level in range(int(n**0.5))),
    "list items": lambda n: "- an item of it\n" * (n // 16),
    "headings": lambda n: "# h\n" * (n // 4),
    "headings, text": lambda n: "## h\n\ntext\n\n" * (n // 12),
    "brackets": lambda n: "[" * n,
    "wikilinks open": lambda n: "[[a " * (n // 4),
    "links open": lambda n: "[a](" * (n // 4),
    "stars": lambda n: "*a " * (n // 3),
    "backticks": lambda n: "".join("`" * (k % 40) + " " for k in range(n // 20)),
    "quotes in a line": lambda n: ">" * n,
    "quote lines": lambda n: "> a line of it\n" * (n // 15),
    "lines of one paragraph": lambda n: "a line of words that goes on\n" * (n // 29),
    "definitions": lambda n: "term\n: it is\n" * (n // 13),
    "colons": lambda n: "a\n" + ": " * (n // 2),
    "footnotes": lambda n: "".join(f"a[^{k}] b\n\n[^{k}]: c\n\n" for k in range(n // 24)),
    "callouts": lambda n: "> [!note] a\n> b\n\n" * (n // 17),
    "dollars": lambda n: "$$x\n" * (n // 4),
    "comments open": lambda n: "<!-- %% a\n" * (n // 10),
    "comments": lambda n: "a %%b%% <!-- c -->\n" * (n // 19),
    "HTML": lambda n: "<tr><td>a</td></tr>\n" * (n // 20),
    "code": lambda n: "```\n" + "a = b\n\n" * (n // 7) + "```\n",
    "fences": lambda n: "```\na\n```\n" * (n // 10),
    "blank lines": lambda n: "\n" * n,
    "spaces": lambda n: "a." + " " * n + "b",
    "tags": lambda n: "#tag " * (n // 5),
}
SIZE = 250_000  # characters of the smallest


def seconds_of(text: str) -> list[float]:
    """CPU seconds of the steps, in their order."""
    times = [time.process_time()]
    front = read_front_matter(text)
    note = Note("notes/a.md", Path(), "notes", "a", "", text, {}, front.body_start_line, "", len(text), 0)
    read = readable_text(note)
    times.append(time.process_time())
    blocks = parse_note(note.path, text, body_start_line=front.body_start_line)
    times.append(time.process_time())
    quotable_lines(read, blocks)
    times.append(time.process_time())
    title_in(front, blocks)
    times.append(time.process_time())
    chunk_note(note, count_tokens=_count_words, max_tokens=254, fingerprint="")
    times.append(time.process_time())
    return [after - before for before, after in pairwise(times)]


def _count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) + len(text) // 8 for text in texts]


def main(names: Sequence[str]) -> None:
    print(f"{'shape':<24}{'blanks':>9}{'parse':>9}{'lines':>9}{'title':>9}{'chunks':>9}{'2n / n':>9}{'4n / 2n':>9}")
    for name in names or SHAPES:
        by_size = [seconds_of(SHAPES[name](SIZE * factor)) for factor in (1, 2, 4)]
        totals = [sum(steps) for steps in by_size]
        growth = [after / before for before, after in pairwise(totals)]
        print(f"{name:<24}" + "".join(f"{figure:>9.2f}" for figure in (*by_size[2], *growth)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
