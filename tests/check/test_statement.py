"""What a check reads in a text: names, amounts, limiting words, clauses, in their order."""

from __future__ import annotations

import pytest

from rag_bot.check.dates import Clock, Day
from rag_bot.check.limits import ABOUT, ALL, IF, MAY, NEGATION, ONLY, PLAN, SOME
from rag_bot.check.numbers import Number
from rag_bot.check.statement import Statement, read_statement

LANGUAGES = ("english", "french", "german", "italian", "spanish", "dutch")


def read(text: str, *languages: str) -> Statement:
    return read_statement(text, languages or ("english",))


def names(text: str, *languages: str) -> list[str]:
    return [item.text for item in read(text, *languages).items if item.name]


def limits(text: str, *languages: str) -> set[str]:
    return {kind for kind, _ in read(text, *languages).limits}


def test_a_sentence_is_its_words_names_and_amounts_in_their_order() -> None:
    items = read("On 3 October 2024 Anna paid €120 for two doors at 7:30 pm.").items
    assert [item.text for item in items] == ["3 October 2024", "Anna", "paid", "€120", "2", "doors", "7:30 pm."]
    assert [type(item.value) for item in items if item.value] == [Day, Number, Number, Clock]


def test_markdown_is_not_read_and_what_is_struck_out_is_not_said() -> None:
    text = "- **Rent**: ~~900~~ [1,000](https://example.org/900) for the `flat`"
    assert [item.text for item in read(text).items] == ["Rent", "1,000", "flat"]


@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        ("The talk of Jason Wei at OpenAI.", ("english",), ["Jason", "Wei", "OpenAI"]),
        ("Sandra asked the neighbours.", ("english",), ["Sandra"]),
        ("Neighbours asked.", ("english",), []),
        ("He said I'm late and You've paid.", ("english",), []),
        ("You asked Mr Tapley and Sandra's aunt.", ("english",), ["Tapley", "Sandra's"]),
        ("Ask anna@example.org.", ("english",), ["anna@example.org"]),
        (
            "It is in /mnt/vault, see https://example.org/a?b=1.",
            ("english",),
            ["/mnt/vault", "https://example.org/a?b=1"],
        ),
        ("3/4 of it and/or more", ("english",), []),
        ("L'eau de l'Allemagne est à vous.", ("english", "french"), ["Allemagne"]),
        ("See GPT4 and x86.", ("english",), ["GPT4", "x86"]),
        ("Der Schrank steht im Keller von Frau Öztürk.", ("english", "german"), ["Öztürk"]),
        ("Les clés sont chez Amélie à Lyon.", ("english", "french"), ["Amélie", "Lyon"]),
    ],
)
def test_names_and_codes_are_told_from_words(text: str, languages: tuple[str, ...], expected: list[str]) -> None:
    assert names(text, *languages) == expected


@pytest.mark.parametrize(
    ("line", "sentence", "says"),
    [
        ("Anna's view", "Anna", True),
        ("He renewed the passports.", "renew", True),
        ("the renewal", "renewed", True),
        ("die Verträge", "Vertrag", True),
        ("les chevaux", "cheval", True),
        ("Herrn Krause", "Herr", True),
        ("we asked John", "Johnson", False),
        ("the cat", "dog", False),
        ("we asked Lea", "Leo", False),
        ("café", "cafe", True),
        ("cafe\u0301", "café", True),  # composed and decomposed letters
    ],
)
def test_a_word_is_said_by_its_inflections_and_a_name_by_itself(line: str, sentence: str, says: bool) -> None:
    (item,) = read(sentence, *LANGUAGES).items
    assert any(item.says(other) for other in read(line, *LANGUAGES).items) is says


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The slides are not out.", {NEGATION}),
        ("They don't open.", {NEGATION}),
        ("Only Paul swims.", {ONLY}),
        ("All guests came.", {ALL}),
        ("Most guests came.", {SOME}),
        ("She might come.", {MAY}),
        ("We plan to move.", {PLAN}),
        ("- [ ] call the bank", {PLAN}),
        ("- [x] call the bank", set()),
        ("It costs about 30.", {ABOUT}),
        ("A note about Rome, a town.", set()),
        ("A falls, as a rule, when the pool is open.", {IF}),  # words that limit in other languages
        ("Closed if it rains.", {IF}),
        ("Das ist nicht alles.", {NEGATION, ALL}),
        ("Il ne vient jamais.", {NEGATION}),
        ("Solo los lunes, no los martes.", {ONLY, NEGATION}),
        ("Non viene mai nessuno.", {NEGATION}),
        ("Misschien komt niemand.", {MAY, NEGATION}),
    ],
)
def test_words_that_limit_are_found_by_class(text: str, expected: set[str]) -> None:
    assert limits(text, *LANGUAGES) == expected


def test_limits_belong_to_their_clause() -> None:
    statement = read("The pool opens soon. The sauna is not warm: no heat.")
    assert [clause for kind, clause in statement.limits if kind == NEGATION] == [1, 2]
    assert [item.clause for item in statement.items] == [0, 0, 0, 1, 1, 2]


def test_scripts_without_spaces_become_pairs_of_characters() -> None:
    items = read("会議室は三階").items
    assert [item.text for item in items][:2] == ["会議", "議室"]
    assert read("3月5日に会議").items[0].value == Day(month=3, day=5)


def test_a_text_of_marks_alone_has_no_items() -> None:
    for text in ("", " ", "***", "—", "> [!note]", "~~gone~~"):
        assert not [item for item in read(text).items if item.text != "note"]
