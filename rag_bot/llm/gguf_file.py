"""Reads the head of a GGUF file: what llama.cpp would load, without loading it.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rag_bot.errors import LlmError

_MAGIC = b"GGUF"
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9
_LONGEST_TEXT = 1 << 26  # bytes; a chat template has some thousands
_MOST_ENTRIES = 10_000
_UNTOLD_CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class Header:
    """What the file says about its model. `context_tokens` is the context it was trained with."""

    architecture: str
    name: str
    context_tokens: int


def read_header(path: Path) -> Header:
    """The head of a model file.

    Raises:
        LlmError: it cannot be read, or is no GGUF file.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != _MAGIC:
                raise LlmError(f"{path} is no GGUF file. Give a model file of llama.cpp, which ends in .gguf.")
            known = _entries(file)
    except OSError as error:
        raise LlmError(f"The model file {path} cannot be read: {error.strerror}.") from error
    except (struct.error, ValueError, KeyError) as error:
        raise LlmError(f"The model file {path} is damaged or incomplete. Fetch it again.") from error
    architecture = str(known.get("general.architecture", ""))
    context = known.get(f"{architecture}.context_length")
    name = str(known.get("general.name", "") or path.stem)
    return Header(architecture, name, context if isinstance(context, int) and context > 0 else _UNTOLD_CONTEXT)


def _entries(file: BinaryIO) -> dict[str, object]:
    """The entries up to the vocabulary, which is long and comes after what is wanted here."""
    _, _, count = struct.unpack("<IQQ", file.read(20))
    if count > _MOST_ENTRIES:
        raise ValueError(count)
    known: dict[str, object] = {}
    for _ in range(count):
        name = _text(file)
        if name.startswith("tokenizer.") and "general.architecture" in known:
            break
        (kind,) = struct.unpack("<I", file.read(4))
        known[name] = _value(file, kind)
    return known


def _value(file: BinaryIO, kind: int) -> object:
    if kind == _TEXT:
        return _text(file)
    if kind == _ARRAY:
        item, count = struct.unpack("<IQ", file.read(12))
        return [_value(file, item) for _ in range(count)]
    shape = f"<{_NUMBERS[kind]}"
    return struct.unpack(shape, file.read(struct.calcsize(shape)))[0]


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _LONGEST_TEXT:
        raise ValueError(length)
    found = file.read(length)
    if len(found) < length:
        raise ValueError(length)
    return found.decode("utf-8", "replace")
