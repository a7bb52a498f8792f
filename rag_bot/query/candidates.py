"""The passages that may answer: the nearest by meaning, and the best by words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import UsageError
from rag_bot.query.fusion import Ranking, cosines_to
from rag_bot.query.sources import Sources
from rag_bot.records import Filters, Why
from rag_bot.store.vectors import ExactVectors

SPARE = 20  # asked for beyond what is wanted, since the catalogue may not know some of them any more
EXACT_UP_TO = 20_000  # filtered keys that are compared one by one; beyond, search all and drop


@dataclass(frozen=True, slots=True)
class Candidates:
    """What both searches found, best first, and the unit vectors of all of it."""

    dense: Ranking
    words: Ranking
    vectors: dict[str, NDArray[np.float32]]

    def explain(self, question: NDArray[np.float32]) -> dict[str, Why]:
        """For each key, how both searches saw it."""
        dense_ranks = {key: rank for rank, (key, _) in enumerate(self.dense, start=1)}
        word_ranks = {key: (rank, score) for rank, (key, score) in enumerate(self.words, start=1)}
        cosines = cosines_to(question, self.vectors)
        return {
            key: Why(dense_ranks.get(key), cosine, *word_ranks.get(key, (None, None)))
            for key, cosine in cosines.items()
        }


def find_candidates(
    sources: Sources,
    question: str,
    vector: NDArray[np.float32],
    wanted: int,
    filters: Filters | None = None,
) -> Candidates:
    """The best `wanted` passages of each search for a question whose unit vector is given.

    Raises:
        UsageError: no note passes the filters.
    """
    allowed = _allowed_keys(sources, filters)
    dense = _known(sources, lambda many: _search_dense(sources, vector, many, allowed), wanted)
    words = _known(sources, lambda many: _search_words(sources, question, many, allowed), wanted)
    keys = sorted({key for key, _ in (*dense, *words)})
    return Candidates(dense, words, sources.catalogue.vectors(keys))


def _known(sources: Sources, find: Callable[[int], Ranking], wanted: int) -> Ranking:
    """The best `wanted` of a search that the catalogue knows. While a sync works, many may be of its next state."""
    asked = wanted + SPARE
    while True:
        found = find(asked)
        known = sources.catalogue.known_keys([key for key, _ in found])
        kept = [(key, score) for key, score in found if key in known]
        if len(kept) >= wanted or len(found) < asked:
            return kept[:wanted]
        asked *= 4


def _allowed_keys(sources: Sources, filters: Filters | None) -> set[str] | None:
    if not filters:
        return None
    keys = sources.catalogue.keys_matching(filters)
    if not keys:
        named = [f"folder {filters.folder!r}"] if filters.folder else []
        named += [f"tag {filters.tag!r}"] if filters.tag else []
        remedy = (
            "Folders are written as in `rag-bot search` results" if filters.folder else "Look how your notes spell it"
        )
        raise UsageError(f"No indexed note has {' and '.join(named)}. {remedy}.")
    return keys


def _search_dense(sources: Sources, vector: NDArray[np.float32], limit: int, allowed: set[str] | None) -> Ranking:
    """A filtered search compares all that is allowed where that is little."""
    if allowed is None:
        return sources.vectors.query(vector, limit)
    if len(allowed) <= EXACT_UP_TO:
        return ExactVectors(sources.catalogue.vectors(sorted(allowed))).query(vector, limit)
    return [(key, score) for key, score in sources.vectors.query(vector, limit * 10) if key in allowed][:limit]


def _search_words(sources: Sources, question: str, limit: int, allowed: set[str] | None) -> Ranking:
    if allowed is None or len(allowed) <= EXACT_UP_TO:
        return sources.words.query(question, limit, among=allowed)
    return [(key, score) for key, score in sources.words.query(question, limit * 10) if key in allowed][:limit]
