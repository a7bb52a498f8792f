"""A sentence that says what a thing is ("X is a Y"), where the lines only have both words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import Term, Token

_BEING = frozenset("is are was were isn't aren't wasn't weren't".split())
_ARTICLES = frozenset("a an".split())
# Words and marks after which a line says what a thing is: "X is a Y", "X, a Y", "Y: X", "as a Y", "called Y".
_LINKS = frozenset(
    "is are was were be been being isn't aren't wasn't weren't became become becomes remains as called named means "
    "like such either or and also termed considered".split()
)
_PARTING = frozenset(
    "of in on at by for with from to into over under about between through than without within that which who "
    "during after before against per via when while where if because".split()
)
_BEGINNINGS = ("^", ".", ";", "!", "?")
_MOST_BETWEEN = 2  # words of the line between the link and what the thing is said to be, besides the sentence's own
_MOST_OF_ENTRY = 2  # words of an entry ("Robin, small") under a heading ("Birds"), besides the sentence's own
_LONGEST = 5  # words of what a thing is said to be


def equated(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """What the sentence calls a thing, and the lines do not."""
    for phrase in _said_to_be(sentence.tokens):
        kind, words = phrase[-1].terms, {term for token in phrase for term in token.terms}
        is_there = any(not line.terms.isdisjoint(kind) for line in lines)
        if is_there and not any(_says(line, kind, words) or _lists(line, kind, sentence) for line in lines):
            yield f"the notes don't say that it is a ‘{phrase[-1].text}’"


def _said_to_be(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The words of content after each "is a", up to a preposition, a mark, or the end."""
    for at in range(1, len(tokens) - 1):
        if tokens[at].lower in _ARTICLES and tokens[at - 1].lower in _BEING:
            phrase: list[Token] = []
            for token in tokens[at + 1 : at + 1 + _LONGEST]:
                if token.lower in _PARTING or token.clause != tokens[at].clause or token.part != tokens[at].part:
                    break
                phrase += [token] if token.content and not token.has_digits else []
            if phrase and phrase[-1].terms:
                yield phrase


def _says(line: ReadLine, kind: Sequence[Term], words: set[Term]) -> bool:
    """Whether a line calls something so: a link stands shortly before the word."""
    tokens = line.own.tokens
    places = [at for at, token in enumerate(tokens) if not set(token.terms).isdisjoint(kind)]
    return any(_is_linked(tokens, at, words) for at in places)


def _lists(line: ReadLine, kind: Sequence[Term], sentence: Statement) -> bool:
    """Whether the word stands above a line that is but an entry, and no statement of its own."""
    others = [token for token in line.own.tokens if token.content and sentence.terms.isdisjoint(token.terms)]
    return not line.above.terms.isdisjoint(kind) and len(others) <= _MOST_OF_ENTRY


def _before_name(tokens: Sequence[Token], at: int) -> bool:
    """Whether a name or a colon follows a word: "The dentist Ada Lang", "Languages: Rust"."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return after is not None and (after.text[:1].isupper() or after.after == ":")


def _is_linked(tokens: Sequence[Token], at: int, words: set[Term]) -> bool:
    between = 0
    for place in range(at, -1, -1):
        token = tokens[place]
        if place < at and token.lower in _LINKS:
            return True
        if place < at and token.lower in _PARTING:
            return False
        own = not token.content or not words.isdisjoint(token.terms)
        between += not own
        if between > _MOST_BETWEEN:
            return False
        if token.after in _BEGINNINGS:
            return not between and _before_name(tokens, at)
        if token.after:
            return not between or token.lower in _ARTICLES | {"the"}
    return False
