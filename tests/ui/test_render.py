"""Answers, the overview and the examples as HTML."""

from __future__ import annotations

import datetime
import re
from html import unescape
from pathlib import Path

import pytest

from rag_bot.records import Answer, Citation, Failure, Quote, Status
from rag_bot.ui.examples import SHIPPED, SHIPPED_NOTE, example_questions
from rag_bot.ui.overview import overview, progress_words, report_words, sync_result, when
from rag_bot.ui.render import exchange, growing_answer, notice
from rag_bot.ui.sync_job import SyncState
from rag_bot.ui.welcome import still_reading, welcome

EVIL = '<img src=x onerror="alert(1)">'


def quote(text: str) -> Quote:
    return Quote(text, f"n/{EVIL}.md", EVIL, (EVIL, "Part"), (EVIL,), 0, len(text), 3, 4, 0.9)


def answer(*texts: str, change: str = "") -> Answer:
    citations = tuple(Citation(number, quote(text), change) for number, text in enumerate(texts, start=1))
    return Answer("q", "", citations, not texts, 0.876, "quotes", (), (), {"total": 1234.0})


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_everything_from_notes_and_questions_is_escaped() -> None:
    *_, html = growing_answer(answer(EVIL, change="rewritten"))
    for made in (html, exchange(EVIL, ""), notice(EVIL), welcome(1, [EVIL], SyncState())):
        assert "<img" not in made
        assert not re.search(r"<[^>]* onerror=", re.sub(r'"[^"]*"', "", made))


def test_quotes_come_one_after_another_and_the_measure_last() -> None:
    first, second, whole = growing_answer(answer("one", "two"))
    assert "one" in first
    assert "two" not in first
    assert second.startswith(first)
    assert "Confidence 88%" in whole
    assert "1.2 s" in whole


def test_a_quote_is_word_for_word_line_by_line() -> None:
    text = "- one  **two**:\n\t- [ ] three\n  12. four"
    *_, html = growing_answer(answer(text))
    block = re.search(r"<blockquote[^>]*>(.*)</blockquote>", html, re.DOTALL)
    assert block
    rows = block[1].split('<span class="row"')[1:]
    assert [text_of(f"<x{row}") for row in rows] == text.split("\n")


def test_a_changed_file_is_said_to_be_changed() -> None:
    *_, html = growing_answer(answer("one", change="rewritten"))
    assert "changed since it was indexed" in html


def test_abstaining_is_said_plainly() -> None:
    assert list(growing_answer(answer())) == ['<p class="abstained">This is not in your notes.</p>']


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"added": 2, "changed": 1, "unchanged": 575}, "2 added, 1 changed; 575 unchanged."),
        ({"moved": 1, "deleted": 1, "unchanged": 0}, "1 moved, 1 deleted; 0 unchanged."),
        ({"unchanged": 1234}, "Nothing new; 1,234 unchanged."),
        ({"added": ["a", "b"], "unchanged": []}, "2 added; 0 unchanged."),
    ],
)
def test_a_sync_is_told_in_words(report: dict[str, object], words: str) -> None:
    assert report_words(report) == words


def test_files_that_could_not_be_read_are_named() -> None:
    failed = [{"path": f"n/{number}<b>.md", "error": "no text"} for number in range(22)]
    html = sync_result(SyncState(report={"failed": failed}))
    assert "22 files could not be read" in html
    assert "n/0&lt;b&gt;.md" in html
    assert "and 2 more" in html


def test_progress_is_told_in_words() -> None:
    state = SyncState(running=True, stage="notes", done=120, total=578)
    assert progress_words(state) == "Reading your notes: 120 of 578"
    assert still_reading(state) == "Still reading your notes: 120 of 578. Ask again in a moment."
    assert '<progress aria-label="Sync" value="120" max="578">' in welcome(0, (), state)


def test_without_notes_the_page_asks_for_a_folder_and_shows_what_went_wrong() -> None:
    html = welcome(0, (), SyncState(error="rag-bot: Folder /x is not there."))
    assert "data-read" in html
    assert ">Folder /x is not there.<" in html


def test_the_overview_counts() -> None:
    status = Status(
        index=Path("/i"),
        roots=(Path("/n/<a>"),),
        missing=(Path("/n/<a>"),),
        notes=1,
        chunks=2_000,
        vectors=2_000,
        model="m",
        fingerprint="f",
        last_synced=None,
        failed=(Failure("a", "b"),),
        bytes_on_disk=0,
        runs=(),
        writer=None,
    )
    words = text_of(overview(status, SyncState()))
    for expected in ("<a>", "not there now", "1 note · 2,000 passages", "Synced never", "1 file could not be read"):
        assert expected in words


def test_times_are_told_as_people_do() -> None:
    now = datetime.datetime(2026, 11, 22, 12, 0).astimezone()
    assert when(now.isoformat(), now=now) == "today 12:00"
    assert when((now - datetime.timedelta(days=1)).isoformat(), now=now) == "yesterday 12:00"
    assert when((now - datetime.timedelta(days=3)).isoformat(), now=now) == "2026-11-19 12:00"


def test_examples_are_fixed_for_the_notes_that_ship_and_made_from_titles_for_others() -> None:
    assert example_questions([(SHIPPED_NOTE, "x"), ("mine/a.md", "A note")]) == SHIPPED
    made = example_questions([(f"n/{number}.md", f"Note {number}") for number in range(100)])
    assert len(made) == 4
    assert made[0] == "What did I note about Note 0?"
    assert example_questions([]) == ()
