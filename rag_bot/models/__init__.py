"""Embedding models and CrossEncoders: found, checked, exported and loaded."""

from rag_bot.models.embedding import CHUNK_WINDOW, EmbeddingModel
from rag_bot.models.export import Vectors

__all__ = ["CHUNK_WINDOW", "EmbeddingModel", "Vectors"]
