"""A CrossEncoder named in the settings orders the best passages anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library, ModelError
from rag_bot.embedding.reranking import open_reranker
from rag_bot.embedding.weights import find_model

Write = Callable[..., Path]


def _make_cross_encoder(folder: Path, labels: int) -> Path:
    """A real CrossEncoder, tiny and untrained, with the default model's vocabulary."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    tokenizer: Any = AutoTokenizer.from_pretrained(find_model("all-MiniLM-L6-v2"), local_files_only=True)
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=labels,
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_the_best_passages_are_in_the_order_of_the_re_ranker(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    for number in range(6):
        write(f"{number}.md", f"The rent of flat {number} is due on day {number}.")
    library.ingest([notes])
    model = str(_make_cross_encoder(tmp_path / "model", 1))
    question = "When is the rent of flat 3 due?"
    plain = library.search(question)
    settings = library.settings.model_copy(
        update={"retrieval": library.settings.retrieval.model_copy(update={"reranker": model, "reranked": 4})}
    )
    with Library(settings) as other:
        hits = other.search(question)
    texts = [hit.chunk.embedded_text for hit in plain[:4]]
    scores = dict(zip(texts, open_reranker(model).scores(question, texts), strict=True))
    assert all(0 <= score <= 1 for score in scores.values())
    assert [hit.chunk.embedded_text for hit in hits[:4]] == sorted(texts, key=lambda text: -scores[text])
    assert [hit.chunk.key for hit in hits[4:]] == [hit.chunk.key for hit in plain[4:]]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_model_that_is_no_re_ranker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gives 3 scores"):
        open_reranker(str(_make_cross_encoder(tmp_path / "three", 3)))
    with pytest.raises(ModelError, match="There is no model folder"):
        open_reranker(str(tmp_path / "nothing"))
