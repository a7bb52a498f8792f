"""Opens the language model that the settings name."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag_bot.errors import LlmError, UsageError
from rag_bot.llm.addresses import ANTHROPIC_URL, OPENAI_URL, Address, ollama_address, openai_like_address
from rag_bot.llm.asking import LanguageModel
from rag_bot.llm.gguf import open_gguf
from rag_bot.llm.keys import VARIABLES, Key, find_key, need_key
from rag_bot.llm.names import ANTHROPIC, GGUF, OLLAMA, OPENAI, OPENAI_LIKE, LlmName, parse_name
from rag_bot.llm.openai_models import context_of, is_reasoning
from rag_bot.llm.probing import ollama_context, server_context
from rag_bot.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

SEED = 0
DEFAULT_CONTEXT = 4096  # tokens, where nobody says
_ANTHROPIC_CONTEXT = 200_000
_MODULES = {
    OLLAMA: ("llama_index.llms.ollama", "llama-index-llms-ollama"),
    OPENAI: ("llama_index.llms.openai_like", "llama-index-llms-openai-like"),
    OPENAI_LIKE: ("llama_index.llms.openai_like", "llama-index-llms-openai-like"),
    ANTHROPIC: ("llama_index.llms.anthropic", "llama-index-llms-anthropic 'anthropic<1'"),
    GGUF: ("xllamacpp", "xllamacpp"),
}


def open_llm(settings: Settings, llm: str = "") -> LanguageModel:
    """The language model of `settings.llm`, or another one. Its server is asked only how much it reads, if it is there.

    `generation.url` stays that of the model in the settings: one named beside it is not sent there.

    Raises:
        UsageError: no model is named, or its name or address makes no sense.
        LlmError: a package, a key or a file is missing.
    """
    if not (llm or settings.llm):
        raise UsageError("No language model is named. Set `llm`, such as ollama:qwen3; `rag-bot models` lists them.")
    name = parse_name(llm or settings.llm)
    settings = settings if settings.llm else settings.model_copy(update={"llm": llm})
    if not is_installed(name.provider):
        raise LlmError(f"{name} needs a package that is not installed: pip install {_MODULES[name.provider][1]}")
    openers = {OLLAMA: _open_ollama, OPENAI: _open_openai, OPENAI_LIKE: _open_openai_like, ANTHROPIC: _open_anthropic}
    return open_gguf(name, settings) if name.provider == GGUF else openers[name.provider](name, settings)


def is_installed(provider: str) -> bool:
    """Whether the package that this provider needs is there; nothing is loaded for it but its parents."""
    try:
        return importlib.util.find_spec(_MODULES[provider][0]) is not None
    except ModuleNotFoundError:
        return False


def missing_package(provider: str) -> str:
    """What `pip install` takes to bring it."""
    return _MODULES[provider][1]


def _open_ollama(name: LlmName, settings: Settings) -> LanguageModel:
    from llama_index.llms.ollama import Ollama
    from ollama import Client

    from rag_bot.llm.wire import wire

    address, wanted = ollama_address(settings), settings.generation
    key = sendable(find_key(OLLAMA), address, OLLAMA)
    context = wanted.context_tokens or ollama_context(address, name.name, key) or DEFAULT_CONTEXT
    llm = Ollama(
        model=name.name,
        base_url=address.url,
        temperature=wanted.temperature,
        context_window=context,
        request_timeout=wanted.timeout_seconds,
        thinking=False,  # the answer is in the passages; thinking keeps people waiting for the first word
        additional_kwargs={"seed": SEED},
        client=Client(
            address.url,
            follow_redirects=False,
            timeout=wanted.timeout_seconds,
            transport=wire(address, key),
        ),
    )
    return _model(llm, name, address, context, settings, key, _ask_ollama)


def _ask_ollama(llm: LLM, messages: list[ChatMessage], most_tokens: int) -> Iterator[Any]:
    options = {**llm.additional_kwargs, "num_predict": most_tokens}
    return iter(llm.model_copy(update={"additional_kwargs": options}).stream_chat(messages))


def _open_openai(name: LlmName, settings: Settings) -> LanguageModel:
    key, address = need_key(OPENAI), Address(OPENAI_URL)
    context = settings.generation.context_tokens or context_of(name.name) or DEFAULT_CONTEXT
    temperature = 1.0 if is_reasoning(name.name) else settings.generation.temperature
    llm = _openai_client(name, address, key, context, settings, temperature)
    return _model(llm, name, address, context, settings, key, _ask_openai)


def _open_openai_like(name: LlmName, settings: Settings) -> LanguageModel:
    address = openai_like_address(settings)
    if address is None:
        raise UsageError(
            f"{name} needs an address: set generation.url, such as http://127.0.0.1:8080/v1 "
            "(RAG_BOT_GENERATION__URL in the environment)."
        )
    key = sendable(find_key(OPENAI_LIKE), address, OPENAI_LIKE)
    context = settings.generation.context_tokens or server_context(address, name.name, key) or DEFAULT_CONTEXT
    llm = _openai_client(name, address, key, context, settings, settings.generation.temperature, seed=SEED)
    return _model(llm, name, address, context, settings, key, _ask_openai_like)


def _openai_client(
    name: LlmName,
    address: Address,
    key: Key | None,
    context: int,
    settings: Settings,
    temperature: float,
    **extra: Any,
) -> LLM:
    """OpenAILike serves both: OpenAI's own class knows no model newer than itself, and may fetch a tokenizer."""
    from llama_index.llms.openai_like import OpenAILike

    from rag_bot.llm.wire import open_client

    return OpenAILike(
        model=name.name,
        api_base=address.url,
        api_key="kept-elsewhere",  # the wire puts the real one in; without any, the client would take OPENAI_API_KEY
        context_window=context,
        is_chat_model=True,
        temperature=temperature,
        max_retries=0,
        timeout=settings.generation.timeout_seconds,
        additional_kwargs={"stream_options": {"include_usage": True}, **extra},
        http_client=open_client(address, key, settings.generation.timeout_seconds),
    )


def _ask_openai(llm: LLM, messages: list[ChatMessage], most_tokens: int) -> Iterator[Any]:
    return iter(llm.stream_chat(messages, max_completion_tokens=most_tokens))


def _ask_openai_like(llm: LLM, messages: list[ChatMessage], most_tokens: int) -> Iterator[Any]:
    return iter(llm.stream_chat(messages, max_tokens=most_tokens))


def _open_anthropic(name: LlmName, settings: Settings) -> LanguageModel:
    from rag_bot.llm.anthropic_client import anthropic_client

    key, address = need_key(ANTHROPIC), Address(ANTHROPIC_URL)
    context = settings.generation.context_tokens or _ANTHROPIC_CONTEXT
    llm = anthropic_client(name.name, address, key, context, settings.generation)
    return _model(llm, name, address, context, settings, key, _ask_openai_like)


def _model(
    llm: LLM, name: LlmName, address: Address, context: int, settings: Settings, key: Key | None, ask: Any
) -> LanguageModel:
    return LanguageModel(
        llm,
        str(name),
        address.place,
        address.is_remote,
        context,
        None,
        settings.generation,
        ask=ask,
        secret=key.secret if key else "",
        tells_end=True,
    )


def sendable(key: Key | None, address: Address, provider: str) -> Key | None:
    """The key, unless it would travel unencrypted over the internet.

    Raises:
        LlmError: it would.
    """
    if key and not address.keeps_keys:
        raise LlmError(
            f"The key for {provider} is not sent to {address.place} unencrypted. Give an https address, or unset "
            f"{VARIABLES[provider]} if that server needs none."
        )
    return key
