"""What the checker sees in a sentence, one kind of mistake at a time."""

from __future__ import annotations

import pytest

from rag_bot.embedding import EmbeddingModel
from rag_bot.query.check import Checker, Line
from rag_bot.records import SUPPORTED, UNSUPPORTED

TASKS = "BIG-Bench and scale > How the tasks split"
LINES = (
    Line("- Emergent abilities: 33% of the BIG-Bench tasks, with performance flat for a while.", TASKS),
    Line("- Smoothly increasing: 29% of the BIG-Bench tasks, which are small tasks.", TASKS),
)


@pytest.fixture(scope="module")
def checker(model: EmbeddingModel) -> Checker:
    return Checker(model)


def test_a_changed_number_is_seen_and_the_right_one_named(checker: Checker) -> None:
    evidence = checker.read(LINES)
    assert checker.check("33% of the BIG-Bench tasks are emergent.", evidence).support == SUPPORTED
    verdict = checker.check("45% of the BIG-Bench tasks are emergent.", evidence)
    assert (verdict.support, verdict.reasons[0]) == (UNSUPPORTED, "the notes say 33%, not 45%")
