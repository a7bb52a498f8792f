"""Days, weekdays and times of day in a text, in the names that the CLDR has for them, and whether two are the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache

_Y, _M, _D = r"(\d{4}|\d{2})", r"(0?[1-9]|1[0-2])", r"(0?[1-9]|[12]\d|3[01])"
_YEAR = r"((?:1[5-9]|20)\d\d)"
_BEFORE, _AFTER = r"(?<![\w.:/-])", r"(?![\w/-]|[.,:]\d)"
# What a day in words looks like: "Thu 14 May 2026", "14. Mai", "May 14th, 2026", "3-5 May", "May 2026", "le 1er mai".
_RANGE_BEFORE = rf"(?:{_D}(?:st|nd|rd|th|er|º|\.)?\s?(?:-|–|to|bis|and|und|au|al?|et|y|&)\s?)?"
_DAY_BEFORE = rf"(?:{_D}(?:st|nd|rd|th|er|º|\.)?[\s-]{{1,2}}(?:of\s|de\s)?)?"
_DAY_AFTER = rf"(?:[\s-](?:the\s)?{_D}(?:st|nd|rd|th)?(?:[-–]{_D})?(?!\d|[.,:]\d|\s?(?:[ap]\.?m\b|%)))?"
_YEAR_AFTER = rf"(?:(?:,?\s|\sof\s|\sdel?\s|-){_YEAR}(?!\d))?"
_CLOCK = re.compile(
    r"(?<![\w:.,])([01]?\d|2[0-4])(?:[:h]([0-5]\d)(?::[0-5]\d)?|\.([0-5]\d)(?=\s?(?:[ap]\.?m\b|uhr)))?"
    r"\s?([ap]\.?m\b\.?|uhr\b|o['’]clock\b|h(?![\w]))?(?![\w:])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as a text says it, each part None where it does not; `swapped` where "3/4" may be the other way round."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    swapped: bool = False

    def __post_init__(self) -> None:
        if self.year and self.month and self.day and self.weekday is None and not self.swapped:
            with suppress(ValueError):  # no such day
                object.__setattr__(self, "weekday", date(self.year, self.month, self.day).weekday())

    def agrees(self, other: Day) -> bool:
        """Whether a line that says `other` may say this: nothing of both differs, and a day of a month needs one."""
        return any(
            _agree((one.year, one.month, one.day, one.weekday), (two.year, two.month, two.day, two.weekday))
            for one in (self, *self._other_way())
            for two in (other, *other._other_way())
        )

    @property
    def as_decimal(self) -> float | None:
        """The number that "4.2." is as well, None for a day that is written otherwise."""
        is_short = self.year is None and self.month and self.day
        return float(f"{self.day}.{self.month}") if is_short else None

    def _other_way(self) -> tuple[Day, ...]:
        return (Day(self.year, self.day, self.month, self.weekday),) if self.swapped else ()


def _agree(ours: tuple[int | None, ...], theirs: tuple[int | None, ...]) -> bool:
    both = [(one, other) for one, other in zip(ours, theirs, strict=True) if one is not None and other is not None]
    is_vaguer = ours[2] is not None and theirs[2] is None and theirs[3] is None
    return bool(both) and not is_vaguer and all(one == other for one, other in both)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in minutes since midnight; `half_open` where it may be in either half of the day."""

    minutes: int
    half_open: bool = False

    def agrees(self, other: Clock) -> bool:
        """Whether a line that says `other` may say this: "7:30" is in 19:30, but "11:40 pm" is not in "11:40"."""
        if self.half_open:
            return self.minutes % 720 == other.minutes % 720
        return self.minutes == other.minutes


Found = tuple[int, int, Day | Clock]


def find_days_and_times(text: str) -> list[Found]:
    """Those of a text as (start, end, day or time), in their order; none overlaps another."""
    found: list[Found] = []
    taken = bytearray(len(text))
    in_months, weekday = _in_words()
    patterns: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Day | Clock]]]] = [
        *_NUMERIC,
        (in_months, _read_month),
        (weekday, _read_weekday),
        (_CLOCK, _read_clock),
    ]
    for pattern, read in patterns:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]) and (values := list(read(match))):
                found += [(start, end, value) for value in values]
                taken[start:end] = b"\1" * (end - start)
    return sorted(found, key=lambda one: one[:2])


def _read_day(year: str | None, month: str, day: str | None, *, swapped: bool = False) -> Iterator[Day]:
    number = None if year is None else int(year)
    if year and len(year) == 2:
        number = int(year) + (2000 if int(year) < _CENTURY else 1900)
    yield Day(number, int(month), None if day is None else int(day), swapped=swapped)


def _read_slashed(match: re.Match[str]) -> Iterator[Day]:
    """ "3/4/2026" is the third of April, or the fourth of March where people write so; "14/5" and "5/14" are clear."""
    first, second, year = int(match[1]), int(match[3]), match[4]
    if first <= 12 or second <= 12:
        day, month = (first, second) if second <= 12 else (second, first)
        yield from _read_day(year, str(month), str(day), swapped=max(first, second) <= 12 and match[2] == "/")


_NUMERIC: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Day]]], ...] = (
    (re.compile(rf"{_BEFORE}{_YEAR}([-/.]){_M}\2{_D}(?:T[\d:]+)?{_AFTER}"), lambda m: _read_day(m[1], m[3], m[4])),
    (re.compile(rf"{_BEFORE}{_D}([-/.]){_D}\2{_Y}{_AFTER}"), _read_slashed),
    (re.compile(rf"{_BEFORE}{_D}\.{_M}\.(?!\d)"), lambda m: _read_day(None, m[2], m[1])),
    (re.compile(rf"{_BEFORE}{_YEAR}-(0[1-9]|1[0-2]){_AFTER}"), lambda m: _read_day(m[1], m[2], None)),
    (re.compile(rf"{_BEFORE}{_M}/{_YEAR}{_AFTER}"), lambda m: _read_day(m[2], m[1], None)),
    (re.compile(rf"(?:(?<!\d){_YEAR}[年년]\s?)?(?<!\d){_M}[月월](?:\s?{_D}[日일])?"), lambda m: _read_day(*m.groups())),
)


def _read_month(match: re.Match[str]) -> Iterator[Day]:
    weekday, first, before, name, after, last, year = match.groups()
    number = _names("months").get(name.casefold())  # none for "aprıl", which the pattern lets pass
    beside = (first, before) if before else (after, last) if after else (first,)  # "3-5 May", "May 3-5", "14-May"
    days: list[int | None] = [int(day) for day in beside if day]
    if (
        not number
        or (not days and not year and not _stands_alone(name))
        or (name.casefold() in _ALSO_WORDS and not year)
    ):
        return
    day_of_week = _names("days").get(weekday.casefold()) if weekday else None
    for day in days or [None]:
        yield Day(int(year) if year else None, number, day, day_of_week if len(days) < 2 else None)


def _read_weekday(match: re.Match[str]) -> Iterator[Day]:
    name = match[1]
    if (weekday := _names("days").get(name.casefold())) is not None and _stands_alone(name):
        yield Day(weekday=weekday)


def _stands_alone(name: str) -> bool:
    """Whether a name of a month or weekday is one with no day or year beside it: "friday", "Fri", not "may", "Sam"."""
    return (len(name) > _SHORT and name != "march") or (name[0].isupper() and name.casefold() in _SHORT_NAMES)


def _read_clock(match: re.Match[str]) -> Iterator[Clock]:
    hour, minutes, half = int(match[1]), match[2] or match[3], (match[4] or "").lower().replace(".", "")
    if (not minutes and (not half or half == "h")) or hour > 24:
        return  # a bare number, or so many hours
    if half in ("am", "pm"):
        if 1 <= hour <= 12:
            yield Clock((hour % 12 + 12 * (half == "pm")) * 60 + int(minutes or 0))
    else:
        is_24 = half == "uhr" or hour > 12 or match[1].startswith("0")
        yield Clock(hour % 24 * 60 + int(minutes or 0), half_open=not is_24)


LOCALES = ("en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "nb", "fi", "pl")
_CENTURY = 69  # two digits from here on are of the last century, as in POSIX (strptime)
# Short names that are rarely words or people, in capitals; others ("lip", "Sam") need a day beside them. By hand.
_SHORT = 4
_SHORT_NAMES = frozenset(
    "jan feb mar apr may june july jun jul aug sep sept oct okt nov dec dez mai märz juni juli juin août march "
    "mon tue wed thu fri sat sun".split()
)
_ALSO_WORDS = frozenset("ago set out".split())  # months that are words even beside a number: "3 out of 5"


@cache
def _names(kind: str) -> dict[str, int]:
    """The names of "months" (from 1) or "days" of the week (Monday is 0) in the CLDR, abbreviated ones too."""
    from babel import Locale

    return {
        name.strip(".").casefold(): number
        for code in reversed(LOCALES)  # English has the last word
        for context in ("format", "stand-alone")
        for width in ("abbreviated", "wide")
        for number, name in getattr(Locale(code), kind)[context][width].items()
        if len(name.strip(".")) >= 3 and name.strip(".").isalpha()  # "So" and "mi" are words of their own
    }


@cache
def _in_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What a day with its month, and what a weekday looks like in words."""
    month, day = ("|".join(sorted(_names(kind), key=len, reverse=True)) for kind in ("months", "days"))
    return (
        re.compile(
            rf"(?<!\w)(?:({day})\b\.?,?\s(?:the\s|den\s|le\s|el\s)?)?{_RANGE_BEFORE}{_DAY_BEFORE}"
            rf"\b({month})\b\.?{_DAY_AFTER}{_YEAR_AFTER}",
            re.IGNORECASE,
        ),
        re.compile(rf"(?<!\w)({day})s?(?!\w)", re.IGNORECASE),
    )
