"""How much of a sentence's words stands in each line: a table with a row for each word and a column for each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag_bot.check.evidence import ReadLine
from rag_bot.check.meaning import Meaning
from rag_bot.check.reading.dates import Date
from rag_bot.check.reading.numbers import Number
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import Term, Token
from rag_bot.check.supply import supplies_date, supplies_number

ABOVE = 0.85  # what a word counts that stands above the line and not in it
NEAR_FROM, NEAR_TO = 0.40, 0.80  # cosines of two words between which one starts to stand for the other
NEAR_WORTH = 0.85  # what a word counts at most that the line says in another way
HAS_IT = 0.45  # of a word, from where on a line is taken to have it
MOST_VALUES = 20  # amounts and dates of a sentence that are looked for as such
LIGHT = 0.35  # what a word that carries little counts
LIGHT_WORDS = frozenset(
    "include involve mean refer call describe way kind thing several various many main provide become use make get "
    "need able may might must often usually typically generally currently specifically particular particularly certain "
    "example instance etc related key overall well known according state mention note notes say tell explain discuss "
    "show indicate suggest point also however therefore thus hence like such one two three lot much even still yet "
    "consist contain come take give go see look find help work term case fact part".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence that has to be found: its stems in all languages, its weight and its segment.

    `value` is the amount or date that it is a part of, which a line may write in another way ("euros", "€").
    """

    text: str
    term: Term
    weight: float
    segment: int
    value: Number | Date | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """`found[word, line]` in [0, 1] says how much of a word stands in a line; `weights` are the words' weights."""

    words: tuple[Word, ...]
    weights: NDArray[np.float64]
    found: NDArray[np.float64]

    def share(self, lines: Sequence[int], segment: int | None = None) -> float:
        """The weighted share of the words, of a segment or all, that stand in these lines together; 1 without words."""
        rows = self._rows(segment)
        weights = self.weights[rows]
        if not weights.sum():
            return 1.0
        best = self.found[np.ix_(rows, list(lines))].max(axis=1, initial=0.0)
        return float(best @ weights / weights.sum())

    def weight(self, segment: int | None = None) -> float:
        return float(self.weights[self._rows(segment)].sum())

    def missing(self, lines: Sequence[int], below: float) -> list[Word]:
        """The words that these lines hold less of."""
        best = self.found[:, list(lines)].max(axis=1, initial=0.0)
        return [word for word, found in zip(self.words, best.tolist(), strict=True) if found < below]

    def _rows(self, segment: int | None) -> list[int]:
        return [row for row, word in enumerate(self.words) if segment is None or word.segment == segment]


def words_to_find(sentence: Statement) -> tuple[Word, ...]:
    """The words of a sentence that carry meaning, each once in a segment; numbers and dates are compared as such."""
    found: dict[tuple[Term, int], Word] = {}
    values: list[Number | Date] = [*(one for one in sentence.numbers if one.measures and not one.weak), *sentence.dates]
    for number, segment in enumerate(sentence.segments):
        for token in segment.tokens:
            if token.content and not any(map(str.isdigit, token.text)):
                value = next(
                    (one for one in values[:MOST_VALUES] if one.start <= token.start < one.start + len(one.text)), None
                )
                for term in token.terms:
                    found.setdefault((term, number), Word(token.lower, term, _weight(token, term), number, value))
    return tuple(found.values())


def cover(words: Sequence[Word], lines: Sequence[ReadLine], meaning: Meaning | None) -> Coverage:
    """Compare words with lines; `meaning` lets words that are near count, None only those that are there."""
    found = np.array([[_stands(word, line) for line in lines] for word in words], dtype=np.float64)
    found = found.reshape(len(words), len(lines))
    weights = np.array([word.weight for word in words], dtype=np.float64)
    return Coverage(tuple(words), weights, found if meaning is None else with_near_words(words, lines, found, meaning))


def with_near_words(
    words: Sequence[Word], lines: Sequence[ReadLine], found: NDArray[np.float64], meaning: Meaning
) -> NDArray[np.float64]:
    """The table, where a word that is not there counts as its nearest one of the line."""
    rows = [row for row in range(len(words)) if found[row].max(initial=0.0) < 1.0]
    written = [_written(line) for line in lines]
    vocabulary = list(dict.fromkeys(word for line in written for word in line))
    if not rows or not vocabulary:
        return found
    near = meaning.near([words[row].text for row in rows], vocabulary)
    near = np.clip((near - NEAR_FROM) / (NEAR_TO - NEAR_FROM), 0.0, 1.0) * NEAR_WORTH
    place = {word: column for column, word in enumerate(vocabulary)}
    result = found.copy()
    for column, line in enumerate(written):
        if line:
            best = near[:, [place[word] for word in line]].max(axis=1)
            result[rows, column] = np.maximum(result[rows, column], best)
    return result


def _written(line: ReadLine) -> list[str]:
    """The words of a line, and above it, that another word may be near to."""
    tokens = (*line.own.tokens[:80], *line.above.tokens[-40:])
    return [token.lower for token in tokens if token.content and not any(map(str.isdigit, token.text))]


def _stands(word: Word, line: ReadLine) -> float:
    if word.term in line.own.terms or (word.value and _supplies(line, word.value)):
        return 1.0
    return ABOVE if word.term in line.above.terms else 0.0


def _supplies(line: ReadLine, value: Number | Date) -> bool:
    return supplies_number(line, value) if isinstance(value, Number) else supplies_date(line, value)


def _weight(token: Token, term: Term) -> float:
    return LIGHT if token.lower in LIGHT_WORDS or term[0] in LIGHT_WORDS else 1.0
