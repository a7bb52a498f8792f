"""Language models: naming one, opening it, asking it. Nothing here loads LlamaIndex before a model is opened."""

from rag_bot.llm.asking import LanguageModel, Message, Pieces
from rag_bot.llm.names import PROVIDERS, LlmName, parse_name
from rag_bot.llm.opening import open_llm
from rag_bot.llm.reach import ModelInfo, list_models

__all__ = [
    "PROVIDERS",
    "LanguageModel",
    "LlmName",
    "Message",
    "ModelInfo",
    "Pieces",
    "list_models",
    "open_llm",
    "parse_name",
]
