"""What a question is about by name has to stand in the lines that answer it, or above them."""

from __future__ import annotations

import pytest

from rag_bot.query.anchors import anchors_of, missing_anchors


@pytest.mark.parametrize(
    ("question", "anchors"),
    [
        ("What is Pedro's phone number?", ["Pedro"]),
        ("What does RFC-0014 say of retries?", ["RFC-0014"]),
        ("what do i take for my knee?", []),
        ("Welche Augentropfen helfen bei meinem Heuschnupfen?", []),
        ("When did I meet Anna Berg in Lund?", ["Anna", "Berg", "Lund"]),
    ],
)
def test_names_identifiers_and_numbers(question: str, anchors: list[str]) -> None:
    assert anchors_of(question) == anchors


@pytest.mark.parametrize(
    ("anchor", "text"),
    [
        ("Pedro", "Pedro: 0151 2234"),
        ("Pedro", "the pedros meet at noon"),
        ("RFC-0014", "see rfc-0014, section 2"),
        ("Aldi", "the Aldi-bag"),
    ],
)
def test_an_anchor_stands_in_a_text_whatever_its_case(anchor: str, text: str) -> None:
    assert missing_anchors([anchor], [text]) == []


@pytest.mark.parametrize(("anchor", "text"), [("RFC-9999", "RFC-0014"), ("Ann", "Anna came"), ("12", "on 2012-05-30")])
def test_another_one_is_none(anchor: str, text: str) -> None:
    assert missing_anchors([anchor], [text]) == [anchor]
