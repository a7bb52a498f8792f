"""The ways to encode a text agree, and are the model's own."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag_bot.errors import ModelError
from rag_bot.models import EmbeddingModel, embedding, export
from rag_bot.models.export import load_sentence_transformer
from rag_bot.models.int8 import FLOAT32_NAME
from rag_bot.models.weights import find_model

TEXTS = ["What did I note about sleep?", "x", "naïve café 中文 🙂", "a long passage about many things. " * 80]


@pytest.fixture
def exact(model: EmbeddingModel) -> EmbeddingModel:
    """As where int8 is not worth it, or for another model."""
    exact = EmbeddingModel(model.folder, model.weights)
    exact.file = model.folder / FLOAT32_NAME
    return exact


def test_the_export_is_the_same_as_sentence_transformers(exact: EmbeddingModel) -> None:
    original = load_sentence_transformer(find_model("all-MiniLM-L6-v2"), device="cpu")
    expected = original.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    ours = np.stack([exact.encode_query(text) for text in TEXTS])
    assert ours.dtype == np.float32
    assert ours.shape == (4, exact.info.dimensions)
    assert (ours * expected).sum(axis=1).min() >= 0.9999


def test_bulk_embedding_agrees_with_the_questions_encoder(
    exact: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = exact.encode_passages(TEXTS)
    monkeypatch.setattr(embedding, "SMALL_BATCH", 0)
    bulk = exact.encode_passages(TEXTS)
    assert (small * bulk).sum(axis=1).min() >= 0.995
    assert np.linalg.norm(bulk, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_vector_hangs_on_its_text_alone(model: EmbeddingModel, exact: EmbeddingModel) -> None:
    texts = [*TEXTS, *(f"word {'more ' * (number % 7)}{number}" for number in range(60))]
    together = model.encode_passages(texts)
    one_by_one = np.stack([model.encode_query(text) for text in texts])
    assert (together == one_by_one).all()
    assert (model.encode_lines(texts[::-1]) == together[::-1]).all()
    assert (together * exact.encode_lines(texts)).sum(axis=1).min() >= 0.97


def test_no_passages_have_no_vectors(model: EmbeddingModel) -> None:
    assert model.encode_passages([]).shape == (0, model.info.dimensions)


def test_tokens_are_counted_without_special_ones_and_without_a_limit(model: EmbeddingModel) -> None:
    assert model.count_tokens(["two words", "", "a " * 1000]) == [2, 0, 1000]
    assert model.chunk_tokens == 254


def test_a_prepared_model_is_opened_without_its_weights(model: EmbeddingModel, model_cache: Path) -> None:
    opened = EmbeddingModel.open("all-MiniLM-L6-v2", model.info.fingerprint, model_cache)
    assert opened.weights is None
    assert (opened.encode_query("x") == model.encode_query("x")).all()


def test_another_version_of_a_model_asks_for_an_ingest(model_cache: Path) -> None:
    with pytest.raises(ModelError, match="Run `rag-bot ingest`"):
        EmbeddingModel.open("all-MiniLM-L6-v2", "0123456789abcdef", model_cache)


def test_a_damaged_export_is_removed_and_made_again(model: EmbeddingModel, tmp_path: Path) -> None:
    copy = tmp_path / "models" / model.folder.name
    shutil.copytree(model.folder, copy)
    (copy / model.file.name).write_bytes(b"noise")
    with pytest.raises(ModelError, match="damaged and has been removed"):
        EmbeddingModel.open("all-MiniLM-L6-v2", model.info.fingerprint, tmp_path).encode_query("x")
    assert EmbeddingModel.open("all-MiniLM-L6-v2", model.info.fingerprint, tmp_path).encode_query("x").shape == (384,)


def test_those_that_begin_at_once_convert_a_model_once_and_all_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Path] = []

    def loading(weights: Path, **options: Any) -> Any:
        loaded.append(weights)
        return load_sentence_transformer(weights, **options)

    monkeypatch.setattr(export, "load_sentence_transformer", loading)
    with ThreadPoolExecutor(3) as threads:
        models = list(threads.map(lambda _: EmbeddingModel.prepare("all-MiniLM-L6-v2", tmp_path), range(3)))
    assert len(loaded) == 1
    assert len({model.file for model in models}) == 1
    assert len({model.encode_query("boat").tobytes() for model in models}) == 1


def test_a_model_that_cannot_be_exported_is_used_as_it_is(exact: EmbeddingModel, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(exact.folder, copy)
    described = json.loads((copy / "model.json").read_text())
    described["info"]["exported"] = False
    (copy / "model.json").write_text(json.dumps(described))
    assert (EmbeddingModel(copy).encode_query("x") @ exact.encode_query("x")) >= 0.995


def test_a_cache_that_cannot_be_written_is_explained_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match=r"cannot be converted.*--cache") as caught:
        EmbeddingModel.prepare("all-MiniLM-L6-v2", tmp_path)
    assert "\n" not in str(caught.value)
