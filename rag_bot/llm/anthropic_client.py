"""Anthropic's models through LlamaIndex, also those that are newer than its list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rag_bot.llm.addresses import Address
from rag_bot.llm.keys import Key
from rag_bot.llm.wire import http_of, open_client
from rag_bot.settings import LlmSettings

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_NO_KEY = "kept-elsewhere"  # the wire puts the real one in


def anthropic_client(name: str, address: Address, key: Key, context: int, settings: LlmSettings) -> LLM:
    """LlamaIndex's model, talking over a connection of ours. Needs the extra `anthropic`."""
    import anthropic  # type: ignore[import-not-found]
    from llama_index.core.llms import LLMMetadata
    from llama_index.llms.anthropic import Anthropic

    class AnyAnthropic(Anthropic):  # type: ignore[misc]
        """Takes a name that LlamaIndex does not know."""

        @property
        def metadata(self) -> Any:
            return LLMMetadata(
                context_window=context, num_output=self.max_tokens, is_chat_model=True, model_name=self.model
            )

    wishes = {"base_url": address.url, "timeout": settings.timeout_seconds, "max_retries": 0, "api_key": _NO_KEY}
    llm = AnyAnthropic(model=name, temperature=settings.temperature, max_tokens=settings.answer_tokens, **wishes)
    connection = open_client(
        address, key, settings.timeout_seconds, header="x-api-key", http=http_of(anthropic.DefaultHttpxClient)
    )
    llm._client = anthropic.Anthropic(http_client=connection, **wishes)  # the one way to hand it a connection
    return llm
