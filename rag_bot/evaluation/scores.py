"""One case -> its measures, each in [0, 1], only those that apply to it.

- `right_answers` (answerable): the answer quotes something and matches the pattern, upper and lower case alike.
- `right_abstentions` (not answerable): it abstained.
- `answered_share_of_answerable` (answerable): it did not abstain.
- `abstention_accuracy` (all): it abstained where there is no answer, and did not where there is one.
- `recall@k` (with evidence): the share of the pieces of evidence that the first k passages hold; of a group of
  alternatives one suffices, and the group counts once. A piece that stands in two copies counts once; one that is
  missing from the notes counts as not found.
- `nDCG@10`, `MRR` (with evidence), by ir_measures over the first ten passages: relevant are all passages of the index
  that hold a piece of evidence; copies shown as one count as one, alternatives that were not found are not asked for
  where one was; a missing piece counts as a passage that was not found.
- `citation_recall` (with evidence): the share of the pieces, a group counted once, that the quoted lines prove
  together; 0 where it abstained.
- `citation_precision` (with evidence, answered): the share of the quoted lines that are good for something.

- `unsupported_share` (a model wrote an answer): the share of its sentences that the notes do not wholly say, those
  without a claim left out; all of them are marked where they are shown.
- `fell_back` (a model was asked): the quotes answered in its place.

What "hold", "prove" and "good for something" mean stands in `judge`. The last two follow ALCE (Gao et al. 2023,
arXiv:2305.14627): there each statement of an answer must follow from its citations, here each piece of evidence must
stand in them; a line that holds a part of a piece is good even if the rest is not quoted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rag_bot.evaluation.cases import Case, needs
from rag_bot.evaluation.judge import Piece, relevant_quotes, supports
from rag_bot.evaluation.results import Prose
from rag_bot.evaluation.sets.rankings import score_rankings
from rag_bot.records import NO_CLAIM, QUOTES, SUPPORTED, Answer, Hit

RECALL_AT = (1, 5, 10)
DEPTH = 10

Held = Sequence[tuple[int, ...]]
"""For each passage the numbers of the pieces it holds."""


def score_case(
    case: Case,
    pieces: Sequence[Piece],
    answer: Answer,
    hits: Sequence[Hit],
    held: Held,
    right: bool,
    prose: Prose | None = None,
) -> dict[str, float]:
    """All measures that apply; `hits` are at least the first ten passages, or all."""
    scores = {"abstention_accuracy": float(answer.abstained != case.answerable)} | _writing_scores(prose)
    if not case.answerable:
        return scores | {"right_abstentions": float(right)}
    scores |= {"right_answers": float(right), "answered_share_of_answerable": float(not answer.abstained)}
    if pieces:
        scores |= score_ranking(pieces, hits, held) | _citation_scores(pieces, answer)
    return scores


def score_ranking(pieces: Sequence[Piece], hits: Sequence[Hit], held: Held) -> dict[str, float]:
    """The measures of the passages alone; at most the first ten are looked at."""
    hits, held = hits[:DEPTH], held[:DEPTH]
    recalls = {
        f"recall@{depth}": _share_met(pieces, {piece for some in held[:depth] for piece in some}) for depth in RECALL_AT
    }
    ranking = [str(hit.rank) for hit in hits]
    relevant = dict.fromkeys(_relevant(pieces, hits, held), 1)
    found: Mapping[str, float] = score_rankings({"": relevant}, {"": ranking}, ["nDCG@10", "RR@10"])[""]
    return {"nDCG@10": found["nDCG@10"], "MRR": found["RR@10"], **recalls}


def _relevant(pieces: Sequence[Piece], hits: Sequence[Hit], held: Held) -> list[str]:
    """The passages that should be found: those that were, and those that were not and no alternative stands for."""
    found = [str(hit.rank) for hit, some in zip(hits, held, strict=True) if some]
    shown = {place for hit in hits for place in (hit.chunk.location, *hit.duplicates)}
    reached = {number for some in held for number in some}
    unseen: dict[str, None] = {}
    for some in needs([piece.evidence for piece in pieces]):
        wanted = [number for number in some if number in reached] or [_easiest(pieces, some)]
        places = [place for number in wanted for place in pieces[number].passages]
        nowhere = not places and not reached.intersection(wanted)
        unseen |= dict.fromkeys([f"piece {some[0]}"] if nowhere else [place for place in places if place not in shown])
    return [*found, *unseen]


def _easiest(pieces: Sequence[Piece], some: Sequence[int]) -> int:
    """Of some alternatives the first that stands in a passage at all."""
    return next((number for number in some if pieces[number].passages), some[0])


def _share_met(pieces: Sequence[Piece], found: Collection[int]) -> float:
    """The share of the needs that these pieces, given by their numbers, meet."""
    wanted = needs([piece.evidence for piece in pieces])
    return sum(any(number in found for number in some) for some in wanted) / len(wanted)


def _writing_scores(prose: Prose | None) -> dict[str, float]:
    if prose is None:
        return {}
    claims = [sentence.support for sentence in prose.sentences if sentence.support != NO_CLAIM]
    unsupported = [support for support in claims if support != SUPPORTED]
    return {
        "fell_back": float(prose.shown == QUOTES),
        **({"unsupported_share": len(unsupported) / len(claims)} if claims else {}),
    }


def _citation_scores(pieces: Sequence[Piece], answer: Answer) -> dict[str, float]:
    quotes = [citation.quote for citation in answer.citations]
    proven = {number for number, piece in enumerate(pieces) if supports(piece, quotes)}
    scores = {"citation_recall": _share_met(pieces, proven)}
    if quotes:
        relevant = relevant_quotes(pieces, quotes)
        scores["citation_precision"] = sum(relevant) / len(relevant)
    return scores
