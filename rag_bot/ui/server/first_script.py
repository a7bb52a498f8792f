"""A script at the head of the page itself: Gradio adds those of its own head only after it has painted."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import MutableHeaders

from rag_bot.ui.server.asgi import App, Receive, Scope, Send

_HEAD = b"<head>"


class FirstScript:
    """The app, whose page at / begins with this script."""

    def __init__(self, app: App, script: str) -> None:
        self._app = app
        self._script = f"<script>{script}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Any = None
        body = bytearray()

        async def sending(message: Any) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                page = bytes(body).replace(_HEAD, _HEAD + self._script, 1)
                MutableHeaders(scope=start)["content-length"] = str(len(page))
                await send(start)
                await send({"type": "http.response.body", "body": page})

        # A packed page could not be added to.
        unpacked = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": unpacked}, receive, sending)
