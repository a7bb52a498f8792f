"""One step of a LlamaIndex stream, whatever the provider: its words, what was counted, and whether it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag_bot.records.answers import Usage

_COUNTS = (
    ("prompt_tokens", "completion_tokens"),  # OpenAI and what speaks like it
    ("prompt_eval_count", "eval_count"),  # Ollama
    ("input_tokens", "output_tokens"),  # Anthropic
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Words, and what was said beside them. `finish` is "" while there is more to come."""

    text: str
    usage: Usage | None = None
    finish: str = ""

    def followed_by(self, later: Chunk) -> Chunk:
        """What both said beside their words."""
        return Chunk("", later.usage or self.usage, later.finish or self.finish)


def read_chunk(response: Any, written: str) -> Chunk:
    """A ChatResponse of LlamaIndex as a chunk. `written` is the text before it, for models that repeat it."""
    text = response.delta
    if text is None:
        whole = response.message.content or ""
        text = whole[len(written) :] if whole.startswith(written) else whole
    raw = response.raw
    beside = response.message.additional_kwargs  # where LlamaIndex puts what Anthropic says
    return Chunk(text, _usage(_part(raw, "usage") or beside.get("usage") or raw), _finish(raw, beside))


def _usage(counted: Any) -> Usage | None:
    for prompt, answer in _COUNTS:
        read, written = _part(counted, prompt), _part(counted, answer)
        if isinstance(read, int) and isinstance(written, int):
            return Usage(read, written)
    return None


def _finish(raw: Any, beside: Mapping[str, Any]) -> str:
    choices = _part(raw, "choices")
    said = _part(choices[0], "finish_reason") if isinstance(choices, list) and choices else None
    said = said or _part(raw, "done_reason") or (_part(raw, "done") and "stop")
    said = said or beside.get("stop_reason")
    return {"max_tokens": "length", "end_turn": "stop"}.get(said, said) if isinstance(said, str) else ""


def _part(whole: Any, name: str) -> Any:
    return whole.get(name) if isinstance(whole, Mapping) else getattr(whole, name, None)
