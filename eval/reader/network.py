"""The cross-encoder as PyTorch module: its weights on disk, its batches, its scores."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

ANSWERS, SAYS, RELEVANCE = range(3)
"""The outputs: this line answers the question; these lines say this sentence; how the packaged model would rank."""
MOST_TOKENS = 160  # of a pair, special ones included: nearly every line with its context has fewer
_BATCH_TOKENS = 4_096  # padding included, of a batch that is only scored: set by hand

Pair = tuple[str, str]
Scores = NDArray[np.float32]


def open_tokenizer(file: Path) -> Tokenizer:
    """The tokenizer, which cuts the longer text of a pair where both are too long."""
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def load(folder: Path) -> torch.nn.Module:
    """The model whose `config.json` and `model.safetensors` are in the folder, with as many outputs as it has."""
    from transformers import BertForSequenceClassification

    # "eager" attention: with these short texts it trains 1.7 times as fast as "sdpa" in bfloat16.
    return BertForSequenceClassification.from_pretrained(folder, attn_implementation="eager", local_files_only=True)


def batch_of(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> dict[str, torch.Tensor]:
    """The pairs as input of the model, padded to the longest of them."""
    encodings = tokenizer.encode_batch(list(pairs))
    longest = max(len(encoding.ids) for encoding in encodings)
    ids, mask, types = (np.zeros((len(pairs), longest), dtype=np.int64) for _ in range(3))
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        types[row, : len(encoding.ids)] = encoding.type_ids
        mask[row, : len(encoding.ids)] = 1
    arrays = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def batches_by_length(pairs: Sequence[Pair]) -> Iterator[list[int]]:
    """Indexes of the pairs, those of similar length together."""
    order = sorted(range(len(pairs)), key=lambda index: -sum(map(len, pairs[index])))
    while order:
        longest = min(MOST_TOKENS, sum(map(len, pairs[order[0]])) // 3 + 4)  # three characters a token, at worst
        size = max(1, _BATCH_TOKENS // longest)
        yield order[:size]
        order = order[size:]


def scores(model: torch.nn.Module, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> Scores:
    """The outputs of a module for each pair, shape [pairs, outputs]."""
    model.eval()

    def run(batch: dict[str, torch.Tensor]) -> Scores:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            return np.asarray(model(**batch).logits.float(), dtype=np.float32)

    return _in_batches(run, tokenizer, pairs)


class OnnxReader:
    """A reader from an ONNX file: the packaged one (one output) or a taught one (three)."""

    def __init__(self, file: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._inputs = [value.name for value in self._session.get_inputs()]

    def run(self, batch: dict[str, torch.Tensor]) -> Scores:
        """The outputs for a batch."""
        outputs = self._session.run(None, {name: batch[name].numpy() for name in self._inputs})
        return np.asarray(outputs[0], dtype=np.float32)

    def scores(self, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> Scores:
        """The outputs for each pair, shape [pairs, outputs]."""
        return _in_batches(self.run, tokenizer, pairs)


def _in_batches(run: Any, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> Scores:
    found: Scores | None = None
    for indexes in batches_by_length(pairs):
        logits = run(batch_of(tokenizer, [pairs[index] for index in indexes]))
        if found is None:
            found = np.zeros((len(pairs), logits.shape[1]), dtype=np.float32)
        found[indexes] = logits
    return found if found is not None else np.zeros((0, 1), dtype=np.float32)


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
