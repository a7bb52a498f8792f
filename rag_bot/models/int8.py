"""An int8 copy of an exported model: it embeds two to three times as many texts in the same processor time.

Whether a processor gains from it is measured once, and kept beside the export. Its ranking is measured for the default
model only (nDCG@10 on four public sets, see `eval/benchmarks/README.md`); other models do without. An index may hold
vectors of both: they rank the same.
"""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_bot.files import write_whole
from rag_bot.models.export import converting

FLOAT32_NAME, INT8_NAME = "model.onnx", "model-int8.onnx"
_CHOICE_NAME = "chosen.json"
# Of 1,326 passages the least like its float32 vector has .987.
_LEAST_COSINE = 0.97
_LEAST_GAIN = 1.2  # times the speed of float32; 2.2 where the processor has int8 instructions; set by hand
_ROUNDS = 5  # of which the fastest counts; set by hand
PROBES = (
    "Garden > Tomatoes\nSown on 12 March in the cold frame, pricked out after four weeks. The plants by the south "
    "wall bore twice as much as those beside the shed; next year water them in the morning, and tie them up sooner.",
    "Backups\n- [x] encrypt the external disk\n- [ ] test a restore from last month\n- rotate the keys each quarter, "
    "and write down where the recovery codes are kept\n\n`restic snapshots --latest 3` shows the newest ones.",
    "Meeting with the architects > Costs\n| part | estimate | offer |\n|---|---|---|\n| roof | 18,400 | 21,950 |\n"
    "| windows | 9,700 | 9,120 |\n\nThe offer for the roof holds until the end of June.",
)

_TERMS = 64
# An ONNX model of one MatMulInteger: [1, 64] of uint8 times [64, 16] of int8 that are all 127. The tests make it, too:
# to import `onnx` would take longer than the rest.
_PRODUCTS = (
    b'\x08\x08:\xd6\x08\n\x18\n\x01a\n\x01w\x12\x01c"\rMatMulInteger\x12\x01p*\x8c\x08\x08@\x08\x10\x10\x03B\x01wJ\x80\x08'
    + b"\x7f" * _TERMS * 16
    + b"Z\x13\n\x01a\x12\x0e\n\x0c\x08\x02\x12\x08\n\x02\x08\x01\n\x02\x08@"
    b"b\x13\n\x01c\x12\x0e\n\x0c\x08\x06\x12\x08\n\x02\x08\x01\n\x02\x08\x10B\x04\n\x00\x10\r"
)

Encode = Callable[[Path, Sequence[str]], NDArray[np.float32]]
"""The unit vectors that the ONNX model in a file makes of texts, one after the other in this thread."""


@lru_cache(maxsize=1)
def products_overflow() -> bool:
    """Whether onnxruntime's quick products of int8 are wrong here: without VNNI, x86 adds them two by two in 16 bits.

    Exact ones make scores and vectors those of every other processor (the reader's were off by .09 in a line of
    twenty). They take 1.15 of the time where the quick ones are wrong, but 1.8 where those are right, too.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(_PRODUCTS, providers=["CPUExecutionProvider"])
    sums = session.run(None, {"a": np.full((1, _TERMS), 255, dtype=np.uint8)})[0]
    return bool((sums != _TERMS * 255 * 127).any())


def chosen_file(folder: Path) -> Path:
    """The ONNX file that texts are encoded with, in an export's folder: the exact one until another is chosen."""
    return _chosen(folder) or folder / FLOAT32_NAME


def choose_file(folder: Path, encode: Encode) -> Path:
    """The ONNX file that texts are to be encoded with; decided at the first call, which takes seconds.

    Raises:
        ModelError: the folder cannot be written.
    """
    if earlier := _chosen(folder):
        return earlier
    with converting(folder):
        if by_another := _chosen(folder):
            return by_another
        _quantize(folder / FLOAT32_NAME, folder / INT8_NAME)
        cosine, gain = _compare(folder / INT8_NAME, folder / FLOAT32_NAME, encode)
        chosen = INT8_NAME if cosine >= _LEAST_COSINE and gain >= _LEAST_GAIN else FLOAT32_NAME
        if chosen != INT8_NAME:
            (folder / INT8_NAME).unlink()
        choice = {"file": chosen, "int8_cosine": round(cosine, 4), "int8_gain": round(gain, 2)}
        write_whole(folder / _CHOICE_NAME, json.dumps(choice))
    return folder / chosen


def _chosen(folder: Path) -> Path | None:
    try:
        return folder / str(json.loads((folder / _CHOICE_NAME).read_text())["file"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _quantize(source: Path, target: Path) -> None:
    """Weights of the layers in int8, scaled by column; activations are scaled as they come. Whole or not at all."""
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary, _without_advice():
        from onnxruntime.quantization import QuantType, quantize_dynamic

        made = Path(temporary) / target.name
        quantize_dynamic(
            source, made, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8
        )
        made.replace(target)


@contextmanager
def _without_advice() -> Iterator[None]:
    """onnxruntime advises its users, on stderr, to prepare models in ways that change nothing here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _compare(file: Path, exact: Path, encode: Encode) -> tuple[float, float]:
    """The lowest cosine of a probe's two vectors, and how many times as fast the first model is as the exact one."""
    cosine = float((encode(file, PROBES) * encode(exact, PROBES)).sum(axis=1).min())
    seconds: dict[Path, Any] = {file: [], exact: []}
    for _ in range(_ROUNDS):
        for model, times in seconds.items():
            began = time.thread_time()  # what else runs on the machine is not in it
            encode(model, PROBES)
            times.append(time.thread_time() - began)
    return cosine, min(seconds[exact]) / max(min(seconds[file]), 1e-9)
