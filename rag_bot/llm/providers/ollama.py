"""Ollama, which keeps models on this machine or on another one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag_bot.errors import UsageError
from rag_bot.llm.connection import Address, NoAnswer, get_json, read_address, wire
from rag_bot.llm.keys import Key
from rag_bot.llm.provider import COMFORTABLE_CONTEXT, SEED, Distance, Server

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

    from rag_bot.settings import LlmSettings, Settings

_PORT = 11434  # Ollama's own default
_USUAL = f"http://127.0.0.1:{_PORT}"


class OllamaProvider(Server):
    name = "ollama"
    distance = Distance.THIS_MACHINE
    module, package = "llama_index.llms.ollama", "llama-index-llms-ollama"
    key_variable = "OLLAMA_API_KEY"
    takes_url = True
    start_hint = "Is Ollama running?"
    models_path, models_field, name_field = "/api/tags", "models", "model"

    def address(self, settings: Settings) -> Address:
        """The settings' URL, else OLLAMA_HOST as Ollama reads it, else its usual port here."""
        if settings.generation.url:
            address = read_address(settings.generation.url)
            return Address(address.url.removesuffix("/v1").removesuffix("/api"))
        told = os.environ.get("OLLAMA_HOST", "").strip()
        if not told:
            return Address(_USUAL)
        try:
            parts = urlsplit(told if "//" in told else f"http://{told}")
            port = parts.port or (443 if parts.scheme == "https" else _PORT)
        except ValueError as error:
            raise UsageError(
                f"OLLAMA_HOST is {told!r}, which is no address. Write one such as 127.0.0.1:11434."
            ) from error
        host = "127.0.0.1" if parts.hostname in (None, "0.0.0.0", "::") else parts.hostname
        return read_address(f"{parts.scheme}://{f'[{host}]' if ':' in str(host) else host}:{port}")

    def key(self, address: Address) -> Key | None:
        """Where its user named an address. Ollama itself wants none, and any user may listen at its usual port."""
        return None if address.url == _USUAL else super().key(address)

    def context_tokens(self, model: str, address: Address, key: Key | None) -> int | None:
        """As its Modelfile sets it, else what the model can read, up to a comfortable size."""
        try:
            shown = get_json(address, "/api/show", key, sent={"model": model})
        except NoAnswer:
            return None
        if told := re.search(r"^num_ctx\s+(\d{1,12})\b", str(shown.get("parameters", "")), re.MULTILINE):
            return int(told[1])
        known = shown.get("model_info")
        lengths = [
            value
            for field, value in (known.items() if isinstance(known, dict) else ())
            if field.endswith(".context_length") and isinstance(value, int)
        ]
        return min(lengths[0], COMFORTABLE_CONTEXT) if lengths else None

    def client(self, model: str, address: Address, key: Key | None, context: int, settings: LlmSettings) -> LLM:
        from llama_index.llms.ollama import Ollama
        from ollama import Client

        return Ollama(
            model=model,
            base_url=address.url,
            temperature=settings.temperature,
            context_window=context,
            request_timeout=settings.timeout_seconds,
            thinking=False,  # the answer is in the passages; thinking keeps people waiting for the first word
            additional_kwargs={"seed": SEED},
            client=Client(
                address.url,
                follow_redirects=False,
                timeout=settings.timeout_seconds,
                transport=wire(address, key),
            ),
        )

    def ask(self, llm: LLM, messages: list[ChatMessage], most_tokens: int) -> Iterator[Any]:
        options = {**llm.additional_kwargs, "num_predict": most_tokens}
        return iter(llm.model_copy(update={"additional_kwargs": options}).stream_chat(messages))

    def pull_command(self, model: str) -> str:
        return f"ollama pull {model}"

    def is_named(self, listed: str, model: str) -> bool:
        return super().is_named(listed, model) or super().is_named(listed, f"{model}:latest")
