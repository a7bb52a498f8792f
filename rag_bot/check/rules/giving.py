"""Who gives to whom, in a diary that leaves out "I": "Lent Tobias 120 euros" is not "Tobias lent me 120 euros"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import Token

_GIVING = frozenset(
    "lent lend gave give sold sell paid pay sent send owed owe owes brought bring showed show told tell handed offered "
    "helped invited visited called phoned met asked".split()
)
_MINE = frozenset("i we me us".split())
Given = tuple[str, str, str]
"""The verb, who does it ("" for who writes) and to whom, in small letters."""


def given_otherwise(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where who writes stands on the other side of the giving than in the lines."""
    written = {given for line in lines for given in _given(line.own.tokens)}
    for verb, giver, taker in _given(sentence.tokens):
        turned = (verb, taker, giver) in written or (not giver and any(one[:2] == (verb, taker) for one in written))
        if giver != taker and "" in (giver, taker) and (verb, giver, taker) not in written and turned:
            yield f"in the notes someone else does this: ‘{verb}’"


def _given(tokens: Sequence[Token]) -> Iterator[Given]:
    for at, token in enumerate(tokens[:-1]):
        if token.lower in _GIVING:
            begins = at == 0 or token.after in (".", ";", ",")
            giver = "" if begins else _person(tokens[at - 1])
            taker = _person(tokens[at + 1])
            if giver is not None and taker is not None:
                yield token.lower, giver, taker


def _person(token: Token) -> str | None:
    """A name in small letters, "" for who writes, None for neither."""
    if token.lower in _MINE:
        return ""
    return (
        token.lower if token.text[:1].isupper() or token.lower in ("her", "him", "them", "she", "he", "they") else None
    )
