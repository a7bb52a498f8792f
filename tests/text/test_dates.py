"""Times in words and numbers, of four languages, asked on Thursday, 2 April 2026."""

from __future__ import annotations

from datetime import date

import pytest

from rag_bot.text.dates import find_dates, read_range, without_dates

TODAY = date(2026, 4, 2)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What did I do on March 5th, 2026?", ["5 March 2026"]),
        ("notes from 16 March", ["16 March 2026 or 16 March 2027"]),
        ("20260224 or 2026_02_24", ["24 February 2026", "24 February 2026"]),
        ("am 14.03.2026", ["14 March 2026"]),
        ("on 3/4/2026", ["3 April 2026 or 4 March 2026"]),
        ("2026-W11", ["9 March 2026 to 15 March 2026"]),
        ("What did it cost in 2025-12?", ["December 2025"]),
        ("Prices 2025", ["2025"]),
        ("yesterday's call", ["1 April 2026"]),
        ("Was war vorgestern?", ["31 March 2026"]),
        ("Qu'ai-je fait avant-hier ?", ["31 March 2026"]),
        ("¿Qué hice anteayer?", ["31 March 2026"]),
        ("last Saturday", ["28 March 2026"]),
        ("letzten Samstag", ["28 March 2026"]),
        ("samedi dernier", ["28 March 2026"]),
        ("el sábado pasado", ["28 March 2026"]),
        ("next Tuesday", ["7 April 2026"]),
        ("mardi prochain", ["7 April 2026"]),
        ("in last week's meeting", ["23 March 2026 to 29 March 2026"]),
        ("the week before last", ["16 March 2026 to 22 March 2026"]),
        ("the month after next", ["June 2026"]),
        ("a month ago", ["March 2026"]),
        ("diese Woche", ["30 March 2026 to 5 April 2026"]),
        ("il y a trois semaines", ["9 March 2026 to 15 March 2026"]),
        ("What did the vet say in March?", ["March 2026 or March 2027"]),
        ("since the summer", ["since 1 June 2025"]),
        ("seit dem 3. März 2026", ["since 3 March 2026"]),
        ("before 5 March 2026", ["before 5 March 2026"]),
        ("between 10 and 20 March 2026", ["10 March 2026 to 20 March 2026"]),
        ("vom 3. bis 9. März 2026", ["3 March 2026 to 9 March 2026"]),
        ("2026-03-01 to 2026-03-10", ["1 March 2026 to 10 March 2026"]),
        ("from March to May 2025", ["March 2025 to May 2025"]),
        ("l'été dernier", ["June 2025 to August 2025"]),
        ("christmas eve last year, what did we eat", ["24 December 2025"]),
        ("what did we do on valentine's day", ["14 February 2026 or 14 February 2027"]),
        ("Was gab es letztes Jahr an Weihnachten?", ["24 December 2025 to 26 December 2025"]),
        ("Silvester 2024", ["31 December 2024"]),
        ("Noël dernier", ["24 December 2025 to 26 December 2025"]),
        ("¿Qué hicimos en Nochebuena?", ["24 December 2025 or 24 December 2026"]),
        ("since New Year's Day", ["since 1 January 2026"]),
    ],
)
def test_a_time_is_found_however_it_is_written(text: str, names: list[str]) -> None:
    assert [one.name for one in find_dates(text, TODAY)] == names


@pytest.mark.parametrize(
    "text",
    [
        "May I sit in the sun for a second?",
        "Back in 5 minutes, at 12:30",
        "How many eggs a day?",
        "It took 2 days",
        "the march of progress",
        "Where does the spring water come from?",
        "Who is on call on Sundays?",
        "Was steht hier?",
        "a recipe for Christmas cake",
        "What does Tam want for Christmas?",
        "during the Christmas rush",
        "my Halloween costume",
        "version 1.2026.3, room 2030b",
        "2026-02-30",
    ],
)
def test_other_words_and_numbers_are_no_times(text: str) -> None:
    assert find_dates(text, TODAY) == []


def test_the_words_of_a_time_are_those_of_the_text() -> None:
    text = "How did the vote turn out since last Monday in Lund?"
    (asked,) = find_dates(text, TODAY)
    assert (asked.words, text[asked.start : asked.end], asked.is_open_ended) == (*["since last Monday"] * 2, True)
    assert without_dates(text, [asked]) == "How did the vote turn out in Lund?"


def test_somebody_types_one_time_and_nothing_else() -> None:
    found = read_range("last month", TODAY)
    assert (found.first, found.last) == (date(2026, 3, 1), date(2026, 3, 31))
    with pytest.raises(ValueError, match="soon"):
        read_range("soon", TODAY)


def test_a_day_that_no_calendar_has_is_no_time() -> None:
    assert find_dates("notes since 9999-99-99", TODAY) == []
    assert [str(one) for one in find_dates("what is due on 29 February", TODAY)[0].ranges] == [
        "29 February 2024",
        "29 February 2028",
    ]


@pytest.mark.parametrize("text", ["on 31 February", "on the 31st of April", "on February 30", "am 31. September"])
def test_a_day_that_no_month_has_is_not_read_as_its_month(text: str) -> None:
    assert find_dates(f"What happened {text}?", date(2026, 11, 30)) == []


def test_a_number_that_does_not_touch_a_month_leaves_it_alone() -> None:
    (found,) = find_dates("How many of the 31 in February?", date(2026, 11, 30))
    assert found.words == "in February"
