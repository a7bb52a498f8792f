"""Real CrossEncoders, tiny and untrained, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rag_bot.models.weights import find_model

_DEFAULT, _HEARD = 20.0, 40.0  # logits: of what is always said, and of what a word is heard to say


def save_cross_encoder(
    folder: Path, labels: Sequence[str], always: str = "", *, heard: Mapping[str, str] | None = None, **config: Any
) -> str:
    """One with the default model's vocabulary; its bias makes it say `always`. Saved in a folder; gives that path.

    With `heard`, words and labels, it says a label where the word stands in what it reads, however long that is.
    """
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    tokenizer: Any = AutoTokenizer.from_pretrained(find_model("all-MiniLM-L6-v2"), local_files_only=True)
    tokenizer.model_max_length = 512
    settings = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.5,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        **config,
    )
    model = BertForSequenceClassification(settings)
    with torch.no_grad():
        if heard:
            _listen(model, {tokenizer.vocab[word]: labels.index(label) for word, label in heard.items()})
        if always:
            model.classifier.bias[labels.index(always)] = _DEFAULT
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def _listen(model: Any, labels: Mapping[int, int]) -> None:
    """Sets all weights so that a token, by its number, has its label said: each has a dimension of its own.

    Attention is even, so the first token's vector is the mean of all; a norm makes it as large for one word of a
    thousand as for one of ten.
    """
    import torch

    for name, values in model.named_parameters():
        values.fill_(1.0 if "LayerNorm.weight" in name else 0.0)
    attention = model.bert.encoder.layer[0].attention
    for dense in (attention.self.value, attention.output.dense, model.bert.pooler.dense):
        dense.weight.copy_(torch.eye(model.config.hidden_size))
    for dimension, (token, label) in enumerate(labels.items()):
        model.bert.embeddings.word_embeddings.weight[token, dimension] = 1.0
        model.classifier.weight[label, dimension] = _HEARD


def save_roberta(folder: Path, labels: Sequence[str], always: str) -> str:
    """A RoBERTa with 514 positions, of which 512 can be used, and a vocabulary of bytes; it says `always`."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.processors import RobertaProcessing
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForSequenceClassification

    special = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    vocabulary = special | {byte: number for number, byte in enumerate(sorted(ByteLevel.alphabet()), len(special))}
    backend: Any = Tokenizer(BPE(vocabulary, [], unk_token="<unk>"))
    backend.pre_tokenizer = ByteLevel()
    backend.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=512,
        **{"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"},
        model_input_names=["input_ids", "attention_mask"],
    )
    config = RobertaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=514,
        type_vocab_size=1,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model = RobertaForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.out_proj.bias[labels.index(always)] = _DEFAULT
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
