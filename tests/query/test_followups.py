"""Follow-ups get their subject, misspelt words are mended, and what is well is left alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.query.followups import leans_back, reword, stand_alone

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
        "how long with the lid?",  # no verb
        "at what temperature?",
        "which oil for the brakes?",
        "who was absent?",  # no subject
        "and what was decided?",
        "who is the landlord?",  # known already
        "und die Kaution?",
        "Wo liegt er?",
        "Wieso das?",
        "was kostet das?",
        "Um wie viel Uhr?",
        "et pourquoi ?",
        "Où habite-t-elle ?",
        "À quelle heure ?",
        "qui était absent ?",
        "¿y dónde?",
        "¿y el segundo?",
        "¿Dónde está su consulta?",
        "¿a qué hora?",
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
        "How to bake bread with rye?",
        "Who was Napoleon?",
        "and who is Henrik?",
        "What is the best day for it in Norway in your notes, by the weather?",
        "Wann ist der Umzug nach Leipzig?",
        "Welchen Code hat das Schloss vom Fahrrad?",
        "Quand la réunion a-t-elle lieu en mars ?",
        "Combien a coûté la serre ?",
        "¿Qué toma la abuela por la noche?",
        "¿Quién es Carmen Laforet?",
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


def test_what_is_asked_of_a_subject_does_not_take_its_place() -> None:
    turns = ["When was the kickoff of Heron?", "who was absent?", "and what was decided?"]
    for count, question in enumerate([*turns[1:], "How much did it cost?"], start=1):
        assert stand_alone(question, turns[:count]) == f"{question} (kickoff Heron)"


def test_a_follow_up_about_several_people_takes_over_their_names_only() -> None:
    asked = "Where do Marta and Tomas live?"
    assert stand_alone("What is their cat called?", [asked]) == "What is their cat called? (Marta Tomas)"
    assert stand_alone("Is it far?", [asked]) == "Is it far? (Marta Tomas live)"


def test_the_newest_subject_replaces_one_that_the_notes_do_not_have_with_it(library: Library, write: Write) -> None:
    note = write("a.md", "# Flat\n\nMarta and Tomas live on the fourth floor. The rent is 900 euros, the deposit 1800.")
    write("b.md", "# Plants\n\nThe monstera is watered weekly, the orchid has a bath every ten days.")
    library.ingest([note.parent])

    def searched(*turns: str) -> str:
        return library.with_sources(lambda sources: reword(sources, turns[-1], turns[:-1]))

    live, monstera = "Where do Marta and Tomas live?", "What about the monstera?"
    assert searched(live, "and the rent?") == "and the rent? (Marta Tomas live)"
    assert searched(live, monstera) == monstera
    assert searched(live, monstera, "and the orchid?") == "and the orchid? (monstera)"
    assert searched(live, monstera, "how often is it watered?") == "how often is it watered? (monstera)"
    assert searched(live, "What about the weather in Paris?") == "What about the weather in Paris?"
    assert searched(live, "and who pays?") == "and who pays? (Marta Tomas live)"  # nothing speaks against it


def test_follow_ups_in_other_languages_carry_their_subject() -> None:
    asked = "¿Qué toma la abuela por la mañana?"
    assert stand_alone("¿y por la noche?", [asked]) == "¿y por la noche? (toma abuela)"
    assert stand_alone("und die Kaution?", ["Wie hoch ist die Miete?"]) == "und die Kaution? (Miete)"
    assert stand_alone("et la clé ?", ["Où se trouve le puits ?"]) == "et la clé ? (trouve puits)"


def test_a_word_of_another_language_is_no_mistake(library: Library, write: Write) -> None:
    note = write("a.md", "# Plans\n\nIn summer we want to sleep better. The landlord was there.")
    write("b.md", "# Pläne\n\nDer Vermieter ist am Montag da, und die Heizung wird repariert.")
    library.ingest([note.parent])
    for asked, searched in (
        ("Wo ist im Sommer der Markt?", "Wo ist im Sommer der Markt?"),
        ("Wann ist der Vermiter da?", "Wann ist der Vermieter da?"),
        ("When was the landlrod there?", "When was the landlord there?"),
    ):
        assert library.with_sources(partial(reword, question=asked)) == searched


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
    assert vault.with_sources(lambda sources: reword(sources, asked)) == searched


@pytest.mark.parametrize(
    "word",
    """Warum warum wieso weshalb wann welche gibt möchte sollen quand pourquoi depuis dónde cuándo según perché waarom
    hvorfor varför should without""".split(),
)
def test_words_that_ask_join_or_help_are_no_mistakes(library: Library, notes: Path, write: Write, word: str) -> None:
    near = [word[:place] + word[place + 1 :] for place in range(1, len(word))]
    write("a.md", f"Warm, warme Gifte; words such as {', '.join(near)}.")
    library.ingest([notes])
    assert library.with_sources(lambda sources: reword(sources, word)) == word


def test_an_answer_says_what_was_searched_for(vault: Library) -> None:
    answer = vault.ask("When does the landlrod want the rent?")
    assert answer.question == "When does the landlrod want the rent?"
    assert answer.searched_for == "When does the landlord want the rent?"
    assert "on the third" in answer.text
    follow_up = vault.ask("and who repairs it?", earlier=["Does the lift need repair?"])
    assert "husband repairs the lift" in follow_up.text
