"""Which days a question means: "in March 2026", "this week", "since Monday", "by 2026-04-10", relative to today."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest

from rag_bot.check.reading.dates import month_of, read_dates

_UNITS = {
    "day": "day tag jour día",
    "week": "week woche semaine semana",
    "month": "month monat mois mes",
    "year": "year jahr année an año",
}
_SHIFTS = {
    -1: "last past previous letzte letzten letzter letztes vergangene vergangenen dernier dernière pasada pasado",
    0: "this current diese diesen dieser dieses ce cette este esta",
    1: "next coming nächste nächsten nächster nächstes prochain prochaine próxima próximo",
}
_DAYS = {
    -1: "yesterday gestern hier ayer",
    0: "today heute aujourd'hui hoy",
    1: "tomorrow morgen demain mañana",
}
_SHIFT_OF = {word: shift for shift, words in _SHIFTS.items() for word in words.split()}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_DAY_OF = {word: shift for shift, words in _DAYS.items() for word in words.split()}
_SINCE, _AFTER = "since seit ab depuis desde".split(), "after nach après después".split()
_UNTIL, _BEFORE = "until till by bis jusqu'à hasta".split(), "before vor avant antes".split()
_YEAR = re.compile(r"(?<![\w-])(?:19|20)\d\d(?![\w-])")
_LEAD = re.compile(
    r"(?:\b(?:in|on|at|of|the|for|during|since|from|after|until|till|before|by|après|después|antes|written|created|made|dated|am|im|vom|von|"
    r"seit|ab|nach|bis|vor|der|dem|den|en|du|de|le|la|el|depuis|avant|desde|hasta)\s+)+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last` (ISO 8601), both included; "" for no limit."""

    first: str
    last: str


def period_in(question: str, today: date) -> tuple[Period | None, str]:
    """The period that a question means, and the question without the words for it."""
    try:
        found = _span_of(question, today)
    except (ValueError, OverflowError):  # a day that no calendar has
        found = None
    if not found:
        return None, question
    (first, last), start, end = found
    lead = _LEAD.search(question, 0, start)
    begin = lead.start() if lead else start
    leading = question[begin:start].lower().split()
    if any(word in leading for word in _SINCE):
        period = Period(first.isoformat(), "")
    elif any(word in leading for word in _AFTER):
        period = Period((last + timedelta(days=1)).isoformat(), "")
    elif any(word in leading for word in _UNTIL):
        period = Period("", last.isoformat())
    elif any(word in leading for word in _BEFORE):
        period = Period("", (first - timedelta(days=1)).isoformat())
    else:
        period = Period(first.isoformat(), last.isoformat())
    return period, f"{question[:begin].rstrip()} {question[end:].lstrip()}".strip()


def _span_of(question: str, today: date) -> tuple[tuple[date, date], int, int] | None:
    """First and last day of the first period that is named, and the characters that name it."""
    words = list(re.finditer(r"[^\W\d_]+(?:['’][^\W\d_]+)?", question.lower()))
    for match, following in zip_longest(words, words[1:]):
        if match[0] in _DAY_OF:
            day = today + timedelta(days=_DAY_OF[match[0]])
            return (day, day), *match.span()
        if following and match[0] in _SHIFT_OF and following[0] in _UNIT_OF:
            return _shifted(_UNIT_OF[following[0]], _SHIFT_OF[match[0]], today), match.start(), following.end()
        month = month_of(match[0].title()) if _LEAD.search(question, 0, match.start()) else None
        if month and not _YEAR.match(question[match.end() :].strip()):
            year = today.year if month <= today.month else today.year - 1
            return _around(year, month, None), *match.span()
    dates = read_dates(question)
    for found, (start, end) in zip(dates.found, dates.spans, strict=True):
        for said_year, numbered, day_of_month in found.days:
            if numbered is not None:
                return _around(said_year or today.year, numbered, day_of_month), start, end
    alone = _YEAR.search(question)
    return ((date(int(alone[0]), 1, 1), date(int(alone[0]), 12, 31)), *alone.span()) if alone else None


def _around(year: int, month: int, day: int | None) -> tuple[date, date]:
    last = monthrange(year, month)[1]
    return date(year, month, min(day or 1, last)), date(year, month, min(day or last, last))


def _shifted(unit: str, shift: int, today: date) -> tuple[date, date]:
    if unit == "day":
        return today + timedelta(days=shift), today + timedelta(days=shift)
    if unit == "week":
        monday = today + timedelta(days=7 * shift - today.weekday())
        return monday, monday + timedelta(days=6)
    if unit == "year":
        return date(today.year + shift, 1, 1), date(today.year + shift, 12, 31)
    months = today.year * 12 + today.month - 1 + shift
    return _around(months // 12, months % 12 + 1, None)
