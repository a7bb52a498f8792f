"""Hybrid search: candidates by meaning and by words, fused, near-duplicates collapsed to the best copy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import UsageError
from rag_bot.query.sources import Sources
from rag_bot.records import Chunk, Filters, Hit, Note, Why
from rag_bot.settings import RetrievalSettings
from rag_bot.store.vectors import ExactVectors

SPARE = 20  # asked for beyond that, since the catalogue may not know some of them any more
RRF_K = 60  # Cormack et al. 2009
EXACT_UP_TO = 20_000  # filtered keys that are compared one by one; beyond, search all and drop
DUPLICATE_SHARE = 0.8  # of the shorter passage's word triples found in the longer one
_WORD = re.compile(r"\w+")

Ranking = list[tuple[str, float]]


def search(
    sources: Sources, question: str, vector: NDArray[np.float32], *, limit: int, filters: Filters | None = None
) -> list[Hit]:
    """The best passages for a question whose unit vector is given, best first, at most `limit`.

    Raises:
        UsageError: no note passes the filters.
    """
    allowed = _allowed_keys(sources, filters)
    wanted = max(sources.settings.candidates, limit)
    dense = _known(sources, lambda many: _search_dense(sources, vector, many, allowed), wanted)
    words = _known(sources, lambda many: _search_words(sources, question, many, allowed), wanted)
    by_words_only = sources.catalogue.vectors(sorted(dict(words).keys() - dict(dense).keys()))
    cosines = dict(dense) | _cosines(by_words_only, vector)
    fused = fuse(cosines, dict(words), sources.settings)
    reasons = _explain(dense, words, cosines)
    ranked = _with_chunks(sources, fused, at_once=limit)
    return collapse(((copies, score, reasons[key]) for key, score, copies in ranked), limit)


def fuse(cosines: Mapping[str, float], word_scores: Mapping[str, float], settings: RetrievalSettings) -> Ranking:
    """Both searches as one ranking, best first, its scores in [0, 1].

    "convex": weighted sum of the min-max normalised scores (Bruch et al. 2023, arXiv:2210.11934); a key without a word
    score counts as 0 there, the least that BM25 gives. "rrf": weighted sum of 1 / (60 + rank), relative to a key that
    is first in both (Cormack et al. 2009).
    """
    if settings.fusion == "rrf":
        dense, words = _reciprocal_ranks(cosines), _reciprocal_ranks(word_scores)
    else:
        dense = _normalised(cosines, floor=min(cosines.values(), default=0.0))
        words = _normalised(word_scores, floor=0.0)
    weight = settings.dense_weight
    scores = {key: weight * dense[key] + (1 - weight) * words.get(key, 0.0) for key in cosines}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def collapse(ranked: Iterable[tuple[list[tuple[Chunk, Note]], float, Why]], limit: int) -> list[Hit]:
    """Turn ranked passages into hits; a passage that mostly repeats a better one becomes a duplicate of that.

    Each entry has all the chunks that share one text (the same passage in several notes).
    """
    kept: list[tuple[Chunk, Note, float, Why]] = []
    duplicates: dict[str, list[str]] = defaultdict(list)
    shingles: list[frozenset[tuple[str, ...]]] = []
    for copies, score, why in ranked:
        copies = sorted(copies, key=lambda copy: (copy[0].note_path, copy[0].ordinal))
        locations = [chunk.location for chunk, _ in copies]
        own = word_shingles(copies[0][0].text)
        twin = next((index for index, other in enumerate(shingles) if repeats(own, other)), None)
        if twin is not None:
            duplicates[kept[twin][0].location] += locations
        elif len(kept) < limit:
            kept.append((*copies[0], score, why))
            shingles.append(own)
            duplicates[locations[0]] += locations[1:]
        else:
            break
    return [
        Hit(chunk, note, score, rank, why, tuple(duplicates[chunk.location]))
        for rank, (chunk, note, score, why) in enumerate(kept, start=1)
    ]


def word_shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The triples of neighbouring words of a text, lower-cased; its words where there are fewer than three."""
    words = _WORD.findall(text.lower())
    size = min(3, len(words))
    return (
        frozenset(tuple(words[start : start + size]) for start in range(len(words) - size + 1)) if size else frozenset()
    )


def repeats(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    """Whether the shorter of two texts mostly stands in the longer one, by their word triples."""
    shorter = min(len(one), len(other))
    return shorter > 0 and len(one & other) >= DUPLICATE_SHARE * shorter


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
        raise UsageError(
            f"No indexed note has {' and '.join(named)}. Folders are written as in `rag-bot search` results."
        )
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


def _with_chunks(
    sources: Sources, fused: Ranking, at_once: int
) -> Iterator[tuple[str, float, list[tuple[Chunk, Note]]]]:
    """The ranking with the chunks of each key, read as far as they are asked for."""
    for start in range(0, len(fused), at_once):
        some = fused[start : start + at_once]
        found = defaultdict(list)
        for chunk, note in sources.catalogue.find_chunks([key for key, _ in some]):
            found[chunk.key].append((chunk, note))
        yield from ((key, score, found[key]) for key, score in some)


def _cosines(stored: Mapping[str, NDArray[np.float32]], vector: NDArray[np.float32]) -> dict[str, float]:
    if not stored:
        return {}
    return dict(zip(stored, (np.stack(list(stored.values())) @ vector).tolist(), strict=True))


def _reciprocal_ranks(scores: Mapping[str, float]) -> dict[str, float]:
    ranked = sorted(scores, key=lambda key: (-scores[key], key))
    return {key: (RRF_K + 1) / (RRF_K + rank) for rank, key in enumerate(ranked, start=1)}


def _normalised(scores: Mapping[str, float], *, floor: float) -> dict[str, float]:
    span = max(scores.values(), default=0.0) - floor
    return {key: (score - floor) / span if span > 0 else 1.0 for key, score in scores.items()}


def _explain(dense: Ranking, words: Ranking, cosines: Mapping[str, float]) -> dict[str, Why]:
    dense_ranks = {key: rank for rank, (key, _) in enumerate(dense, start=1)}
    word_ranks = {key: (rank, score) for rank, (key, score) in enumerate(words, start=1)}
    return {
        key: Why(dense_ranks.get(key), cosine, *word_ranks.get(key, (None, None))) for key, cosine in cosines.items()
    }
