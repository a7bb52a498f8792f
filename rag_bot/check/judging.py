"""The features of a sentence over lines -> supported, partly, or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from rag_bot.check.coverage import HAS_IT, LIGHT, Coverage, cover, words_to_find
from rag_bot.check.evidence import ReadLine
from rag_bot.check.meaning import Meaning, Vectors
from rag_bot.check.reading.statement import Statement
from rag_bot.check.rules.causes import causes_exchanged
from rag_bot.check.rules.conflicts import misplaced, missing_facts, scattered, untrue_quotation, weak_numbers
from rag_bot.check.rules.denials import denials_of, likened, other_words, turned_round
from rag_bot.check.rules.equating import equated
from rag_bot.check.rules.giving import given_otherwise
from rag_bot.check.rules.listed import listed_otherwise
from rag_bot.check.rules.pairing import misattributed, mispaired
from rag_bot.check.rules.portions import portions
from rag_bot.check.rules.qualified import qualified
from rag_bot.check.rules.sweeping import sweeping
from rag_bot.check.rules.unreal import undone, unreal
from rag_bot.check.rules.unsaid import only_above, unsaid
from rag_bot.check.selection import select
from rag_bot.records import REWORDED, SUPPORTED, UNSUPPORTED

INTERCEPT = -7.01  # these are fitted by eval/checker/fit.py
COEFFICIENTS = {"words": 4.05, "weakest": 4.44, "cosine": 1.78}
SUPPORTED_FROM, PARTLY_FROM = 0.42, 0.12
MOST_LOOKED_AT = 40  # lines whose words are compared one by one, the most alike first


@dataclass(frozen=True, slots=True)
class SentenceFeatures:
    """Each 0 to 1, of the lines that a sentence stands on.

    The share of its words that are there; the share in one line, words near in meaning included, of the segment that
    has least; the cosine of the nearest line.
    """

    words: float
    weakest: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement with what it is made of; `denied` says that something speaks against the sentence."""

    support: str
    lines: tuple[int, ...]
    reasons: tuple[str, ...]
    score: float
    features: SentenceFeatures
    denied: bool = False


def judge(
    sentence: Statement,
    lines: Sequence[ReadLine],
    vectors: Vectors,
    meaning: Meaning | None,
) -> Finding:
    """Judge a sentence; `vectors` are the lines' unit vectors, `meaning` None where the model can't read the words."""
    exact = cover(words_to_find(sentence), lines, None)
    cosines = _cosines(sentence, exact, vectors, meaning)
    order = sorted(range(len(lines)), key=lambda place: -(exact.share([place]) + cosines[place]))
    looked = sorted(order[:MOST_LOOKED_AT])
    near = _near(exact, lines, looked, meaning)
    denials = denials_of(sentence, lines, near, looked)
    stating = [place for place in looked if not lines[place].asks]
    allowed = [place for place in stating if place not in denials.lines] or stating
    chosen = select(sentence, near, lines, cosines, allowed)
    stands_on = [lines[place] for place in chosen]
    stating_lines = [lines[place] for place in stating]
    hard = [
        *denials.reasons,
        *missing_facts(sentence, lines, [lines[place] for place in order[:5]]),
        *weak_numbers(sentence, stands_on),
        *misplaced(sentence, near, lines, looked),
        *untrue_quotation(sentence, lines),
        *turned_round(sentence, stands_on),
        *mispaired(sentence, stands_on, stating_lines),
        *causes_exchanged(sentence, stands_on),
        *given_otherwise(sentence, stands_on),
        *listed_otherwise(sentence, stands_on),
    ]
    soft = [*scattered(sentence, near, lines, chosen), *likened(sentence, stands_on), *other_words(sentence, stands_on)]
    soft += [*unsaid(sentence, near, lines, chosen), *only_above(sentence, stands_on), *qualified(sentence, stands_on)]
    soft += [*misattributed(sentence, stands_on, stating_lines), *sweeping(sentence, stands_on)]
    soft += [*equated(sentence, stands_on), *unreal(sentence, stands_on, stating_lines), *undone(sentence, stands_on)]
    soft += portions(sentence, stands_on)
    features = _features(sentence, exact, near, cosines, chosen)
    return _decide(features, chosen, tuple(dict.fromkeys(hard)), tuple(dict.fromkeys(soft)), near)


def _cosines(sentence: Statement, exact: Coverage, vectors: Vectors, meaning: Meaning | None) -> list[float]:
    """For each line how near it is in meaning; the share of words where the model cannot tell."""
    if meaning is None:
        return [exact.share([place]) for place in range(len(vectors))]
    found: list[float] = (vectors @ meaning.of_texts([sentence.text])[0]).tolist()
    return found


def _near(exact: Coverage, lines: Sequence[ReadLine], looked: Sequence[int], meaning: Meaning | None) -> Coverage:
    if meaning is None:
        return exact
    found = exact.found.copy()
    part = cover(exact.words, [lines[place] for place in looked], meaning)
    found[:, looked] = part.found
    return Coverage(exact.words, exact.weights, found)


def _features(
    sentence: Statement, exact: Coverage, near: Coverage, cosines: Sequence[float], chosen: Sequence[int]
) -> SentenceFeatures:
    segments = [number for number in range(len(sentence.segments)) if near.weight(number) > 0.9]
    alone = [max((near.share([place], number) for place in chosen), default=0.0) for number in segments]
    cosine = max((cosines[place] for place in chosen), default=0.0)
    return SentenceFeatures(exact.share(chosen), min(alone, default=near.share(chosen)), max(0.0, cosine))


def probability(features: SentenceFeatures) -> float:
    """How likely the lines say it, conflicts apart."""
    total = INTERCEPT + sum(weight * getattr(features, name) for name, weight in COEFFICIENTS.items())
    return 1 / (1 + exp(-total))


def _decide(
    features: SentenceFeatures, chosen: Sequence[int], hard: tuple[str, ...], soft: tuple[str, ...], near: Coverage
) -> Finding:
    score = probability(features)
    if hard:
        return Finding(UNSUPPORTED, (), hard, score / 4, features, denied=True)
    if score >= SUPPORTED_FROM and not soft:
        return Finding(SUPPORTED, tuple(chosen), (), score, features)
    if score >= PARTLY_FROM:
        return Finding(REWORDED, tuple(chosen), soft or (_missing(near, chosen),), min(score, 0.5), features)
    return Finding(UNSUPPORTED, (), ("no line says this",), score, features)


def _missing(near: Coverage, chosen: Sequence[int]) -> str:
    missing = [word.text for word in near.missing(chosen, HAS_IT) if word.weight > LIGHT]
    return f"the notes don't say ‘{'’, ‘'.join(missing[:3])}’" if missing else "the notes say it differently"
