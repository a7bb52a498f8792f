"""Misspelt words of a question, as the notes spell them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from rag_bot.query.function_words import is_function_word
from rag_bot.query.sources import Sources
from rag_bot.store.analysis import words_of

_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
SHORTEST_CORRECTED = 4  # letters
ANY_MISTAKE_FROM = 5  # letters; a shorter word with one letter exchanged is more often another word
TWO_MISTAKES_FROM = 12  # letters; else it is more often another word than a mistake
READ_FOR_SPELLING = 50  # passages that have a word like the unknown one


def corrected(sources: Sources, question: str) -> str:
    """The question with words that the notes do not have as they spell them, where only letters are amiss.

    A word that the embedding model knows as a whole is none of those: it is spelt well, but not in the notes. Nor is a
    function word of any language: many of them are near another word ("Warum", "warm").
    """

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        nearest = _nearest_word(sources, word.lower()) if _is_unknown(sources, word) else None
        return (nearest.capitalize() if word.istitle() else nearest) if nearest else word

    return _WORD.sub(mend, question)


def _is_unknown(sources: Sources, word: str) -> bool:
    if len(word) < SHORTEST_CORRECTED or is_function_word(word.lower()):
        return False
    if sources.words.document_frequency(_spellings(sources, word)):
        return False
    return sources.model.count_tokens([word])[0] > 1


def _nearest_word(sources: Sources, word: str) -> str | None:
    """The commonest of the nearest words in the notes; None where none is near."""
    most = 2 if len(word) >= TWO_MISTAKES_FROM else 1
    alike = [key for term in _spellings(sources, word) for key in sources.words.similar(term, most, READ_FOR_SPELLING)]
    beginning = word[: max(SHORTEST_CORRECTED, len(word) // 2)]  # a mistake near the end may change how it is stemmed
    return _nearest_in(sources, alike, word, most) or _nearest_in(
        sources, sources.words.similar(beginning, 0, READ_FOR_SPELLING, prefix=True), word, most
    )


def _nearest_in(sources: Sources, keys: Sequence[str], word: str, most: int) -> str | None:
    texts = (chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks(keys))
    counts = Counter(other for text in texts for other in words_of(text) if other[0] == word[0])
    distances = {other: OSA.distance(word, other, score_cutoff=most) for other in counts}
    near = [other for other, distance in distances.items() if distance <= most and _may_be_meant(word, other)]
    return min(near, key=lambda other: (distances[other], -counts[other], other), default=None)


def _spellings(sources: Sources, word: str) -> list[str]:
    return [term for spellings in sources.words.content_terms(word) for term in spellings]


def _may_be_meant(word: str, other: str) -> bool:
    """Of short words only those that lack a letter, or have two swapped, are taken for mistakes."""
    return len(word) >= ANY_MISTAKE_FROM or len(other) > len(word) or sorted(word) == sorted(other)
