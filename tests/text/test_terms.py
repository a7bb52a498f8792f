"""Words are spelled as their language does it, and scripts without spaces are found by pairs of characters."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from rag_bot.store.bm25 import WordIndex
from rag_bot.text.terms import content_terms, detect, language_of, passage_terms, words_of

TEXTS = {
    "english": "The rent is due on the third, and the landlord lives next door.",
    "german": "Die Miete ist am Dritten fällig, und der Vermieter wohnt nebenan. Häuser sind teuer.",
    "spanish": "El alquiler vence el día tres y el dueño vive al lado. Las estimaciones de la obra son altas.",
    "french": "Le loyer est dû le trois du mois et le propriétaire habite à côté avec ses enfants.",
    "russian": "Аренда должна быть оплачена третьего числа, и хозяин живёт рядом с нами.",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_the_language_of_a_text_is_told_by_its_stop_words(language: str, text: str) -> None:
    assert detect(words_of(text)) == language
    assert passage_terms(text)[1] == language


@pytest.mark.parametrize("text", ["", "zebra", "def de(x): return le", "die hard", "naïve café"])
def test_little_text_counts_as_english(text: str) -> None:
    assert detect(words_of(text)) == "english"


def test_pairs_of_characters_stand_for_the_words_of_scripts_without_spaces() -> None:
    assert words_of("训练数据 GPU") == ["训练", "练数", "数据", "gpu"]
    assert passage_terms("猫 黑猫")[0] == ["猫", "黑猫", "黑", "猫"]


def test_stop_words_of_the_question_s_language_are_left_out() -> None:
    assert content_terms("Wann ist die Miete fällig?", ("english", "german")) == [("miet",), ("fallig",)]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Wie viele Haus?", "german"),
        ("estimación de la obra", "spanish"),
        ("rents", "english"),
        ("хозяином", "russian"),
        ("propriétaires", "french"),
        ("数据", "chinese"),
        ("ремонт zebra", None),
    ],
)
def test_each_language_is_found_by_its_own_word_forms(tmp_path: Path, question: str, found: str | None) -> None:
    words = WordIndex.open(tmp_path, create=True)
    words.update([*TEXTS.items(), ("chinese", "模型的训练数据很多")])
    assert [key for key, _ in words.query(question, 1)] == ([found] if found else [])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("健太さんはどこに住んでいますか。", "japanese"),
        ("서울에서 누구를 만났어요?", "korean"),
        ("法国的首都是哪里？", "chinese"),
        ("Ποιος έφερε το κλειδί;", "greek"),
        ("was kostet das?", "german"),
        ("et pourquoi ?", "french"),
        ("¿y dónde?", "spanish"),
        ("and what was it?", "english"),
        ("What does 猫 mean?", "english"),
    ],
)
def test_the_language_of_a_question_is_told_by_its_script_or_its_grammar(text: str, language: str) -> None:
    assert language_of(text, telling=2) == language


def test_names_alone_tell_no_language() -> None:
    assert language_of("Rey album Samstagsmarkt", telling=1) == ""


def test_korean_words_are_found_without_their_particles() -> None:
    assert words_of("서울에서는 부산으로") == words_of("서울 부산") == ["서울", "부산"]
    assert "서울" in passage_terms("서울에서")[0]


def test_composed_and_decomposed_letters_are_the_same_words() -> None:
    text = "Café Zoë, がん検診, 부산에서"
    decomposed = unicodedata.normalize("NFD", text)
    assert words_of(decomposed) == words_of(text)
    assert passage_terms(decomposed) == passage_terms(text)
