"""Questions about the notes as a whole are answered with the right total, and cite the lines that were counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from rag_bot import Answer, Filters, Library
from rag_bot.output import answer_json, answer_text
from rag_bot.ui.chat.answer_view import whole_answer
from tests.llm.scripted import scripted
from tests.query.prose.test_author import script_of

NOTES = {
    "Bees/Hive.md": "---\ntags: [bees]\n---\nThe bees are calm.\n",
    "Bees/Feeding.md": "# Spring\nSugar and water, 1 to 1.\n\n# Autumn\nSugar and water, 3 to 2.\n",
    "Daily/2026-03-05.md": "Saw bees.\n\n- [ ] order jars 📅 2026-04-01\n- [x] pay the fee ✅ 2026-03-05\n",
    "Daily/2026-03-09.md": "Rain all day.\n\n- [ ] mend the boat's oar\n",
    "Boat.md": "## To do\n- [ ] tar 📅 2026-05-01\n- [ ] canvas\n",
    "Rules 2025.md": "- The fee is 45 euros.\n- No dogs.\n- Water in the morning.\n",
    "Rules 2026.md": "- The fee is 52 euros.\n- No dogs.\n- Water in the morning.\n",
}


@pytest.fixture
def ask(library: Library, notes: Path, write: Callable[..., Path]) -> Callable[..., Answer]:
    for name, text in NOTES.items():
        write(name, text)
    library.ingest([notes])
    return lambda question, **more: library.ask(question, today=date(2026, 4, 12), **more)


def _cited(answer: Answer) -> list[str]:
    return [citation.quote.location.removeprefix("notes/") for citation in answer.citations]


def test_notes_about_a_topic_are_counted_and_it_is_said_how_each_is_about_it(ask: Callable[..., Answer]) -> None:
    answer = ask("How many notes are about bees?")
    assert answer.total == 2
    assert answer.statement == (
        "You have 2 notes about “bees”. 1 is tagged #bees, 2 are in the folder bees. 1 more mentions it."
    )
    assert _cited(answer) == ["Bees/Feeding.md:2", "Bees/Hive.md:4", "Daily/2026-03-05.md:1"]
    assert answer.verdict == "answered"
    assert answer_json(answer)["total"] == 2


def test_a_sort_of_notes_are_those_that_are_tagged_filed_or_named_so(ask: Callable[..., Answer]) -> None:
    assert _cited(ask("How many daily notes do I have from March 2026?")) == [
        "Daily/2026-03-05.md:1",
        "Daily/2026-03-09.md:1",
    ]
    assert ask("Which of my notes are rules?").statement == "You have 2 notes named “rules”."
    assert ask("How many boats do I have notes on?").statement == "You have 1 note named “boats”."
    assert ask("list every note where I wrote down the moon").statement == "You have no note mentioning “moon”."


def test_fields_and_languages_of_notes(library: Library, notes: Path, write: Callable[..., Path]) -> None:
    write("Monday.md", "- weight:: 81.2\n")
    write("Montag.md", "Wir haben heute nicht auf das Gewicht geachtet, aber es war ein guter Tag und wir sind froh.\n")
    write("Gym.md", "A weight fell on my toe.\n")
    library.ingest([notes])
    answer = library.ask("list every note where I wrote down my weight")
    assert answer.statement == "You have 1 note about “weight”. 1 is with the field weight. 1 more mentions it."
    assert _cited(answer) == ["Monday.md:1", "Gym.md:1"]
    assert _cited(library.ask("How many notes are in German?")) == ["Montag.md:1"]


def test_a_follow_up_narrows_the_question_before_it(ask: Callable[..., Answer]) -> None:
    open_tasks = ["What are my open tasks?"]
    overdue = ask("and overdue ones?", earlier=open_tasks)
    assert (overdue.total, overdue.searched_for) == (1, "What are my open tasks overdue")
    assert ask("only in Daily?", earlier=[*open_tasks, "and overdue ones?"]).total == 1
    assert ask("and in May 2026?", earlier=["What is due in April 2026?"]).total == 1
    assert ask("and what does the boat cost?", earlier=open_tasks).statement == ""
    assert ask("and in autumn?", earlier=["Summarise the note Feeding"]).statement == ""


def test_of_two_ways_to_understand_a_time_the_one_that_was_found_is_named(ask: Callable[..., Answer]) -> None:
    assert ask("Which tasks are due in May?").statement == "You have 1 open task due May 2026."


def test_filters_hold_and_none_is_an_answer(ask: Callable[..., Answer]) -> None:
    assert ask("How many notes mention bees?", filters=Filters(folder="Daily")).total == 1
    nothing = ask("How many notes mention quasars?")
    assert (nothing.total, nothing.verdict) == (0, "none")
    assert nothing.statement == "You have no note mentioning “quasars”."


def test_tasks_are_counted_by_day_and_topic(ask: Callable[..., Answer]) -> None:
    every = ask("What are my open tasks?")
    assert every.statement == "You have 4 open tasks. 1 is overdue. The next is due 2026-05-01."
    assert _cited(every) == ["Daily/2026-03-05.md:3", "Boat.md:2", "Boat.md:3", "Daily/2026-03-09.md:3"]
    assert every.citations[0].quote.text == "- [ ] order jars 📅 2026-04-01"
    assert _cited(ask("What is still open for the boat?")) == ["Boat.md:2", "Boat.md:3", "Daily/2026-03-09.md:3"]
    assert _cited(ask("Which tasks did I finish in March 2026?")) == ["Daily/2026-03-05.md:4"]


def test_what_no_task_is_about_is_answered_as_any_other_question(ask: Callable[..., Answer]) -> None:
    assert ask("What is still open for the quasar?").statement == ""


def test_a_renamed_note_takes_its_tasks_along(ask: Callable[..., Answer], library: Library, notes: Path) -> None:
    ask("What are my open tasks?")
    (notes / "Boat.md").rename(notes / "Currach.md")
    assert library.ingest().chunks_embedded == 0
    assert _cited(ask("What is still open for the currach?")) == ["Currach.md:2", "Currach.md:3"]


def test_notes_of_a_time_and_the_newest(ask: Callable[..., Answer]) -> None:
    assert ask("How many notes have I written since 2026-03-06?").total == 1  # a note of a whole year is of no day
    assert ask("List all notes from 2026").total == 3
    assert _cited(ask("my 2 latest notes in Daily")) == ["Daily/2026-03-09.md:1", "Daily/2026-03-05.md:1"]


def test_a_note_is_summarised_in_its_own_lines(ask: Callable[..., Answer]) -> None:
    answer = ask("Summarise the note Feeding")
    assert [citation.quote.text for citation in answer.citations] == [
        "Sugar and water, 1 to 1.",
        "Sugar and water, 3 to 2.",
    ]


def test_two_notes_are_compared_side_by_side(ask: Callable[..., Answer]) -> None:
    answer = ask("Compare Rules 2025 and 2026")
    assert answer.statement == (
        "“Rules 2025” and “Rules 2026” have 2 lines in common; only in the first: 1, only in the second: 1."
    )
    assert _cited(answer) == ["Rules 2025.md:1", "Rules 2026.md:1"]


def test_a_model_writes_summaries_of_the_whole_note_and_is_not_asked_to_count(ask: Callable[..., Answer]) -> None:
    model = scripted("Sugar and water, 3 to 2 [1].")
    counted = ask("How many notes do I have?", llm=model)
    assert (counted.statement, counted.mode) == ("You have 7 notes.", "quotes")
    written = ask("Summarise the note Feeding", llm=model)
    assert (written.mode, written.statement) == ("prose", "")
    assert "Bees/Feeding.md:5" in _cited(written)
    assert script_of(model).asked[0][-1].text.count("Sugar and water") == 2


def test_a_long_list_is_cited_whole_and_shown_in_parts(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write("many.md", "".join(f"- [ ] task {number}\n" for number in range(30)))
    library.ingest([notes])
    answer = library.ask("What are my open tasks?")
    assert (answer.total, len(answer.citations)) == (30, 30)
    printed = StringIO()
    Console(file=printed, width=100).print(answer_text(answer))
    shown = printed.getvalue()
    assert "task 19" in shown
    assert "task 20" not in shown
    assert "… and 10 more" in shown
    html = whole_answer(answer, ())
    assert "Show 10 more" in html
    assert "You have 30 open tasks." in html


def test_a_short_note_is_shown_whole_and_a_long_one_by_its_sections(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write(
        "Back.md",
        "Exercises, daily:\n1. cat-cow\n2. bird dog\n\n![[spine.png|400]]\n\n| day | sets |\n|---|---|\n| Mon | 3 |\n",
    )
    write("Embeds.md", "See:\n\n![[Back#^none]]\n\n![[Key#^code]]\n")
    write("Key.md", "Old: 1 2 3\n\nThe code is 4711 ^code\n")
    more = "more\n\n" * 22
    write("Long.md", "".join(f"# Part {part}\n\nfirst of {part}\n\n{more}" for part in range(20)))
    write("a/Index.md", "one\n")
    write("b/Index.md", "two\n")
    write("Blank.md", "\n")
    library.ingest([notes])

    def told(question: str) -> tuple[str, list[str]]:
        answer = library.ask(question)
        return answer.statement, [citation.quote.text for citation in answer.citations]

    statement, quotes = told("Summarise the note Back")
    assert statement == "“Back” (notes/Back.md) in its own words:"
    assert quotes == ["Exercises, daily:\n1. cat-cow\n2. bird dog", "| day | sets |\n|---|---|\n| Mon | 3 |"]
    assert told("open Embeds")[1][-1] == "The code is 4711 ^code"
    statement, quotes = told("What does my note Long say?")
    assert statement == "“Part 0” (notes/Long.md) is long: this is how the first 12 of its 20 sections begin:"
    assert quotes[0] == "first of 0\n\nmore\n\nmore"
    assert library.ask("open long boats").statement == ""
    assert "is called so too) in its own words" in told("Summarise the note Index")[0]
    write("Twice.md", "# Day\n## Log\nrain\n## Plan\nhoe\n## Log\n> [!tip] Sun\n> at last\n- a\n  - b\n")
    library.ingest()
    assert told("Summarise the note Twice")[1] == ["rain", "hoe", "> [!tip] Sun\n> at last\n- a\n  - b"]
    assert told("Summarise the note Blank") == ("“Blank” (notes/Blank.md) is empty.", [])
    assert told("Summarise the note Quasar") == ("No note is called “Quasar”.", [])


def test_three_notes_are_compared_what_begins_alike_together(
    ask: Callable[..., Answer], write: Callable[..., Path], library: Library
) -> None:
    write("Rules 2027.md", "- Dogs on a lead.\n- The fee is 60 euros.\n- Water in the morning.\n")
    library.ingest()
    answer = ask("Compare Rules 2025, Rules 2026 and Rules 2027")
    assert answer.statement.startswith("“Rules 2025”, “Rules 2026” and “Rules 2027” have 1 line in common")
    assert _cited(answer)[:3] == ["Rules 2025.md:1", "Rules 2026.md:1", "Rules 2027.md:2"]


def test_a_counted_note_is_shown_by_a_line_that_says_something(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write("Diary/One.md", "# One\n![[x.png|400]]\nsleep:: 6.5\n| a | b |\n|---|---|\n\nSlept badly. #night\n")
    write("Diary/Two.md", "sleep:: 7\n")
    library.ingest([notes])
    assert _cited(library.ask("List all notes in Diary")) == ["Diary/One.md:7", "Diary/Two.md:1"]
    number = library.ask("How many notes are there?")
    printed = StringIO()
    Console(file=printed, width=100).print(answer_text(number))
    assert printed.getvalue().split("\n")[:2] == ["You have 2 notes.", "`rag-bot ask --all` lists them."]
    assert library.ask("my most recent note").statement == "None of your notes has a date, so none is the newest."
    tags = library.ask("Which tags do I use?")
    assert tags.statement == "You use 1 tag: #night (1)."
    assert tags.citations[0].quote.headings == ("#night (1)",)


def test_what_is_named_but_does_not_exist_is_said(ask: Callable[..., Answer]) -> None:
    assert ask("notes tagged bee").statement == "No note is tagged #bee; #bees has 1."
    assert ask("notes in the folder Hives").statement == "There is no folder “Hives”; your folders: Bees, Daily."
    assert ask("backlinks of Quasar").statement == "No note is called “Quasar”."
    assert ask("compare Feeding and Quasar").statement == "No note is called “Quasar”."
    assert ask("how many of my notes sparkle twice").statement.startswith("“sparkle twice” was not understood")
    assert ask("how many of my notes sparkle twice").abstained
    assert ask("which notes are tagged bees or work").statement == "No note is tagged #work."
    assert ask("my oldest note").total == 1
