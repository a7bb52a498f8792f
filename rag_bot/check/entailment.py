"""An optional second opinion: a CrossEncoder that reads lines and sentence together and says whether they follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rag_bot.errors import ModelError
from rag_bot.models.export import quiet_loading
from rag_bot.models.weights import find_model

_LABELS = ("entailment", "neutral", "contradiction")
_LONGEST = 2_000  # characters of the lines that are read


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely lines entail a sentence, and how likely they contradict it; both in [0, 1]."""

    entailment: float
    contradiction: float


class Entailment:
    """Judges sentences by a CrossEncoder with three labels, whatever their order."""

    def __init__(self, model: Any, activation: Any, order: Sequence[int]) -> None:
        self._model = model
        self._activation = activation
        self._entailment, _, self._contradiction = order

    def judge(self, lines: Sequence[str], sentence: str) -> Opinion:
        """What the lines, taken together, say to a sentence."""
        pair = ("\n".join(lines)[:_LONGEST], sentence)
        scores = self._model.predict(
            [pair], activation_fn=self._activation, show_progress_bar=False, convert_to_numpy=True
        )[0]
        return Opinion(float(scores[self._entailment]), float(scores[self._contradiction]))


@lru_cache(maxsize=1)
def open_entailment(name: str) -> Entailment:
    """The CrossEncoder of this name on the hub, or in this folder; it stays loaded.

    Raises:
        ModelError: there is none, or its labels are not entailment, neutral and contradiction.
    """
    folder = find_model(name)
    with quiet_loading(f"The model {name}"):
        from sentence_transformers import CrossEncoder
        from torch.nn import Softmax

        model = CrossEncoder(str(folder), local_files_only=True, trust_remote_code=False)
    places = {str(label).lower(): int(index) for index, label in model.config.id2label.items()}
    if sorted(places) != sorted(_LABELS):
        raise ModelError(
            f"The model {name} has the labels {', '.join(sorted(places))}, not entailment, neutral and contradiction. "
            "Name a CrossEncoder for natural language inference such as cross-encoder/nli-deberta-v3-small."
        )
    return Entailment(model, Softmax(dim=-1), [places[label] for label in _LABELS])
