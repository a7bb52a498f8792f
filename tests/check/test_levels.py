"""On the labelled set the checker is not worse than it was when its figures were written down."""

from __future__ import annotations

from collections import Counter

from eval.checker.measure import by_kind, judge_all, precision_and_recall
from eval.checker.pairs import our_pairs
from rag_bot.check import Checker
from rag_bot.models import EmbeddingModel

LEAST_PRECISION, LEAST_RECALL = 0.94, 0.72
LEAST_CAUGHT = {
    "number": 0.95, "date": 0.95, "unit": 0.9, "negation": 0.9, "other note": 0.95, "other passage": 0.95,
    "antonym": 0.9, "name": 0.9, "addition": 0.95, "swap": 0.9, "verbatim": 0.97, "paraphrase": 0.6,
    "pairing": 0.95, "roles": 0.95, "sweeping": 0.95,
}  # fmt: skip


def test_the_labelled_set_is_large_and_both_ways() -> None:
    pairs = list(our_pairs())
    assert len(pairs) >= 400
    assert len({pair.id for pair in pairs}) == len(pairs)
    assert Counter(pair.split for pair in pairs).keys() == {"dev", "test"}
    assert sum(pair.is_true for pair in pairs) >= 150
    assert all(pair.lines for pair in pairs)


def test_precision_and_recall_are_not_below_their_recorded_levels(model: EmbeddingModel) -> None:
    judged = judge_all(Checker(model), (pair for pair in our_pairs() if pair.split == "test"))
    precision, recall = precision_and_recall(judged)
    assert precision >= LEAST_PRECISION
    assert recall >= LEAST_RECALL
    shares = {kind: share for kind, (share, _) in by_kind(judged).items()}
    assert {kind: share for kind, share in shares.items() if share < LEAST_CAUGHT[kind]} == {}
