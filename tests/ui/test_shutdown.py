"""Streams that end with the app."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rag_bot.ui.server.asgi import Receive, Scope, Send
from rag_bot.ui.server.middleware import EndableAnswers

Message = MutableMapping[str, Any]
START: Message = {"type": "http.response.start", "status": 200, "headers": []}


async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await send(START)
    await asyncio.sleep(60)


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await asyncio.sleep(0.1)
    await send(START)
    await send({"type": "http.response.body", "body": b"done"})


def _in_a_thread(coroutine: Coroutine[Any, Any, list[Message]]) -> list[Message]:
    """Run to its end, beside the browser's own event loop in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


async def _nothing() -> Message:
    return {"type": "http.request"}


async def _serve(app: Any, *, end: bool) -> list[Message]:
    """What is sent for one request, during which the app is ended."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    endable = EndableAnswers(app)
    request = asyncio.ensure_future(endable({"type": "http"}, _nothing, send))
    await asyncio.sleep(0.05)
    endable.end() if end else request.cancel()
    await asyncio.wait_for(request, 5)
    return sent


def test_a_stream_is_ended_properly() -> None:
    sent = _in_a_thread(_serve(streaming, end=True))
    assert sent == [START, {"type": "http.response.body", "body": b"", "more_body": False}]


def test_what_has_not_begun_to_answer_ends_by_itself() -> None:
    assert _in_a_thread(_serve(answering, end=True))[-1]["body"] == b"done"


def test_a_request_that_is_cancelled_for_another_reason_stays_cancelled() -> None:
    with pytest.raises(asyncio.CancelledError):
        _in_a_thread(_serve(streaming, end=False))
