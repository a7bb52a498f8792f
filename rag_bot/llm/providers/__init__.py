"""The providers of language models. A new one is a module here and a name in this list."""

from __future__ import annotations

from rag_bot.llm.provider import Provider
from rag_bot.llm.providers.anthropic import AnthropicProvider
from rag_bot.llm.providers.gguf import GgufProvider
from rag_bot.llm.providers.ollama import OllamaProvider
from rag_bot.llm.providers.openai import OpenAIProvider
from rag_bot.llm.providers.openai_like import OpenAILikeProvider

_PROVIDERS = (OllamaProvider, OpenAIProvider, OpenAILikeProvider, AnthropicProvider, GgufProvider)

PROVIDERS: dict[str, Provider] = {provider.name: provider() for provider in _PROVIDERS}
"""Each by its name, in the order in which messages name them."""
NEAREST_FIRST = sorted(PROVIDERS.values(), key=lambda provider: provider.distance)
WITH_KEYS = [
    provider
    for provider in sorted(PROVIDERS.values(), key=lambda provider: provider.distance, reverse=True)
    if provider.key_variable
]
"""Those that have keys; first those that need one."""
DEFAULT_URL_PROVIDER = PROVIDERS[OpenAILikeProvider.name]
"""The provider whose `generation.url` is, where the model of the settings is of none that takes one."""
