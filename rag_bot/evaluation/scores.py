"""One case -> its measures, each in [0, 1], only those that apply to it.

- `right_answers` (answerable): the answer quotes something and matches the pattern, upper and lower case alike. The
  verdict does not matter: lines that "may not answer" are shown as well.
- `right_first_two` (answerable): of the first two quotes one is right: it matches the pattern and stands in a note of
  the evidence (where there is evidence), or it holds a piece of evidence.
- `answered_right` (answerable): that, and the verdict is "answered".
- `right_abstentions` (not answerable): the verdict claims no more than there is: "none", near the notes' subjects also
  "closest". Near are all questions without an answer but the off-topic ones.
- `answered_share_of_answerable`, `none_share_of_answerable`, `answered_share_of_near_topic`, `none_share_of_off_topic`:
  the verdict is that, of the cases of that sort.
- `abstention_accuracy` (all): the verdict is not "none" where there is an answer, and claims no more than there is
  where there is none.
- `recall@k` (with evidence): the share of the pieces of evidence that the first k passages hold; of a group of
  alternatives one suffices, and the group counts once. A piece that stands in two copies counts once; one that is
  missing from the notes counts as not found.
- `nDCG@10`, `MRR` (with evidence), by ir_measures over the first ten passages: relevant are all passages of the index
  that hold a piece of evidence; copies shown as one count as one, alternatives that were not found are not asked for
  where one was; a missing piece counts as a passage that was not found.
- `citation_recall` (with evidence): the share of the pieces, a group counted once, that the quoted lines prove
  together; 0 where nothing is quoted.
- `completeness` (with two pieces of evidence or more, a group counted once): the share of them that stand in the quotes
  or in the excerpts shown around them.
- `citation_precision` (with evidence, something quoted): the share of the quoted lines that are good for something.

- `unsupported_share`, `reworded_share` (a model wrote an answer): of its sentences that claim something the shares that
  the notes don't say, and that they may say in other words; both are marked where they are shown.
- `fell_back` (a model was asked): the quotes answered in its place.

What "hold", "prove" and "good for something" mean stands in `evidence`. The last two follow ALCE (Gao et al. 2023,
arXiv:2305.14627): there each statement of an answer must follow from its citations, here each piece of evidence must
stand in them; a line that holds a part of a piece is good even if the rest is not quoted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import ir_measures

from rag_bot.evaluation.cases import OFF_TOPIC, Case, needs
from rag_bot.evaluation.evidence import LocatedEvidence, holds, quote_holds, relevant_quotes, supports
from rag_bot.evaluation.results import Prose
from rag_bot.records import (
    ANSWERED,
    CLOSEST,
    NO_CLAIM,
    NONE,
    QUOTES,
    REWORDED,
    UNSUPPORTED,
    Answer,
    Hit,
    Quote,
    split_location,
)

RECALL_AT = (1, 5, 10)
DEPTH = 10
"""Passages that are looked at: nDCG@10 asks for no more."""
FIRST = 2
"""Quotes among which a right one is expected: those that are seen at a glance."""

Held = Sequence[tuple[int, ...]]
"""For each passage the numbers of the pieces it holds."""
Rankings = Mapping[str, Sequence[str]]
Judgements = Mapping[str, Mapping[str, int]]
Scores = dict[str, dict[str, float]]
"""By question or case the value of each measure."""


def score_case(
    case: Case,
    pieces: Sequence[LocatedEvidence],
    answer: Answer,
    hits: Sequence[Hit],
    held: Held,
    right: bool,
    prose: Prose | None = None,
) -> dict[str, float]:
    """All measures that apply; `hits` are at least the first ten passages, or all."""
    is_none, is_answered = answer.verdict == NONE, answer.verdict == ANSWERED
    accurate = not is_none if case.answerable else claims_no_more(case, answer)
    scores = {"abstention_accuracy": float(accurate)}
    if prose is not None:
        claims = [sentence.support for sentence in prose.sentences if sentence.support != NO_CLAIM]
        scores["fell_back"] = float(prose.shown == QUOTES)
        if claims:
            scores["unsupported_share"] = claims.count(UNSUPPORTED) / len(claims)
            scores["reworded_share"] = claims.count(REWORDED) / len(claims)
    if not case.answerable:
        off_topic = case.kind == OFF_TOPIC
        share = ("none_share_of_off_topic", is_none) if off_topic else ("answered_share_of_near_topic", is_answered)
        return scores | {"right_abstentions": float(right), share[0]: float(share[1])}
    quotes = [citation.quote for citation in answer.citations]
    right_first_two = any(_is_right(case, pieces, quote) for quote in quotes[:FIRST])
    scores |= {
        "right_answers": float(right),
        "right_first_two": float(right_first_two),
        "answered_right": float(is_answered and right_first_two),
        "answered_share_of_answerable": float(is_answered),
        "none_share_of_answerable": float(is_none),
    }
    if pieces:
        proven = {number for number, piece in enumerate(pieces) if supports(piece, quotes)}
        scores |= score_ranking(pieces, hits, held) | {"citation_recall": _share_met(pieces, proven)}
        if len(needs([piece.evidence for piece in pieces])) > 1:
            shown = {
                number
                for number, piece in enumerate(pieces)
                if any(quote_holds(piece, quote) for quote in quotes)
                or any(holds(piece, excerpt) for excerpt in answer.excerpts)
            }
            scores["completeness"] = _share_met(pieces, proven | shown)
        if quotes:
            relevant = relevant_quotes(pieces, quotes)
            scores["citation_precision"] = sum(relevant) / len(relevant)
    return scores


def claims_no_more(case: Case, answer: Answer) -> bool:
    """Whether the verdict on a case without an answer claims no more than there is."""
    return answer.verdict == NONE or (answer.verdict == CLOSEST and case.kind != OFF_TOPIC)


def _is_right(case: Case, pieces: Sequence[LocatedEvidence], quote: Quote) -> bool:
    if any(quote_holds(piece, quote) for piece in pieces):
        return True
    in_evidence = not pieces or quote.note_path in {piece.evidence.path for piece in pieces}
    return in_evidence and case.is_matched_by(quote.text)


def score_ranking(pieces: Sequence[LocatedEvidence], hits: Sequence[Hit], held: Held) -> dict[str, float]:
    """The measures of the passages alone; at most the first ten are looked at."""
    hits, held = hits[:DEPTH], held[:DEPTH]
    recalls = {
        f"recall@{depth}": _share_met(pieces, {number for numbers in held[:depth] for number in numbers})
        for depth in RECALL_AT
    }
    ranking = [str(hit.rank) for hit in hits]
    relevant = dict.fromkeys(_relevant(pieces, hits, held), 1)
    values = score_rankings({"": relevant}, {"": ranking}, ["nDCG@10", "RR@10"])[""]
    return {"nDCG@10": values["nDCG@10"], "MRR": values["RR@10"], **recalls}


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
        if ranking
    }
    grades = {question: dict(judged[question]) for question in rankings}
    parsed = {ir_measures.parse_measure(name): name for name in measures}
    for metric in ir_measures.iter_calc(list(parsed), grades, run):
        scores[metric.query_id][parsed[metric.measure]] = metric.value
    return {question: dict(scores[question]) for question in rankings}


def _relevant(pieces: Sequence[LocatedEvidence], hits: Sequence[Hit], held: Held) -> list[str]:
    """The passages that should be found: those that were, and those that were not and no alternative stands for."""
    reached_ranks = [str(hit.rank) for hit, numbers in zip(hits, held, strict=True) if numbers]
    shown = {place for hit in hits for place in (hit.chunk.location, *hit.duplicates)}
    reached = {number for numbers in held for number in numbers}
    unseen: dict[str, None] = {}
    for alternatives in needs([piece.evidence for piece in pieces]):
        wanted = [number for number in alternatives if number in reached]
        if not wanted:  # the first that stands in a passage at all is asked for
            wanted = [next((number for number in alternatives if pieces[number].passages), alternatives[0])]
        places = [place for number in wanted for place in pieces[number].passages]
        if places or reached.intersection(wanted):
            unseen |= dict.fromkeys(place for place in places if place not in shown)
        else:
            unseen[f"piece {alternatives[0]}"] = None
    return [*reached_ranks, *unseen]


def _share_met(pieces: Sequence[LocatedEvidence], found: Collection[int]) -> float:
    """The share of the needs that these pieces, given by their numbers, meet."""
    wanted = needs([piece.evidence for piece in pieces])
    return sum(any(number in found for number in alternatives) for alternatives in wanted) / len(wanted)
