"""The name of a language model in the settings: who provides it, and what it is called there."""

from __future__ import annotations

from dataclasses import dataclass

from rag_bot.errors import UsageError

OLLAMA, OPENAI, OPENAI_LIKE, ANTHROPIC, GGUF = "ollama", "openai", "openai-like", "anthropic", "gguf"
PROVIDERS = (OLLAMA, OPENAI, OPENAI_LIKE, ANTHROPIC, GGUF)


@dataclass(frozen=True, slots=True)
class LlmName:
    """A provider and the model's name there; prints as it is written in the settings: `ollama:qwen3:4b`."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"


def parse_name(text: str) -> LlmName:
    """`PROVIDER:NAME` as a record.

    Raises:
        UsageError: there is no such provider, or a part is missing.
    """
    provider, _, name = text.strip().partition(":")
    if provider not in PROVIDERS or not name.strip():
        raise UsageError(
            f"{text!r} names no language model. Write PROVIDER:NAME, such as ollama:qwen3 or gguf:FILE; "
            f"providers are: {', '.join(PROVIDERS)}. `rag-bot models` lists what is there."
        )
    return LlmName(provider, name.strip())
