"""Hybrid search: candidates by meaning and by words, fused, near-duplicates collapsed to the best copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag_bot.models.cross_encoder import open_reranker
from rag_bot.query.candidates import Candidates, find_candidates
from rag_bot.query.duplicates import collapse
from rag_bot.query.fusion import Ranking, fuse
from rag_bot.query.sources import Sources
from rag_bot.records import Chunk, Filters, Hit, Note


@dataclass(frozen=True, slots=True)
class Ranked:
    """All candidates for a question: how both searches found them, and fused, best first.

    `paths` are the notes that pass the filters, None where there are none: a passage may also stand in another note.
    """

    found: Candidates
    fused: Ranking
    paths: set[str] | None = None


def search(
    sources: Sources, question: str, vector: NDArray[np.float32], *, limit: int, filters: Filters | None = None
) -> list[Hit]:
    """The best passages for a question whose unit vector is given, best first, at most `limit`.

    Raises:
        UsageError: no note passes the filters.
    """
    return take(sources, rank(sources, question, vector, limit=limit, filters=filters), vector, limit)


def rank(
    sources: Sources, question: str, vector: NDArray[np.float32], *, limit: int, filters: Filters | None = None
) -> Ranked:
    """The candidates among which the best `limit` passages are. Raises as `search`."""
    wanted = max(sources.settings.candidates, limit)
    found = find_candidates(sources, question, vector, wanted, filters)
    passages = sources.words.count()
    fused = fuse(found.vectors, dict(found.words), vector, passages=passages, settings=sources.settings)
    paths = sources.catalogue.paths_matching(filters) if filters else None
    return Ranked(found, _reranked(sources, question, fused) if sources.settings.reranker else fused, paths)


def take(sources: Sources, ranked: Ranked, vector: NDArray[np.float32], limit: int) -> list[Hit]:
    """The best of what was ranked, each with the copies that it stands for."""
    reasons = ranked.found.explain(vector)
    chunks = _with_chunks(sources, ranked, at_once=limit)
    return collapse(((copies, score, reasons[key]) for key, score, copies in chunks), limit)


def _reranked(sources: Sources, question: str, fused: Ranking) -> Ranking:
    """The best passages as a re-ranker orders them; those it did not look at keep their order below."""
    again, rest = fused[: sources.settings.reranked], fused[sources.settings.reranked :]
    texts = {chunk.key: chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks([key for key, _ in again])}
    scores = open_reranker(sources.settings.reranker).scores(question, list(texts.values()))
    ranked = sorted(zip(texts, scores, strict=True), key=lambda item: (-item[1], item[0]))
    least = ranked[-1][1] if ranked else 0.0
    return [*ranked, *((key, least * score) for key, score in rest)]


def _with_chunks(
    sources: Sources, ranked: Ranked, at_once: int
) -> Iterator[tuple[str, float, list[tuple[Chunk, Note]]]]:
    """The ranking with the chunks of each key, read as far as they are asked for."""
    for start in range(0, len(ranked.fused), at_once):
        some = ranked.fused[start : start + at_once]
        found = defaultdict(list)
        for chunk, note in sources.catalogue.find_chunks([key for key, _ in some]):
            if ranked.paths is None or note.path in ranked.paths:
                found[chunk.key].append((chunk, note))
        yield from ((key, score, found[key]) for key, score in some)
