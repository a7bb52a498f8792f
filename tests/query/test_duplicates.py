"""Copies are one where they agree, and told apart where they differ in what matters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.query.duplicates import agree, differences

LONG = "The members pay this fee for the season at the beginning of the year, by transfer to the treasurer: "


@pytest.mark.parametrize(
    ("text", "other", "are_alike"),
    [
        ("The fee is 7.50 euros.", "The fee is 7.50 euros. Pay early.", True),
        ("The fee is 7.50 euros.", "The fee is 6.90 euros.", False),
        ("Anna has the keys.", "Tom has the keys.", False),
        ("We may park there.", "We may not park there.", False),
        ("we don't park there", "we park there", False),
        ("due 2026-01-02", "due 2025-01-02", False),
    ],
)
def test_texts_agree_in_numbers_names_dates_and_negation(text: str, other: str, are_alike: bool) -> None:
    assert agree(text, other) == are_alike
    assert agree(other, text) == are_alike


def test_lines_of_two_notes_that_differ_in_a_number_are_told_the_newest_first() -> None:
    old, new = "Prices: The honey costs 6.90 a jar", "Prices: The honey costs 7.50 a jar"
    assert differences([(old, "a.md", "2024"), (new, "b.md", "2025"), ("Something else", "c.md", "")]) == [
        ([1, 0], ["7.50", "6.90"])
    ]


def test_lines_of_one_note_and_lines_of_few_words_are_no_contradiction() -> None:
    assert differences([("The honey costs 6.90 a jar", "a.md", ""), ("The honey costs 7.50 a jar", "a.md", "")]) == []
    assert differences([("port: 80", "a.md", ""), ("port: 81", "b.md", "")]) == []


def test_passages_that_differ_in_a_number_are_both_found(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write("2025.md", f"{LONG}6.90")
    write("2026.md", f"{LONG}7.50")
    write("copy of 2026.md", f"{LONG}7.50")
    library.ingest([notes])
    hits = library.search("Which fee do the members pay?")
    assert sorted(hit.chunk.text[-4:] for hit in hits) == ["6.90", "7.50"]
    answer = library.ask("Which fee do the members pay?")
    (difference,) = answer.differences
    assert (difference.citations, difference.words, difference.dates) == ((1, 2), ("7.50", "6.90"), ("2026", "2025"))
