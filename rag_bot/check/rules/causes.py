"""Which is the cause and which the effect: "A because B" is not "B because A"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import Term, Token

_CAUSAL = frozenset("because weil denn parce porque".split())
_EXACTLY = 0.34  # share of the cause's and of the effect's words that have to stand on the other side

Sides = tuple[frozenset[Term], frozenset[Term]]


def causes_exchanged(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where cause and effect of a line stand the other way round in the sentence."""
    said = _sides(sentence.tokens)
    if not said:
        return
    for line in lines:
        written = _sides(line.own.tokens)
        if not written:
            continue
        effect, cause = said
        turned = effect & (written[1] - written[0]), cause & (written[0] - written[1])
        kept = effect & (written[0] - written[1]), cause & (written[1] - written[0])
        enough = all(len(one) >= _EXACTLY * len(side) for one, side in zip(turned, said, strict=True))
        if enough and all(turned) and sum(map(len, turned)) > sum(map(len, kept)):
            yield "the notes have cause and effect the other way round"


def _sides(tokens: Sequence[Token]) -> Sides | None:
    """The words of the effect and those of the cause, None where no "because" stands between or before them."""
    at = next((at for at, token in enumerate(tokens) if token.lower in _CAUSAL), None)
    if at is None:
        return None
    end = next((later for later in range(at + 1, len(tokens)) if _ends(tokens[later], at == 0)), len(tokens))
    start = next((earlier for earlier in range(at, -1, -1) if tokens[earlier].after in (".", ";")), 0)
    effect = tokens[end:] if at == 0 else tokens[start:at]
    sides = _terms(effect), _terms(tokens[at + 1 : end])
    return sides if all(sides) else None


def _ends(token: Token, cause_first: bool) -> bool:
    return token.after in ((".", ";", ",") if cause_first else (".", ";"))


def _terms(tokens: Sequence[Token]) -> frozenset[Term]:
    return frozenset(token.terms[0] for token in tokens if token.content and token.terms)
