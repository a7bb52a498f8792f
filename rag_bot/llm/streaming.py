"""Words out of a LlamaIndex stream: read in a thread of its own, so that waiting for them can be ended."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from rag_bot.errors import LlmError
from rag_bot.llm.calls import Call, serve, start_thread
from rag_bot.llm.connection import HERE
from rag_bot.llm.failures import AskedModel, CallFailure, explain
from rag_bot.records.answers import Usage

_TICK = 0.03  # seconds until it is seen that nobody wants the words any more: set by hand, nobody notices them
_END_SECONDS = 2.0  # that a connection may take to close when the process ends: set by hand
_FIRST_PAUSE = 0.5  # seconds, set by hand; doubled each time
_LONGEST_TOKEN = 8  # characters a token has on average, at most: the cap for providers that know none; set by hand
_BYTES_BESIDE, _BYTES_PER_TOKEN = 1 << 18, 1 << 10  # set by hand; the JSON around one token has 150 to 400 bytes
_TRIES_SECONDS = 25.0  # for the first words of all tries, unless one alone may take longer; with two lists before, 29
_LOADING_SECONDS = 60.0  # that a model in this process may take to come from the disk: set by hand
_SLOWEST_TOKEN = 1.0  # seconds, set by hand: an answer that comes slower is read by nobody
_MOST_TOKENS = 1_000_000_000  # that a server is believed to have counted: set by hand
_LONGEST_REASON = 40  # characters; the longest known is "content_filter"
_THOUGHT, _END_OF_THOUGHT = "<think>", "</think>"
_COUNTS = (
    ("prompt_tokens", "completion_tokens"),  # OpenAI and what speaks like it
    ("prompt_eval_count", "eval_count"),  # Ollama
    ("input_tokens", "output_tokens"),  # Anthropic
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, and how patiently.

    `ask` starts LlamaIndex's stream. `seconds` may pass until the first words, and from then on until the next ones;
    `retries` follow a failure that may pass, while there is time for them.
    `tells_end` says that an answer which does not say why it ended broke off. `estimate` gives the usage for the
    answer's text where the model does not say it.
    """

    ask: Callable[[], Iterator[Any]]
    model: AskedModel
    most_tokens: int
    seconds: float
    retries: int
    stop: threading.Event
    tells_end: bool
    estimate: Callable[[str], Usage]


@dataclass(slots=True)
class StreamEnd:
    """What is known about an answer when it has ended."""

    usage: Usage | None = None
    finish: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a stream: words, and what was said beside them. `finish` is "" while there is more to come.

    `thought` is how many characters of thinking came beside the answer up to here.
    """

    text: str
    usage: Usage | None = None
    finish: str = ""
    thought: int = 0


class _Failed(Exception):
    def __init__(self, failure: CallFailure) -> None:
        super().__init__(failure.line)
        self.failure = failure


def stream_words(request: Request, end: StreamEnd) -> Iterator[str]:
    """The words of one answer; asks again where that may help. See `LanguageModel.stream`."""
    patience = max(request.seconds, _LOADING_SECONDS if request.model.place == HERE else 0)
    last = time.monotonic() + max(patience, _TRIES_SECONDS)
    for attempt in range(request.retries + 1):
        text = ""
        try:
            with closing(_one_try(request, end, min(last, time.monotonic() + patience))) as pieces:
                for piece in without_thoughts(pieces):
                    text += piece
                    yield piece
            if text or request.stop.is_set():
                return
            if end.finish == "length":
                line = (
                    f"{request.model.who} spent all {request.most_tokens} tokens of its answer on thinking. "
                    "Raise generation.answer_tokens, or take a model that does not think."
                )
            else:
                line = f"{request.model.who} answered without a word. Ask again, or another model."
            failure = CallFailure(line)
        except _Failed as failed:
            failure = failed.failure
        if text:
            raise LlmError(f"The answer broke off: {failure.line}")
        pause = _FIRST_PAUSE * 2**attempt if failure.wait_seconds is None else failure.wait_seconds
        if not failure.may_pass or attempt == request.retries or time.monotonic() + pause > last:
            raise LlmError(failure.line)
        if request.stop.wait(pause):
            return


def _one_try(request: Request, end: StreamEnd, until: float) -> Generator[str, None, None]:
    call = Call(_BYTES_BESIDE + request.most_tokens * _BYTES_PER_TOKEN)
    box = queue.SimpleQueue[Step | CallFailure | None]()
    start_thread("llm", partial(_read, call, box, request), give_up=call.cancel, seconds=_END_SECONDS)
    text, usage, finish = "", None, ""
    try:
        for step in _listen(box, request, until):
            usage, finish = step.usage or usage, step.finish or finish
            if step.text:
                text += step.text
                yield step.text
            if len(text) + step.thought > request.most_tokens * _LONGEST_TOKEN:
                finish = "length"
                break
        if request.tells_end and text and not finish and not request.stop.is_set():
            raise _Failed(CallFailure(f"{request.model.who} ended the connection in the middle. Try again."))
    finally:
        call.cancel()
        end.usage, end.finish = usage or request.estimate(text), finish


def _read(call: Call, box: queue.SimpleQueue[Step | CallFailure | None], request: Request) -> None:
    """Puts the steps of an answer into the box, then why it failed, or None."""
    serve(call)
    try:
        written = ""
        for response in request.ask():
            if call.cancelled:
                break
            step = read_step(response, written)
            written += step.text
            box.put(step)
        box.put(None)
    except Exception as error:  # noqa: BLE001 - a model of any make may raise anything; the quotes answer then
        box.put(explain(error, request.model, call))


def _listen(box: queue.SimpleQueue[Step | CallFailure | None], request: Request, until: float) -> Iterator[Step]:
    """What the reading thread has read, until it ends, `stop` is set, or no words or thoughts came for too long.

    What a server sends beside them is no sign of life, as it costs it nothing. A model in this process does not lie:
    its empty steps say that it reads the prompt, or that another answer is being written.
    """
    is_here, thought = request.model.place == HERE, 0
    end = math.inf if is_here else until + request.most_tokens * _SLOWEST_TOKEN
    while not request.stop.is_set():
        if time.monotonic() > min(until, end):
            raise _Failed(explain(TimeoutError(), request.model, Call()))
        try:
            item = box.get(timeout=_TICK)
        except queue.Empty:
            continue
        if item is None or request.stop.is_set():
            return
        if isinstance(item, CallFailure):
            raise _Failed(item)
        if is_here or item.text.strip() or item.thought > thought:
            until, thought = time.monotonic() + request.seconds, max(thought, item.thought)
        yield item


def read_step(response: Any, written: str) -> Step:
    """A ChatResponse of LlamaIndex, of any provider. `written` is the text before it, for models that repeat it."""
    text = response.delta
    if text is None:
        whole = response.message.content or ""
        text = whole.removeprefix(written)
    raw, beside = response.raw, response.message.additional_kwargs  # the second is where what Anthropic says is put
    counted = _part(raw, "usage") or beside.get("usage") or raw
    counts = [(_part(counted, prompt), _part(counted, answer)) for prompt, answer in _COUNTS]
    usages = [Usage(*both) for both in counts if all(map(_is_count, both))]
    choices = _part(raw, "choices")
    reason = _part(choices[0], "finish_reason") if isinstance(choices, list) and choices else None
    reason = reason or _part(raw, "done_reason") or (_part(raw, "done") and "stop") or beside.get("stop_reason")
    finish = {"max_tokens": "length", "end_turn": "stop"}.get(reason, reason) if isinstance(reason, str) else ""
    blocks = getattr(response.message, "blocks", ())
    thought = sum(len(_part(block, "content") or "") for block in blocks if _part(block, "block_type") == "thinking")
    return Step(text, usages[0] if usages else None, finish[:_LONGEST_REASON], thought)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS


def _part(whole: Any, name: str) -> Any:
    return whole.get(name) if isinstance(whole, Mapping) else getattr(whole, name, None)


def without_thoughts(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces without `<think>…</think>`, wherever that stands, and without the blanks before the first words.

    Most servers part thoughts from the answer themselves; some send them as text. What may become the mark of a thought
    is held back until it is known. A thought that never ends is no part of the answer.
    """
    unread, is_thinking, has_begun = "", False, False
    for piece in pieces:
        unread, words = unread + piece, ""
        while (mark := _END_OF_THOUGHT if is_thinking else _THOUGHT) in unread:
            before, _, unread = unread.partition(mark)
            words += "" if is_thinking else before
            is_thinking = not is_thinking
        held = next((size for size in range(len(mark) - 1, 0, -1) if unread.endswith(mark[:size])), 0)
        ready, unread = unread[: len(unread) - held], unread[len(unread) - held :]
        words += "" if is_thinking else ready
        if words := words if has_begun else words.lstrip():
            has_begun = True
            yield words
    if unread and not is_thinking:
        yield unread
