"""Lines that say the same of several things: "4 million in 2021 and 6 million in 2022". Which value goes with which."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from rag_bot.check.coverage import LIGHT_WORDS
from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.dates import Date, month_of
from rag_bot.check.reading.names import Name, letters_of
from rag_bot.check.reading.numbers import Number
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import Term, Token

MOST_VALUES = 24  # of a text and kind; what stands after them is not compared
NAME, MONTH, YEAR = "name", "month", "year"
# Where one thing ends and the next begins, the surest first.
_SPLITS = (
    re.compile(r"[;|—–]|(?<![ap]\.m)[.!?](?=\s)| - |\b(?:but|while|whereas|aber|während|mais|pero)\b", re.IGNORECASE),
    re.compile(r"\b(?:and|or|und|oder|et|ou|y|o)\b", re.IGNORECASE),
    re.compile(r",(?=\s)|\b(?:than|versus|vs|against|als|que)\b", re.IGNORECASE),
    re.compile(r"\b(?:to|bis|à|a)\b", re.IGNORECASE),
)
_BEGINNINGS = re.compile(r"[;:|]\s|[.!?](?=\s)")

Spot = Number | Date | Name


@dataclass(frozen=True, slots=True)
class Value:
    """An amount, a date or a name of a text: what kind it is of, and the characters from `start` to `end`."""

    kind: Hashable
    spot: Spot
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parallel:
    """The values of one kind in a text, and the characters about each of them; neighbours may share a piece.

    `pieces[of[i]]` is the piece of `values[i]`.
    """

    values: tuple[Value, ...]
    pieces: tuple[tuple[int, int], ...]
    of: tuple[int, ...]

    def piece_at(self, start: int) -> int:
        return next((at for at, (_, end) in enumerate(self.pieces) if start < end), len(self.pieces) - 1)


def values_of(text: Statement, known: frozenset[str]) -> dict[Hashable, list[Value]]:
    """The amounts, dates and names of a text by kind, in order; `known` are the letters of names in other texts."""
    found = [_value(_kind_of_number(one), one) for one in text.numbers if not one.weak]
    found += [_value(_kind_of_date(one), one) for one in text.dates]
    found += _whole_names([*text.names, *_at_beginnings(text, known)])
    found.sort(key=lambda value: (str(value.kind), value.start))
    return {kind: list(group)[:MOST_VALUES] for kind, group in groupby(found, key=lambda value: value.kind)}


def parallel(values: Sequence[Value], text: str) -> Parallel:
    """A text parted between values, where it can be parted."""
    cuts: list[int] = []
    of = [0]
    for one, other in pairwise(values):
        cut = _cut(text, one.end, other.start)
        if cut is not None:
            cuts.append(cut)
        of.append(len(cuts))
    return Parallel(tuple(values), tuple(zip([0, *cuts], [*cuts, len(text)], strict=True)), tuple(of))


def own_words(line: ReadLine, found: Parallel) -> list[frozenset[Term]]:
    """For each piece the words that tell its value from the others; empty sets where that is not clear."""
    columns = _columns(line, found)
    words = columns or _listed(line.own, found) or _before(line.own, found) or _after(line.own, found)
    every = [term for some in words for term in some]
    return [frozenset(term for term in some if every.count(term) == 1) for some in words]


def terms_between(text: Statement, start: int, end: int) -> list[Term]:
    """The words that carry meaning from one character to another, without digits."""
    return [term for token in _content(text, start, end) for term in token.terms]


def _value(kind: Hashable, spot: Spot) -> Value:
    return Value(kind, spot, spot.text, spot.start, spot.start + len(spot.text))


def _kind_of_number(number: Number) -> Hashable:
    return YEAR if number.is_year else ("number", number.measures)


def _kind_of_date(date: Date) -> Hashable:
    return MONTH if month_of(date.text) else (bool(date.days), date.weekday is None)


def _at_beginnings(text: Statement, known: frozenset[str]) -> Iterator[Name]:
    """Names where a statement begins, so that the capital letter alone does not tell."""
    taken = {name.start for name in text.names}
    for token in text.tokens:
        letters = letters_of(token.text.removesuffix("'s").removesuffix("’s"))
        told = letters in known or (token.after == ":" and text.language != "german")
        if told and token.after and token.content and token.text[:1].isupper() and token.start not in taken:
            yield Name(token.text, letters, token.start, term=token.terms[0])


def _whole_names(names: Sequence[Name]) -> Iterator[Value]:
    """Names, those that follow each other as one; months are of another kind than people and places."""
    run: list[Name] = []
    for name in sorted(names, key=lambda name: name.start):
        if run and name.start - (run[-1].start + len(run[-1].text)) == 1 and not month_of(name.text):
            run.append(name)
            continue
        yield from _name_of(run)
        run = [name]
    yield from _name_of(run)


def _name_of(run: Sequence[Name]) -> Iterator[Value]:
    if run:
        last = run[-1]
        text = " ".join(name.text for name in run)
        yield Value(MONTH if month_of(text) else NAME, last, text, run[0].start, last.start + len(last.text))


def _cut(text: str, start: int, end: int) -> int | None:
    """Where the next thing begins between two values, None where nothing parts them."""
    for split in _SPLITS:
        if match := split.search(text, start, end):
            return match.end()
    return None


def _content(text: Statement, start: int, end: int) -> list[Token]:
    return [
        token
        for token in text.tokens
        if start <= token.start < end and token.content and token.lower not in LIGHT_WORDS and not token.has_digits
    ]


def _columns(line: ReadLine, found: Parallel) -> list[set[Term]]:
    """The heads of the columns in which the values stand, where a line is a row of a table."""
    heads, cells = line.above.text.rsplit(" > ", 1)[-1].split("|"), line.own.text.strip().strip("|").split("|")
    if len(heads) < 2 or len(heads) != len(cells) or len(found.pieces) != len(found.values):
        return []
    first = len(line.above.text) - len(line.above.text.rsplit(" > ", 1)[-1])
    starts = [first + sum(len(head) + 1 for head in heads[:at]) for at in range(len(heads) + 1)]
    before = line.own.text.find("|") == 0
    columns = [line.own.text.count("|", 0, value.start) - before for value in found.values]
    return [set(terms_between(line.above, starts[at], starts[at + 1])) for at in columns]


def _listed(text: Statement, found: Parallel) -> list[set[Term]]:
    """ "Flour, butter and sugar cost 3, 4 and 5 euros": the first word of each thing, in their order."""
    bare = all(not _content(text, one.end, other.start) for one, other in pairwise(found.values))
    if not bare or len(found.pieces) != len(found.values):
        return []
    head = text.text[: found.values[0].start]
    ends = sorted(match.end() for split in _SPLITS[1:3] for match in split.finditer(head))
    edges = [_beginning(head), *(end for end in ends if end > _beginning(head)), len(head)]
    items = [_content(text, start, end)[:1] for start, end in pairwise(edges)]
    listed = [set(item[0].terms) for item in items if item]
    return listed if len(listed) == len(found.values) else []


def _before(text: Statement, found: Parallel) -> list[set[Term]]:
    """ "Rye costs 4 and spelt 5": of the first the first word, of the others those before the value."""
    firsts = [found.values[found.of.index(at)] for at in range(len(found.pieces))]
    first = _content(text, _beginning(text.text[: firsts[0].start].rstrip(": ")), firsts[0].start)[:1]
    others = [
        set(terms_between(text, start, value.start))
        for (start, _), value in zip(found.pieces[1:], firsts[1:], strict=True)
    ]
    return [set(first[0].terms), *others] if first and all(others) else []


def _after(text: Statement, found: Parallel) -> list[set[Term]]:
    """ "5 m long and 4 m wide": the words after each value."""
    lasts = [
        max(value.end for value, of in zip(found.values, found.of, strict=True) if of == at)
        for at in range(len(found.pieces))
    ]
    words = [set(terms_between(text, last, end)) for last, (_, end) in zip(lasts, found.pieces, strict=True)]
    return words if all(words) else []


def _beginning(head: str) -> int:
    """Where the last statement of a text begins."""
    return max((match.end() for match in _BEGINNINGS.finditer(head)), default=0)
