"""Counts tokens and turns texts into vectors.

Texts are encoded by an ONNX export of the weights, made once and checked against them; with the default model by an
int8 copy of it, where the processor gains from that. Other models embed passages in bulk by sentence-transformers, in
bfloat16 where the processor has it, and so does every model on a GPU.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from rag_bot.errors import ModelError
from rag_bot.files import FileHashes
from rag_bot.models.export import EmbeddingInfo, Vectors, export, is_exported, load_sentence_transformer, unit
from rag_bot.models.int8 import choose_file, chosen_file, products_overflow
from rag_bot.models.weights import DEFAULT_NAMES, find_model, fingerprint
from rag_bot.processes import cores

EXPORT_VERSION = 1
CHUNK_WINDOW = 256  # tokens: longer chunks answer less exactly, whatever the model could read; set by hand
SMALL_BATCH = 48  # passages that the ONNX export embeds sooner than sentence-transformers is imported
LETTER_BY_LETTER = 0.8  # tokens for a letter, set by hand; English has 0.2, German with an English model 0.4
FEWEST_LETTERS = 4  # that tell anything: set by hand
MULTILINGUAL_VOCABULARY = 100_000  # tokens: BERT's English one has 30,522, that of multilingual E5 250,002
_COLUMNS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
"""What the model calls its inputs, and the tokenizer its outputs."""
BULK_BATCH = 16  # texts in one pass of sentence-transformers; on CPUs larger ones only add padding; set by hand


@dataclass(frozen=True, slots=True)
class Encoder:
    """Turns one text after the other into a unit vector. It hangs on the text alone, and on these files."""

    tokenizer: Any
    session: Any
    inputs: tuple[str, ...]

    def vector(self, text: str) -> Vectors:
        """Shape [dimensions]."""
        encoding = self.tokenizer.encode(text)
        columns = {name: np.array([getattr(encoding, _COLUMNS[name])], dtype=np.int64) for name in self.inputs}
        vector: Vectors = unit(self.session.run(None, columns)[0])[0]
        return vector


@dataclass(frozen=True, slots=True)
class PackedModel:
    """An exported model as bytes, for another machine: it needs neither files nor a choice of its own there."""

    tokenizer: bytes
    onnx: bytes
    inputs: tuple[str, ...]
    window: int

    def open(self) -> Encoder:
        return Encoder(_tokenizer(self.tokenizer, self.window), open_session(self.onnx, threads=1), self.inputs)


class EmbeddingModel:
    """A prepared model: counts tokens and turns texts into unit vectors.

    `folder` is its place in the cache (tokenizer, export, description). `weights` is the sentence-transformers folder;
    it is needed only for bulk embedding, and for models that cannot be exported. `chunk_window` is how many of the
    tokens that the model can read a chunk may have. `file` is the ONNX file of an exported model; where `in_bulk`, many
    passages are embedded by sentence-transformers all the same.
    """

    def __init__(
        self,
        folder: Path,
        weights: Path | None = None,
        chunk_window: int = CHUNK_WINDOW,
        *,
        in_bulk: bool = True,
    ) -> None:
        self.folder = folder
        self.weights = weights
        self.chunk_window = chunk_window
        self.in_bulk = in_bulk
        self.file = chosen_file(folder)
        self.info = _read_info(folder)

    @classmethod
    def prepare(cls, name: str, cache: Path, chunk_window: int | None = None) -> EmbeddingModel:
        """The model of this name, exported into the cache if it is not there yet (seconds, once).

        Raises:
            ModelError: the model cannot be found, or is damaged.
        """
        hashes = FileHashes(cache)
        weights = find_model(name, hashes)
        folder = _cache_folder(cache, fingerprint(weights, hashes))
        if not is_exported(folder):
            export(name, weights, folder)
        model = cls(folder, weights, chunk_window or CHUNK_WINDOW)
        if name in DEFAULT_NAMES and model.info.exported and not _has_gpu():
            model.file, model.in_bulk = choose_file(folder, model._encode_in_turn), False
        return model

    @classmethod
    def open(cls, name: str, identity: str, cache: Path) -> EmbeddingModel:
        """The model that an index was built with, without reading its weights; prepared again if the cache was emptied.

        Raises:
            ModelError: the model of this name is no longer the one with this fingerprint.
        """
        folder = _cache_folder(cache, identity)
        if is_exported(folder):
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
        return min(self.info.window, self.chunk_window) - self.info.special_tokens - prompt

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special ones not counted."""
        return [len(encoding) for encoding in self._counter.encode_batch_fast(list(texts), add_special_tokens=False)]

    def reads_words(self, text: str) -> bool:
        """Whether the model has the words of a text in its vocabulary, and not only their letters."""
        letters = sum(map(str.isalpha, text))
        return letters < FEWEST_LETTERS or self.count_tokens([text])[0] < LETTER_BY_LETTER * letters

    @property
    def is_multilingual(self) -> bool:
        """Whether its vocabulary is as large as that of many languages."""
        return bool(self._counter.get_vocab_size() >= MULTILINGUAL_VOCABULARY)

    def encode_query(self, text: str) -> Vectors:
        """The unit vector of a question, shape [dimensions]."""
        vector: Vectors = self._encode([self.info.query_prompt + text])[0]
        return vector

    def encode_lines(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of lines to be compared with a question, shape [len(texts), dimensions]."""
        return self._encode([self.info.document_prompt + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages for the index, shape [len(texts), dimensions]."""
        prompted = [self.info.document_prompt + text for text in texts]
        if self.in_bulk and self.weights and len(texts) > SMALL_BATCH:
            return self._encode_bulk(prompted)
        return self._encode(prompted)

    def pack(self) -> PackedModel:
        """What encodes questions here, as bytes.

        Raises:
            ModelError: the model could not be exported.
        """
        if not self.info.exported:
            raise ModelError(f"The model {self.info.name} cannot be converted, so that only this machine embeds by it.")
        tokenizer = (self.folder / "tokenizer.json").read_bytes()
        return PackedModel(tokenizer, self.file.read_bytes(), self.info.inputs, self.info.window)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        """Each core takes the next text: faster than batches, which are padded.

        A vector hangs on nothing but its text. In a batch it would: int8 activations are scaled by all in it.
        """
        if not texts:
            return np.empty((0, self.info.dimensions), dtype=np.float32)
        if not self.info.exported:
            return self._encode_bulk(texts)
        if len(texts) == 1:  # a question, which also comes while the process ends, when no thread can begin
            return self._encode_in_turn(self.file, texts)
        encoder = self._encoder(self.file)
        longest_first = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        with ThreadPoolExecutor(cores()) as pool:
            encoded = pool.map(lambda index: encoder.vector(texts[index]), longest_first)
            for index, vector in zip(longest_first, encoded, strict=True):
                vectors[index] = vector
        return vectors

    def _encode_in_turn(self, file: Path, texts: Sequence[str]) -> Vectors:
        encoder = self._encoder(file)
        return np.stack([encoder.vector(text) for text in texts])

    def _encoder(self, file: Path) -> Encoder:
        return Encoder(self._truncating, _shared_session(_state_of(file)), self.info.inputs)

    def _encode_bulk(self, texts: Sequence[str]) -> Vectors:
        vectors = self._sentence_transformer.encode(
            list(texts), batch_size=BULK_BATCH, show_progress_bar=False, convert_to_numpy=True
        )
        return unit(vectors)

    @cached_property
    def _counter(self) -> Any:
        return _shared_tokenizer(_state_of(self.folder / "tokenizer.json"), None)

    @cached_property
    def _truncating(self) -> Any:
        return _shared_tokenizer(_state_of(self.folder / "tokenizer.json"), self.info.window)

    @cached_property
    def _sentence_transformer(self) -> Any:
        model = load_sentence_transformer(self.weights or find_model(self.info.name))
        return model.to(_bulk_dtype(model.device.type))


def _has_gpu() -> bool:
    """Whether torch finds one of NVIDIA. It is imported, which takes seconds, only where there may be one."""
    if not shutil.which("nvidia-smi"):
        return False
    import torch

    return bool(torch.cuda.is_available())


def _bulk_dtype(device: str) -> Any:
    """bfloat16 where the hardware multiplies it natively (twice as fast), else float32."""
    import torch

    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    native = device == "cpu" and any(getattr(torch.cpu, check, bool)() for check in checks)
    return torch.bfloat16 if native else torch.float32


def _cache_folder(cache: Path, identity: str) -> Path:
    return cache / "models" / f"{identity}-v{EXPORT_VERSION}"


def _read_info(folder: Path) -> EmbeddingInfo:
    try:
        values = json.loads((folder / "model.json").read_text())
        return EmbeddingInfo(**{**values["info"], "inputs": tuple(values["info"]["inputs"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'model.json'} is damaged; remove the folder and run the command again.") from error


FileState = tuple[Path, int, int]
"""A file with its size and time, so that another one in its place is loaded anew."""


def _state_of(file: Path) -> FileState:
    try:
        status = file.stat()
    except OSError:  # who loads it says so
        return file, 0, 0
    return file, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4)  # the two of the default model, and of another one while the index is rebuilt with it
def _shared_tokenizer(file: FileState, window: int | None) -> Any:
    """The tokenizer of this file, one for all of a process; with a window it truncates."""
    return _tokenizer(file[0].read_bytes(), window)


def _tokenizer(content: bytes, window: int | None) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if window:
        tokenizer.enable_truncation(window)
    return tokenizer


def open_session(model: Path | bytes, threads: int = 0) -> Any:
    """An ONNX model, a file or its bytes, on the processor: on all its cores, or so many.

    Raises onnxruntime's own unnamed types where it is damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    # Threads that spin while they wait slow everything down as soon as another process needs the processor.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if products_overflow():
        options.add_session_config_entry("session.x64quantprecision", "1")
    source = model if isinstance(model, bytes) else str(model)
    # Its one operator for a sum and its normalisation is slower than its two: without it the embedding model needs .82
    # and the reader .86 of the time (onnxruntime 1.32, a processor with VNNI).
    slower = ["SkipLayerNormFusion"]
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"], disabled_optimizers=slower)


@lru_cache(maxsize=2)  # that of the index, and of another model while the index is rebuilt with it
def _shared_session(file: FileState) -> Any:
    """The ONNX export in this file, one for all of a process: loading it takes half a second and up to 90 MB.

    Raises:
        ModelError: it is damaged; its folder is removed, so that it is made anew.
    """
    try:
        return open_session(file[0], threads=1)
    except Exception as error:  # onnxruntime raises its own unnamed types for a damaged file
        folder = file[0].parent
        shutil.rmtree(folder, ignore_errors=True)
        raise ModelError(
            f"The converted model in {folder} was damaged and has been removed; run the command again."
        ) from error
