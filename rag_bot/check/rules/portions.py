"""How many of them, how often, and how much at most: what the notes say of a part, and a sentence of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading import numbers
from rag_bot.check.reading.number_words import WORD_NUMBER
from rag_bot.check.reading.numbers import Number
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import Term, Token

MOST_NUMBERS = 20  # of a sentence and of a line whose bounds are compared
_ALL = frozenset("all every each both alle jeder jede jedes".split())
_ARTICLES = frozenset("the our my these those all".split())
_SOME = frozenset("some most many few several half one part parts majority only not".split())
_ONLY = frozenset("only nur".split())
_RESTRICTING = frozenset("who that which with from in under without before after abroad".split())
_OTHER = frozenset("other second third two three few zweiten zweite dritten zwei drei".split())
_UP, _DOWN = "at most", "at least"
_BOUNDS = {
    "at most": _UP, "up to": _UP, "no more": _UP, "not more": _UP, "maximum of": _UP, "höchstens": _UP,
    "at least": _DOWN, "no less": _DOWN, "no fewer": _DOWN, "not less": _DOWN, "minimum of": _DOWN, "mindestens": _DOWN,
}  # fmt: skip
_ALSO_BOUNDS = frozenset(
    "maximum max minimum min most least limit limited within under below over above than until höchstens maximal "
    "mindestens bis".split()
)


def portions(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where the lines say it of some, of every second one or of an amount at most, and the sentence says more."""
    for line in lines:
        own = line.own.tokens
        for shown in (_of_some(sentence.tokens, own), _of_those(sentence.tokens, own), _rarer(sentence.tokens, own)):
            if shown:
                yield f"the notes say ‘{shown}’"
    for number in sentence.numbers[:MOST_NUMBERS]:
        holders = [
            (line.own, other)
            for line in lines
            for other in line.own.numbers[:MOST_NUMBERS]
            if numbers.confirms(number, [other])
        ]
        written = {_bound(text, other) for text, other in holders}
        said = _bound(sentence, number)
        if (
            holders
            and said
            and said not in written
            and not any(_has_bound(text) for text, _ in holders if not written - {""})
        ):
            yield f"the notes don't say ‘{said}’ of {number.text}"


def _of_some(said: Sequence[Token], written: Sequence[Token]) -> str:
    """ "Two of the five customers" of a line that a sentence tells of all customers, or of five."""
    words = [token.lower for token in said]
    for at, token in enumerate(written[:-3]):
        if not _is_count(token) or written[at + 1].lower != "of" or written[at + 2].lower not in _ARTICLES:
            continue
        whole = written[at + 3]
        of_these = {term for one in written[at + 3 : at + 6] if not _is_count(one) for term in one.terms}
        for place, word in enumerate(words[:-1]):
            counts = word in _ALL or (_is_count(whole) and word == whole.lower)
            near = {term for one in said[place + 1 : place + 4] for term in one.terms}
            if counts and of_these & near and token.lower not in words and _SOME.isdisjoint(words):
                return " ".join(one.text for one in written[at : at + 5])
    return ""


def _of_those(said: Sequence[Token], written: Sequence[Token]) -> str:
    """ "Only customers who signed up early" of a line that a sentence tells of customers without more."""
    words = {token.lower for token in said}
    terms = {term for token in said for term in token.terms}
    for at, token in enumerate(written[:-3]):
        noun, link = written[at + 1], written[at + 2]
        if token.lower in _ONLY and link.lower in _RESTRICTING and noun.terms and set(noun.terms) <= terms:
            which = [one.terms[0] for one in written[at + 3 :] if one.content and one.terms][:2]
            if which and terms.isdisjoint(which) and _ONLY.isdisjoint(words):
                return " ".join(one.text for one in written[at : at + 4])
    return ""


def _rarer(said: Sequence[Token], written: Sequence[Token]) -> str:
    """ "Every other day" of a line that a sentence tells of every day."""
    often = {two.terms for one, two in pairwise(said) if one.lower in _ALL and two.terms}
    daily: set[tuple[Term, ...]] = {two.terms for one, two in pairwise(written) if one.lower in _ALL}
    for one, two, three in zip(written, written[1:], written[2:], strict=False):
        if one.lower in _ALL and two.lower in _OTHER and three.terms in often - daily:
            return f"{one.text} {two.text} {three.text}"
    return ""


def _is_count(token: Token) -> bool:
    return token.is_number or WORD_NUMBER.fullmatch(token.text) is not None


def _bound(text: Statement, number: Number) -> str:
    """ "at most" or "at least" where that stands before a number, else ""."""
    before = [token.lower for token in text.tokens if token.end <= number.start][-3:]
    joined = f" {' '.join(before)} "
    return next((which for words, which in _BOUNDS.items() if f" {words} " in joined), "")


def _has_bound(text: Statement) -> bool:
    return any(token.lower in _ALSO_BOUNDS for token in text.tokens)
