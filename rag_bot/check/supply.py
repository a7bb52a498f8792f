"""Whether a line, or what stands above it, supplies a number, a date or a name."""

from __future__ import annotations

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading import dates, numbers
from rag_bot.check.reading.dates import Date
from rag_bot.check.reading.names import Name, stands_in
from rag_bot.check.reading.numbers import Number


def supplies_number(line: ReadLine, number: Number) -> bool:
    return numbers.confirms(number, line.own.numbers) or numbers.confirms(number, line.above.numbers)


def supplies_date(line: ReadLine, date: Date) -> bool:
    found = (*line.own.dates, *line.above.dates)
    return dates.confirms(date, found, [*line.own.years, *line.above.years])


def supplies_name(line: ReadLine, name: Name) -> bool:
    """Whether a name stands in a line or above it, or a word that stands for it ("RAM", "memory")."""
    if name.term and name.term in line.terms:
        return True
    return stands_in(name, line.own.letters, line.own.raw) or stands_in(name, line.above.letters, line.above.raw)
