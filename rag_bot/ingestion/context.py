"""The line put above a chunk for embedding: title > headings > ancestor bullets, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from rag_bot.text.sentences import cut_point

SEPARATOR = " > "
_LONGEST_PART = 160  # characters; set by hand


class TokenCounter(Protocol):
    """Counts the tokens of each text, without the special ones a model adds."""

    def __call__(self, texts: Sequence[str]) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Context:
    text: str
    tokens: int


@dataclass(slots=True)
class TokenCounts:
    """Counts each text once, many at a time."""

    count_tokens: TokenCounter
    known: dict[str, int] = field(default_factory=dict)

    def prepare(self, texts: Iterable[str]) -> None:
        missing = [text for text in dict.fromkeys(texts) if text not in self.known]
        if missing:
            self.known.update(zip(missing, self.count_tokens(missing), strict=True))

    def __getitem__(self, text: str) -> int:
        if text not in self.known:
            self.prepare([text])
        return self.known[text]


@dataclass(slots=True)
class Contexts:
    """Builds the context line of any place in a note; `budget` is what all of it may take, in tokens."""

    counts: TokenCounts
    budget: int
    lines: dict[tuple[str, ...], Context] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)

    def prepare(self, places: Sequence[tuple[str, ...]], texts: Iterable[str] = ()) -> None:
        """Counts all the parts of these places, and other texts, in one batch."""
        parts = dict.fromkeys(chain.from_iterable(dict.fromkeys(places)))
        self.counts.prepare(chain([SEPARATOR], (_first_words(part, _LONGEST_PART) for part in parts), texts))

    def of(self, place: tuple[str, ...]) -> Context:
        """`place`: the title, which may be "", then headings and ancestors, outermost first."""
        if place not in self.lines:
            self.lines[place] = self._built(place)
        return self.lines[place]

    def _built(self, place: tuple[str, ...]) -> Context:
        """The title and the nearest parts; what is too much falls out of the middle."""
        title, *others = (self._part(part) for part in place)
        separator = self.counts[SEPARATOR]
        left = self.budget - self.counts[title] if title else self.budget
        nearest: list[str] = []
        for part in filter(None, reversed(others)):
            left -= self.counts[part] + separator
            if left < 0:
                break
            nearest.append(part)
        kept = [part for part in (title, *reversed(nearest)) if part]
        return Context(SEPARATOR.join(kept), sum(self.counts[part] + separator for part in kept))

    def _part(self, part: str) -> str:
        """The part's first words, in at most half the budget: the title and one more always fit."""
        if part not in self.parts:
            limit = (self.budget - self.counts[SEPARATOR]) // 2
            short = _first_words(part, _LONGEST_PART)
            while short and self.counts[short] > limit:
                short = _first_words(short, len(short) * max(limit, 0) // (self.counts[short] + 1))
            self.parts[part] = short
        return self.parts[part]


def _first_words(text: str, limit: int) -> str:
    """At most `limit` characters of the text, whole words if it has any."""
    return text if len(text) <= limit else text[: cut_point(text, 0, limit)].rstrip()
