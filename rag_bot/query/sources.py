"""What a question is asked of: one state of the catalogue, both indexes, and the model that embedded them."""

from __future__ import annotations

from dataclasses import dataclass

from rag_bot.models import EmbeddingModel
from rag_bot.settings import RetrievalSettings
from rag_bot.store.bm25 import WordIndex
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.vectors import ExactVectors, VectorIndex


@dataclass(frozen=True, slots=True)
class Sources:
    """Open for the length of one question; `catalogue` is inside a snapshot."""

    catalogue: Catalogue
    vectors: VectorIndex | ExactVectors
    words: WordIndex
    model: EmbeddingModel
    settings: RetrievalSettings
