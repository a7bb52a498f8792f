"""Converts a sentence-transformers model once, so that questions need not wait for sentence-transformers."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from rag_bot.errors import ModelError, first_line, reason_of
from rag_bot.models.weights import family_prompts, fingerprint

Vectors = NDArray[np.float32]

MIN_COSINE = 0.9999  # between the export and the original, or the export is not used; set by hand
OFFLINE_BY_US = "_RAG_BOT_WENT_OFFLINE"
"""The variable that is set beside HF_HUB_OFFLINE where this program has set that, and not its user."""
_PROBES = ("What did I note about this?", "a", "Notes on scaling: " + "more words follow here. " * 60)


@dataclass(frozen=True, slots=True)
class EmbeddingInfo:
    """What the index must know of its model. `window` is in tokens, special ones included."""

    name: str
    fingerprint: str
    dimensions: int
    window: int
    special_tokens: int
    query_prompt: str
    document_prompt: str
    inputs: tuple[str, ...]
    exported: bool


def export(name: str, weights: Path, folder: Path) -> None:
    """Write tokenizer, ONNX file and description into the cache; the folder appears whole or not at all.

    Raises:
        ModelError: the cache cannot be written.
    """
    with converting(folder):
        if is_exported(folder):  # by another process, meanwhile
            return
        model = load_sentence_transformer(weights, device="cpu", model_kwargs={"attn_implementation": "eager"})
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as temporary:
            _write_export(name, model, weights, Path(temporary))
            shutil.rmtree(folder, ignore_errors=True)
            Path(temporary).rename(folder)
            Path(temporary).mkdir()  # so that leaving the block finds what it expects to remove


def is_exported(folder: Path) -> bool:
    """Whether a whole export is there."""
    return (folder / "model.json").is_file()


@contextmanager
def converting(folder: Path) -> Iterator[None]:
    """One process after the other; it may be that the one before has done all.

    Raises:
        ModelError: the cache cannot be written.
    """
    try:
        folder.parent.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            yield
    except OSError as error:
        raise ModelError(
            f"The model cannot be converted into {folder}: {reason_of(error)}. "
            "Free space there, or choose another folder with --cache."
        ) from error


def _write_export(name: str, model: Any, weights: Path, folder: Path) -> None:
    tokenizer = model.tokenizer
    (folder / "tokenizer.json").write_text(tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
    inputs = tuple(key for key in tokenizer.model_input_names if key in tokenizer("x"))
    prompts, (for_query, for_document) = getattr(model, "prompts", None) or {}, family_prompts(weights)
    info = EmbeddingInfo(
        name=name,
        fingerprint=fingerprint(weights),
        dimensions=int(model.encode("x", show_progress_bar=False).shape[-1]),
        window=int(model.max_seq_length or tokenizer.model_max_length),
        special_tokens=tokenizer.num_special_tokens_to_add(),
        query_prompt=prompts.get("query") or for_query,
        document_prompt=prompts.get("document") or prompts.get("passage") or for_document,
        inputs=inputs,
        exported=_export_onnx(model, inputs, folder / "model.onnx"),
    )
    (folder / "model.json").write_text(json.dumps({"info": asdict(info)}, indent=1))


def _export_onnx(model: Any, inputs: Sequence[str], path: Path) -> bool:
    """Write the whole pipeline (transformer, pooling, normalisation) as ONNX; False if that cannot be done exactly."""
    import torch

    class Pipeline(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: Any) -> Any:
            return self.model(dict(zip(inputs, tensors, strict=True)))["sentence_embedding"]

    model.eval()
    features = model.tokenizer(list(_PROBES[:2]), padding=True, return_tensors="pt")
    axes = {name: {0: "batch", 1: "tokens"} for name in inputs} | {"vectors": {0: "batch"}}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Pipeline().eval(),
                tuple(features[name] for name in inputs),
                str(path),
                input_names=list(inputs),
                output_names=["vectors"],
                dynamic_axes=axes,
                opset_version=17,
                dynamo=False,
            )
    except (RuntimeError, ValueError, TypeError, NotImplementedError):
        return False
    return _is_exact(model, inputs, path)


def _is_exact(model: Any, inputs: Sequence[str], path: Path) -> bool:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for probe in _PROBES:
        features = model.tokenizer([probe], truncation=True, max_length=model.max_seq_length, return_tensors="np")
        ours = unit(session.run(None, {name: features[name].astype(np.int64) for name in inputs})[0])
        theirs = unit(model.encode([probe], show_progress_bar=False))
        if float((ours * theirs).sum()) < MIN_COSINE:
            return False
    return True


def load_sentence_transformer(weights: Path, **options: Any) -> Any:
    """The model by sentence-transformers, from local files and without a progress bar."""
    with quiet_loading(f"The model in {weights}"):
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(weights), local_files_only=True, trust_remote_code=False, **options)


@contextmanager
def quiet_loading(model: str) -> Iterator[None]:
    """For what loads a model by sentence-transformers: no look at the hub, no progress bar, one line for what fails.

    `model` begins the line.
    """
    if "HF_HUB_OFFLINE" not in os.environ:
        os.environ |= {"HF_HUB_OFFLINE": "1", OFFLINE_BY_US: "1"}
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from safetensors import SafetensorError
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        yield
    # Weights cut short are a SafetensorError, those of another shape a RuntimeError of torch.
    except (OSError, ValueError, KeyError, ImportError, SafetensorError, RuntimeError) as error:
        raise ModelError(f"{model} cannot be loaded: {first_line(error)}") from error


def unit(vectors: Any) -> Vectors:
    """Rows scaled to length 1 in float32; bfloat16 leaves them a little off."""
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)
