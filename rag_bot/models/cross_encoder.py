"""An optional second look at the best passages: a CrossEncoder that reads question and passage together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rag_bot.errors import ModelError
from rag_bot.models.export import quiet_loading
from rag_bot.models.weights import find_model

_BATCH = 16  # pairs in one forward pass: set by hand


class Reranker:
    """Judges how well passages answer a question."""

    def __init__(self, model: Any, activation: Any) -> None:
        self._model = model
        self._activation = activation

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """For each passage how well it answers, in [0, 1]."""
        pairs = [(question, passage) for passage in passages]
        scores = self._model.predict(
            pairs, batch_size=_BATCH, activation_fn=self._activation, show_progress_bar=False, convert_to_numpy=True
        )
        return [float(score) for score in scores]


@lru_cache(maxsize=1)
def open_reranker(name: str) -> Reranker:
    """The CrossEncoder of this name on the hub, or in this folder; it stays loaded.

    Raises:
        ModelError: there is none, or it gives more than one score for a passage.
    """
    folder = find_model(name)
    with quiet_loading(f"The re-ranking model {name}"):
        from sentence_transformers import CrossEncoder
        from torch.nn import Sigmoid

        model = CrossEncoder(str(folder), local_files_only=True)
    if model.config.num_labels != 1:
        raise ModelError(
            f"The model {name} gives {model.config.num_labels} scores for a passage; a re-ranker gives one. Name a "
            "sentence-transformers CrossEncoder such as cross-encoder/ms-marco-MiniLM-L6-v2."
        )
    return Reranker(model, Sigmoid())
