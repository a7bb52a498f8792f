"""Days that everybody knows by a name and that are the same each year: "on Christmas Eve", "Silvester 2025"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from rag_bot.records import AskedDate, DateRange
from rag_bot.text.date_words import ARTICLES, direction_of, folded, time_words

# By first and last day (month, day); without accents, in four languages. Those of several days, and those that stand
# for a time of the year or for what is done then, are days only where something says so: "at Christmas".
_FEASTS = {
    ((12, 24), (12, 26)): "christmas|xmas|christmas holidays|weihnachten|noel|navidad|navidades",
    ((10, 31), (10, 31)): "halloween",
    ((12, 6), (12, 6)): "nikolaus",
}
_DAYS = {
    ((12, 24), (12, 24)): (
        "christmas eve|xmas eve|heiligabend|heilig abend|heiligen abend|weihnachtsabend|veille de noel|"
        "reveillon de noel|nochebuena"
    ),
    ((12, 25), (12, 25)): (
        "christmas day|xmas day|erster weihnachtstag|ersten weihnachtstag|jour de noel|dia de navidad"
    ),
    ((12, 26), (12, 26)): "boxing day|zweiter weihnachtstag|zweiten weihnachtstag|st stephen s day|stephanstag",
    ((12, 31), (12, 31)): (
        "new year s eve|new years eve|new year eve|silvester|silvesterabend|saint sylvestre|"
        "reveillon du nouvel an|nochevieja"
    ),
    ((1, 1), (1, 1)): "new year s day|new years day|neujahr|neujahrstag|nouvel an|jour de l an|ano nuevo",
    ((1, 6), (1, 6)): "epiphany|dreikonigstag|heilige drei konige|epiphanie|dia de reyes",
    ((2, 14), (2, 14)): "valentine s day|valentines day|valentine day|valentinstag|saint valentin|san valentin",
    ((3, 17), (3, 17)): "st patrick s day|st patricks day",
    ((4, 1), (4, 1)): "april fools day|april fool s day|april fools",
    ((5, 1), (5, 1)): "may day|maifeiertag|tag der arbeit|fete du travail|dia del trabajo",
    ((10, 31), (10, 31)): "halloween night|reformationstag",
    ((11, 1), (11, 1)): "all saints day|allerheiligen|toussaint|todos los santos",
    ((11, 5), (11, 5)): "bonfire night|guy fawkes night",
    ((12, 6), (12, 6)): "nikolaustag|st nicholas day|saint nicolas",
}
_Days = tuple[tuple[int, int], tuple[int, int]]
_NAMED: dict[tuple[str, ...], tuple[_Days, bool]] = {
    tuple(name.split()): (days, is_feast)
    for named, is_feast in ((_FEASTS, True), (_DAYS, False))
    for days, names in named.items()
    for name in names.split("|")
}
_LONGEST = max(map(len, _NAMED))
_FIRST_WORDS = frozenset(name[0] for name in _NAMED)
# Right before a name, but for an article, these say that the day is meant.
_ON = frozenset(
    """on at over during since before after until till by around between an am uber seit vor nach bis zwischen a en
    durante depuis avant apres pendant entre desde hasta antes despues""".split()
)
_FOR = frozenset("for of fur pour para de du del zu zum".split())  # what is for a day is not of it
_WORD = re.compile(r"[^\W_]+")


def named_days(text: str, today: date, *, anywhere: bool = False) -> list[AskedDate]:
    """The days that are asked for by their names, in their order; `anywhere`: all whose names stand in the text.

    "Christmas cake" asks for no day, "at Christmas", "Christmas 2025" and "last Christmas" do.
    """
    words = list(_WORD.finditer(text))
    spelled = [folded(word[0]) for word in words]
    found, place = list[AskedDate](), 0
    while place < len(words):
        size = _size_at(spelled, place)
        if not size:
            place += 1
            continue
        days, is_feast = _NAMED[tuple(spelled[place : place + size])]
        first, end = place, place + size
        before = next((word for word in reversed(spelled[:first]) if word not in ARTICLES), "")
        year, direction, end = _year_after(spelled, end)
        if not (year or direction) and first and (direction := direction_of(spelled[first - 1 : first])):
            first -= 1
        is_alone = not is_feast and end == len(words) and before not in _FOR
        is_on = before in _ON and not (is_feast and spelled[first - 1] in ARTICLES)  # "during the Christmas rush"
        if anywhere or year or direction or is_on or is_alone:
            ranges = _ranges(days, year, direction, today)
            span = words[first].start(), words[end - 1].end()
            found.append(AskedDate(text[span[0] : span[1]], tuple(ranges), *span))
        place = end
    return found


def _size_at(spelled: Sequence[str], place: int) -> int:
    """How many words from here are the name of a day, 0 if none are."""
    if spelled[place] not in _FIRST_WORDS:
        return 0
    sizes = range(min(_LONGEST, len(spelled) - place), 0, -1)
    return next((size for size in sizes if tuple(spelled[place : place + size]) in _NAMED), 0)


def _year_after(spelled: Sequence[str], start: int) -> tuple[int, str, int]:
    """The year after a name, or the direction in which it lies ("last year": "last"), and where the words end."""
    place = start
    while place < len(spelled) and spelled[place] in {*ARTICLES, "of", "in", "im", "en", "de", "del", "l"}:
        place += 1
    if place < len(spelled) and re.fullmatch(r"(?:19|20)\d\d", spelled[place]):
        return int(spelled[place]), "", place + 1
    direction = direction_of(spelled[place : place + 2])
    is_year = any(time_words().units.get(word) == "year" for word in spelled[place : place + 2])
    if direction and is_year:
        return 0, f"{direction} year", place + 2
    direction = direction_of(spelled[place : place + 1])
    return (0, direction, place + 1) if direction else (0, "", start)


def _ranges(days: _Days, year: int, direction: str, today: date) -> list[DateRange]:
    """Of that year, else the last or next ones: both where nothing says which."""
    steps = {"past year": -1, "this year": 0, "future year": 1, "this": 0}
    if not year and direction in steps:
        year = today.year + steps[direction]
    near = list(_in_years(days, [year] if year else range(today.year - 1, today.year + 2)))
    if year:
        return near
    past, coming = [one for one in near if one.first <= today][-1:], [one for one in near if one.first > today][:1]
    return {"past": past, "future": coming}.get(direction, [*past, *coming])


def _in_years(days: _Days, years: Sequence[int]) -> Iterator[DateRange]:
    for year in years:
        first, last = (date(year, month, day) for month, day in days)
        yield DateRange(first, last)
