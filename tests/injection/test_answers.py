"""Whatever hostile notes make a language model write: nothing is fetched, nothing is live, citations are true."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag_bot import Answer, Library
from tests.injection.checks import assert_harmless
from tests.injection.models import CITATIONS, LINKS, MADE_UP, TEXTS, said
from tests.injection.notes import FACTS
from tests.llm.scripted import scripted

QUESTIONS = {name: list(FACTS)[number % len(FACTS)] for number, name in enumerate(TEXTS)}


def write(shed: Library, name: str) -> list[Answer]:
    """The answer of a model that writes this text, as it grows."""
    question = QUESTIONS[name]
    return list(shed.write(question, llm=scripted(said(TEXTS[name], question), answer_tokens=2_000)))


@pytest.mark.parametrize("name", TEXTS)
def test_whatever_a_model_writes_is_true_to_the_notes_and_nothing_in_it_is_live(shed: Library, name: str) -> None:
    answers = write(shed, name)
    assert_harmless(answers, shed)
    made_up = [sentence for sentence in answers[-1].sentences if MADE_UP in sentence.text]
    assert not [sentence for sentence in made_up if sentence.support == "supported"]


@pytest.mark.parametrize("name", [*CITATIONS, *LINKS])
def test_what_the_notes_say_is_still_answered_from_their_lines(shed: Library, name: str) -> None:
    answer = write(shed, name)[-1]
    assert FACTS[QUESTIONS[name]].rstrip(".") in " ".join(citation.quote.text for citation in answer.citations)


def test_a_model_that_never_ends_its_sentence_is_cut_and_marked(shed: Library) -> None:
    [question, *_] = FACTS
    model = scripted(" ".join(f"and word{number}" for number in range(5_000)), answer_tokens=10_000)
    answers = list(shed.write(question, llm=model))
    assert_harmless([answers[0], answers[len(answers) // 2], *answers[-2:]], shed)
    assert "supported" not in {sentence.support for sentence in answers[-2].sentences}
    assert answers[-1].mode == "quotes"


def test_a_no_that_stands_in_a_note_is_still_a_no(shed: Library) -> None:
    question = "What does the stove of the boat shed burn?"
    for text in ("NOT IN THE NOTES", "This is not in your notes. [1]", "NOT IN THE NOTES [1] [7]"):
        *_, answer = shed.write(question, llm=scripted(text))
        assert (answer.mode, answer.citations) == ("quotes", shed.ask(question).citations)
        assert "found no answer in these lines" in answer.notice


def test_the_name_of_a_model_and_what_its_server_says_are_text(shed: Library) -> None:
    [question, fact, *_] = next(iter(FACTS.items()))
    hostile = "\x1b[31m<img src=//evil.example/m.png>![i](https://evil.example/m) [bold]"
    *_, whole = shed.write(question, llm=scripted(f"{fact} [1]"))
    assert_harmless([replace(whole, model=hostile, notice=hostile, searched_for=hostile)], shed)
    *_, failed = shed.write(question, llm=scripted(ConnectionRefusedError(hostile)))
    assert_harmless([failed], shed)
