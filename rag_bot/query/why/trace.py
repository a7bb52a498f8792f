"""Records of a passage's way into an answer: which stages it passed, and where it was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag_bot.records import Chunk

SEARCHES = ("dense", "words")  # either of them is enough to become a candidate
LOST = {
    "indexed": "Not indexed",
    "filters": "Filtered out",
    "candidates": "No candidate",
    "duplicates": "Collapsed as a duplicate",
    "budget": "Cut by the budget",
    "read": "Not read line by line",
    "verdict": "Kept back",
    "quotes": "Not picked as a quote",
    "counted": "Not shown",
    "dated": "Not shown",
}
"""What being lost at a stage is called."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the way. `message` and `remedy` are parts of a sentence: what happened there, and what would help.

    `detail` has the figures: numbers, texts and lists of these, by names that stay.
    """

    name: str
    passed: bool
    message: str
    remedy: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PassageTrace:
    """The stages of one passage, as far as it came; without a chunk where there is none.

    `citation` is the number under which it is shown, also where that is owed to another passage's quote; `shown_around`
    of a citation in whose excerpt it is shown, unmarked.
    """

    chunk: Chunk | None
    stages: tuple[Stage, ...]
    citation: int | None = None
    shown_around: int | None = None

    @property
    def lost(self) -> Stage | None:
        """The stage at which it was lost; None where it is shown."""
        if self.citation is not None:
            return None
        return next((stage for stage in self.stages if not stage.passed and stage.name not in SEARCHES), None)

    @property
    def verdict(self) -> str:
        """One sentence: where it was lost and what would help, or that it is shown."""
        if not self.lost:
            return f"Nothing was lost: it is shown as citation {self.citation}."
        remedy = f"; {self.lost.remedy}" if self.lost.remedy else ""
        beside = (
            f" It is shown all the same, unmarked, around citation {self.shown_around}." if self.shown_around else ""
        )
        return f"{LOST[self.lost.name]}: {self.lost.message}{remedy}.{beside}"


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a note's passage when a question was asked.

    `searched_for` is the question as it was searched for, "" where there was nothing to search. `note` is the path as
    citations give it, or as it was asked for where there is no such note; `lines` are those that were asked about.
    `farthest` is the way of the passage that came farthest, `others` are those of the other passages.
    """

    question: str
    note: str
    lines: tuple[int, int] | None
    farthest: PassageTrace
    others: tuple[PassageTrace, ...] = ()
    searched_for: str = ""

    @property
    def lost_at(self) -> str | None:
        """The name of the stage at which the passage was lost; None where it is shown."""
        return self.farthest.lost.name if self.farthest.lost else None
