"""On pairs that no rule was made from, the marks claim no more than they may.

Where they do, `rag-bot eval checker eval/checker/gate.jsonl --wrong` names the sentences.
"""

from __future__ import annotations

from pathlib import Path

from rag_bot.evaluation import judge_pairs, measure_checker, open_checker, read_pairs
from rag_bot.settings import Settings
from tests.conftest import ROOT

PAIRS = ROOT / "eval" / "checker" / "gate.jsonl"
LEAST_PRECISION = 0.90  # of "supported"
MOST_FALSE_SUPPORTED = 0.05  # of the false sentences
MOST_TRUE_NOT = 0.08  # of the true ones


def test_the_marks_claim_no_more_than_they_may(model_cache: Path) -> None:
    figures = measure_checker(judge_pairs(open_checker(Settings(cache=model_cache)), read_pairs([PAIRS])))
    values = {name: measure.value for name, measure in figures.measures.items()}
    assert values["precision"] >= LEAST_PRECISION, values
    assert values["false_supported"] <= MOST_FALSE_SUPPORTED, values
    assert values["true_not"] <= MOST_TRUE_NOT, values
