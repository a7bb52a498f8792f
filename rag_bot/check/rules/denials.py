"""Lines that deny a sentence or a piece of it, and lines that it turns round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag_bot.check.coverage import Coverage
from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement
from rag_bot.check.rules.conflicts import contradiction
from rag_bot.check.rules.degrees import turned_degree
from rag_bot.check.rules.pairing import goes_with
from rag_bot.check.rules.roles import same_roles, turned_roles
from rag_bot.check.rules.wording import exchanged, replaced

MOST_READ = 200  # words in which verbs are looked for
ABOUT_IT = 0.5  # share of the words that a line has to have, to be about the same
_BEING = frozenset("is isn't are aren't was wasn't were weren't be been being".split())
_LIKENING = frozenset("like alike similar similarly same as resemble resembles analogous".split())
LESS = 0.1  # of the words: a denying line may fit so much less than the best that does not deny


@dataclass(frozen=True, slots=True)
class Denials:
    """The lines that deny something, and why the sentence does not stand: none else fits clearly better."""

    lines: frozenset[int]
    reasons: tuple[str, ...]


def denials_of(sentence: Statement, lines: Sequence[ReadLine], coverage: Coverage, looked: Sequence[int]) -> Denials:
    """What denies the sentence as a whole, or one of its segments."""
    denying: set[int] = set()
    reasons: list[str] = []
    parts = [(None, sentence.polarity), *((at, one.polarity) for at, one in enumerate(sentence.segments))]
    for segment, polarity in parts[1:] if len(parts) > 2 else parts[:1]:
        fit = {place: coverage.share([place], segment) for place in looked}
        found = {
            place: why for place in looked if fit[place] >= ABOUT_IT and (why := contradiction(polarity, lines[place]))
        }
        best = max((fit[place] for place in looked if place not in found), default=0.0)
        worst = max(found, key=lambda place: fit[place], default=None)
        if worst is not None and fit[worst] >= best - LESS:
            reasons.append(found[worst])
        if len(parts) == 2:
            denying |= found.keys()
    return Denials(frozenset(denying), tuple(reasons))


def turned_round(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where the sentence follows a line, but with two words exchanged or with the opposite of one."""
    for line in lines:
        tokens, written_tokens = sentence.tokens[:MOST_READ], line.own.tokens[:MOST_READ]
        pair = exchanged(sentence.tokens, line.own.tokens)
        if pair and not same_roles(tokens, written_tokens):
            yield f"the notes have ‘{pair[0]}’ and ‘{pair[1]}’ the other way round"
        if verb := turned_roles(tokens, written_tokens):
            yield f"in the notes someone else does this: ‘{verb}’"
        if degree := turned_degree(tokens, written_tokens):
            yield f"the notes say ‘{degree[1]}’, not ‘{degree[0]}’"
        for said, written, opposite in replaced(sentence.tokens, line.own.tokens):
            if opposite and not goes_with(said, sentence, line):
                yield f"the notes say ‘{written}’, not ‘{said}’"


def likened(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where the sentence likens two things that the lines only name."""
    likens = any(one.lower in _BEING and other.lower == "like" for one, other in pairwise(sentence.tokens))
    if likens and not any(token.lower in _LIKENING for line in lines for token in line.own.tokens):
        yield "the notes don't compare these"


def other_words(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where the sentence follows a line, but with another word in its place."""
    for line in lines:
        for said, written, opposite in replaced(sentence.tokens, line.own.tokens):
            if not opposite:
                yield f"the notes say ‘{written}’, not ‘{said}’"
