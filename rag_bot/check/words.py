"""Words as a check compares them: by their lemmas, in the languages of the text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from rag_bot.text.terms import ENGLISH, LANGUAGES, detect, is_stop_word, words_of

# The languages of `text.terms` as simplemma names them.
_CODES = {
    "english": "en", "german": "de", "spanish": "es", "french": "fr", "italian": "it", "portuguese": "pt",
    "dutch": "nl", "danish": "da", "norwegian": "nb", "swedish": "sv", "finnish": "fi", "hungarian": "hu",
    "russian": "ru",
}  # fmt: skip
# Two words of one family share so many letters at the beginning, and so large a part of the shorter; set by hand.
_FAMILY, _FAMILY_SHARE = 5, 0.8
_CAPITALS = re.compile(r"\b[^\W\d_a-zà-ÿ]{2,}\b")  # what is written in capitals alone
START = 4  # letters that all words and names share which are related, alike or the same


def languages_of(lines: Sequence[str]) -> tuple[str, ...]:
    """English, and every language that one of the lines, or all together, show clearly."""
    found = {detect(words_of(text), LANGUAGES) for text in (*lines, " ".join(lines))}
    return (ENGLISH, *sorted(found - {ENGLISH}))


def languages_with(sentence: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """These languages, and that of a sentence, which may be another and has few words to tell it: "AI" is none."""
    own = detect(words_of(_CAPITALS.sub(" ", sentence)), LANGUAGES, at_least=1, least_share=0.0)
    if own in languages:
        return languages
    words = [word for word in words_of(sentence) if word.isalpha() and not is_stop_word(word, own)]
    in_english = sum(is_known(word, (ENGLISH,)) for word in words)
    return languages if 2 * in_english > len(words) else (*languages, own)


def folded(word: str) -> str:
    """A word in lower case, without accents, and without the 's of a genitive."""
    if word.isascii():
        bare = word.lower()
    else:
        marks = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
        bare = "".join(mark for mark in marks if not unicodedata.combining(mark))
    return bare.removesuffix("'s")


@lru_cache(maxsize=50_000)
def lemmas(word: str, languages: tuple[str, ...]) -> frozenset[str]:
    """What a word is an inflection of, in each of these languages; itself where they don't know it."""
    bare = word.lower().replace("’", "'").removesuffix("'s")
    found = {_dictionaries().get_lemma(bare, _CODES[language]) or bare for language in languages}
    return frozenset(map(folded, found | {bare}))


@lru_cache(maxsize=50_000)
def is_known(word: str, languages: tuple[str, ...]) -> bool:
    """Whether the first of the languages' dictionaries that has a word has it as one that is no name.

    That of German does not tell: its nouns have capitals as names have.
    """
    for language in languages:
        code, is_german = _CODES[language], language == "german"
        if _dictionaries().is_dictionary_member(word.lower(), code):
            return is_german or str(_dictionaries().get_lemma(word.lower(), code)).islower()
        if is_german and _dictionaries().is_dictionary_member(word, code):
            return True
    return False


def are_related(ours: str, theirs: str) -> bool:
    """Whether two lemmas look like words of one family: "renew" and "renewal"."""
    shorter = min(len(ours), len(theirs))
    needed = max(_FAMILY, -int(-_FAMILY_SHARE * shorter // 1))
    return shorter >= needed and ours[:needed] == theirs[:needed]


def are_spelled_alike(ours: str, theirs: str) -> bool:
    """Whether two names are one but for a plural s or an ending of up to two letters: "CNNs", "Herr" and "Herrn"."""
    shorter, longer = sorted((ours, theirs), key=len)
    if longer == f"{shorter}s":
        return True
    return len(shorter) >= START and len(longer) - len(shorter) <= 2 and longer.startswith(shorter)


@cache
def _dictionaries() -> Any:
    """simplemma with its dictionaries packed: six languages take 40 MB instead of 330, and a word .05 ms."""
    from simplemma.strategies import DefaultStrategy

    return DefaultStrategy(low_memory=True)
