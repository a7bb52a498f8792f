"""What speaks against a sentence: a number, date, unit or name that the notes have otherwise, or that they deny it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_bot.query.check import dates, numbers
from rag_bot.query.check.coverage import Coverage
from rag_bot.query.check.dates import Date
from rag_bot.query.check.evidence import ReadLine
from rag_bot.query.check.numbers import Number
from rag_bot.query.check.polarity import Polarity, denial, opposed
from rag_bot.query.check.statement import Statement
from rag_bot.query.check.supply import supplies_date, supplies_name, supplies_number

ABOUT_IT = 0.5  # share of a clause's words that a line has to have, to be about the same
CLEARLY_MORE = 0.12  # of the words: the line with another number is the one that is meant


def contradiction(polarity: Polarity, line: ReadLine) -> str:
    """Why a line denies what words with this polarity say, or ""."""
    if found := denial(polarity, line.own.polarity):
        return "the notes deny this" if found[1] else "the notes say this without ‘not’"
    if pair := opposed(polarity, line.own.polarity):
        return f"the notes have ‘{pair[1]}’, not ‘{pair[0]}’"
    return ""


def missing_facts(sentence: Statement, lines: Sequence[ReadLine], nearest: Sequence[ReadLine]) -> Iterator[str]:
    """Numbers, dates and names of a sentence that no line supplies; `nearest` are those most like the sentence."""
    for number in sentence.numbers:
        if not number.weak and not any(supplies_number(line, number) for line in lines):
            yield _other_number(number, sentence, nearest)
    for date in sentence.dates:
        if not any(supplies_date(line, date) for line in lines):
            yield _other_date(date, nearest)
    for name in sentence.names:
        if name.sure and not any(supplies_name(line, name) for line in lines):
            yield f"‘{name.text}’ is not in the cited lines"


def weak_numbers(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where a sentence says "one" and the lines that it stands on have another number of the same thing."""
    for number in sentence.numbers:
        if number.weak and number.text.isalpha():
            noun = _noun_after(sentence, number)
            for line in lines:
                for other in line.own.numbers:
                    if noun and other.value != number.value and _noun_after(line.own, other) == noun:
                        yield f"the notes say {other.text}, not {number.text}"


def misplaced(
    sentence: Statement, coverage: Coverage, lines: Sequence[ReadLine], places: Sequence[int]
) -> Iterator[str]:
    """Numbers that the notes have, but of something else: another line fits the words better and has its own number."""
    for number in sentence.numbers:
        if number.weak:
            continue
        clause = _clause_at(sentence, number.start)
        holders = [place for place in places if supplies_number(lines[place], number)]
        others = [place for place in places if place not in holders and _rivals(number, lines[place])]
        if not holders or not others:
            continue
        best = max(_fit(coverage, place, clause) for place in holders)
        rival = max(others, key=lambda place: _fit(coverage, place, clause))
        if _fit(coverage, rival, clause) > best + CLEARLY_MORE:
            other = next(one for one in lines[rival].own.numbers if numbers.comparable(number, one) and not one.weak)
            yield f"the notes say {other.text}, not {number.text}"


def _rivals(number: Number, line: ReadLine) -> bool:
    return any(numbers.comparable(number, other) and not other.weak for other in line.own.numbers)


def _fit(coverage: Coverage, place: int, clause: int) -> float:
    """How well a line fits the words around a number: those of its clause, else of the sentence."""
    whole = coverage.share([place])
    return whole if coverage.weight(clause) < 2 else (coverage.share([place], clause) + whole) / 2


def _clause_at(sentence: Statement, start: int) -> int:
    return next((token.clause for token in sentence.tokens if token.end > start), 0)


def _other_number(number: Number, sentence: Statement, nearest: Sequence[ReadLine]) -> str:
    said = [one.value for one in sentence.numbers]
    for line in nearest:
        for other in line.own.numbers:
            if numbers.comparable(number, other) and other.value not in said and not other.weak:
                return f"the notes say {other.text}, not {number.text}"
    for line in nearest:
        for other in line.own.numbers:
            if other.bare == number.bare:
                return f"the notes say {other.text}, not {number.text}"
    return f"‘{number.text}’ is not in the cited lines"


def _other_date(date: Date, nearest: Sequence[ReadLine]) -> str:
    for line in nearest:
        for other in line.own.dates:
            if dates.is_of_one_kind(date, other):
                return f"the notes say {other.text}, not {date.text}"
    return f"‘{date.text}’ is not in the cited lines"


def _noun_after(statement: Statement, number: Number) -> str:
    """The stem of the first word of content after a number, if it comes soon."""
    after = [token for token in statement.tokens if token.start >= number.start + len(number.text)][:3]
    return next((token.terms[0][0] for token in after if token.content and token.terms), "")
