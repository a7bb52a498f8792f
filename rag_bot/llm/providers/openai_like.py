"""Any server that speaks as OpenAI's does: llama.cpp, vLLM, LM Studio, OpenRouter, ..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag_bot.llm.connection import Address, NoAnswer, get_json, mappings, open_client, read_address
from rag_bot.llm.keys import Key
from rag_bot.llm.provider import NO_KEY_HERE, SEED, Distance, Server

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from rag_bot.settings import LlmSettings, Settings


class OpenAILikeProvider(Server):
    name = "openai-like"
    distance = Distance.ANY_SERVER
    module, package = "llama_index.llms.openai_like", "llama-index-llms-openai-like"
    key_variable = "RAG_BOT_LLM_KEY"
    takes_url = True
    models_path, models_field, name_field = "/models", "data", "id"

    def address(self, settings: Settings) -> Address | None:
        """The settings' URL, with /v1 where only a host was given. None without one."""
        if not settings.generation.url:
            return None
        address = read_address(settings.generation.url)
        return Address(f"{address.url}/v1") if not urlsplit(address.url).path else address

    def context_tokens(self, model: str, address: Address, key: Key | None) -> int | None:
        """Where the server tells: vLLM, LM Studio, OpenRouter, llama.cpp."""
        try:
            models = mappings(get_json(address, "/models", key).get("data"))
        except NoAnswer:
            return None
        named = [listed for listed in models if listed.get("id") == model] or models[: len(models) == 1]
        told = [
            size
            for listed in named
            for size in (
                listed.get("max_model_len"),
                listed.get("loaded_context_length"),
                listed.get("context_length"),
                _mapping(listed.get("meta")).get("n_ctx"),
            )
        ]
        if not any(map(_is_size, told)):
            try:  # what only llama.cpp's server has
                props = get_json(Address(address.url.removesuffix("/v1")), "/props", key)
            except NoAnswer:
                return None
            told = [_mapping(props.get("default_generation_settings")).get("n_ctx")]
        return next(filter(_is_size, told), None)

    def client(self, model: str, address: Address, key: Key | None, context: int, settings: LlmSettings) -> LLM:
        return openai_like_llm(model, address, key, context, settings, temperature=settings.temperature, seed=SEED)


def openai_like_llm(
    model: str,
    address: Address,
    key: Key | None,
    context: int,
    settings: LlmSettings,
    *,
    temperature: float,
    **wishes: Any,
) -> LLM:
    """LlamaIndex's OpenAILike, for OpenAI itself too: its own class knows no model newer than itself, and may fetch a
    tokenizer. `wishes` are sent with each question.
    """
    from llama_index.llms.openai_like import OpenAILike

    return OpenAILike(
        model=model,
        api_base=address.url,
        api_key=NO_KEY_HERE,  # without any, the client would take OPENAI_API_KEY
        context_window=context,
        is_chat_model=True,
        temperature=temperature,
        max_retries=0,
        timeout=settings.timeout_seconds,
        additional_kwargs={"stream_options": {"include_usage": True}, **wishes},
        http_client=open_client(address, key, settings.timeout_seconds),
    )


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
