"""How near texts and single words are in meaning, by the embedding model."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag_bot.models import EmbeddingModel

BATCH = 48  # texts: as many as the model's ONNX export takes at once
MOST_WORDS_KEPT = 20_000
READ_OF_TEXT = 600  # characters that are embedded

Vectors = NDArray[np.float32]


class Meaning:
    """Embeds texts, and keeps the vectors of single words."""

    def __init__(self, model: EmbeddingModel) -> None:
        self.model = model
        self._words: dict[str, Vectors] = {}
        self._learning = threading.Lock()

    def of_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape [len(texts), dimensions]; each text is read up to 600 characters."""
        short = [text[:READ_OF_TEXT] for text in texts]
        parts = [self.model.encode_documents(short[at : at + BATCH]) for at in range(0, len(short), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.model.info.dimensions), dtype=np.float32)

    def near(self, words: Sequence[str], others: Sequence[str]) -> Vectors:
        """Cosines of single words, shape [len(words), len(others)]."""
        with self._learning:
            self._learn([*words, *others])
            known = (np.array([self._words[word] for word in some]) for some in (words, others))
            ours, theirs = known
        cosines: Vectors = ours @ theirs.T
        return cosines

    def _learn(self, words: Sequence[str]) -> None:
        new = [word for word in dict.fromkeys(words) if word not in self._words]
        if len(self._words) + len(new) > MOST_WORDS_KEPT:
            self._words, new = {}, list(dict.fromkeys(words))
        for word, vector in zip(new, self.of_texts(new), strict=True):
            self._words[word] = vector
