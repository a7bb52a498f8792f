"""A question asked once more with everything kept: what answers it, and how every passage stands in both searches."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag_bot.query.answer import ANSWER_HITS, Findings, Stopwatch, investigate
from rag_bot.query.confidence import THRESHOLD
from rag_bot.query.fusion import Ranking
from rag_bot.query.quotes import Judged, TermWeights, judge
from rag_bot.query.retrieve import rank, take
from rag_bot.query.sources import Sources
from rag_bot.records import Chunk, Filters, Hit, Quote
from rag_bot.store.vectors import ExactVectors

BATCH = 4_096  # vectors that are compared at a time

Standing = dict[str, tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Working:
    """What is known of a question. `dense` and `words` give rank and score of every passage that passes the filters.

    `first` is the ranking before feedback, `hits` are all candidates with copies collapsed; `has` gives for each of the
    question's words the passages, out of those asked about, in which it stands.
    """

    found: Findings
    filters: Filters | None
    allowed: Collection[str]
    dense: Standing
    words: Standing
    first: Standing
    last: Standing
    hits: list[Hit]
    judged: list[Judged]
    has: dict[str, set[str]]

    @classmethod
    def of(
        cls,
        sources: Sources,
        question: str,
        filters: Filters | None,
        earlier: Sequence[str],
        chunks: Collection[Chunk],
    ) -> Working:
        """Ask the question as `answer` does, and look at what it leaves aside. Raises as `answer`."""
        found = investigate(sources, question, filters=filters, earlier=earlier, watch=Stopwatch())
        catalogue, ranked = sources.catalogue, found.ranked
        allowed = catalogue.keys_matching(filters) if filters else catalogue.live_keys()
        by_words = [pair for pair in sources.words.query(found.question, sources.words.count()) if pair[0] in allowed]
        return cls(
            found=found,
            filters=filters,
            allowed=allowed,
            dense=_standing(_by_meaning(sources, found.vector, allowed)),
            words=_standing(by_words),
            first=_standing(_without_feedback(sources, found, filters)),
            last=_standing(ranked.fused),
            hits=take(sources, ranked, found.vector, len(ranked.fused)),
            judged=list(judge(found.scored)),
            has=_words_in(sources, found, {chunk.key for chunk in chunks}),
        )

    @property
    def answered(self) -> bool:
        """Whether the notes are taken to answer at all."""
        return self.found.confidence >= THRESHOLD

    @property
    def quotes(self) -> list[Quote]:
        """The lines that are picked, in the order of their numbers."""
        return [judged.quote for judged in self.judged if judged.quote]

    def missing(self, key: str) -> list[str]:
        """The question's words that do not stand in a passage."""
        return [word for word, keys in self.has.items() if key not in keys]


def _standing(ranking: Ranking) -> Standing:
    return {key: (place, score) for place, (key, score) in enumerate(ranking, start=1)}


def _by_meaning(sources: Sources, vector: NDArray[np.float32], allowed: Collection[str]) -> Ranking:
    """Every passage by its exact cosine, whatever index is in use, without holding all vectors at once."""
    keys = sorted(allowed)
    found = [
        pair
        for start in range(0, len(keys), BATCH)
        for pair in ExactVectors(sources.catalogue.vectors(keys[start : start + BATCH])).query(vector, BATCH)
    ]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def _without_feedback(sources: Sources, found: Findings, filters: Filters | None) -> Ranking:
    settings = sources.settings.model_copy(update={"feedback": 0.0})
    plain = replace(sources, settings=settings)
    return rank(plain, found.question, found.vector, limit=ANSWER_HITS, filters=filters).fused


def _words_in(sources: Sources, found: Findings, keys: set[str]) -> dict[str, set[str]]:
    """For each of the question's words that are searched for, those of the passages that have it."""
    written = dict.fromkeys(re.findall(r"\w(?:[\w'’.-]*\w)?", found.question))
    searched = [word for word in written if TermWeights.of(sources, word).weights.keys() & found.terms.weights.keys()]
    return {word: {key for key, _ in sources.words.query(word, len(keys), among=keys)} for word in searched}
