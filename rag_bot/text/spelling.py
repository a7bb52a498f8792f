"""Misspelt words of a question, as the notes spell them; and the words that carry grammar, which are never misspelt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

from rapidfuzz.distance import OSA

from rag_bot.text.terms import LANGUAGES, is_stop_word, words_of

_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")  # letters only: `RFC-14` and `b12` are names, not words
SHORTEST_CORRECTED = 4  # letters; set by hand
ANY_MISTAKE_FROM = 6  # letters, set by hand; a shorter word with one letter exchanged is more often another word
TWO_MISTAKES_FROM = 12  # letters, set by hand; else it is more often another word than a mistake

# What is in none of Tantivy's lists, and not whole in the vocabulary of an English model either.
_MORE = frozenset(
    """
    bevor dass darf dürfen gestern gibt heißt heute immer jemand kannst macht mehr morgen möchte müssen müsste nachdem
    niemand obwohl schon sollen sollten trotz unsere unseren unserer viele vielen warst wegen wenig wessen weswegen
    wieviel wieviele wodurch wofür woher wohin womit woran worauf worin worüber wovon wozu wurde wurden

    alors après aussi avoir chez déjà depuis doit donc dont être faire fait faut jamais laquelle lequel lesquelles
    lesquels lorsque moins parce peut peuvent puis puisque quelque quelques toujours trop vers

    adónde aquel aunque debe entonces haber hace hacer menos nunca porqué puede pueden según siempre tampoco

    ancora deve dopo molto quanta sempre senza
    deve fazer pode porquê quantas sempre
    moeten nooit onze sinds tijdens tussen waarheen waarin waarmee waarvoor
    aldrig aldri alltid altid hvilket hvornår kunna mellem måste också uden vems
    ilman kuinka milloin miten montako paljonko
    honnan hová hány melyik mennyi
    какие откуда почему сколько
    """.split()
)

TextsWith = Callable[[str, int, bool], Iterable[str]]
"""Texts of the notes with words that differ from one by at most so many letters; or, if True, that begin so."""


def corrected(question: str, is_known: Callable[[str], bool], texts_with: TextsWith) -> str:
    """The question with words that the notes do not have as they spell them, where only letters are amiss.

    `is_known` tells the words that are spelt well. A function word of any language is one: many of them are near
    another word ("Warum", "warm").
    """

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) < SHORTEST_CORRECTED or is_function_word(word.lower()) or is_known(word):
            return word
        nearest = _nearest_word(word.lower(), texts_with)
        return (nearest.capitalize() if word.istitle() else nearest) if nearest else word

    return _WORD.sub(mend, question)


def _nearest_word(word: str, texts_with: TextsWith) -> str | None:
    """The commonest of the nearest words in the notes; None where none is near."""
    most = 2 if len(word) >= TWO_MISTAKES_FROM else 1
    beginning = word[: max(SHORTEST_CORRECTED, len(word) // 2)]  # a mistake near the end may change how it is stemmed
    return _nearest_in(texts_with(word, most, False), word, most) or _nearest_in(
        texts_with(beginning, 0, True), word, most
    )


def _nearest_in(texts: Iterable[str], word: str, most: int) -> str | None:
    counts = Counter(other for other in words_of("\n".join(texts)) if other[0] == word[0])
    distances = {other: OSA.distance(word, other, score_cutoff=most) for other in counts}
    near = [other for other, distance in distances.items() if distance <= most and _may_be_meant(word, other)]
    # Two letters swapped are a mistake more often than another letter is: of "vault" and "value" "valut" is the first.
    return min(
        near, key=lambda other: (distances[other], sorted(other) != sorted(word), -counts[other], other), default=None
    )


def _may_be_meant(word: str, other: str) -> bool:
    """Of short words only those that lack a letter, or have two swapped, are taken for mistakes."""
    return len(word) >= ANY_MISTAKE_FROM or len(other) > len(word) or sorted(word) == sorted(other)


@cache
def is_function_word(word: str) -> bool:
    """Whether a word in lower case asks, joins or helps in one of the languages that notes are indexed in."""
    return word in _MORE or any(is_stop_word(word, language) for language in LANGUAGES)
