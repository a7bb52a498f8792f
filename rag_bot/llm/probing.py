"""Short questions to a model's server: what models it has, and how much they read."""

from __future__ import annotations

import json
import re
from typing import Any

from rag_bot.llm.addresses import Address
from rag_bot.llm.failures import NoModelThere
from rag_bot.llm.keys import Key

PROBE_SECONDS = 2.0
COMFORTABLE_CONTEXT = 8192
"""Tokens that are set aside where we decide: what a model could read at most often costs gigabytes of memory."""


class NoAnswer(Exception):
    """The server did not tell. `status` is what it answered, 0 where it was not reached."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


def get_json(address: Address, path: str, key: Key | None = None, *, sent: object = None) -> dict[str, Any]:
    """The JSON object at a path below the address; with `sent` it is a POST.

    Raises:
        NoAnswer: not there, refused, too slow, or no JSON object.
    """
    import httpx

    from rag_bot.llm.wire import open_client

    try:
        with open_client(address, key, PROBE_SECONDS) as client:
            response = client.request("POST" if sent else "GET", f"{address.url}{path}", json=sent)
            if not response.is_success:
                raise NoAnswer(f"answers {response.status_code}", response.status_code)
            found = response.json()
    except httpx.TimeoutException:
        raise NoAnswer("does not answer in time") from None
    except (httpx.HTTPError, OSError):
        raise NoAnswer("no connection") from None
    except (json.JSONDecodeError, UnicodeDecodeError, NoModelThere):
        raise NoAnswer("answers, but not as a language model") from None
    if not isinstance(found, dict):
        raise NoAnswer("answers, but not as a language model")
    return found


def ollama_context(address: Address, name: str, key: Key | None) -> int | None:
    """What Ollama's model reads: as its Modelfile sets it, else what it can, up to a comfortable size."""
    try:
        shown = get_json(address, "/api/show", key, sent={"model": name})
    except NoAnswer:
        return None
    if told := re.search(r"^num_ctx\s+(\d+)", str(shown.get("parameters", "")), re.MULTILINE):
        return int(told[1])
    known = _mapping(shown.get("model_info"))
    lengths = [value for part, value in known.items() if part.endswith(".context_length") and isinstance(value, int)]
    return min(lengths[0], COMFORTABLE_CONTEXT) if lengths else None


def server_context(address: Address, name: str, key: Key | None) -> int | None:
    """What a model of an OpenAI-like server reads, where the server tells (vLLM, llama.cpp, LM Studio, OpenRouter)."""
    try:
        models = [_mapping(model) for model in get_json(address, "/models", key).get("data") or ()]
    except NoAnswer:
        return None
    named = [model for model in models if model.get("id") == name] or models[: len(models) == 1]
    for model in named:
        told = (
            model.get("max_model_len"),
            model.get("loaded_context_length"),
            model.get("context_length"),
            _mapping(model.get("meta")).get("n_ctx"),
        )
        if found := next((size for size in told if isinstance(size, int) and size > 0), None):
            return found
    return _llama_server_context(address, key)


def _llama_server_context(address: Address, key: Key | None) -> int | None:
    try:
        props = get_json(Address(address.url.removesuffix("/v1")), "/props", key)
    except NoAnswer:
        return None
    size = _mapping(props.get("default_generation_settings")).get("n_ctx")
    return size if isinstance(size, int) and size > 0 else None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
