"""A language model to ask: words as they come, an end at once, and one kind of error."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag_bot.errors import LlmError
from rag_bot.llm.failures import IS_SERVER_RUNNING, AskedModel
from rag_bot.llm.streaming import Request, StreamEnd, stream_words
from rag_bot.records.answers import Usage

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

    from rag_bot.settings import LlmSettings

_BYTES_PER_TOKEN = 3  # of UTF-8; English has about four, so this counts rather too many
_TRIAL_QUESTION = "In one short sentence: what is a notebook for?"
_TRIAL_TOKENS = 64  # set by hand: enough to see a speed

Ask = Callable[["LLM", "list[ChatMessage]", int], Iterator[Any]]
"""How a provider is told the messages and the most tokens of an answer; gives LlamaIndex's ChatResponses."""


@dataclass(frozen=True, slots=True)
class Message:
    """A part of the conversation as the model sees it. `role` is "system", "user" or "assistant"."""

    role: str
    text: str


class Pieces(Iterator[str]):
    """The words of one answer as they come. `usage` and `finish` are known when it has ended.

    `finish` is "stop", or "length" where the answer was cut at the most tokens it may have, or "" where the model does
    not say. Closing it, or letting it go, ends the model's work.
    """

    def __init__(self, words: Iterator[str], end: StreamEnd) -> None:
        self._words, self._end = words, end

    def __iter__(self) -> Pieces:
        return self

    def __next__(self) -> str:
        return next(self._words)

    def close(self) -> None:
        """Ends it at once; what has not come will not come."""
        self._words.close()  # type: ignore[attr-defined]

    @property
    def usage(self) -> Usage | None:
        return self._end.usage

    @property
    def finish(self) -> str:
        return self._end.finish


class LanguageModel:
    """A LlamaIndex `LLM` and what must be known to ask it.

    `place` says where it computes ("this machine", "127.0.0.1:11434", "api.openai.com"), `is_remote` whether what it is
    sent leaves this machine. `context_tokens` is what it reads and writes together. `count` counts tokens exactly; None
    estimates. `ask` hands the provider the most tokens in its own way; without it they are only cut here. `secret` is
    the key, to keep it out of messages. `tells_end` says that each answer of this provider ends with a reason, so that
    one without it broke off. `label` is its name for people and for files that are kept, where it isn't `name`.
    `start_hint` and `pull_command` are the provider's, for messages.
    """

    def __init__(
        self,
        llm: LLM,
        name: str,
        place: str,
        is_remote: bool,
        context_tokens: int,
        count: Callable[[str], int] | None,
        settings: LlmSettings,
        *,
        ask: Ask | None = None,
        secret: str = "",
        tells_end: bool = False,
        label: str = "",
        start_hint: str = IS_SERVER_RUNNING,
        pull_command: str = "",
    ) -> None:
        self.name, self.place, self.is_remote, self.context_tokens = name, place, is_remote, context_tokens
        self.label = label or name
        self._llm, self._count, self._settings = llm, count or estimate_tokens, settings
        self._ask: Ask = ask or (lambda llm, messages, _: llm.stream_chat(messages))
        self._asked_model, self._tells_end = AskedModel(name, place, secret, start_hint, pull_command), tells_end

    def __repr__(self) -> str:
        return f"LanguageModel({self.name!r}, place={self.place!r}, is_remote={self.is_remote})"

    @property
    def llm(self) -> LLM:
        """LlamaIndex's model itself; without its key, which only the connection knows."""
        return self._llm

    def count_tokens(self, text: str) -> int:
        """Tokens of a text: exact where the model's tokenizer is in this process, else rather too many."""
        return self._count(text)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        most_tokens: int | None = None,
        stop: threading.Event | None = None,
    ) -> Pieces:
        """Asks, and gives the pieces of the answer as they come, without what the model thinks aloud.

        Nothing is asked before the first is taken. It ends at once when `stop` is set. What may pass is tried again,
        before the first piece only.

        Raises (from the iterator):
            LlmError: one line, for whatever keeps the model from answering or from ending its answer.
        """
        most = most_tokens or self._settings.answer_tokens

        def ask() -> Iterator[Any]:
            from llama_index.core.llms import ChatMessage

            sent = [ChatMessage(role=message.role, content=message.text) for message in messages]
            return self._ask(self._llm, sent, most)

        request = Request(
            ask=ask,
            model=self._asked_model,
            most_tokens=most,
            seconds=self._settings.timeout_seconds,
            retries=self._settings.retries,
            stop=stop or threading.Event(),
            tells_end=self._tells_end,
            estimate=lambda text: Usage(
                sum(estimate_tokens(message.text) for message in messages), estimate_tokens(text)
            ),
        )
        end = StreamEnd()
        return Pieces(stream_words(request, end), end)


def estimate_tokens(text: str) -> int:
    """Tokens of a text for a model whose tokenizer is not here, rather too many than too few."""
    return math.ceil(len(text.encode(errors="replace")) / _BYTES_PER_TOKEN) + 1 if text else 0


@dataclass(frozen=True, slots=True)
class ModelTrial:
    """How a trial went. `said` is what the model answered, `first_seconds` from the question to the first words,
    loading included; `error` is "" if it went.
    """

    name: str
    place: str
    is_remote: bool
    context_tokens: int
    said: str = ""
    first_seconds: float | None = None
    tokens_per_second: float | None = None
    error: str = ""


def try_model(model: LanguageModel) -> ModelTrial:
    """Asks a tiny question, to see that the model answers and how fast; what goes wrong is in the result.

    Only the question is sent, nothing from the notes.
    """
    facts = (model.name, model.place, model.is_remote, model.context_tokens)
    began = time.perf_counter()
    pieces, text, first_seconds = model.stream([Message("user", _TRIAL_QUESTION)], most_tokens=_TRIAL_TOKENS), "", 0.0
    try:
        for piece in pieces:
            first_seconds = first_seconds or time.perf_counter() - began
            text += piece
    except LlmError as error:
        return ModelTrial(*facts, text.strip(), error=str(error))
    seconds_after = time.perf_counter() - began - first_seconds
    tokens_after = pieces.usage.answer_tokens - 1 if pieces.usage else 0
    speed = round(tokens_after / seconds_after, 1) if tokens_after > 0 and seconds_after > 0 else None
    return ModelTrial(*facts, " ".join(text.split()), round(first_seconds, 2), speed)
