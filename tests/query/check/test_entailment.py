"""A CrossEncoder for natural language inference has a say where one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rag_bot import ModelError
from rag_bot.embedding import EmbeddingModel
from rag_bot.embedding.weights import find_model
from rag_bot.query.check import Checker, Line
from rag_bot.query.check.entailment import open_entailment
from rag_bot.records import SUPPORTED, UNSUPPORTED

LINES = (Line("- Scaling is hard, and at the time it did not look obvious."),)
SENTENCE = "Scaling is hard and did not look obvious at the time."


def _make_cross_encoder(folder: Path, always: str) -> Path:
    """A real CrossEncoder, tiny and untrained, whose bias makes it give one label; "" for one with a single label."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    labels = ("contradiction", "entailment", "neutral") if always else ("score",)
    tokenizer: Any = AutoTokenizer.from_pretrained(find_model("all-MiniLM-L6-v2"), local_files_only=True)
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config)
    if always:
        with torch.no_grad():
            model.classifier.bias[labels.index(always)] = 20.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_contradiction_is_a_veto(model: EmbeddingModel, tmp_path: Path) -> None:
    name = str(_make_cross_encoder(tmp_path / "contradicts", "contradiction"))
    plain, careful = Checker(model), Checker(model, nli=name)
    assert plain.check(SENTENCE, plain.read(LINES)).support == SUPPORTED
    verdict = careful.check(SENTENCE, careful.read(LINES))
    assert (verdict.support, verdict.reasons) == (UNSUPPORTED, ("the notes contradict this",))


def test_entailment_never_lifts_what_the_notes_deny(model: EmbeddingModel, tmp_path: Path) -> None:
    name = str(_make_cross_encoder(tmp_path / "entails", "entailment"))
    assert open_entailment(name).judge(["a"], "b").entailment > 0.9
    checker = Checker(model, nli=name)
    assert checker.check("Scaling is not hard.", checker.read(LINES)).support == UNSUPPORTED
    assert checker.check(SENTENCE, checker.read(LINES)).support == SUPPORTED


def test_a_model_with_other_labels_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has the labels score, not entailment") as caught:
        open_entailment(str(_make_cross_encoder(tmp_path / "one", "")))
    assert "\n" not in str(caught.value)
