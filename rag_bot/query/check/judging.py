"""The features of a sentence over lines -> supported, partly, or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp

from rag_bot.query.check.conflicts import ABOUT_IT, contradiction, misplaced, missing_facts, weak_numbers
from rag_bot.query.check.coverage import Coverage, cover, words_to_find
from rag_bot.query.check.evidence import ReadLine
from rag_bot.query.check.meaning import Meaning, Vectors
from rag_bot.query.check.selection import select
from rag_bot.query.check.statement import Statement
from rag_bot.records import PARTLY, SUPPORTED, UNSUPPORTED

INTERCEPT = -9.0
COEFFICIENTS = {"words": 5.0, "near": 4.0, "clause": 2.0, "cosine": 4.0}
SUPPORTED_FROM, PARTLY_FROM = 0.5, 0.15
MOST_LOOKED_AT = 40  # lines whose words are compared one by one, the most alike first
DENIED = 0.1  # how much better than the supporting lines a denying one may not be
MISSING_WORD = 0.45


@dataclass(frozen=True, slots=True)
class Features:
    """Each 0 to 1, of the lines that a sentence stands on: the share of its words that are there, the same with words
    near in meaning, the latter for its weakest clause, and the cosine."""

    words: float
    near: float
    clause: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Finding:
    support: str
    lines: tuple[int, ...]
    reasons: tuple[str, ...]
    score: float
    features: Features | None = None


def judge(
    sentence: Statement,
    lines: Sequence[ReadLine],
    vectors: Vectors,
    meaning: Meaning | None,
    weigh: Callable[[str], float],
) -> Finding:
    """Judge a sentence; `vectors` are the lines' unit vectors, `meaning` None where the model can't read the words."""
    words = words_to_find(sentence, weigh)
    exact = cover(words, lines, None)
    cosines = (
        (vectors @ meaning.of_texts([sentence.text])[0]).tolist()
        if meaning
        else [exact.share([place]) for place in range(len(lines))]
    )
    order = sorted(range(len(lines)), key=lambda place: -(exact.share([place]) + cosines[place]))
    looked = sorted(order[:MOST_LOOKED_AT])
    near = _near(exact, lines, looked, meaning)
    denying = _denying(sentence, lines, near, looked)
    allowed = [place for place in looked if place not in denying] or looked
    chosen = select(sentence, near, lines, cosines, allowed)
    features = _features(sentence, exact, near, cosines, chosen)
    nearest = [lines[place] for place in order[:5]]
    hard = [
        *_denials(near, denying, chosen),
        *missing_facts(sentence, [lines[place] for place in chosen], nearest),
        *weak_numbers(sentence, [lines[place] for place in chosen]),
        *misplaced(sentence, near, lines, looked),
    ]
    return _decide(features, chosen, tuple(dict.fromkeys(hard)), near)


def _near(exact: Coverage, lines: Sequence[ReadLine], looked: Sequence[int], meaning: Meaning | None) -> Coverage:
    if meaning is None:
        return exact
    found = exact.found.copy()
    part = cover(exact.words, [lines[place] for place in looked], meaning)
    found[:, looked] = part.found
    return Coverage(exact.words, exact.weights, found)


def _denying(
    sentence: Statement, lines: Sequence[ReadLine], near: Coverage, looked: Sequence[int]
) -> dict[int, tuple[str, int | None]]:
    """The lines that deny the sentence or a clause of it: why, and which clause."""
    found: dict[int, tuple[str, int | None]] = {}
    for place in looked:
        if near.share([place]) >= ABOUT_IT and (reason := contradiction(sentence.polarity, lines[place])):
            found[place] = reason, None
    return found


def _denials(near: Coverage, denying: dict[int, tuple[str, int | None]], chosen: Sequence[int]) -> list[str]:
    """Why the sentence is denied: by a line that fits it as well as those that support it."""
    have = max((near.share([place]) for place in chosen if place not in denying), default=0.0)
    worst = max(denying, key=lambda place: near.share([place]), default=None)
    if worst is None or near.share([worst]) < have - DENIED:
        return []
    return [denying[worst][0]]


def _features(
    sentence: Statement, exact: Coverage, near: Coverage, cosines: Sequence[float], chosen: Sequence[int]
) -> Features:
    clauses = [clause for clause in range(len(sentence.clauses)) if near.weight(clause) > 0.9]
    weakest = min((near.share(chosen, clause) for clause in clauses), default=near.share(chosen))
    cosine = max((cosines[place] for place in chosen), default=0.0)
    return Features(exact.share(chosen), near.share(chosen), weakest, max(0.0, cosine))


def probability(features: Features) -> float:
    """How likely the lines say it, conflicts apart."""
    total = INTERCEPT + sum(weight * getattr(features, name) for name, weight in COEFFICIENTS.items())
    return 1 / (1 + exp(-total))


def _decide(features: Features, chosen: Sequence[int], hard: tuple[str, ...], near: Coverage) -> Finding:
    score = probability(features)
    if hard:
        return Finding(UNSUPPORTED, tuple(chosen), hard, score / 4, features)
    if score >= SUPPORTED_FROM:
        return Finding(SUPPORTED, tuple(chosen), (), score, features)
    missing = [word.text for word in near.missing(chosen, MISSING_WORD) if word.weight > 0.5]
    reason = f"the notes don't say ‘{'’, ‘'.join(missing[:3])}’" if missing else "the notes say it differently"
    if score >= PARTLY_FROM:
        return Finding(PARTLY, tuple(chosen), (reason,), score, features)
    return Finding(UNSUPPORTED, (), ("no line says this",), score, features)
