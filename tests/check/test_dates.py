"""Days and times are the same however notes and models write them, in several languages."""

from __future__ import annotations

from itertools import combinations

import pytest

from rag_bot.check.dates import Clock, Day, find_days_and_times
from rag_bot.check.statement import read_statement

ALL = ("english", "dutch", "french", "german", "italian", "spanish")
THE_DAY = (
    "on May 14.", "on 14 May.", "on the 14th of May", "May the 14th", "14-May", "Thursday, May 14th, 2026",
    "Thu 14 May 2026", "2026-05-14", "2026/05/14", "2026-05-14T10", "14/05/2026", "5/14/2026", "14.05.2026", "14.5.26",
    "am 14.5.", "am 14. Mai 2026", "Donnerstag, den 14. Mai", "le 14 mai 2026", "jeudi 14 mai", "el 14 de mayo de 2026",
    "14 maggio 2026", "giovedì 14 maggio", "op 14 mei 2026", "2026年5月14日", "5月14日",
)  # fmt: skip


def found(text: str) -> list[Day | Clock]:
    return [value for _, _, value in find_days_and_times(text)]


def says(line: str, sentence: str) -> bool:
    """Whether the line has all days, times and numbers of the sentence."""
    wanted = [item for item in read_statement(sentence, ALL).items if item.value is not None]
    assert wanted
    line_items = read_statement(line, ALL).items
    return all(any(item.says(other) for other in line_items) for item in wanted)


@pytest.mark.parametrize("written", THE_DAY)
def test_a_day_is_found_in_each_common_format(written: str) -> None:
    (day,) = found(written)
    assert isinstance(day, Day)
    assert (day.month, day.day) == (5, 14)
    assert day.year in (None, 2026)


def test_every_format_of_a_day_says_every_other_one() -> None:
    for one, other in combinations(THE_DAY, 2):
        assert says(one, other), (one, other)
        assert says(other, one), (one, other)


@pytest.mark.parametrize("other", ["on May 15", "on 14 June 2026", "14.05.2025", "am 15. Mai", "le 14 juin", "5月15日"])
def test_another_day_is_not_the_same(other: str) -> None:
    for written in ("14 May 2026", "2026-05-14", "am 14. Mai 2026"):
        assert not says(written, other)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("at 2:30", "at 14:30"),  # whichever half of the day it is, the line does not say
        ("at 7 o'clock", "at 7 pm"),
        ("on Friday", "2026-05-14"),  # it is a Thursday
        ("2026-05-14", "on Friday"),
        ("in May", "on 14 May"),
        ("in 2026", "on 14 May 2026"),
        ("14 chairs", "on 14 May"),
        ("at 2:00 a.m.", "at 2 pm"),
        ("at 14:30", "at 14:00"),
        ("um 7 Uhr", "um 8 Uhr"),
    ],
)
def test_a_line_that_knows_less_or_another_does_not_say_a_day_or_time(line: str, sentence: str) -> None:
    assert not says(line, sentence)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("2026-05-14", "in May 2026"),
        ("2026-05-14", "in 2026"),
        ("2026-05-14", "on Thursday"),
        ("14 May 2026", "on the 14th"),
        ("in 05/2026", "in May 2026"),
        ("2026-05", "in May 2026"),
        ("Mai 2026", "in May 2026"),
        ("at 14:00", "at 2 pm"),
        ("14.30 Uhr", "at 2:30 pm"),
        ("à 14h30", "at 2:30 p.m."),
        ("at 17:30", "at 17.30"),
        ("um 17.30", "at 17:30"),
        ("section 4.2", "See section 4.2."),  # which might be the fourth of February
        ("See section 4.2.", "section 4.2"),
    ],
)
def test_a_line_says_the_parts_of_its_days_and_times(line: str, sentence: str) -> None:
    assert says(line, sentence)


@pytest.mark.parametrize("written", ["3-5 May", "May 3-5", "3 to 5 May", "3. bis 5. Mai", "du 3 au 5 mai"])
def test_both_ends_of_a_range_are_days(written: str) -> None:
    assert found(written) == [Day(month=5, day=3), Day(month=5, day=5)]


def test_a_day_with_slashes_may_be_read_both_ways_unless_it_is_clear() -> None:
    assert says("3/4/2026", "3 April 2026")
    assert says("3/4/2026", "4 March 2026")
    assert says("4 March 2026", "3/4/2026")
    assert not says("3/4/2026", "3 May 2026")
    assert not says("3.4.2026", "4 March 2026")


@pytest.mark.parametrize(("written", "year"), [("31/12/99", 1999), ("31/12/68", 2068), ("31.12.26", 2026)])
def test_years_of_two_digits_are_of_the_nearer_century(written: str, year: int) -> None:
    (day,) = found(written)
    assert isinstance(day, Day)
    assert day.year == year


@pytest.mark.parametrize(
    "text",
    [
        "3 out of 5 failed", "set 3 alarms", "we may go", "a cut lip", "they march on", "two years ago", "Sam pays",
        "Gen Z", "I sat down", "the mean is 3", "2026-13-45", "12.5 km", "3:2", "version 1.2.3", "call 555-0142",
    ],
)  # fmt: skip
def test_words_and_numbers_that_only_look_like_days_are_none(text: str) -> None:
    assert found(text) == []


def test_a_day_that_does_not_exist_is_read_and_has_no_weekday() -> None:
    assert found("2026-02-30") == [Day(2026, 2, 30)]


@pytest.mark.parametrize("text", ["on 3 Aprıl", "on FRİDAY", "Frıday", "14 APRİL 2026", "ſunday"])
def test_letters_that_only_look_like_those_of_a_month_do_no_harm(text: str) -> None:
    read_statement(text, ALL)
