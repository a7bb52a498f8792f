"""Do the notes answer this question at all? A logistic model over what the search found.

The coefficients are fitted by `eval/fit_confidence.py`, which also prints how they do on questions it did not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from rag_bot.query.quotes import ScoredLine, TermWeights
from rag_bot.records import Hit
from rag_bot.text.sentences import asks
from rag_bot.text.terms import STOP_WORDS, words_of

INTERCEPT = -4.33  # fitted, as the coefficients are
COEFFICIENTS = {"line_cosine": 7.50, "words": 1.98}
THRESHOLD = 0.5  # more likely than not
KEYWORDS_FOUND = 0.75  # the least confidence where all keywords stand in one line; set by hand
WORDS_IN = 3  # passages that the words are looked for in; set by hand


@dataclass(frozen=True, slots=True)
class Features:
    """Each about 0 to 1: cosine of the line that answers best, share of the query's words in the best passages.

    `keywords` is 1 for keywords instead of a question that all stand in one line, else 0.
    """

    line_cosine: float
    words: float
    keywords: float = 0.0


def measure(
    query: str, terms: TermWeights, hits: Sequence[Hit], scored: Sequence[ScoredLine], *, reads_words: bool = True
) -> Features:
    """What speaks for an answer among these hits and their lines, best first.

    To a model that does not read the query's words all texts of that language are alike: without `reads_words` the
    cosine counts no more than the words found.
    """
    cosine = scored[0].meaning if scored else 0.0
    words = max((terms.share(hit.chunk.embedded_text) for hit in hits[:WORDS_IN]), default=0.0)
    keywords = are_keywords(query) and any(line.words == 1 for line in scored)
    return Features(cosine if reads_words else min(cosine, words), words, float(keywords))


def are_keywords(query: str) -> bool:
    """Whether words are only listed, as one searches the web: two or more, each of which means something."""
    words = words_of(query)
    return len(words) > 1 and not asks(query) and not STOP_WORDS.intersection(words)


def confidence(features: Features) -> float:
    """The estimated probability that the notes hold the answer."""
    total = INTERCEPT + sum(weight * getattr(features, name) for name, weight in COEFFICIENTS.items())
    return max(1 / (1 + exp(-total)), KEYWORDS_FOUND * features.keywords)
