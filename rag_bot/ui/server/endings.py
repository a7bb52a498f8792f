"""Ends the streams that open pages listen to when the app stops."""

from __future__ import annotations

import asyncio
from typing import Any

from rag_bot.ui.server.guard import App, Receive, Scope, Send


class Endings:
    """The app, whose streams can be ended all at once; uvicorn would wait for them, and print a traceback for each.

    What has not begun to answer is left to end by itself.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: dict[asyncio.Task[Any], _Answer] = {}
        self._over = False

    def end(self) -> None:
        """Called in the event loop."""
        self._over = True
        for task, answer in self._open.items():
            if answer.begun:
                task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer, task = _Answer(send), asyncio.current_task()
        assert task
        self._open[task] = answer
        try:
            await self._app(scope, receive, answer.send)
        except asyncio.CancelledError:
            if not self._over:
                raise
            await answer.finish()
        finally:
            del self._open[task]


class _Answer:
    """How far one answer was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        self._whole = False

    async def send(self, message: Any) -> None:
        self.begun = True
        self._whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def finish(self) -> None:
        if not self._whole:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
