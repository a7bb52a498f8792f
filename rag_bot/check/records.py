"""What a check reads and what it gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CitedLine:
    """A quotable line of a note: its verbatim text, and what stands above it ("Title > Heading > parent bullets")."""

    text: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class SentenceSupport:
    """What the lines say to a sentence.

    `support` is SUPPORTED, REWORDED, UNSUPPORTED or NO_CLAIM of `rag_bot.records`; `lines` are the indexes of the
    fewest lines that it stands on, ascending; `reasons` say for people what is missing or denied; `score` in [0, 1]
    tells passages apart: how much of the sentence stands in them.
    """

    support: str
    lines: tuple[int, ...]
    reasons: tuple[str, ...]
    score: float
