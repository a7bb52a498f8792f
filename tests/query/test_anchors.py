"""What a question is about by name has to stand in the lines that answer it, or above them."""

from __future__ import annotations

from datetime import date

import pytest

from rag_bot.query.anchors import anchors_of, missing_anchors

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("question", "anchors"),
    [
        ("What is Pedro's phone number?", ["Pedro"]),
        ("What does RFC-0014 say of retries?", ["RFC-0014"]),
        ("How much was the rent in 2025?", ["2025"]),
        ("Who comes to next year's meeting?", ["2027"]),
        ("what do i take for my knee?", []),
        ("Welche Augentropfen helfen bei meinem Heuschnupfen?", []),
        ("When did I meet Anna Berg in Lund?", ["Anna", "Berg", "Lund"]),
    ],
)
def test_names_identifiers_numbers_and_years_in_words(question: str, anchors: list[str]) -> None:
    assert anchors_of(question, TODAY) == anchors


@pytest.mark.parametrize(
    ("anchor", "text"),
    [
        ("Pedro", "Pedro: 0151 2234"),
        ("Pedro", "the pedros meet at noon"),
        ("RFC-0014", "see rfc-0014, section 2"),
        ("March", "Daily/2026-03-14.md"),
        ("2026", "Daily/2026-03-14.md"),
        ("14", "20260314 standup"),
        ("Aldi", "the Aldi-bag"),
    ],
)
def test_an_anchor_stands_in_a_text_whatever_its_case_and_dates_count_in_words(anchor: str, text: str) -> None:
    assert missing_anchors([anchor], [text]) == []


@pytest.mark.parametrize(("anchor", "text"), [("RFC-9999", "RFC-0014"), ("Ann", "Anna came"), ("12", "on 2012-05-30")])
def test_another_one_is_none(anchor: str, text: str) -> None:
    assert missing_anchors([anchor], [text]) == [anchor]
