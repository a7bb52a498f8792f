"""Where a sentence follows a line word by word and yet differs: words exchanged, or one put in another's place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from rapidfuzz.distance import LCSseq

from rag_bot.check.reading.dates import month_of
from rag_bot.check.reading.number_words import WORD_NUMBER
from rag_bot.check.reading.opposites import OPPOSITES
from rag_bot.check.reading.tokens import Term, Token

LONGEST = 60  # words that are compared
MOST_EXCHANGED = 14  # words that are tried in each other's place
FOLLOWS = 0.7  # share of the sentence's words that stand in a line in the same order, once two are exchanged


FOLLOWS_NEARLY = 0.55  # the same, for one word put in another's place


def exchanged(sentence: Sequence[Token], line: Sequence[Token]) -> tuple[str, str] | None:
    """Two words of a sentence that follow the line better in each other's place: "A feeds B" and "B feeds A"."""
    said, written = _stems(sentence), _stems(line)
    if not 4 <= len(said) <= LONGEST or len(written) < 4:
        return None
    movable = [at for at, token in enumerate(sentence) if _moves(token, said[at], said, written)][:MOST_EXCHANGED]
    same = LCSseq.similarity(said, written)
    for one, other in combinations(movable, 2):
        turned = list(said)
        turned[one], turned[other] = turned[other], turned[one]
        better = LCSseq.similarity(turned, written)
        if better >= same + 2 and better >= FOLLOWS * len(said) and not _only_moved((one, other), said, written):
            return sentence[one].text, sentence[other].text
    return None


def _only_moved(places: tuple[int, int], said: Sequence[str], written: Sequence[str]) -> bool:
    """Whether both words kept a word beside them that stands once: "it is hard but pays well", in another order."""
    return not any(said[at].isdecimal() for at in places) and all(
        any(
            0 <= at + step < len(said)
            and said.count(said[at + step]) == written.count(said[at + step]) == 1
            and written.index(said[at]) + step == written.index(said[at + step])
            for step in (-1, 1)
        )
        for at in places
    )


def replaced(sentence: Sequence[Token], line: Sequence[Token]) -> Iterator[tuple[str, str, bool]]:
    """Words of a sentence that stand between the same two words as another one of the line, and whether both exclude
    each other."""
    stems, others = _stems(sentence), _stems(line)
    if LCSseq.similarity(stems, others) < FOLLOWS_NEARLY * len(stems):
        return
    places = {(before.terms, after.terms): word for before, word, after in zip(line, line[1:], line[2:], strict=False)}
    places |= {((), after.terms): word for word, after in pairwise(line) if word.after}
    written = {token.terms for token in line}
    said = {token.terms for token in sentence}
    before: tuple[Term, ...] = ()
    for word, after in pairwise(sentence):
        there = places.get((before, after.terms))
        before = word.terms
        if there and there.terms != word.terms and word.terms and there.terms:
            opposite = there.terms[0][0] in OPPOSITES.get(word.terms[0][0], ())
            new = _is_plain(word) and _is_plain(there) and word.terms not in written and there.terms not in said
            if opposite or new:
                yield word.text, there.text, opposite


def _is_plain(token: Token) -> bool:
    is_value = value_of(token) or month_of(token.text) is not None
    return token.content and token.text.isalpha() and len(token.text) > 2 and not is_value


def value_of(token: Token) -> bool:
    """Whether a word is a number."""
    return WORD_NUMBER.fullmatch(token.text) is not None


def _stems(tokens: Sequence[Token]) -> list[str]:
    return [token.terms[0][0] if token.terms else token.lower for token in tokens[: LONGEST + 1]]


def _moves(token: Token, stem: str, said: Sequence[str], written: Sequence[str]) -> bool:
    """Whether a word stands once in the sentence and in the line, so that it is clear which is which."""
    return (token.content or token.is_number) and said.count(stem) == 1 and written.count(stem) == 1
