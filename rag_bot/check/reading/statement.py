"""A text -> all that can be compared of it: words, clauses, numbers, dates, names, and what it denies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from rag_bot.check.reading.dates import Date, read_dates, years_of
from rag_bot.check.reading.elided import with_elided_units
from rag_bot.check.reading.names import Name, known_letters, read_names
from rag_bot.check.reading.numbers import Number, read_numbers
from rag_bot.check.reading.polarity import Polarity, read_polarity
from rag_bot.check.reading.tokens import Term, Token, language_of, read_tokens
from rag_bot.markdown import plain_text

LONGEST_READ = 10_000  # characters of a line that are compared
_CITATION = re.compile(r"\s?\[\d{1,3}(?:, ?\d{1,3})*\]")
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{3,200})[\"”“»]")
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s+")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a sentence that says something of its own."""

    tokens: tuple[Token, ...]
    polarity: Polarity

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end


@dataclass(frozen=True, slots=True)
class Statement:
    """A text as a check reads it. `raw` is it in lower case, `letters` what a name may be found as."""

    text: str
    raw: str
    language: str
    tokens: tuple[Token, ...]
    segments: tuple[Segment, ...]
    polarity: Polarity
    numbers: tuple[Number, ...]
    dates: tuple[Date, ...]
    names: tuple[Name, ...]
    letters: frozenset[str]
    terms: frozenset[Term]
    quotations: tuple[str, ...]

    @property
    def years(self) -> list[int]:
        """Years that stand without a day."""
        return [int(number.value) for number in self.numbers if not number.measures and 1000 <= number.value <= 2999]


def read_statement(markdown: str, languages: tuple[str, ...]) -> Statement:
    """Read a sentence, a line, or what stands above it. `languages` begin with English."""
    markdown = markdown[:LONGEST_READ]
    text = _LIST_NUMBER.sub("", plain_text(_CITATION.sub("", markdown)))
    language = language_of(text, languages)
    tokens = read_tokens(text, languages, language)
    dates = read_dates(text)
    numbers = tuple(with_elided_units(read_numbers(text, dates.spans, language), text))
    return Statement(
        text=text,
        raw=markdown.lower(),
        language=language,
        tokens=tokens,
        segments=tuple(Segment(run, read_polarity(run, language)) for run in _segments(tokens)),
        polarity=read_polarity(tokens, language),
        numbers=(*numbers, *_years(dates.found)),
        dates=dates.found,
        names=read_names(text, tokens, dates.spans, language),
        letters=known_letters(tokens),
        terms=frozenset(term for token in tokens if token.content for term in token.terms),
        quotations=tuple(match[1] for match in _QUOTED.finditer(text)),
    )


def _segments(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """The words parted at marks and conjunctions; a piece with less than two words of content belongs to the last."""
    found: list[tuple[Token, ...]] = []
    for _, run in groupby(tokens, key=lambda token: token.part):
        piece = tuple(run)
        if found and min(_content(piece), _content(found[-1])) < 2:
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _content(tokens: Sequence[Token]) -> int:
    return sum(token.content for token in tokens)


def _years(dates: tuple[Date, ...]) -> list[Number]:
    """A year inside a date may be said alone."""
    return [Number(str(year), Decimal(year), weak=True, bare=Decimal(year)) for year in dict.fromkeys(years_of(dates))]
