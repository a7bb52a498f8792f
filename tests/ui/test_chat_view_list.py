"""The list of saved conversations as HTML."""

from __future__ import annotations

import datetime
import re

from rag_bot.conversations import Conversation
from rag_bot.ui.chat.chat_view import chat_list

TODAY = datetime.date(2026, 11, 22)
EVIL = '<img src=x onerror="alert(1)">'


def saved(title: str, day: datetime.date = TODAY) -> Conversation:
    noon = datetime.datetime.combine(day, datetime.time(12)).astimezone().isoformat()
    return Conversation("abc123", title, noon, noon, 2)


def listed(*some: Conversation, search: str = "", problem: str = "", most: int = 200) -> str:
    return chat_list(some, search, most, problem, today=TODAY)


def test_conversations_stand_under_the_day_of_their_last_change() -> None:
    days = (0, 1, 2, 7, 8, 400)
    html = listed(*(saved(f"t{back}", TODAY - datetime.timedelta(back)) for back in days))
    seen = [one for pair in re.findall(r"<h2>(.*?)</h2>|>(t\d+)</a>", html) for one in pair if one]
    assert seen == ["Today", "t0", "Yesterday", "t1", "Last seven days", "t2", "t7", "Older", "t8", "t400"]


def test_a_link_names_the_conversation_in_its_address_and_says_how_long_it_is() -> None:
    html = listed(saved("Tasks"))
    assert 'href="#c=abc123"' in html
    assert "2 questions" in html


def test_an_empty_list_says_something_only_after_a_search() -> None:
    assert listed() == ""
    assert "No conversation has these words." in listed(search="tram")


def test_a_full_list_says_how_to_find_older_ones() -> None:
    assert "searching" in listed(saved("a"), saved("b"), most=2)
    assert "searching" not in listed(saved("a"), most=2)


def test_titles_and_problems_are_escaped() -> None:
    html = listed(saved(EVIL), problem=EVIL)
    assert "<img" not in html
    assert not re.search(r"<[^>]* onerror=", re.sub(r'"[^"]*"', "", html))


def test_where_titles_are_the_same_the_times_tell_them_apart() -> None:
    days = (datetime.date(2025, 11, 22), datetime.date(2025, 11, 21), datetime.date(2024, 1, 2))
    titles = ("Trams", "TRAMS", "trams")
    html = listed(saved("Tasks"), *(saved(title, day) for title, day in zip(titles, days, strict=True)))
    assert re.findall(r'>(\w+)(?:<span class="when">([^<]*)</span>)?</a>', html) == [
        ("Tasks", ""),
        ("Trams", "2025-11-22 12:00 · 2 questions"),
        ("TRAMS", "2025-11-21 12:00 · 2 questions"),
        ("trams", "2024-01-02 12:00 · 2 questions"),
    ]
