"""Embedding models and CrossEncoders: found, checked, exported and loaded."""

from rag_bot.models.embedding import CHUNK_WINDOW, EmbeddingModel

__all__ = ["CHUNK_WINDOW", "EmbeddingModel"]
