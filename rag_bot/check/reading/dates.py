"""Dates, weekdays and times of day in a text, and whether other dates confirm them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

Day = tuple[int | None, int | None, int | None]
"""Year, month and day, each None where it is not said."""
Span = tuple[int, int]

_MONTHS = (
    "january jan januar jänner janvier janv enero ene",
    "february feb februar février févr fév febrero",
    "march mar märz mrz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug août agosto ago",
    "september sept sep septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_ALSO_WORDS = frozenset("may mai mar mars march ene ago sep jan dec déc dic jun jul apr abr oct nov aug feb".split())
"""Names of months that count only beside a day or a year: they are words or abbreviations of others as well."""
_WEEKDAYS = (
    "monday montag lundi lunes",
    "tuesday dienstag mardi martes",
    "wednesday mittwoch mercredi miércoles",
    "thursday donnerstag jeudi jueves",
    "friday freitag vendredi viernes",
    "saturday samstag sonnabend samedi sábado",
    "sunday sonntag dimanche domingo",
)
_WEEKDAY_OF = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
_NOON = {"noon": 720, "midday": 720, "midnight": 0, "mittag": 720, "mitternacht": 0, "midi": 720, "minuit": 0}

_ISO = re.compile(r"(?<![\w.-])(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?![\w-]|\.\d)")
_NUMERIC = re.compile(r"(?<![\w./])(\d{1,2})([./])(\d{1,2})\2(\d{4}|\d{2})(?![\w/]|\.\d)")
_MONTH = re.compile(r"(?<![\w./-])(?:((?:19|20)\d{2})-(\d{2})|(\d{1,2})/((?:19|20)\d{2}))(?![\w/-]|\.\d)")
_NAMED = re.compile(
    r"(?<![\w.])(?:(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[ -](?:of |de )?)?"
    rf"\b({'|'.join(sorted(_MONTH_OF, key=len, reverse=True))})\b\.?"
    r"(?:[ -](?:the )?(\d{1,2})(?:st|nd|rd|th)?(?![\d:.%]|,\d{3}(?!\d)|\s?[ap]m))?"
    r"(?:(?:, ?| of | del? |[ -])(\d{4})(?!\d))?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\w:.])(\d{1,2})(?:[:h](\d{2})(?::\d{2})?)? ?(a\.m\.|p\.m\.|am\b|pm\b|uhr\b|o'clock\b)?(?![\w:])",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Date:
    """A day, or a part of one, as a text says it; `days` are the ways to read it ("3/4/2024" has two)."""

    text: str
    days: tuple[Day, ...] = ()
    weekday: int | None = None
    minutes: int | None = None
    half_day_open: bool = False  # "2:30" may be in the morning or in the afternoon
    start: int = 0


@dataclass(frozen=True, slots=True)
class Dates:
    """All of a text, and the characters they take."""

    found: tuple[Date, ...]
    spans: tuple[Span, ...]


def read_dates(text: str) -> Dates:
    """The dates of a text; a year alone is a number."""
    found: list[tuple[Span, Date]] = []
    taken: list[Span] = []
    for pattern, read in ((_ISO, _iso), (_NUMERIC, _numeric), (_MONTH, _month), (_NAMED, _named), (_CLOCK, _clock)):
        for match in pattern.finditer(text):
            one = read(match)
            if one and not _overlaps(match.span(), taken):
                found.append((match.span(), one))
        taken = [span for span, _ in found]
    found += [(match.span(), one) for match in _WORDS.finditer(text) if (one := _word(match[0]))]
    found.sort(key=lambda pair: pair[0])
    return Dates(tuple(replace(one, start=span[0]) for span, one in found), tuple(span for span, _ in found))


def confirms(said: Date, others: Iterable[Date], years: Sequence[int]) -> bool:
    """Whether one of the other dates says this one. `years` stand near them without a day."""
    return any(_same(said, other, years) for other in others)


def month_of(word: str) -> int | None:
    """The number of the month that a capitalised word names."""
    return _MONTH_OF.get(word.lower()) if word[:1].isupper() else None


def years_of(dates: Iterable[Date]) -> Iterator[int]:
    for one in dates:
        yield from {year for year, _, _ in one.days if year is not None}


def is_of_one_kind(one: Date, other: Date) -> bool:
    """Whether both are days, both weekdays, or both times."""
    kinds = [(bool(each.days), each.weekday is not None, each.minutes is not None) for each in (one, other)]
    return kinds[0] == kinds[1]


def _same(said: Date, other: Date, years: Sequence[int]) -> bool:
    if said.minutes is not None:
        return other.minutes is not None and _same_time(said, other)
    if said.weekday is not None:
        return other.weekday == said.weekday or any(_weekday(day) == said.weekday for day in other.days)
    return any(_covers(there, here, years) for here in said.days for there in other.days)


def _same_time(said: Date, other: Date) -> bool:
    assert said.minutes is not None
    assert other.minutes is not None
    cycle = 720 if said.half_day_open or other.half_day_open else 1440
    return (said.minutes - other.minutes) % cycle == 0


def _covers(there: Day, here: Day, years: Sequence[int]) -> bool:
    year = there[0] is None and here[0] in years
    return all(
        said is None or said == known or (index == 0 and year)
        for index, (said, known) in enumerate(zip(here, there, strict=True))
    )


def _weekday(day: Day) -> int | None:
    year, month, number = day
    if year is None or month is None or number is None:
        return None
    return date(year, month, number).weekday()


def _valid(year: int | None, month: int | None, day: int | None) -> bool:
    try:
        date(2000 if year is None else year, month or 1, day or 1)
    except ValueError:
        return False
    return True


def _overlaps(span: Span, taken: Sequence[Span]) -> bool:
    """Few dates stand in a sentence; in a hostile one the longest pattern comes first and the rest is cut."""
    return any(span[0] < end and start < span[1] for start, end in taken[-500:])


def _iso(match: re.Match[str]) -> Date | None:
    day = (int(match[1]), int(match[3]), int(match[4]))
    return Date(match[0], (day,)) if _valid(*day) else None


def _numeric(match: re.Match[str]) -> Date | None:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    year += 2000 if year < 70 and len(match[4]) == 2 else 1900 if len(match[4]) == 2 else 0
    orders = [(year, second, first)] if match[2] == "." else [(year, second, first), (year, first, second)]
    days = tuple(day for day in dict.fromkeys(orders) if _valid(*day))
    return Date(match[0], days) if days else None


def _month(match: re.Match[str]) -> Date | None:
    """ "2021-01" and "01/2021"."""
    year, month = int(match[1] or match[4]), int(match[2] or match[3])
    return Date(match[0], ((year, month, None),)) if month and _valid(year, month, None) else None


def _named(match: re.Match[str]) -> Date | None:
    month = match[2].lower()
    day, year = match[1] or match[3], match[4]
    if not (day or year) and (month in _ALSO_WORDS or match[2] == month):
        return None
    read = (int(year) if year else None, _MONTH_OF[month], int(day) if day else None)
    return Date(match[0].strip(" .,"), (read,)) if _valid(*read) else None


def _clock(match: re.Match[str]) -> Date | None:
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower().replace(".", "")
    if (not match[2] and not half) or hour > 24 or minute > 59:
        return None
    if half in ("am", "pm"):
        hour = hour % 12 + (12 if half == "pm" else 0)
    open_half = half not in ("am", "pm", "uhr") and 1 <= hour <= 12
    return Date(match[0].strip(), minutes=hour * 60 + minute, half_day_open=open_half)


def _word(word: str) -> Date | None:
    lowered = word.lower()
    if lowered in _WEEKDAY_OF or lowered.removesuffix("s") in _WEEKDAY_OF:
        return Date(word, weekday=_WEEKDAY_OF.get(lowered, _WEEKDAY_OF.get(lowered.removesuffix("s"))))
    return Date(word, minutes=_NOON[lowered]) if lowered in _NOON else None
