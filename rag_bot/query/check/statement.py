"""A text -> all that can be compared of it: words, clauses, numbers, dates, names, and what it denies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from rag_bot.markdown import plain_text
from rag_bot.query.check.dates import Date, read_dates, years_of
from rag_bot.query.check.names import Name, known_letters, read_names
from rag_bot.query.check.numbers import Number, read_numbers
from rag_bot.query.check.polarity import Polarity, clauses_of, read_polarity
from rag_bot.query.check.tokens import Term, Token, language_of, read_tokens

LONGEST_READ = 10_000  # characters of a line that are compared
_CITATION = re.compile(r"\s?\[\d{1,3}(?:, ?\d{1,3})*\]")
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s+")


@dataclass(frozen=True, slots=True)
class Statement:
    """A text as a check reads it. `raw` is it in lower case, `letters` what a name may be found as."""

    text: str
    raw: str
    language: str
    tokens: tuple[Token, ...]
    clauses: tuple[tuple[Token, ...], ...]
    polarities: tuple[Polarity, ...]
    polarity: Polarity
    numbers: tuple[Number, ...]
    dates: tuple[Date, ...]
    names: tuple[Name, ...]
    letters: frozenset[str]
    terms: frozenset[Term]

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
    numbers = read_numbers(text, dates.spans, language)
    clauses = clauses_of(tokens)
    return Statement(
        text=text,
        raw=markdown.lower(),
        language=language,
        tokens=tokens,
        clauses=tuple(clauses),
        polarities=tuple(read_polarity(clause, language) for clause in clauses),
        polarity=read_polarity(tokens, language),
        numbers=(*numbers, *_years(dates.found)),
        dates=dates.found,
        names=read_names(text, tokens, dates.spans, language),
        letters=known_letters(tokens),
        terms=frozenset(term for token in tokens if token.content for term in token.terms),
    )


def _years(dates: tuple[Date, ...]) -> list[Number]:
    """A year inside a date may be said alone."""
    return [Number(str(year), Decimal(year), weak=True, bare=Decimal(year)) for year in dict.fromkeys(years_of(dates))]
