""" "Less smart" in one, "smarter" in the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag_bot.check.reading.tokens import Token

_LESS, _MORE = frozenset({"less", "least"}), frozenset({"more", "most"})
_ENDINGS = (("ier", "y"), ("iest", "y"), ("er", ""), ("est", ""), ("er", "e"), ("est", "e"))
_SHORTEST = 3  # letters of the word without its ending


def turned_degree(sentence: Sequence[Token], written: Sequence[Token]) -> tuple[str, str] | None:
    """What the sentence says less of and the line more, or the other way round, in their words."""
    for lower, higher, said_first in ((sentence, written, True), (written, sentence, False)):
        raised = dict(_raised(higher))
        for less, word in _after(lower, _LESS):
            if word.lower in raised:
                pair = f"{less.text} {word.text}", raised[word.lower]
                return pair if said_first else (pair[1], pair[0])
    return None


def _raised(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Each adjective that may be meant by a comparative or superlative, and how it stands there."""
    for more, word in _after(tokens, _MORE):
        yield word.lower, f"{more.text} {word.text}"
    for token in tokens:
        for ending, instead in _ENDINGS:
            base = token.lower.removesuffix(ending)
            if base != token.lower and len(base) >= _SHORTEST:
                yield base + instead, token.text
                yield _single(base), token.text


def _single(base: str) -> str:
    """ "bigg" -> "big"."""
    return base[:-1] if base[-1] == base[-2] else base


def _after(tokens: Sequence[Token], degrees: frozenset[str]) -> Iterator[tuple[Token, Token]]:
    for one, other in pairwise(tokens):
        if one.lower in degrees and not other.after:
            yield one, other
