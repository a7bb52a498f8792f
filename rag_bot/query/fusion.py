"""Two rankings -> one. Which way is the default was measured: `eval/README.md` has the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from rag_bot.settings import RetrievalSettings

Ranking = list[tuple[str, float]]
Vectors = Mapping[str, NDArray[np.float32]]

RRF_K = 60  # Cormack et al. 2009
# The BM25 score of about so many words that stand in one passage only is worth a cosine of 1. Set by hand.
RARE_WORDS = 4
FEEDBACK_PASSAGES = 4  # measured on the sets of `eval/README.md`


def fuse(
    vectors: Vectors,
    word_scores: Mapping[str, float],
    query_vector: NDArray[np.float32],
    *,
    passages: int,
    settings: RetrievalSettings,
) -> Ranking:
    """The candidates, best first, their scores relative to the best one's, in [0, 1].

    `vectors` has the unit vector of every candidate, `word_scores` the BM25 scores of those that were found by words;
    `query_vector` is the query's unit vector, `passages` the number of passages in the index. With
    `settings.feedback`, a first ranking moves the query's vector towards its best passages, and the second is
    the one that counts (Rocchio 1971).
    """
    cosines = cosines_to(query_vector, vectors)
    ranking = combine(cosines, word_scores, passages=passages, settings=settings)
    if settings.feedback:
        moved = _moved(query_vector, [vectors[key] for key, _ in ranking[:FEEDBACK_PASSAGES]], settings.feedback)
        ranking = combine(cosines_to(moved, vectors), word_scores, passages=passages, settings=settings)
    best = ranking[0][1] if ranking else 1.0
    return [(key, max(0.0, score / best) if best > 0 else 0.0) for key, score in ranking]


def combine(
    cosines: Mapping[str, float], word_scores: Mapping[str, float], *, passages: int, settings: RetrievalSettings
) -> Ranking:
    """Weighted sum of two scores, best first; a key without a word score has 0 there, the least that BM25 gives.

    "convex": both min-max normalised for each question (Bruch et al. 2023, arXiv:2210.11934). "linear": the cosine, and
    BM25 in units of rare words, which is the same in small and in large libraries, but not for models whose cosines
    spread otherwise. "rrf": 1 / (60 + rank), relative to the first (Cormack et al. 2009).
    """
    if settings.fusion == "rrf":
        dense, words = _reciprocal_ranks(cosines), _reciprocal_ranks(word_scores)
    elif settings.fusion == "convex":
        dense = _normalised(cosines, floor=min(cosines.values(), default=0.0))
        words = _normalised(word_scores, floor=0.0)
    else:
        rare_words = RARE_WORDS * log(2 + passages)
        dense, words = dict(cosines), {key: score / rare_words for key, score in word_scores.items()}
    weight = settings.dense_weight
    scores = {key: weight * dense[key] + (1 - weight) * words.get(key, 0.0) for key in cosines}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def cosines_to(vector: NDArray[np.float32], vectors: Vectors) -> dict[str, float]:
    """The cosine of a unit vector to each of these."""
    if not vectors:
        return {}
    return dict(zip(vectors, (np.stack(list(vectors.values())) @ vector).tolist(), strict=True))


def _moved(query: NDArray[np.float32], best: Sequence[NDArray[np.float32]], share: float) -> NDArray[np.float32]:
    """The query's unit vector, moved towards these passages, the first ones most."""
    weights = np.arange(len(best), 0, -1, dtype=np.float32)
    moved = query + share * (weights / weights.sum()) @ np.stack(best) if best else query
    unit: NDArray[np.float32] = moved / np.linalg.norm(moved)
    return unit


def _reciprocal_ranks(scores: Mapping[str, float]) -> dict[str, float]:
    ranked = sorted(scores, key=lambda key: (-scores[key], key))
    return {key: (RRF_K + 1) / (RRF_K + rank) for rank, key in enumerate(ranked, start=1)}


def _normalised(scores: Mapping[str, float], *, floor: float) -> dict[str, float]:
    span = max(scores.values(), default=0.0) - floor
    return {key: (score - floor) / span if span > 0 else 1.0 for key, score in scores.items()}
