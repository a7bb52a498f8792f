"""The one place that loads an embedding model."""

from rag_bot.embedding.model import EmbeddingModel

__all__ = ["EmbeddingModel"]
