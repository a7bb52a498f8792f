"""A model's version of a follow-up is used only where it adds nothing of its own."""

from __future__ import annotations

import pytest

from rag_bot import Turn
from rag_bot.query.prose.rewriting import rewrite
from rag_bot.settings import LlmSettings
from tests.llm.scripted import ScriptedModel, scripted

TALK = (
    Turn("What was the black magic of AI five years ago?", "The black magic of AI was hyperparameter tuning."),
    Turn("What share of the BIG-Bench tasks stays flat?", "22% of the BIG-Bench tasks stay flat."),
)


def version_of(question: str, written: str | BaseException, turns: tuple[Turn, ...] = TALK) -> str:
    return rewrite(scripted(written), LlmSettings(), question, turns)


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("And what is it now?", "What is the black magic of AI now?"),
        ("what about the ones that go up?", "Which BIG-Bench tasks go up?"),
        ("why is that?", "Why do 22% of the BIG-Bench tasks stay flat?"),
    ],
)
def test_a_version_in_the_words_of_the_conversation_is_used(question: str, written: str) -> None:
    assert version_of(question, written) == written
    assert version_of(question, f'  "{written}"\nI hope this helps!') == written


@pytest.mark.parametrize(
    "written",
    [
        "",
        "And what is it now?",
        "What is the black magic of quantum computing now?",
        "Sure, here is the question",
        "What? " * 100,
        ConnectionRefusedError("nobody there"),
    ],
)
def test_any_other_version_is_left_to_the_rules(written: str | BaseException) -> None:
    assert version_of("And what is it now?", written) == ""


def test_a_version_that_loses_what_was_asked_is_left_to_the_rules() -> None:
    assert version_of("what about the ones that go up?", "What share of the BIG-Bench tasks stays flat?") == ""


def test_a_question_that_stands_alone_and_the_first_one_are_not_sent_to_a_model() -> None:
    model = scripted("x")
    assert rewrite(model, LlmSettings(), "How large were AI projects five years ago?", TALK) == ""
    assert rewrite(model, LlmSettings(), "And what is it now?", ()) == ""
    script = model.llm
    assert isinstance(script, ScriptedModel)
    assert script.asked == []
