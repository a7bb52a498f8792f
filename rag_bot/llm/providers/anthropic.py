"""Anthropic's models through LlamaIndex, also those that are newer than its list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rag_bot.llm.connection import Address, http_of, open_client
from rag_bot.llm.keys import Key
from rag_bot.llm.provider import NO_KEY_HERE, Service

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from rag_bot.settings import LlmSettings

_CONTEXT = 200_000  # tokens, set by hand; its service is not asked


class AnthropicProvider(Service):
    name = "anthropic"
    url = "https://api.anthropic.com"
    key_variable = "ANTHROPIC_API_KEY"
    module, package = "llama_index.llms.anthropic", "llama-index-llms-anthropic 'anthropic<1'"

    def context_tokens(self, model: str, address: Address, key: Key | None) -> int:
        del model, address, key
        return _CONTEXT

    def client(self, model: str, address: Address, key: Key | None, context: int, settings: LlmSettings) -> LLM:
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

        seconds = settings.timeout_seconds
        wishes = {"base_url": address.url, "timeout": seconds, "max_retries": 0, "api_key": NO_KEY_HERE}
        llm = AnyAnthropic(model=model, temperature=settings.temperature, max_tokens=settings.answer_tokens, **wishes)
        http = http_of(anthropic.DefaultHttpxClient)
        connection = open_client(address, key, seconds, header="x-api-key", http=http)
        llm._client = anthropic.Anthropic(http_client=connection, **wishes)  # the one way to hand it a connection
        return llm
