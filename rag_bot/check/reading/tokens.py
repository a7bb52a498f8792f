"""Text -> words with their place, their stem, and the clause they stand in. Linear in the length of the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rag_bot.check.reading.synonyms import SYNONYMS
from rag_bot.text.terms import content_terms, detect, is_stop_word, words_of

Term = tuple[str, ...]

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_CLAUSE_MARK = re.compile(r"[;:!?()|—–]|\.(?=\s)|,(?=\s)| - ")
_CLAUSE_WORDS = frozenset(
    "but while whereas although though because since unless which who if aber während sondern obwohl weil wenn mais "
    "tandis alors quoique pero mientras aunque sino porque si".split()
)
_ALSO_PARTS = frozenset("and or und oder et ou y o plus".split())


@dataclass(frozen=True, slots=True)
class Token:
    """A word. `terms` are its stems (several for scripts without spaces); `clause` counts from 0.

    `content` says that it carries meaning: it is no stop word. `after` is the mark before it where one starts a
    clause or sentence, else "". `part` counts the pieces that "and" or "or" make of clauses.
    """

    text: str
    start: int
    end: int
    terms: tuple[Term, ...]
    content: bool
    clause: int
    after: str = ""
    part: int = 0

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")

    @property
    def has_digits(self) -> bool:
        return any(map(str.isdigit, self.text))

    @property
    def is_number(self) -> bool:
        return self.text.isdecimal()


def language_of(text: str, languages: Sequence[str]) -> str:
    """The language of a text among these."""
    return detect(words_of(text), languages, at_least=2, least_share=0.1)


def read_tokens(text: str, languages: tuple[str, ...], language: str) -> tuple[Token, ...]:
    """The words of a text in order."""
    tokens: list[Token] = []
    clause, part, last = 0, 0, 0
    for match in _WORD.finditer(text):
        between = text[last : match.start()]
        mark = _mark_in(between)
        lowered = match[0].lower()
        if tokens and (mark or lowered in _CLAUSE_WORDS):
            clause += 1
        if tokens and (clause > tokens[-1].clause or lowered in _ALSO_PARTS):
            part += 1
        terms = stems(_bare(lowered), languages)
        content = _carries_meaning(_bare(lowered), language) and "'" not in lowered.replace("’", "'")[:-2]
        tokens.append(
            Token(match[0], match.start(), match.end(), terms, content, clause, mark if tokens else "^", part)
        )
        last = match.end()
    return tuple(tokens)


@lru_cache(maxsize=50_000)
def stems(word: str, languages: tuple[str, ...]) -> tuple[Term, ...]:
    """The stems of a word in lower case, one spelling for each language; the English one stands for its synonyms."""
    return tuple(_one_for_all(term) for term in content_terms(word, languages))


def _one_for_all(term: Term) -> Term:
    return (_same_stems().get(term[0], term[0]), *term[1:])


@cache
def _same_stems() -> dict[str, str]:
    """Stem -> the stem that stands for it and its synonyms."""
    stem = {word: content_terms(word)[0][0] for word in (*SYNONYMS, *SYNONYMS.values())}
    return {stem[word]: stem[other] for word, other in SYNONYMS.items()}


def _carries_meaning(word: str, language: str) -> bool:
    """Whether a word is no stop word; in scripts without spaces a run of characters is several words."""
    pieces = [word] if word.isascii() else words_of(word)
    return any(not is_stop_word(piece, language) for piece in pieces)


def _mark_in(between: str) -> str:
    match = _CLAUSE_MARK.search(between)
    return match[0].strip() or "-" if match else ""


def _bare(word: str) -> str:
    """Without a possessive ending."""
    for ending in ("'s", "’s"):
        word = word.removesuffix(ending)
    return word
