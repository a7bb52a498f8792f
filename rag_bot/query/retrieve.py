"""Hybrid search: candidates by meaning and by words, fused, near-duplicates collapsed to the best copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import UsageError
from rag_bot.query.duplicates import collapse
from rag_bot.query.fusion import Ranking, cosines_to, fuse
from rag_bot.query.names import named_notes
from rag_bot.query.open_index import Sources
from rag_bot.query.times import AskedTimes, dated_passages
from rag_bot.records import Chunk, DateRange, Filters, Hit, Note, SearchRanks
from rag_bot.store.vectors import ExactVectors

# Filtered keys that are compared one by one; beyond, all are searched and the rest dropped. Set by hand.
EXACT_UP_TO = 20_000
PASSAGES_OF_NAMED = 12  # of a note that the query names: more of it tell nothing of where in it to look; set by hand
# Of a word in a note's name, in units of BM25's weights. Measured on 140 questions made of the names of each of four
# vaults: with 1 the note was first for .90, .63, .99 and 1, with 2 for .96, .90, 1 and 1, and for others' dev questions
# as often among the first ten passages.
NAME_WORTH = 2.0
CALLED, READ_AT_LEAST = 2, 6  # notes that a query names, and the passages among which they are; set by hand
_FILTERED_OF = 12  # times as many as wanted are searched where the rest is dropped; set by hand
_MORE = 4  # times as many are searched again where the catalogue knows too few of them; set by hand


@dataclass(frozen=True, slots=True)
class Candidates:
    """What both searches found, best first, and the unit vectors of all of it.

    `named` are the passages of notes that the query names, or of its times, with what is added to their word scores;
    `called` are those of each note that it names best.
    """

    dense: Ranking
    words: Ranking
    vectors: dict[str, NDArray[np.float32]]
    named: Mapping[str, float] = field(default_factory=dict)
    called: Sequence[Collection[str]] = ()

    def explain(self, query_vector: NDArray[np.float32]) -> dict[str, SearchRanks]:
        """For each key, how both searches saw it."""
        dense_ranks = {key: rank for rank, (key, _) in enumerate(self.dense, start=1)}
        word_ranks = {key: (rank, score) for rank, (key, score) in enumerate(self.words, start=1)}
        cosines = cosines_to(query_vector, self.vectors)
        return {
            key: SearchRanks(dense_ranks.get(key), cosine, *word_ranks.get(key, (None, None)))
            for key, cosine in cosines.items()
        }


@dataclass(frozen=True, slots=True)
class Ranked:
    """All candidates for a query: how both searches found them, and fused, best first.

    `paths` are the notes that pass the filters, None where there are none: a passage may also stand in another note.
    """

    candidates: Candidates
    fused: Ranking
    paths: set[str] | None = None


def search(
    sources: Sources,
    query: str,
    vector: NDArray[np.float32],
    *,
    limit: int,
    filters: Filters | None = None,
    times: AskedTimes | None = None,
) -> list[Hit]:
    """The best passages for a query whose unit vector is given, best first, at most `limit`.

    Raises:
        UsageError: no note passes the filters.
    """
    return take(sources, rank(sources, query, vector, limit=limit, filters=filters, times=times), vector, limit)


def rank(
    sources: Sources,
    query: str,
    vector: NDArray[np.float32],
    *,
    limit: int,
    filters: Filters | None = None,
    times: AskedTimes | None = None,
) -> Ranked:
    """The candidates among which the best `limit` passages are, those of these times too. Raises as `search`."""
    wanted = max(sources.settings.candidates, limit)
    candidates = _find_candidates(sources, query, vector, wanted, filters, times)
    passages = sources.words.count()
    word_scores = dict(candidates.words)
    for key, more in candidates.named.items():
        word_scores[key] = word_scores.get(key, 0.0) + more
    fused = fuse(candidates.vectors, word_scores, vector, passages=passages, settings=sources.settings)
    fused = _with_called(fused, candidates.called)
    paths = sources.catalogue.paths_matching(filters) if filters else None
    return Ranked(candidates, _reranked(sources, query, fused), paths)


def take(sources: Sources, ranked: Ranked, vector: NDArray[np.float32], limit: int) -> list[Hit]:
    """The best of what was ranked, each with the copies that it stands for."""
    reasons = ranked.candidates.explain(vector)
    chunks = _with_chunks(sources, ranked, at_once=limit)
    return collapse(((copies, score, reasons[key]) for key, score, copies in chunks), limit)


def _find_candidates(
    sources: Sources,
    query: str,
    vector: NDArray[np.float32],
    wanted: int,
    filters: Filters | None,
    times: AskedTimes | None,
) -> Candidates:
    """The best `wanted` passages of each search.

    A filtered search compares all that is allowed where that is little.
    """
    allowed = _allowed_keys(sources, filters)
    is_small = allowed is not None and len(allowed) <= EXACT_UP_TO

    def search_dense(limit: int) -> Ranking:
        if allowed is None:
            return sources.vectors.query(vector, limit)
        if is_small:
            return ExactVectors(sources.catalogue.vectors(sorted(allowed))).query(vector, limit)
        best = sources.vectors.query(vector, limit * _FILTERED_OF)
        return [(key, score) for key, score in best if key in allowed][:limit]

    def search_words(limit: int) -> Ranking:
        if allowed is None or is_small:
            return sources.words.query(query, limit, among=allowed)
        best = sources.words.query(query, limit * _FILTERED_OF)
        return [(key, score) for key, score in best if key in allowed][:limit]

    dense, words = _known(sources, search_dense, wanted), _known(sources, search_words, wanted)
    named, called = _named(sources, query, allowed)
    for key, worth in dated_passages(sources, times, allowed).items() if times and times.dates else ():
        named[key] = named.get(key, 0.0) + worth
    keys = sorted({*(key for key, _ in (*dense, *words)), *named})
    return Candidates(dense, words, sources.catalogue.vectors(keys), named, called)


def _named(sources: Sources, query: str, allowed: set[str] | None) -> tuple[dict[str, float], list[set[str]]]:
    """The first passages of the notes that the query names with what that is worth, and those of the best notes."""
    found: dict[str, float] = {}
    called: list[set[str]] = []
    terms = dict.fromkeys(sources.words.content_terms(query))
    for path, weight in named_notes(sources, terms).items():
        keys = {chunk.key for chunk in sources.catalogue.chunks_of(path)[:PASSAGES_OF_NAMED]}
        keys = keys if allowed is None else keys & allowed
        called.append(keys)
        for key in keys:
            found[key] = max(found.get(key, 0.0), NAME_WORTH * weight)
    return found, called[:CALLED]


def _with_called(fused: Ranking, called: Sequence[Collection[str]]) -> Ranking:
    """The ranking with the best passage of each of these notes among the first.

    The passage that says who Paddy is has "Paddy" only in its note's name, and many others have it in their text.
    """
    ranking = list(fused)
    for keys in called:
        if not any(key in keys for key, _ in ranking[:READ_AT_LEAST]):
            best = next((place for place, (key, _) in enumerate(ranking) if key in keys), None)
            if best is not None:
                key, _ = ranking.pop(best)
                ranking.insert(READ_AT_LEAST - 1, (key, ranking[READ_AT_LEAST - 1][1]))
    return ranking


def _known(sources: Sources, search_best: Callable[[int], Ranking], wanted: int) -> Ranking:
    """The best `wanted` of a search that the catalogue knows. While a sync works, many may be of its next state."""
    limit = wanted
    while True:
        best = search_best(limit)
        known = sources.catalogue.known_keys([key for key, _ in best])
        kept = [(key, score) for key, score in best if key in known]
        if len(kept) >= wanted or len(best) < limit:
            return kept[:wanted]
        limit *= _MORE


def _allowed_keys(sources: Sources, filters: Filters | None) -> set[str] | None:
    """The keys of the notes that pass the filters, None where there are none. Raises UsageError where no note does."""
    if not filters:
        return None
    keys = sources.catalogue.keys_matching(filters)
    if not keys:
        named = [f"folder {filters.folder!r}"] if filters.folder else []
        named += [f"tag {filters.tag!r}"] if filters.tag else []
        if filters.since or filters.until:
            named.append(f"date {DateRange(filters.since or date.min, filters.until or date.max)}")
        remedy = (
            "Folders are written as `rag-bot search` shows them" if filters.folder else "Look how your notes spell it"
        )
        raise UsageError(f"No indexed note has {' and '.join(named)}. {remedy}.")
    return keys


def _reranked(sources: Sources, query: str, fused: Ranking) -> Ranking:
    """The best passages as the reader orders them, where the settings say so; the others keep their order below."""
    if not sources.settings.reranked or not sources.reader:
        return fused
    again, rest = fused[: sources.settings.reranked], fused[sources.settings.reranked :]
    texts = {chunk.key: chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks([key for key, _ in again])}
    _, relevance = sources.reader.read(query, list(texts.values()))
    scores = (1 / (1 + np.exp(-relevance))).tolist()
    ranked = sorted(zip(texts, scores, strict=True), key=lambda item: (-item[1], item[0]))
    least = ranked[-1][1] if ranked else 0.0
    return [*ranked, *((key, least * score) for key, score in rest)]


def _with_chunks(
    sources: Sources, ranked: Ranked, at_once: int
) -> Iterator[tuple[str, float, list[tuple[Chunk, Note]]]]:
    """The ranking with the chunks of each key, read as far as they are asked for."""
    for start in range(0, len(ranked.fused), at_once):
        some = ranked.fused[start : start + at_once]
        copies = defaultdict(list)
        for chunk, note in sources.catalogue.find_chunks([key for key, _ in some]):
            if ranked.paths is None or note.path in ranked.paths:
                copies[chunk.key].append((chunk, note))
        yield from ((key, score, copies[key]) for key, score in some)
