"""What words for a time mean: dateparser knows them in many languages, seasons and directions are ours."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from rag_bot.records import DateRange

LANGUAGES = ("en", "de", "fr", "es")  # the more of them, the more words that name a time in one and none in another
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_MONTHS = "january february march april may june july august september october november december".split()
_UNITS = "day week month year".split()

# Our own words are without accents, of the four languages together.
_LAST = frozenset(
    """last past previous letzte letzten letzter letztes letztem vergangene vergangenen vergangener vergangenes dernier
    derniere derniers dernieres passe passee pasado pasada pasados pasadas ultimo ultima ultimos ultimas""".split()
)
_NEXT = frozenset(
    "next coming nachste nachsten nachster nachstes kommende kommenden prochain prochaine proximo proxima".split()
)
_THIS = frozenset("this diese diesen dieser dieses diesem ce cet cette este esta".split())
# Before a name of a month or season that may also be another word: "in May", "mid spring".
_OF = frozenset(
    """in im en of de du del since after before until from during seit ab nach vor bis depuis apres avant desde hasta
    between and zwischen und entre et y early late mid mi end ende anfang mitte fin debut""".split()
)
# These stand before a time or after another one, and do not belong to it.
_NEVER_FIRST = frozenset(
    """and und et y or oder ou o from since after before until till to through vom von bis seit ab nach depuis apres
    avant desde despues hasta du au al del de of a passe passee pasado pasada dernier derniere""".split()
)
ARTICLES = frozenset("the le la les l el los der die das den dem".split())
# Meteorological seasons of the north, by their first month.
_SEASONS = {
    word: month
    for month, words in {
        3: "spring fruhling fruhjahr printemps primavera",
        6: "summer sommer ete verano",
        9: "autumn fall herbst automne otono",
        12: "winter hiver invierno",
    }.items()
    for word in words.split()
}
_WEEKENDS = frozenset("weekend wochenende".split())
_AGO = {"en": "ago", "de": "vor", "fr": "il y a", "es": "hace"}
_NUMBERS_LACKING = {"dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7"}  # in dateparser
_SHORTEST_ALONE = 4  # letters of a name that counts without a number or "in": "May" and "Sun" are also words


@dataclass(frozen=True, slots=True)
class TimeWords:
    """The words of all languages for times, without accents and in lower case.

    `units` have the English name of each, `relative` are phrases: "last week". A time has one of the `triggers`
    and but for numbers only words that are among `every`.
    """

    months: frozenset[str]
    weekdays: frozenset[str]
    units: Mapping[str, str]
    relative: frozenset[str]
    triggers: frozenset[str]
    every: frozenset[str]


def folded(text: str) -> str:
    """In lower case and without accents."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(mark))


@cache
def time_words() -> TimeWords:
    """What words there are for times; loads dateparser."""
    infos = [import_module(f"dateparser.data.date_translation_data.{code}").info for code in LANGUAGES]

    def named(key: str) -> set[str]:
        return {folded(word).strip(".") for info in infos for word in info.get(key, ())}

    months = frozenset(word for name in _MONTHS for word in named(name))
    weekdays = frozenset(word for name in _DAYS for word in named(name))
    units = {word: unit for unit in _UNITS for word in named(unit) if len(word) > 1}
    relative = {
        folded(phrase)
        for info in infos
        for key, phrases in info["relative-type"].items()
        if re.search("day|week|month|year", key)
        for phrase in phrases
    }
    single = {re.split(r"\W+", phrase)[-1] for phrase in relative if " " not in phrase}
    triggers = {*months, *weekdays, *units, *single, *_SEASONS, *_WEEKENDS}
    numbers = {key for info in infos for entry in info.get("simplifications", ()) for key in entry if key.isalpha()}
    beside = {*named("ago"), *named("skip"), *named("in"), *relative, *map(folded, numbers), *_NUMBERS_LACKING}
    beside = {word for phrase in beside for word in re.findall(r"[^\W_]+", phrase)}
    every = triggers | beside | _LAST | _NEXT | _THIS | _OF | ARTICLES
    return TimeWords(months, weekdays, units, frozenset(relative), frozenset(triggers), frozenset(every))


def month(year: int, number: int, months: int = 1) -> DateRange:
    """So many whole months from this one; `number` may be beyond 12."""
    first, last = year * 12 + number - 1, year * 12 + number + months - 2
    end = calendar.monthrange(last // 12, last % 12 + 1)[1]
    return DateRange(date(first // 12, first % 12 + 1, 1), date(last // 12, last % 12 + 1, end))


def understood(phrase: str, before: str, *, begins: bool, today: date) -> list[DateRange]:
    """What a phrase means, none where it is no time. `before` is the word before it, `begins` that it has none."""
    words, known = [folded(word) for word in re.findall(r"[^\W_]+", phrase)], time_words()
    plain = [word for word in words if word not in _LAST | _NEXT | _THIS | ARTICLES]
    direction = direction_of(words)
    if not all(word in known.every or word[0].isdigit() for word in words):
        return []  # as dateparser would find, only slower
    is_relative = " ".join(folded(phrase).split()) in known.relative
    if not plain or words[-1] in _OF or (words[0] in _NEVER_FIRST and not is_relative):
        return []
    years = [int(word) for word in plain if re.fullmatch(r"(?:19|20)\d\d", word)]
    if seasons := [word for word in plain if word in _SEASONS]:
        stated = direction or years or before in _OF or (words[0] in _OF and len(words) > 1)
        rest = [word for word in plain if word not in {*seasons, *_OF} and not word.isdigit()]
        return _season(_SEASONS[seasons[0]], years, direction, today) if stated and not rest else []
    if {*plain} & _WEEKENDS:
        rest = [word for word in plain if word not in _WEEKENDS | _OF | {"am", "on", "at"}]
        return _weekend(direction, today) if not rest else []
    numbers = any(word[0].isdigit() for word in plain)
    names = [word for word in plain if word in known.months and word != _AGO["en"]]  # Spanish for August
    weekdays = [word for word in plain if word in known.weekdays]
    if names and not is_relative:
        capital = any(word[0].isupper() and folded(word) in known.months for word in re.findall(r"[^\W_]+", phrase))
        alone = len(names[0]) >= _SHORTEST_ALONE and capital and not begins
        if not (numbers or direction or alone or before in _OF or words[0] in _OF):
            return []
    elif weekdays and not is_relative:
        if numbers or len(weekdays[0]) < _SHORTEST_ALONE:
            return []
    elif known.units.keys() & {*plain} and not is_relative:
        return _units(phrase, direction, today)
    elif not is_relative:
        return []
    return _by_dateparser(phrase, direction, today, has_year=bool(years) or is_relative)


def direction_of(words: Sequence[str]) -> str:
    """ "past", "future" or "this", where one of the words, folded, says so; else ""."""
    return next((name for name, known in (("past", _LAST), ("future", _NEXT), ("this", _THIS)) if known & {*words}), "")


def _units(phrase: str, direction: str, today: date) -> list[DateRange]:
    """ "two weeks ago", "the last 3 months", "letzten Woche": a number alone is a duration."""
    is_ago = any(re.search(rf"(?<!\w){ago}(?!\w)", folded(phrase)) for ago in _AGO.values())
    for word, number in _NUMBERS_LACKING.items():
        phrase = re.sub(rf"(?<!\w){word}(?!\w)", number, phrase, flags=re.IGNORECASE)
    if is_ago:
        counted = phrase if any(map(str.isdigit, phrase)) else f"1 {phrase}"  # "a month ago"
        return _by_dateparser(phrase, "", today, has_year=True) or _by_dateparser(counted, "", today, has_year=True)
    rest = " ".join(word for word in phrase.split() if folded(word) not in _LAST | _NEXT | _THIS | ARTICLES | _OF)
    if (unit := time_words().units.get(folded(rest), "")) and direction:
        step = {"past": -1, "future": 1, "this": 0}[direction]
        if {"before", "after"} & {*map(folded, phrase.split())}:  # "the week before last"
            step *= 2
        return [_around(_shifted(today, unit, step), unit)]
    if direction == "past" and (found := _parse(rest, "past", today)):
        return [DateRange(found[0], today)]
    return []


def _shifted(today: date, unit: str, step: int) -> date:
    if unit in ("day", "week"):
        return today + timedelta(step * (7 if unit == "week" else 1))
    return month(today.year, today.month + step * (12 if unit == "year" else 1)).first


def _around(day: date, period: str) -> DateRange:
    """The day, or the week, month or year that it is in."""
    if period == "week":
        monday = day - timedelta(day.weekday())
        return DateRange(monday, monday + timedelta(6))
    if period == "month":
        return month(day.year, day.month)
    return month(day.year, 1, 12) if period == "year" else DateRange(day, day)


def _season(number: int, years: Sequence[int], direction: str, today: date) -> list[DateRange]:
    every = [month(year, number, 3) for year in years or range(today.year - 2, today.year + 2)]
    past, coming = [one for one in every if one.first <= today], [one for one in every if one.first > today]
    if years:
        return every
    if direction == "past":
        return [one for one in past if one.last < today][-1:]
    return coming[:1] if direction == "future" else [*past[-1:], *coming[:1]]


def _weekend(direction: str, today: date) -> list[DateRange]:
    saturday = today - timedelta((today.weekday() + 2) % 7)  # the last one, or the one that it is
    is_on = today.weekday() >= 5
    steps = {"past": [-7 if is_on else 0], "future": [7], "this": [0 if is_on else 7]}.get(direction, [0, 7])
    first = [saturday + timedelta(step) for step in steps]
    return [DateRange(day, day + timedelta(1)) for day in first]


def _by_dateparser(phrase: str, direction: str, today: date, *, has_year: bool) -> list[DateRange]:
    """As it stands, else without the word of direction; a past and a coming one where nothing says which is meant."""
    bare = " ".join(word for word in phrase.split() if folded(word) not in _LAST | _NEXT | _THIS)
    found = []
    for prefer in {"past": ["past"], "future": ["future"]}.get(direction, ["past", "future"]):
        if one := _parse(phrase, prefer, today) or _parse(bare, prefer, today):
            found.append(_around(*one))
        if has_year:
            break
    return list(dict.fromkeys(found))


@lru_cache(maxsize=1_000)  # notes and questions name the same days again, and dateparser takes milliseconds for each
def _parse(phrase: str, prefer: str, today: date) -> tuple[date, str] | None:
    """The first day and the period: day, week, month or year."""
    found = _parser(prefer, today).get_date_data(phrase)
    if found.date_obj is None or found.period not in _UNITS:
        return None
    return found.date_obj.date(), found.period


@lru_cache(maxsize=64)  # for today, and for the years that notes are of
def _parser(prefer: str, today: date) -> Any:
    from dateparser.date import DateDataParser

    return DateDataParser(
        languages=[*LANGUAGES],
        settings={
            "PREFER_DATES_FROM": prefer,
            "RELATIVE_BASE": datetime(today.year, today.month, today.day),
            "PREFER_DAY_OF_MONTH": "first",
            "PREFER_MONTH_OF_YEAR": "first",
            "RETURN_TIME_AS_PERIOD": True,
        },
    )
