"""Words out of a LlamaIndex stream: read in a thread of its own, so that waiting for them can be ended."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from rag_bot.errors import LlmError
from rag_bot.llm import threads
from rag_bot.llm.calls import Call, serve
from rag_bot.llm.chunks import Chunk, read_chunk
from rag_bot.llm.failures import Asked, Failure, explain
from rag_bot.llm.thinking import without_thoughts
from rag_bot.records.answers import Usage

_TICK = 0.03  # seconds until it is seen that nobody wants the words any more
_GRACE = 5.0  # seconds that the connection's own time-out, which knows more, may come first
_END_SECONDS = 2.0  # that a connection may take to close when the process ends
_FIRST_PAUSE = 0.5  # seconds; doubled each time
_LONGEST_TOKEN = 8  # characters a token has on average, at most: the cap for providers that know none


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, and how patiently.

    `ask` starts LlamaIndex's stream. `seconds` may pass until the next words, `retries` follow a failure that may pass.
    `tells_end` says that an answer which does not say why it ended broke off. `estimate` gives the usage for the
    answer's text where the model does not say it.
    """

    ask: Callable[[], Iterator[Any]]
    asked: Asked
    most_tokens: int
    seconds: float
    retries: int
    stop: threading.Event
    tells_end: bool
    estimate: Callable[[str], Usage]


@dataclass(slots=True)
class Outcome:
    """What is known about an answer when it has ended."""

    usage: Usage | None = None
    finish: str = ""


class _Failed(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.line)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class _End:
    failure: Failure | None = None


def stream_words(request: Request, outcome: Outcome) -> Iterator[str]:
    """The words of one answer; asks again where that may help. See `LanguageModel.stream`."""
    for attempt in range(request.retries + 1):
        text = ""
        try:
            with closing(_one_try(request, outcome)) as pieces:
                for piece in without_thoughts(pieces):
                    text += piece
                    yield piece
            if not text and not request.stop.is_set():
                raise _Failed(_wordless(request, outcome))
            return
        except _Failed as failed:
            failure = failed.failure
        if text:
            raise LlmError(f"The answer broke off: {failure.line}")
        if not failure.may_pass or attempt == request.retries:
            raise LlmError(failure.line)
        if request.stop.wait(_FIRST_PAUSE * 2**attempt if failure.wait_seconds is None else failure.wait_seconds):
            return


def _one_try(request: Request, outcome: Outcome) -> Generator[str, None, None]:
    call, box = Call(), queue.SimpleQueue[Any]()
    read = partial(_read, call, box, request.ask, request.asked)
    threads.start("llm", read, give_up=call.cancel, seconds=_END_SECONDS)
    text, last = "", Chunk("")
    try:
        for chunk in _listen(box, request):
            last = last.followed_by(chunk)
            if chunk.text:
                text += chunk.text
                yield chunk.text
            if len(text) > request.most_tokens * _LONGEST_TOKEN:
                last = last.followed_by(Chunk("", finish="length"))
                break
        if request.tells_end and text and not last.finish and not request.stop.is_set():
            raise _Failed(Failure(f"{request.asked.who} ended the connection in the middle. Try again."))
    finally:
        call.cancel()
        outcome.usage, outcome.finish = last.usage or request.estimate(text), last.finish


def _read(call: Call, box: queue.SimpleQueue[Any], ask: Callable[[], Iterator[Any]], asked: Asked) -> None:
    serve(call)
    try:
        written = ""
        for response in ask():
            if call.cancelled:
                break
            chunk = read_chunk(response, written)
            written += chunk.text
            box.put(chunk)
        box.put(_End())
    except Exception as error:  # noqa: BLE001 - a model of any make may raise anything; the quotes answer then
        box.put(_End(explain(error, asked, call)))


def _listen(box: queue.SimpleQueue[Any], request: Request) -> Iterator[Chunk]:
    """What the reading thread has read, until it ends, `stop` is set, or nothing came for too long."""
    heard = time.monotonic()
    while not request.stop.is_set():
        try:
            item = box.get(timeout=_TICK)
        except queue.Empty:
            if time.monotonic() - heard > request.seconds + _GRACE:
                raise _Failed(explain(TimeoutError(), request.asked, Call())) from None
            continue
        heard = time.monotonic()
        if request.stop.is_set():
            return
        if isinstance(item, _End):
            if item.failure:
                raise _Failed(item.failure)
            return
        yield item


def _wordless(request: Request, outcome: Outcome) -> Failure:
    if outcome.finish == "length":
        return Failure(
            f"{request.asked.who} spent all {request.most_tokens} tokens of its answer on thinking. "
            "Raise generation.answer_tokens, or take a model that does not think."
        )
    return Failure(f"{request.asked.who} answered without a word. Ask again, or another model.")
