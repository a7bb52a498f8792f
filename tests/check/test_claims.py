"""Lead-ins, questions and talk about the notes claim nothing; a verbatim sentence is found whatever is around it."""

from __future__ import annotations

import pytest

from rag_bot.check.claims import claims_nothing, is_yes_or_no, verbatim
from rag_bot.check.statement import Statement, read_statement

LANGUAGES = ("english", "french", "german", "spanish")


def read(text: str) -> Statement:
    return read_statement(text, LANGUAGES)


@pytest.mark.parametrize(
    "sentence",
    [
        "", "?", "***", "—", "📌", "According to your notes:", "Here is what your notes say about the slides:",
        "Where are the slides?", "Your notes say the following about the slides:", "## Slides:",
        "Would you like to know more about Anna?",
        "Your notes don't mention the slides.", "There is no answer in the notes.", "I hope this helps!",
        "Let me know.", "Here is a summary:", "Laut deinen Notizen:",
    ],
)  # fmt: skip
def test_a_lead_in_claims_nothing(sentence: str) -> None:
    assert claims_nothing(read(sentence), read("Where are the slides?"))


@pytest.mark.parametrize(
    "sentence",
    [
        "Yes.", "No.", "The answer is no.", "The slides are on Mars.", "Here are 3 notes:", "Not any more.", "Never.",
        "According to your notes, Anna:", "42", "The slides.", "Anna hat die Folien.",
    ],
)  # fmt: skip
def test_a_lead_in_with_a_claim_is_one(sentence: str) -> None:
    assert not claims_nothing(read(sentence), read("Where are the slides?"))


@pytest.mark.parametrize("sentence", ["Yes.", "No.", "The answer is no.", "Yes, certainly!", "Nein.", "Oui.", "Sí."])
def test_a_yes_or_no_is_told(sentence: str) -> None:
    assert is_yes_or_no(read(sentence))


@pytest.mark.parametrize("sentence", ["No dogs.", "There is no answer in the notes.", "Yes, Anna came.", "Slides"])
def test_more_than_a_yes_or_no_is_none(sentence: str) -> None:
    assert not is_yes_or_no(read(sentence))


LINES = ("- The rent is due on day 3. The deposit is **900** euros.", "> “Always knock twice.”", "三月八日は雨でした。")


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        ("The rent is due on day 3. The deposit is 900 euros.", 0),
        ("The deposit is 900 euros.", 0),
        ("the deposit is 900  euros", 0),
        ("\"The rent is due on day 3.\"", 0),
        ("Always knock twice.", 1),
        ("三月八日は雨でした", 2),
        ("The deposit is 901 euros.", None),
        ("The rent is due.", None),
        ("deposit is 900 euros", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_verbatim_sentence_is_found_but_for_marks_and_case(sentence: str, line: int | None) -> None:
    assert verbatim(read(sentence), [read(text) for text in LINES]) == line


def test_one_word_of_a_line_is_not_verbatim() -> None:
    assert verbatim(read("Closed."), [read("Closed. Call Anna before you come.")]) is None
    assert verbatim(read("Closed."), [read("Closed")]) == 0
