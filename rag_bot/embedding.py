"""The one place that loads an embedding model.

Bulk embedding runs in sentence-transformers, in bfloat16 where the processor has it. Importing that takes seconds, so
questions and small batches are encoded by an ONNX export of the same weights, made once and checked against them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import ModelError
from rag_bot.weights import find_model, fingerprint

Vectors = NDArray[np.float32]

EXPORT_VERSION = 1
CHUNK_WINDOW = 256  # tokens: longer chunks answer less exactly, whatever the model could read
SMALL_BATCH = 48  # texts that the ONNX export embeds sooner than sentence-transformers is imported
BULK_BATCH = 16  # texts in one forward pass; on CPUs larger ones only add padding
MIN_COSINE = 0.9999  # between the export and the original, or the export is not used
_PROBES = ("What did I note about this?", "a", "Notes on scaling: " + "more words follow here. " * 60)


@dataclass(frozen=True, slots=True)
class ModelInfo:
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


class EmbeddingModel:
    """A prepared model: counts tokens and turns texts into unit vectors.

    `folder` is its place in the cache (tokenizer, export, description). `weights` is the sentence-transformers folder;
    it is needed only for bulk embedding, and for models that cannot be exported.
    """

    def __init__(self, folder: Path, weights: Path | None = None) -> None:
        self.folder = folder
        self.weights = weights
        self.info = _read_info(folder)

    @classmethod
    def prepare(cls, name: str, cache: Path) -> EmbeddingModel:
        """The model of this name, exported into the cache if it is not there yet (seconds, once).

        Raises:
            ModelError: the model cannot be found, or is damaged.
        """
        weights = find_model(name)
        folder = _cache_folder(cache, fingerprint(weights))
        if not (folder / "model.json").is_file():
            _export(name, weights, folder)
        return cls(folder, weights)

    @classmethod
    def open(cls, name: str, identity: str, cache: Path) -> EmbeddingModel:
        """The model that an index was built with, without reading its weights; prepared again if the cache was emptied.

        Raises:
            ModelError: the model of this name is no longer the one with this fingerprint.
        """
        folder = _cache_folder(cache, identity)
        if (folder / "model.json").is_file():
            return cls(folder)
        model = cls.prepare(name, cache)
        if model.info.fingerprint != identity:
            raise ModelError(
                f"The index was built with another version of {name!r} ({identity}, now {model.info.fingerprint}). "
                "Run `rag-bot ingest` to embed the notes anew."
            )
        return model

    @property
    def chunk_tokens(self) -> int:
        """Tokens that a chunk with its context may have, special ones and the model's own prompt not counted."""
        prompt = self.count_tokens([self.info.document_prompt])[0] if self.info.document_prompt else 0
        return min(self.info.window, CHUNK_WINDOW) - self.info.special_tokens - prompt

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special ones not counted."""
        return [len(encoding) for encoding in self._counter.encode_batch_fast(list(texts), add_special_tokens=False)]

    def encode_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape [dimensions]."""
        vector: Vectors = self._encode_small([self.info.query_prompt + text])[0]
        return vector

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, shape [len(texts), dimensions]."""
        prompted = [self.info.document_prompt + text for text in texts]
        if self.info.exported and (len(texts) <= SMALL_BATCH or self.weights is None):
            return self._encode_small(prompted)
        return self._encode_bulk(prompted)

    def warm_up(self) -> None:
        """Load what a question needs, so that the first one is as fast as the next."""
        self.encode_query("warm up")

    def _encode_small(self, texts: Sequence[str]) -> Vectors:
        if not self.info.exported:
            return self._encode_bulk(texts)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        for start in range(0, len(order), BULK_BATCH):
            batch = order[start : start + BULK_BATCH]
            vectors[batch] = self._run_session([texts[index] for index in batch])
        return vectors

    def _run_session(self, texts: list[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast(texts)
        columns = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
        feed = {
            name: np.array([getattr(encoding, columns[name]) for encoding in encodings], dtype=np.int64)
            for name in self.info.inputs
        }
        return _unit(self._session.run(None, feed)[0])

    def _encode_bulk(self, texts: Sequence[str]) -> Vectors:
        vectors = self._sentence_transformer.encode(
            list(texts), batch_size=BULK_BATCH, show_progress_bar=False, convert_to_numpy=True
        )
        return _unit(vectors)

    @cached_property
    def _counter(self) -> Any:
        return _load_tokenizer(self.folder)

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = _load_tokenizer(self.folder)
        tokenizer.enable_truncation(self.info.window)
        tokenizer.enable_padding(**self._padding(tokenizer))
        return tokenizer

    def _padding(self, tokenizer: Any) -> dict[str, Any]:
        token = json.loads((self.folder / "model.json").read_text())["pad_token"]
        return {"pad_id": tokenizer.token_to_id(token) or 0, "pad_token": token}

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(
                str(self.folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises its own unnamed types for a damaged file
            shutil.rmtree(self.folder, ignore_errors=True)
            raise ModelError(
                f"The converted model in {self.folder} was damaged and has been removed; run the command again."
            ) from error

    @cached_property
    def _sentence_transformer(self) -> Any:
        model = load_sentence_transformer(self.weights or find_model(self.info.name))
        return model.to(_bulk_dtype(model.device.type))


def load_sentence_transformer(weights: Path, **options: Any) -> Any:
    """The model by sentence-transformers, from local files and without a progress bar."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        return SentenceTransformer(str(weights), local_files_only=True, **options)
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"The model in {weights} cannot be loaded: {reason}") from error


def _bulk_dtype(device: str) -> Any:
    """bfloat16 where the hardware multiplies it natively (twice as fast), else float32."""
    import torch

    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    native = device == "cpu" and any(getattr(torch.cpu, check, bool)() for check in checks)
    return torch.bfloat16 if native else torch.float32


def _unit(vectors: Any) -> Vectors:
    """Rows scaled to length 1 in float32; bfloat16 leaves them a little off."""
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)


def _cache_folder(cache: Path, identity: str) -> Path:
    return cache / "models" / f"{identity}-v{EXPORT_VERSION}"


def _read_info(folder: Path) -> ModelInfo:
    try:
        values = json.loads((folder / "model.json").read_text())
        return ModelInfo(**{**values["info"], "inputs": tuple(values["info"]["inputs"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'model.json'} is damaged; remove the folder and run the command again.") from error


def _load_tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _export(name: str, weights: Path, folder: Path) -> None:
    """Write tokenizer, ONNX file and description into the cache; the folder appears whole or not at all."""
    model = load_sentence_transformer(weights, device="cpu", model_kwargs={"attn_implementation": "eager"})
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as temporary:
            _write_export(name, model, fingerprint(weights), Path(temporary))
            shutil.rmtree(folder, ignore_errors=True)
            Path(temporary).rename(folder)
            Path(temporary).mkdir()  # so that leaving the block finds what it expects to remove
    except OSError as error:
        raise ModelError(
            f"The model cannot be converted into {folder}: {error.strerror or error}. "
            "Free space there, or choose another folder with --cache."
        ) from error


def _write_export(name: str, model: Any, identity: str, folder: Path) -> None:
    tokenizer = model.tokenizer
    (folder / "tokenizer.json").write_text(tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
    inputs = tuple(key for key in tokenizer.model_input_names if key in tokenizer("x"))
    prompts = getattr(model, "prompts", None) or {}
    info = ModelInfo(
        name=name,
        fingerprint=identity,
        dimensions=int(model.encode("x", show_progress_bar=False).shape[-1]),
        window=int(model.max_seq_length or tokenizer.model_max_length),
        special_tokens=tokenizer.num_special_tokens_to_add(),
        query_prompt=prompts.get("query") or "",
        document_prompt=prompts.get("document") or prompts.get("passage") or "",
        inputs=inputs,
        exported=_export_onnx(model, inputs, folder / "model.onnx"),
    )
    described = {"info": asdict(info), "pad_token": tokenizer.pad_token or "[PAD]"}
    (folder / "model.json").write_text(json.dumps(described, indent=1))


def _export_onnx(model: Any, inputs: Sequence[str], path: Path) -> bool:
    """Write the whole pipeline (transformer, pooling, normalisation) as ONNX; False if that cannot be done exactly."""
    import warnings

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
        ours = _unit(session.run(None, {name: features[name].astype(np.int64) for name in inputs})[0])
        theirs = _unit(model.encode([probe], show_progress_bar=False))
        if float((ours * theirs).sum()) < MIN_COSINE:
            return False
    return True
