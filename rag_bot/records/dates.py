"""Times that notes are of and that questions ask for: always whole days, local ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol


class Lines(Protocol):
    """Whatever stands on some lines."""

    @property
    def start_line(self) -> int: ...
    @property
    def end_line(self) -> int: ...


_MONTHS = "January February March April May June July August September October November December".split()


@dataclass(frozen=True, slots=True)
class DateRange:
    """From the first to the last day, both included: a day, a week, a month. `date.min` and `date.max` are open."""

    first: date
    last: date

    def overlaps(self, other: DateRange) -> bool:
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        """In words: "7 May 2026", "May 2026", "2026", "3 May 2026 to 9 May 2026", "May 2026 to June 2026",
        "since 3 May 2026".
        """
        first, last = self.first, self.last
        if first == date.min or last == date.max:
            return f"before {day_words(last + timedelta(1))}" if first == date.min else f"since {day_words(first)}"
        if first == last:
            return day_words(first)
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
            return str(first.year)
        if first.day == 1 and first < last and (last + timedelta(1)).day == 1:
            months = (f"{_MONTHS[day.month - 1]} {day.year}" for day in (first, last))
            return " to ".join(dict.fromkeys(months))
        return f"{day_words(first)} to {day_words(last)}"


@dataclass(frozen=True, slots=True)
class AskedDate:
    """A time that a question asks for. `words` are the question's, `start` and `end` the characters they take there.

    `ranges` are the ways to understand them, the past one first: "7 May" is that of last and of next year.
    """

    words: str
    ranges: tuple[DateRange, ...]
    start: int
    end: int

    @property
    def is_open_ended(self) -> bool:
        return any(date.min == one.first or date.max == one.last for one in self.ranges)

    @property
    def name(self) -> str:
        """The time in words: "7 May 2025 or 7 May 2026"."""
        return " or ".join(map(str, self.ranges))

    def nearest(self, today: date) -> DateRange:
        """The way to understand it that is meant most likely: "March" is the last one or the next one.

        Notes are of the past rather than the future: coming days count twice.
        """
        return min(self.ranges, key=lambda one: max(2 * (one.first - today).days, (today - one.last).days))

    def overlaps(self, other: DateRange) -> bool:
        """Whether one of its ranges does."""
        return any(one.overlaps(other) for one in self.ranges)


@dataclass(frozen=True, slots=True)
class NoteDate:
    """A time that lines of a note are of; `start_line` 0 stands for the whole note.

    `source` says where that is written: "path", "title", "heading", "line", or a key of the front matter.
    """

    range: DateRange
    start_line: int
    end_line: int
    source: str


@dataclass(frozen=True, slots=True)
class DatedPlace:
    """Where a note is of a time that begins on the day `first`; `start_line` 0 stands for the whole note."""

    path: str
    first: str
    start_line: int
    end_line: int
    source: str

    def has(self, lines: Lines) -> bool:
        """Whether one of these lines belongs to it."""
        return not self.start_line or (lines.start_line <= self.end_line and self.start_line <= lines.end_line)


def day_words(day: date) -> str:
    """Such as "7 May 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
