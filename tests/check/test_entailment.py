"""A CrossEncoder for natural language inference has a say where one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_bot import ModelError
from rag_bot.check import Checker, CitedLine
from rag_bot.check.entailment import open_entailment
from rag_bot.models import EmbeddingModel
from rag_bot.records import SUPPORTED, UNSUPPORTED
from tests.query.cross_encoders import save_cross_encoder

LABELS = ("contradiction", "entailment", "neutral")
LINES = (CitedLine("- Scaling is hard, and at the time it did not look obvious."),)
SENTENCE = "Scaling is hard and did not look obvious at the time."


def test_a_contradiction_is_a_veto(model: EmbeddingModel, tmp_path: Path) -> None:
    name = save_cross_encoder(tmp_path / "contradicts", LABELS, "contradiction")
    plain, careful = Checker(model), Checker(model, nli=name)
    assert plain.check(SENTENCE, plain.read(LINES)).support == SUPPORTED
    verdict = careful.check(SENTENCE, careful.read(LINES))
    assert (verdict.support, verdict.reasons) == (UNSUPPORTED, ("the notes contradict this",))


def test_entailment_never_lifts_what_the_notes_deny(model: EmbeddingModel, tmp_path: Path) -> None:
    name = save_cross_encoder(tmp_path / "entails", LABELS, "entailment")
    assert open_entailment(name).judge(["a"], "b").entailment > 0.9
    checker = Checker(model, nli=name)
    assert checker.check("Scaling is not hard.", checker.read(LINES)).support == UNSUPPORTED
    assert checker.check(SENTENCE, checker.read(LINES)).support == SUPPORTED


def test_a_model_with_other_labels_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has the labels score, not entailment") as caught:
        open_entailment(save_cross_encoder(tmp_path / "one", ("score",)))
    assert "\n" not in str(caught.value)
