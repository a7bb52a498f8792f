"""Questions that ask for a time are answered with the notes of that time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from rag_bot import Answer, Filters, Library, UsageError
from rag_bot.output import answer_json
from rag_bot.records import filters_words, searched_words, verdict_words
from rag_bot.text.dates import find_dates

Write = Callable[[str, str], Path]
TODAY = "2026-04-02"


@pytest.fixture
def journal(library: Library, notes: Path, write: Write) -> Library:
    write("2026-04-01.md", "# Wednesday\n\nThe vet came for the hens.\n\nPaid the roofer 300 euros.\n")
    write("2026-03-05.md", "Paid the roofer 200 euros.\n\nThe vet came for the goat.\n")
    write("Hens.md", "The vet came for the hens once a year.\n\n## 2026-03-05\n\nBought straw.\n")
    library.ingest([notes])
    return library


def _shown(answer: Answer) -> list[str]:
    return [citation.quote.note_path.removeprefix("notes/") for citation in answer.citations]


@pytest.mark.parametrize(
    "question", ["what did I do yesterday?", "Was war gestern?", "Qu'ai-je noté hier ?", "¿Qué hice ayer?"]
)
def test_a_day_is_shown_whole(journal: Library, question: str) -> None:
    answer = journal.ask(question, today=TODAY)
    assert (answer.verdict, _shown(answer)) == ("answered", ["2026-04-01.md"])
    assert answer.citations[0].quote.text == ("# Wednesday\n\nThe vet came for the hens.\n\nPaid the roofer 300 euros.")


def test_a_day_is_of_notes_and_of_sections(journal: Library) -> None:
    answer = journal.ask("What happened on March 5th, 2026?", today=TODAY)
    assert _shown(answer) == ["2026-03-05.md", "Hens.md"]
    assert answer.citations[1].quote.text == "## 2026-03-05\n\nBought straw."


def test_the_line_of_that_time_goes_first(journal: Library) -> None:
    for question, text in (
        ("How much was the roofer paid in March 2026?", "Paid the roofer 200 euros."),
        ("How much was the roofer paid yesterday?", "Paid the roofer 300 euros."),
    ):
        answer = journal.ask(question, today=TODAY)
        assert (answer.verdict, answer.citations[0].quote.text) == ("answered", text)


def test_a_day_that_has_no_note_is_not_another_note_s_yesterday(journal: Library, write: Write) -> None:
    write("2026-03-10.md", "Physio yesterday, and on Monday the dentist; a book for April.")
    journal.ingest()
    for question, day in (("What did I do yesterday?", "9 April 2026"), ("what did I do on Monday?", "6 April 2026")):
        answer = journal.ask(question, today="2026-04-10")
        assert (answer.verdict, answer.no_notes_of) == ("none", (day,))


def test_what_happened_is_asked_of_the_time_that_filters(journal: Library) -> None:
    answer = journal.ask("what did I do", filters=Filters(since=date(2026, 3, 1), until=date(2026, 3, 31)))
    assert (answer.verdict, _shown(answer)) == ("answered", ["2026-03-05.md", "Hens.md"])


def test_a_time_that_no_note_is_of_is_said(journal: Library) -> None:
    answer = journal.ask("What did I do on 7 May 2026?", today=TODAY)
    assert answer.verdict == "none"
    assert verdict_words(answer) == "This is not in your notes. None of your notes is of 7 May 2026."
    answer = journal.ask("How much was the roofer paid on 7 May 2026?", today=TODAY)
    assert answer.verdict != "answered"
    assert "None of your notes is of 7 May 2026." in verdict_words(answer)
    shown = answer_json(answer)
    assert shown["no_notes_of"] == ["7 May 2026"]
    assert shown["dates"] == [
        {
            "words": "on 7 May 2026",
            "ranges": [{"first": "2026-05-07", "last": "2026-05-07"}],
            "is_open_ended": False,
        }
    ]


def test_filters_leave_other_times_out_and_say_how_many_notes_have_none(
    journal: Library, write: Write, notes: Path
) -> None:
    write("Roofer.md", "The roofer was paid in cash.\n")
    journal.ingest([notes])
    since = Filters(since=date(2026, 4, 1))
    assert {hit.note.path for hit in journal.search("roofer", filters=since)} == {"notes/2026-04-01.md"}
    answer = journal.ask("Who built the pyramids?", filters=Filters(until=date(2026, 3, 31)))
    assert answer.notice == "Only notes until 31 March 2026 were searched. 1 note without a date was left out."
    with pytest.raises(UsageError, match="No indexed note has date since 1 May 2026"):
        journal.search("roofer", filters=Filters(since=date(2026, 5, 1)))
    for outside in (Filters(folder="deep", until=date(2026, 3, 31)), Filters(tag="hens", until=date(2026, 3, 31))):
        write("deep/2026-03-06.md", "The hens laid three eggs. #hens\n")
        journal.ingest([notes])
        answer = journal.ask("Who built the pyramids?", filters=outside)
        assert "without a date" not in answer.notice


@pytest.mark.parametrize("question", ["hens?", "How many notes do I have?"])
def test_a_time_that_ends_before_it_begins_is_refused_in_one_line(journal: Library, question: str) -> None:
    reversed_time = Filters(since=date(2026, 5, 1), until=date(2026, 3, 31))
    assert filters_words(reversed_time) == ("from 1 May 2026 to 31 March 2026",)
    with pytest.raises(UsageError, match="ends on 31 March 2026, before it begins on 1 May 2026"):
        journal.ask(question, filters=reversed_time)


def test_a_day_that_is_none_is_refused_in_one_line(journal: Library) -> None:
    with pytest.raises(UsageError, match="today='tomorrow' is no day"):
        journal.ask("hens?", today="tomorrow")


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("2026-03-01", None, "since 1 March 2026"),
        ("2026-03-02", None, "since 2 March 2026"),
        (None, "2026-02-28", "until 28 February 2026"),
        (None, "2026-02-27", "until 27 February 2026"),
        ("2026-03-01", "2026-03-31", "of March 2026"),
        ("2026-01-01", "2026-12-31", "of 2026"),
        ("2026-03-05", "2026-03-05", "of 5 March 2026"),
        ("2026-03-01", "2026-05-31", "from March 2026 to May 2026"),
        ("2026-03-01", "2026-05-30", "from 1 March 2026 to 30 May 2026"),
        ("2026-03-02", "2026-05-31", "from 2 March 2026 to 31 May 2026"),
    ],
)
def test_filters_are_told_in_words(since: str | None, until: str | None, words: str) -> None:
    days = (date.fromisoformat(day) if day else None for day in (since, until))
    assert filters_words(Filters("work", "#a/b", *days)) == ("in work", "tagged #a/b", words)
    assert filters_words(Filters()) == ()


def test_what_a_question_does_not_say_itself_of_what_was_searched_for_is_told() -> None:
    def told(question: str, searched_for: str = "") -> tuple[str, ...]:
        dates = tuple(find_dates(question, date(2026, 11, 25)))
        answer = Answer(question, "", (), "none", 0.0, "quotes", (), (), {}, searched_for or question, dates=dates)
        return searched_words(answer)

    assert told("Who is the plumber?") == ()
    assert told("And his number?", "And his number? (plumber)") == ("Searched for: And his number? (plumber)",)
    assert told("What did I do last week?") == ("“last week” is taken as 16 November 2026 to 22 November 2026.",)
    assert told("What was on 7 May 2026?") == ()
