"""Passages -> a ranking of documents, and the measures of rankings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import ir_measures

from rag_bot.records import Hit, split_location

Rankings = Mapping[str, Sequence[str]]
Judgements = Mapping[str, Mapping[str, int]]
Scores = dict[str, dict[str, float]]


def rank_notes(hits: Sequence[Hit]) -> list[str]:
    """The paths of the notes that the passages stand in, best first: each counts by its best passage.

    Notes that hold a copy of a passage come right after the one that is shown for it.
    """
    places = (place for hit in hits for place in (hit.chunk.location, *hit.duplicates))
    return list(dict.fromkeys(split_location(place)[0] for place in places))


def score_rankings(judged: Judgements, rankings: Rankings, measures: Sequence[str]) -> Scores:
    """Each question's measures, by their names in ir_measures (`nDCG@10`, `R@100`, `RR`).

    `rankings` decides which questions are scored; one whose ranking is empty has 0 in everything.
    """
    scores: Scores = defaultdict(lambda: dict.fromkeys(measures, 0.0))
    run = {
        question: {document: 1 / rank for rank, document in enumerate(ranking, start=1)}
        for question, ranking in rankings.items()
    }
    asked = {question: dict(judged[question]) for question in rankings}
    parsed = {ir_measures.parse_measure(name): name for name in measures}
    for one in ir_measures.iter_calc(list(parsed), asked, {question: some for question, some in run.items() if some}):
        scores[one.query_id][parsed[one.measure]] = one.value
    return {question: dict(scores[question]) for question in rankings}
