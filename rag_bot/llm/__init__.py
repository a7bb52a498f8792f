"""Language models: naming one, opening it, asking it. Nothing here loads LlamaIndex before a model is opened."""

from rag_bot.llm.asking import LanguageModel, Message, Pieces
from rag_bot.llm.opening import LlmName, list_models, open_llm, parse_name
from rag_bot.llm.provider import ModelInfo
from rag_bot.llm.providers import PROVIDERS

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
