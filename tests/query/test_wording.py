"""Follow-ups get their subject, misspelt words are mended, and what is well is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.query.wording import corrected, leans_back, stand_alone

Write = Callable[..., Path]


@pytest.mark.parametrize(
    "question",
    [
        "and for large ones?",
        "Who said that?",
        "why?",
        "Is it expensive?",
        "what about the rent?",
        "or there?",
        "Can you give me an example of that?",
    ],
)
def test_questions_that_point_back_are_told(question: str) -> None:
    assert leans_back(question)


@pytest.mark.parametrize(
    "question",
    [
        "When is the rent due?",
        "open source community",
        "sourdough",
        "Which landlord said on the phone in May that the lift would be mended?",
        "Who founded Khoj?",
        "Is it raining in Berlin again this week?",
        "Is there a graph view?",
        "What is a callout?",
        "What are tags?",
    ],
)
def test_questions_that_stand_alone_are_left_alone(question: str) -> None:
    assert not leans_back(question)
    assert stand_alone(question, ["Does chain-of-thought help small models?"]) == question


def test_a_follow_up_carries_the_subject_of_the_questions_before_it() -> None:
    first, second = "Does chain-of-thought help small models?", "and for the others?"
    assert stand_alone(second, [first]) == "and for the others? (chain-of-thought help small models)"
    assert stand_alone("why is that?", [first, second]) == "why is that? (chain-of-thought help small models)"
    assert stand_alone("When is the rent due?", [first, second]) == "When is the rent due?"
    assert stand_alone(second, []) == second


def test_subjects_do_not_pile_up() -> None:
    turns = ["How do I contact support?", "Is there a graph view?", "What is a callout?", "How about hotkeys?"]
    assert stand_alone("can they be changed?", turns) == "can they be changed? (hotkeys callout)"


def test_how_much_is_asked_for_is_no_subject() -> None:
    assert stand_alone("And when can they do it?", ["How much will the garage take?"]).endswith("(garage take)")
    assert stand_alone("and who does?", ["How long is the fence?"]) == "and who does? (fence)"


def test_what_a_follow_up_contrasts_is_put_in_the_place_of_the_other() -> None:
    asked = "Why does chain-of-thought help large models only?"
    assert stand_alone("and for small ones?", [asked]) == "and for small ones? (chain-of-thought help models)"


@pytest.fixture
def vault(library: Library, notes: Path, write: Write) -> Library:
    write("a.md", "# Hyperparameters\n\nTuning hyperparameters is black magic; multimodality helps.")
    write("b.md", "The landlord wants the rent on the third. Her husband repairs the lift.")
    library.ingest([notes])
    return library


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("hyperparamters tunning", "hyperparameters tuning"),
        ("multimodailty", "multimodality"),
        ("wich day does the landlrod want the rent?", "wich day does the landlord want the rent?"),
        ("kitten vaccination", "kitten vaccination"),  # words that the model knows are spelt well
        ("GPT4 landlrod", "GPT4 landlord"),  # a word with digits is a name
        ("Landlrod", "Landlord"),
        ("bake a rnt", "bake a rnt"),  # short words have too many neighbours
        ("the rnet of the lamdlord", "the rent of the landlord"),
        ("zzyzx road", "zzyzx road"),  # nothing is near
        ("the and rent", "the and rent"),
    ],
)
def test_misspelt_words_are_spelt_as_the_notes_do(vault: Library, asked: str, searched: str) -> None:
    assert vault.asked(lambda sources: corrected(sources, asked)) == searched


def test_an_answer_says_what_was_searched_for(vault: Library) -> None:
    answer = vault.ask("When does the landlrod want the rent?")
    assert answer.question == "When does the landlrod want the rent?"
    assert answer.searched_for == "When does the landlord want the rent?"
    assert "on the third" in answer.text
    follow_up = vault.ask("and who repairs it?", earlier=["Does the lift need repair?"])
    assert "husband repairs the lift" in follow_up.text
