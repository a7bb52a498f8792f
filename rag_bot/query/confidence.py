"""Do the notes answer this question at all? A logistic model over what the search found.

The coefficients are fitted by `eval/fit_confidence.py`, which also prints how they do on questions it did not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from rag_bot.query.quotes import ScoredUnit, TermWeights
from rag_bot.records import Hit

INTERCEPT = -3.17
COEFFICIENTS = {"passage_cosine": 0.49, "line_cosine": 4.41, "words": 1.63}
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Features:
    """Each about 0 to 1: cosine of the best passage, cosine of the best line, share of the question's words found."""

    passage_cosine: float
    line_cosine: float
    words: float


def measure(terms: TermWeights, hits: Sequence[Hit], scored: Sequence[ScoredUnit]) -> Features:
    """What speaks for an answer among these hits and their lines."""
    best = hits[:3]
    return Features(
        passage_cosine=max((hit.why.dense_score or 0.0 for hit in hits), default=0.0),
        line_cosine=max((one.meaning for one in scored), default=0.0),
        words=max((terms.share(hit.chunk.embedded_text) for hit in best), default=0.0),
    )


def confidence(features: Features) -> float:
    """The estimated probability that the notes hold the answer."""
    total = INTERCEPT + sum(weight * getattr(features, name) for name, weight in COEFFICIENTS.items())
    return 1 / (1 + exp(-total))
