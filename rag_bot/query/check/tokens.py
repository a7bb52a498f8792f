"""Text -> words with their place, their stem, and the clause they stand in. Linear in the length of the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag_bot.store.analysis import content_terms, detect, is_stop_word, words_of

Term = tuple[str, ...]

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_CLAUSE_MARK = re.compile(r"[;:!?()|—–]|\.(?=\s)|,(?=\s)| - ")
_CLAUSE_WORDS = frozenset(
    "but while whereas although though because since unless which who if aber während sondern obwohl weil wenn mais "
    "tandis alors quoique pero mientras aunque sino porque si".split()
)
_LESS_THAN_A_CLAUSE = ","


@dataclass(frozen=True, slots=True)
class Token:
    """A word. `terms` are its stems (several for scripts without spaces); `clause` counts from 0.

    `content` says that it carries meaning: it is no stop word. `after` is the mark before it where one starts a
    clause or sentence, else "".
    """

    text: str
    start: int
    end: int
    terms: tuple[Term, ...]
    content: bool
    clause: int
    after: str = ""

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")

    @property
    def is_number(self) -> bool:
        return self.text.isdecimal()


def language_of(text: str, languages: Sequence[str]) -> str:
    """The language of a text among these."""
    return detect(words_of(text), languages, at_least=2, least_share=0.1)


def read_tokens(text: str, languages: tuple[str, ...], language: str) -> tuple[Token, ...]:
    """The words of a text in order."""
    tokens: list[Token] = []
    clause, last = 0, 0
    for match in _WORD.finditer(text):
        between = text[last : match.start()]
        mark = _mark_in(between)
        lowered = match[0].lower()
        if tokens and (mark or lowered in _CLAUSE_WORDS):
            clause += 1
        terms = stems(_bare(lowered), languages)
        content = not is_stop_word(_bare(lowered), language) and "'" not in lowered.replace("’", "'")[:-2]
        tokens.append(Token(match[0], match.start(), match.end(), terms, content, clause, mark if tokens else "^"))
        last = match.end()
    return tuple(tokens)


@lru_cache(maxsize=50_000)
def stems(word: str, languages: tuple[str, ...]) -> tuple[Term, ...]:
    """The stems of a word in lower case, one spelling for each language."""
    return tuple(content_terms(word, languages))


def _mark_in(between: str) -> str:
    match = _CLAUSE_MARK.search(between)
    return match[0].strip() or "-" if match else ""


def _bare(word: str) -> str:
    """Without a possessive ending."""
    for ending in ("'s", "’s"):
        word = word.removesuffix(ending)
    return word
