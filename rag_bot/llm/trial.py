"""Asks a model a tiny question, to see that it answers and how fast."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rag_bot.errors import LlmError
from rag_bot.llm.asking import LanguageModel, Message

_QUESTION = "In one short sentence: what is a notebook for?"
_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went. `first_seconds` from the question to the first words, loading included; `error` is "" if it went."""

    name: str
    place: str
    is_remote: bool
    context_tokens: int
    said: str = ""
    first_seconds: float | None = None
    tokens_per_second: float | None = None
    error: str = ""


def try_model(model: LanguageModel) -> Trial:
    """Asks and times; what goes wrong is in the result. Only the question is sent, nothing from the notes."""
    began = time.perf_counter()
    pieces, said, first = model.stream([Message("user", _QUESTION)], most_tokens=_TOKENS), "", 0.0
    try:
        for piece in pieces:
            first = first or time.perf_counter() - began
            said += piece
    except LlmError as error:
        return Trial(model.name, model.place, model.is_remote, model.context_tokens, said.strip(), error=str(error))
    writing = time.perf_counter() - began - first
    written = pieces.usage.answer_tokens - 1 if pieces.usage else 0
    return Trial(
        model.name,
        model.place,
        model.is_remote,
        model.context_tokens,
        " ".join(said.split()),
        round(first, 2),
        round(written / writing, 1) if written > 0 and writing > 0 else None,
    )
