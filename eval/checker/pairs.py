"""Sentences with the lines that they are checked against, and whether the lines say it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from rag_bot.check import CitedLine
from rag_bot.markdown import Kind, parse, quotable_lines

ROOT = Path(__file__).parents[2]
PAIRS = Path(__file__).with_name("pairs.jsonl")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence over lines. `label` is "supported", "partly" or "not"; `kind` is how the sentence came about."""

    id: str
    lines: tuple[CitedLine, ...]
    sentence: str
    label: str
    kind: str
    split: str
    source: str = "ours"

    @property
    def is_true(self) -> bool:
        return self.label == "supported"


def our_pairs() -> Iterator[Pair]:
    """The committed pairs, over notes of our own."""
    for row in map(json.loads, PAIRS.read_text().splitlines()):
        lines = lines_of((ROOT / row["path"]).read_text(), row.get("section", ""))
        yield Pair(row["id"], lines, row["sentence"], row["label"], row["kind"], row["split"])


@cache
def lines_of(text: str, section: str = "", title: str = "") -> tuple[CitedLine, ...]:
    """The quotable lines of a note, or of one of its sections, with what stands above each; no headings."""
    start = text.index("\n---\n", 3) + 5 if text.startswith("---\n") else 0
    blocks = parse(text, body_start_line=text.count("\n", 0, start) + 1)
    return tuple(
        CitedLine(
            text[line.span.start_char : line.span.end_char],
            " > ".join(filter(None, (title, *line.headings, *line.ancestors))),
        )
        for line in quotable_lines(text, blocks)
        if line.kind not in (Kind.HEADING, Kind.FRONT_MATTER) and section in ("", *line.headings)
    )


def split_of(identity: str) -> str:
    return "dev" if int(sha256(identity.encode()).hexdigest()[:8], 16) % 2 else "test"
