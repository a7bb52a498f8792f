"""Questions to begin with: how they are worded, and that the notes answer them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.records import Chunk
from rag_bot.ui.syncing.example_questions import ExampleQuestions, question_of
from tests.ui.conftest import eventually

Write = Callable[..., Path]


def chunk(text: str, *headings: str) -> Chunk:
    return Chunk("k", "n/a.md", 0, headings, "", text, 0, len(text), 1, 1)


ENGLISH = "We met at the bakery and talked about the flat and what it will cost, custom domains, and using pipes."


@pytest.mark.parametrize(
    ("title", "text", "question"),
    [
        ("Lisbon", ENGLISH, "What did I note about Lisbon?"),
        ("Custom domains", ENGLISH, "What did I note about custom domains?"),
        ("Using pipes with jq", ENGLISH, "What did I note about using pipes with jq?"),
        ("Being Mortal", ENGLISH, "What did I note about Being Mortal?"),
        ("A Tale Of Two Cities", ENGLISH, "What did I note about “A Tale Of Two Cities”?"),
        ("Why is the sky blue?", ENGLISH, "Why is the sky blue?"),
        ("How to bleed a radiator", ENGLISH, "How do I bleed a radiator?"),
        ("Rename Your Vault", ENGLISH, "How do I rename my Vault?"),
        ("Import the old notes", ENGLISH, "How do I import the old notes?"),
        ("Import rules of thumb", ENGLISH, "What did I note about Import rules of thumb?"),
        (
            "Heuschnupfen",
            "Das Mittel hilft mir nicht, weil es die Augen müde macht.",
            "Was habe ich über Heuschnupfen notiert?",
        ),
        (
            "日記",
            "今日は友だちと図書館へ行って、日本語を勉強しました。とても楽しかったです。",
            "日記について何を書きましたか？",
        ),
    ],
)
def test_a_name_becomes_a_question_in_the_language_of_its_note(title: str, text: str, question: str) -> None:
    assert question_of(title, [chunk(text)]) == question


@pytest.mark.parametrize(
    "title",
    ["2026-03-14 Standup", "14.03.2026", "README", "Untitled 2", "Index", "ab", "x" * 80, "`code()`", "[[a]] b"],
)
def test_a_name_that_says_nothing_becomes_none(title: str) -> None:
    assert question_of(title, [chunk(ENGLISH)]) == ""


def test_a_heading_that_says_how_is_asked_about_where_one_is_wanted() -> None:
    chunks = [chunk(ENGLISH, "Plans"), chunk(ENGLISH, "Plans", "Create a new remote vault")]
    assert question_of("Plans", chunks) == "What did I note about Plans?"
    assert question_of("Plans", chunks, by_heading=True) == "How do I create a new remote vault?"


def test_only_questions_that_begin_with_their_own_note_are_found_and_they_go_with_it(
    library: Library, notes: Path, write: Write
) -> None:
    write("tram.md", "# The night tram\n\nThe night tram leaves at two from the harbour.\n")
    ferry = write("ferry.md", "# Ferry to Brač\n\nThe ferry to Brač costs nine euros for a car.\n")
    write("empty.md", "# Nothing here\n")
    library.ingest([notes])
    examples = ExampleQuestions(library)
    both = {"What did I note about the night tram?", "What did I note about Ferry to Brač?"}
    eventually(lambda: {*examples.now(library.generation())} == both)
    answers = [library.ask(question) for question in both]
    assert {answer.citations[0].quote.note_path for answer in answers} == {"notes/tram.md", "notes/ferry.md"}
    assert not any(answer.abstained for answer in answers)
    ferry.unlink()
    library.ingest([notes], on_loss="remove")
    eventually(lambda: examples.now(library.generation()) == ("What did I note about the night tram?",))
    examples.close()
    assert examples.now("another") == ("What did I note about the night tram?",)
