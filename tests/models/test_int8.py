"""The int8 copy of a model encodes texts where it is faster and near enough, and that is found out once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rag_bot.errors import ModelError
from rag_bot.models import EmbeddingModel
from rag_bot.models.embedding import open_session
from rag_bot.models.export import Vectors
from rag_bot.models.int8 import _PRODUCTS, FLOAT32_NAME, INT8_NAME, choose_file, chosen_file


@pytest.fixture
def folder(model: EmbeddingModel, tmp_path: Path) -> Path:
    """A converted model of which nobody knows yet whether int8 is worth it."""
    copy = tmp_path / "model"
    copy.mkdir()
    shutil.copy(model.folder / FLOAT32_NAME, copy)
    return copy


class Encoder:
    """Gives vectors of a length of its own, in its own time, and counts what it is asked."""

    def __init__(self, *, int8_cosine: float, int8_work: int) -> None:
        self.int8_cosine, self.int8_work, self.calls = int8_cosine, int8_work, 0

    def __call__(self, file: Path, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        assert file.is_file()
        is_int8 = file.name == INT8_NAME
        until = time.thread_time() + 0.001 * (self.int8_work if is_int8 else 10)
        while time.thread_time() < until:
            pass
        return np.full((len(texts), 1), self.int8_cosine if is_int8 else 1.0, dtype=np.float32)


def test_the_faster_one_is_chosen_once(folder: Path) -> None:
    encoder = Encoder(int8_cosine=0.99, int8_work=2)
    assert choose_file(folder, encoder) == folder / INT8_NAME
    calls = encoder.calls
    assert choose_file(folder, encoder) == folder / INT8_NAME
    assert encoder.calls == calls
    assert json.loads((folder / "chosen.json").read_text())["file"] == INT8_NAME
    assert {path.name for path in folder.iterdir()} == {FLOAT32_NAME, INT8_NAME, "chosen.json"}


@pytest.mark.parametrize("encoder", [Encoder(int8_cosine=0.9, int8_work=2), Encoder(int8_cosine=1.0, int8_work=40)])
def test_one_that_is_slower_or_says_something_else_is_not_kept(folder: Path, encoder: Encoder) -> None:
    assert choose_file(folder, encoder) == folder / FLOAT32_NAME
    assert {path.name for path in folder.iterdir()} == {FLOAT32_NAME, "chosen.json"}


def test_until_one_is_chosen_the_exact_one_is_used(folder: Path) -> None:
    assert chosen_file(folder) == folder / FLOAT32_NAME
    choose_file(folder, Encoder(int8_cosine=0.99, int8_work=2))
    assert chosen_file(folder) == folder / INT8_NAME


def test_a_damaged_choice_is_made_anew(folder: Path) -> None:
    (folder / "chosen.json").write_text("{")
    assert chosen_file(folder) == folder / FLOAT32_NAME
    assert choose_file(folder, Encoder(int8_cosine=0.99, int8_work=2)) == folder / INT8_NAME


def test_a_folder_that_cannot_be_written_is_explained_in_one_line(folder: Path) -> None:
    (folder / "chosen.json").mkdir()
    with pytest.raises(ModelError, match="cannot be converted") as caught:
        choose_file(folder, Encoder(int8_cosine=0.99, int8_work=2))
    assert "\n" not in str(caught.value)


def test_an_ingest_with_a_converted_model_loads_no_torch(model: EmbeddingModel, model_cache: Path) -> None:  # noqa: ARG001
    script = (
        "import sys; from pathlib import Path; from rag_bot.models import EmbeddingModel\n"
        "EmbeddingModel.prepare('all-MiniLM-L6-v2', Path(sys.argv[1])).encode_passages(['some words'] * 60)\n"
        "print('torch' in sys.modules, 'sentence_transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(model_cache)], capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (["False", "False"], "")


def test_products_of_int8_are_exact_on_any_processor() -> None:
    from onnx import TensorProto, helper

    products = helper.make_node("MatMulInteger", ["a", "w"], ["c"])
    left = helper.make_tensor_value_info("a", TensorProto.UINT8, [1, 64])
    sums = helper.make_tensor_value_info("c", TensorProto.INT32, [1, 16])
    weights = helper.make_tensor("w", TensorProto.INT8, [64, 16], b"\x7f" * 64 * 16, raw=True)
    graph = helper.make_graph([products], "p", [left], [sums], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    assert model.SerializeToString() == _PRODUCTS
    [got] = open_session(_PRODUCTS).run(None, {"a": np.full((1, 64), 255, dtype=np.uint8)})
    assert set(got.ravel().tolist()) == {64 * 255 * 127}
