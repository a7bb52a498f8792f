"""Text -> the times that it names: "5 March 2026", "2026-W11", "last Tuesday", "seit dem Sommer", "entre el 3 y el 9".

`date_words` knows what the words mean. Here is how they are found in a text, which numbers are dates, and ranges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from rag_bot.records import AskedDate, DateRange
from rag_bot.text.date_words import folded, month, time_words, understood
from rag_bot.text.named_days import named_days
from rag_bot.text.terms import LANGUAGES, detect, words_of

# Words around a month, weekday or the like that may belong to it: "the day before yesterday", "5th, 2026"; set by hand.
_MOST_BEFORE, _MOST_AFTER = 4, 3

_Y, _M, _D = r"((?:19|20)\d\d)", r"(0?[1-9]|1[0-2])", r"(0?[1-9]|[12]\d|3[01])"
_ALONE_BEFORE, _ALONE_AFTER = r"(?<![\d#])(?<!\d[.,:/-])", r"(?!\d|[.,:/]\d)"
_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[^\W\d_]")

# All four languages. What may stand before a time and say how far it reaches; an article may stand between.
_THE = r"(?:\s+(?:the|dem|den|der|die|le|la|les|el|los))?\s*(?:l['’])?\s*"
_SINCE = re.compile(
    r"(?<!\w)(?:since|after|seit|ab|nach|depuis|dès|après|à partir d[eu]|desde|después del?|tras|a partir de)"
    rf"{_THE}$",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    rf"(?<!\w)(?:before|until|till|vor|bis|avant|jusqu['’ ]?(?:à|au|en)?|antes del?|hasta){_THE}$", re.I
)
_BETWEEN = re.compile(rf"(?<!\w)(?:between|zwischen|entre){_THE}$", re.IGNORECASE)
_AND = re.compile(rf"\s*(?:and|und|et|y){_THE}", re.IGNORECASE)
_TO = re.compile(rf"\s*(?:-|–|—|\.\.|to|until|till|through|bis(?: zum)?|au|jusqu['’ ]?au|al?|hasta){_THE}", re.I)
_DAY_BEFORE = re.compile(r"(?<![\w.,:/-])(?:[12]?\d|3[01])(?:st|nd|rd|th|\.)?(?: of| de)? $", re.IGNORECASE)
_DAY_AFTER = re.compile(r" (?:the )?(?:[12]?\d|3[01])(?:st|nd|rd|th)?(?![\w-]|[.,:/]\d)", re.IGNORECASE)
_FIRST_DAY = re.compile(
    r"(?<![\d.:/-])(\d{1,2})(?:st|nd|rd|th|er|\.)?(\s*(?:-|–)|\s+(?:and|und|et|y|to|bis|au|al?)\s.*)", re.I
)


def _either(first: str, second: str, year: str | int, *, month_first: bool) -> list[DateRange]:
    """ "3/4/2026" is the third of April, or the fourth of March where people write so."""
    found = []
    for number, day in [(second, first), (first, second)][: 1 + month_first]:
        if int(number) <= 12:
            found.append(DateRange(date(int(year), int(number), int(day)), date(int(year), int(number), int(day))))
    return list(dict.fromkeys(found))


def _week(year: str | int, number: str) -> list[DateRange]:
    monday = date.fromisocalendar(int(year), int(number), 1)
    return [DateRange(monday, monday + timedelta(6))]


def _around(day: str, number: str, today: date) -> list[DateRange]:
    """A day without a year: the last and the next one."""
    near = [_either(day, number, today.year + years, month_first=False)[0] for years in (-1, 0, 1)]
    past, coming = [one for one in near if one.first <= today], [one for one in near if one.first > today]
    return [*past[-1:], *coming[:1]]


# What each means that matches, given the groups and today. Each reads what those above it have left.
_NUMERIC: tuple[tuple[re.Pattern[str], Callable[[Sequence[str], date], list[DateRange]]], ...] = tuple(
    (re.compile(f"{_ALONE_BEFORE}{pattern}{_ALONE_AFTER}", re.IGNORECASE), read)
    for pattern, read in (
        (rf"{_Y}([-_./]){_M}\2{_D}(?:T\d\d:\d\d\S*)?", lambda m, _: _either(m[3], m[2], m[0], month_first=False)),
        (rf"{_Y}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", lambda m, _: _either(m[2], m[1], m[0], month_first=False)),
        (rf"{_Y}-?W([0-5]\d)", lambda m, _: _week(m[0], m[1])),
        (rf"(?:week|KW|Woche|semaine|semana) ?([0-5]?\d)(?:[ /,]*{_Y})?", lambda m, now: _week(m[1] or now.year, m[0])),
        (rf"{_Y}[-_ ]?Q([1-4])", lambda m, _: [month(int(m[0]), 3 * int(m[1]) - 2, 3)]),
        (rf"Q([1-4])[-_ /]?{_Y}", lambda m, _: [month(int(m[1]), 3 * int(m[0]) - 2, 3)]),
        (rf"(\d\d?)([-./])(\d\d?)\2{_Y}", lambda m, _: _either(m[0], m[2], m[3], month_first=m[1] == "/")),
        (rf"{_D}\.{_M}\.", lambda m, now: _around(m[0], m[1], now)),
        (rf"{_Y}[-_./](0[1-9]|1[0-2])(?!-\d)", lambda m, _: [month(int(m[0]), int(m[1]))]),
        (rf"{_M}[./]{_Y}", lambda m, _: [month(int(m[1]), int(m[0]))]),
        (rf"(?<![A-Za-z])(?<![A-Za-z]-){_Y}(?![A-Za-z%]|-\d)", lambda m, _: [month(int(m[0]), 1, 12)]),
    )
)


def find_dates(text: str, today: date, *, with_named_days: bool = True) -> list[AskedDate]:
    """The times that a text names, in their order; "from" one "to" another is one."""
    named = named_days(text, today) if with_named_days else []
    in_words = _in_words(text, today)
    found = [*named, *(one for one in in_words if all(one.end <= day.start or day.end <= one.start for day in named))]
    found = sorted([*found, *_in_numbers(text, today, found)], key=lambda one: one.start)
    if len(named) == 1 and len(found) == 2:  # "what did we eat last year at Christmas"
        other = next(one for one in found if one is not named[0])
        ranges = [one for one in named[0].ranges for year in other.ranges if one.overlaps(year)]
        if ranges and other.ranges[0].last - other.ranges[0].first > timedelta(360) and not other.is_open_ended:
            found = [replace(named[0], ranges=tuple(ranges))]
    return [_open_ended(text, one) for one in _joined(text, found)]


def numeric_dates(text: str, today: date) -> list[AskedDate]:
    """Only those that are written with numbers, in their order; today is for those without a year."""
    return sorted(_in_numbers(text, today, ()), key=lambda one: one.start)


def without_dates(text: str, dates: Iterable[AskedDate]) -> str:
    """The text without these words."""
    for one in sorted(dates, key=lambda one: -one.start):
        text = f"{text[: one.start]} {text[one.end :]}"
    return " ".join(text.split())


def read_range(text: str, today: date) -> DateRange:
    """The time that somebody types: "2026-03", "last month", "gestern".

    Raises:
        ValueError: it is none, or more than one.
    """
    found = find_dates(text, today)
    if len(found) != 1 or _LETTER.search(without_dates(text, found)):
        raise ValueError(f"{text!r} is no date")
    return found[0].ranges[0]


def has_month(text: str) -> bool:
    """Whether a word of the text is a month's name."""
    months = time_words().months
    return any(folded(word) in months for word in _WORD.findall(text))


def _in_numbers(text: str, today: date, taken: Sequence[AskedDate]) -> list[AskedDate]:
    found: list[AskedDate] = []
    if not any(map(str.isdigit, text)):
        return found
    for pattern, read in _NUMERIC:
        for match in pattern.finditer(text):
            if any(match.start() < one.end and one.start < match.end() for one in (*taken, *found)):
                continue
            try:
                ranges = read(match.groups(), today)
            except (ValueError, IndexError):  # there is no such day or week
                continue
            if ranges:
                found.append(AskedDate(match[0], tuple(ranges), *match.span()))
    return found


def _in_words(text: str, today: date) -> list[AskedDate]:
    """Around each word that can name a time the longest phrase that does."""
    found: list[AskedDate] = []
    words = list(_WORD.finditer(text))
    known = time_words()
    for number, word in enumerate(words):
        if folded(word[0]) not in known.triggers or (found and word.start() < found[-1].end):
            continue
        if word[0].lower() == "hier" and len(words) > 2 and detect(words_of(text), LANGUAGES, at_least=1) != "french":
            continue  # German for "here"
        for first, last in _windows(number, len(words)):
            start, end = words[first].start(), words[last].end()
            if found and start < found[-1].end:
                continue
            before = folded(words[first - 1][0]) if first else ""
            if ranges := understood(text[start:end], before, begins=first == 0, today=today):
                if _is_beside_a_day(text, start, end):
                    break  # "31 February", which is no day: its month was not asked for
                found.append(AskedDate(text[start:end], tuple(ranges), start, end))
                break
    return found


def _is_beside_a_day(text: str, start: int, end: int) -> bool:
    """Whether a phrase without a number has a month at an end where what could be one of its days stands beside it."""
    words = _WORD.findall(text[start:end])
    return not any(map(str.isdigit, text[start:end])) and bool(
        (has_month(words[0]) and _DAY_BEFORE.search(text, 0, start))
        or (has_month(words[-1]) and _DAY_AFTER.match(text, end))
    )


def _windows(number: int, words: int) -> Iterator[tuple[int, int]]:
    """First and last word of all that may belong to this one, the longest first."""
    before, after = min(_MOST_BEFORE, number), min(_MOST_AFTER, words - 1 - number)
    pairs = [(number - left, number + right) for left in range(before + 1) for right in range(after + 1)]
    yield from sorted(pairs, key=lambda pair: (pair[0] - pair[1], pair[0]))


def _joined(text: str, found: Sequence[AskedDate]) -> list[AskedDate]:
    """With the ends of a range as one: "from 3 March to 9 May 2026", "between 3 and 9 May"."""
    joined: list[AskedDate] = []
    for one in found:
        one = _with_first_day(text, one)
        if joined:
            between, before = text[joined[-1].end : one.start], text[: joined[-1].start]
            is_range = _TO.fullmatch(between) or (_AND.fullmatch(between) and _BETWEEN.search(before))
            if is_range and (ranges := _from_to(joined[-1].ranges, one.ranges)):
                start = joined[-1].start
                joined[-1] = AskedDate(text[start : one.end], ranges, start, one.end)
                continue
        joined.append(one)
    return joined


def _from_to(firsts: Sequence[DateRange], lasts: Sequence[DateRange]) -> tuple[DateRange, ...]:
    """For each last the latest first before it, of an earlier year where there is none: "from November to May 2026"."""
    ranges = []
    for last in lasts:
        shifted = (month(last.last.year - back, firsts[0].first.month).first for back in (1, 0))
        before = [one.first for one in firsts if one.first <= last.last] or [day for day in shifted if day <= last.last]
        ranges.append(DateRange(max(before), last.last))
    return tuple(ranges)


def _with_first_day(text: str, one: AskedDate) -> AskedDate:
    """The first day of "3 to 9 May" is that of the last one's month."""
    if any(each.first != each.last for each in one.ranges):
        return one
    for match in _FIRST_DAY.finditer(text, max(0, one.start - 20), one.start):
        joint = match[2]
        is_range = _TO.fullmatch(joint) or (_AND.fullmatch(joint) and _BETWEEN.search(text[: match.start()]))
        if is_range and all(1 <= int(match[1]) <= each.last.day for each in one.ranges):
            ranges = tuple(DateRange(each.first.replace(day=int(match[1])), each.last) for each in one.ranges)
            return replace(one, words=text[match.start() : one.end], ranges=ranges, start=match.start())
    return one


def _open_ended(text: str, one: AskedDate) -> AskedDate:
    """With "since", "until" and the like before it."""
    before = text[: one.start]
    for pattern, ranges in (
        (_SINCE, [DateRange(each.first, date.max) for each in one.ranges[:1]]),
        (_UNTIL, [DateRange(date.min, each.first - timedelta(1)) for each in one.ranges]),
    ):
        if match := pattern.search(before):
            return replace(one, words=text[match.start() : one.end], ranges=tuple(ranges), start=match.start())
    return one
