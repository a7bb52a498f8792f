"""Which notes are searched: as the page reports it, as chips, and what there is to choose."""

from __future__ import annotations

import datetime
import json
import re

import pytest

from rag_bot.records import Filters
from rag_bot.ui.chat.scope import picker, reported_filters, scope_bar

EVIL = '"><img src=x onerror="alert(1)">'
MARCH = datetime.date(2026, 3, 1)


def test_a_reported_scope_becomes_filters() -> None:
    told = {"folder": "notes/Work", "tag": "garden", "since": "2026-03-01", "until": ""}
    assert reported_filters(json.dumps(told)) == Filters("notes/Work", "garden", MARCH)


@pytest.mark.parametrize(
    "told", ["", "no JSON", "[]", "7", "null", '{"folder": 7, "tag": "", "since": "soon", "until": ["2026-03-01"]}']
)
def test_whatever_else_is_reported_is_passed_over(told: str) -> None:
    assert reported_filters(told) == Filters()
    assert reported_filters(json.dumps({"folder": "x" * 1_001})) == Filters()


def test_each_part_of_a_scope_is_a_chip_that_can_be_taken_away() -> None:
    html = str(scope_bar(Filters(EVIL, "garden", MARCH, datetime.date(2026, 3, 31))))
    assert "<img" not in html
    assert re.findall(r'data-widen="([^"]*)"', html) == ["folder", "tag", "since until"]
    assert re.findall(r"<bdi>([^<]*)</bdi>", html)[1:] == ["#garden", "March 2026"]
    assert "All notes" not in html
    assert "All notes" in scope_bar(Filters())


def test_folders_are_a_tree_with_the_notes_below_each() -> None:
    notes = [(path, "") for path in ("n/Work/a.md", "n/Work/Old/b.md", "n/c.md", "n/Work-2/d.md", f"n/{EVIL}/e.md")]
    html = str(picker(notes, [("garden", 1_200)], datetime.date(2026, 12, 31)))
    assert "<img" not in html
    listed = re.findall(r'--depth:(\d)"><button[^>]* value="([^"]*)"[^>]*><bdi>[^<]*</bdi> <span[^>]*>(\d)<', html)
    assert [one for one in listed if "img" not in one[1]] == [
        *(("0", "n", "5"), ("1", "n/Work", "2"), ("2", "n/Work/Old", "1"), ("1", "n/Work-2", "1"))
    ]
    assert re.findall(r'data-scoped="tag" value="(\w+)"[^>]*><bdi>(#\w+)</bdi> <span class="count">([\d,]+)', html) == [
        ("garden", "#garden", "1,200")
    ]


def test_times_that_go_on_are_whole_weeks_months_and_years() -> None:
    html = str(picker([], [], datetime.date(2026, 12, 31)))
    assert re.findall(r'data-since="([^"]*)" data-until="([^"]*)"', html) == [
        *(("2026-12-28", "2027-01-03"), ("2026-12-01", "2026-12-31"), ("2026-01-01", "2026-12-31"))
    ]
