"""The one place that loads an embedding model."""

from rag_bot.models.embedding import CHUNK_WINDOW, EmbeddingModel

__all__ = ["CHUNK_WINDOW", "EmbeddingModel"]
