"""Real CrossEncoders, tiny and untrained, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag_bot.models.weights import find_model


def save_cross_encoder(folder: Path, labels: Sequence[str], always: str = "") -> str:
    """One with the default model's vocabulary; its bias makes it say `always`. Saved in a folder; gives that path."""
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
        initializer_range=0.5,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config)
    if always:
        with torch.no_grad():
            model.classifier.bias[labels.index(always)] = 20.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
