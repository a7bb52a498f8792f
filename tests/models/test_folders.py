"""A model's folder that brings code, or could, is refused before anything of it is loaded."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_bot import ModelError
from rag_bot.check.check_model import open_check_model
from rag_bot.models import EmbeddingModel
from rag_bot.models.reader import open_reader
from rag_bot.models.weights import find_model


class Runs:
    """Pickled, it leaves a trace where it is loaded."""

    def __init__(self, witness: Path) -> None:
        self.witness = str(witness)

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.witness, "w")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the default model, which is weights and settings only."""
    return shutil.copytree(find_model("all-MiniLM-L6-v2"), tmp_path / "model")


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    """A file that is there once code of the folder has run."""
    return tmp_path / "witness"


def _change(file: Path, **values: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def _add_module(folder: Path, type_: object, path: str = "9_More") -> None:
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps([*modules, {"idx": 9, "name": "9", "path": path, "type": type_}]))


def _hostile(folder: Path, kind: str, witness: Path) -> None:
    code = f"open({str(witness)!r}, 'w')\n"
    if kind == "code":
        (folder / "1_Pooling" / "theirs.py").write_text(code)
    elif kind == "code by auto_map":
        _change(folder / "config.json", auto_map={"AutoConfig": "elsewhere--theirs.Config"})
    elif kind == "trust in deeper settings":
        _change(folder / "sentence_bert_config.json", model_args={"config": [{"trust_remote_code": True}]})
    elif kind == "a kernel":
        _change(folder / "config.json", _attn_implementation="their/kernel")
    elif kind == "a function of torch":
        _change(folder / "config.json", sentence_transformers={"activation_fn": "torch.hub.load"})
    elif kind == "a module of theirs":
        _add_module(folder, "theirs.Module")
    elif kind == "a module that names others":
        _add_module(folder, "sentence_transformers.base.modules.router.Router")
    elif kind == "a module without a name":
        _add_module(folder, None)
    elif kind == "a module elsewhere":
        _add_module(folder, "sentence_transformers.models.Dense", "../theirs")
    elif kind == "a folder elsewhere":
        (folder / "9_More").symlink_to(folder.parent)
    elif kind == "an adapter":
        (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "their/model"}')
    elif kind == "no JSON":
        (folder / "config.json").write_text("[" * 100_000)
    else:
        assert kind == "pickled weights"
        (folder / "model.safetensors").unlink()
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Runs(witness)))


KINDS = {
    "code": "1_Pooling/theirs.py is code",
    "code by auto_map": "config.json has 'auto_map'",
    "trust in deeper settings": "sentence_bert_config.json has 'trust_remote_code'",
    "a kernel": "config.json has '_attn_implementation'",
    "a function of torch": "config.json has 'activation_fn': 'torch.hub.load'",
    "a module of theirs": "modules.json names 'theirs.Module'",
    "a module that names others": "modules.json names 'sentence_transformers.base.modules.router.Router'",
    "a module without a name": "modules.json names 'None'",
    "a module elsewhere": "modules.json names '../theirs', which leads out of it",
    "a folder elsewhere": "9_More leads out of it",
    "an adapter": "adapter_config.json names another model",
    "no JSON": "config.json is no JSON that can be read",
    "pickled weights": "pytorch_model.bin is pickled",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_brings_code_is_refused_in_one_line(
    folder: Path, tmp_path: Path, witness: Path, kind: str
) -> None:
    _hostile(folder, kind, witness)
    with pytest.raises(ModelError, match="is refused") as caught:
        EmbeddingModel.prepare(str(folder), tmp_path / "cache")
    assert KINDS[kind] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not witness.exists()
    assert not (tmp_path / "cache" / "models").exists()


@pytest.mark.parametrize("opened", [open_reader, open_check_model])
def test_so_is_one_of_a_reader_and_of_a_checker(folder: Path, witness: Path, opened: Callable[[str], object]) -> None:
    _hostile(folder, "code", witness)
    with pytest.raises(ModelError, match=r"theirs\.py is code"):
        opened(str(folder))
    assert not witness.exists()


def test_what_lies_beside_weights_and_is_not_loaded_does_no_harm(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"the same weights, pickled")
    (folder / "LICENSE").write_text("Apache-2.0")
    _change(folder / "config.json", torch_dtype="torch.float32", auto_map=None)
    _add_module(folder, "sentence_transformers.sentence_transformer.modules.layer_norm.LayerNorm")
    assert find_model(str(folder)) == folder
