"""OpenAI's models. Its service does not tell how much they read: that is known by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag_bot.llm.connection import Address
from rag_bot.llm.keys import Key
from rag_bot.llm.provider import Service
from rag_bot.llm.providers.openai_like import OpenAILikeProvider, openai_like_llm

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

    from rag_bot.settings import LlmSettings

# Tokens that a model of such a name reads and writes, a little less rather than more: set by hand.
_CONTEXTS = (
    (r"gpt-4\.1", 1_000_000),
    (r"gpt-5", 272_000),  # what it reads; it may write 128,000 more
    (r"o[134](-|$)", 200_000),
    (r"gpt-4(o|-turbo|-\d{4}-preview)|chatgpt-4o", 128_000),
    (r"gpt-4-32k", 32_000),
    (r"gpt-4", 8_192),
    (r"gpt-3\.5", 16_000),
)
_REASONING = re.compile(r"o\d|gpt-[5-9]")  # "o3-mini", "gpt-5.1": they refuse a temperature of our choice


class OpenAIProvider(Service):
    name = "openai"
    url = "https://api.openai.com/v1"
    key_variable = "OPENAI_API_KEY"
    module, package = OpenAILikeProvider.module, OpenAILikeProvider.package

    def context_tokens(self, model: str, address: Address, key: Key | None) -> int | None:
        del address, key
        return next((tokens for pattern, tokens in _CONTEXTS if re.match(pattern, model)), None)

    def client(self, model: str, address: Address, key: Key | None, context: int, settings: LlmSettings) -> LLM:
        is_reasoning = bool(_REASONING.match(model)) and "-chat" not in model
        temperature = 1.0 if is_reasoning else settings.temperature
        return openai_like_llm(model, address, key, context, settings, temperature=temperature)

    def ask(self, llm: LLM, messages: list[ChatMessage], most_tokens: int) -> Iterator[Any]:
        return iter(llm.stream_chat(messages, max_completion_tokens=most_tokens))
