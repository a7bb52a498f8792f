"""What stands between the network and Gradio: what is refused, and how open answers end when the app stops.

Gradio accepts any Host header, requests from other sites, uploads, and fetches web addresses for whoever asks. Here
only the paths that the page needs are open, and only for the page itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = ("/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/gradio_api/app_id")
OPEN_FOLDERS = (
    "/assets/",
    "/conversations/",
    "/static/",
    "/gradio_api/queue/",
    "/gradio_api/run/",
    "/gradio_api/heartbeat/",
    "/gradio_api/startup-events",
    "/gradio_api/cancel",
    "/gradio_api/reset",
)
HEADERS = {
    # Gradio puts its configuration inline and compiles templates of its own: scripts need both 'unsafe'.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guarded(app: App, hosts: Sequence[str]) -> App:
    """The app behind all checks; `hosts` are the names it answers to."""
    return TrustedHostMiddleware(Guard(app), allowed_hosts=list(hosts), www_redirect=False)


class Guard:
    """Refuses other sites and paths that the page does not use; adds the headers that keep the page to itself."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif refusal := _refusal(scope["path"], Headers(scope=scope)):
            await refusal(scope, receive, _with_headers(send))
        else:
            await self._app(scope, receive, _with_headers(send))


def _refusal(path: str, headers: Headers) -> PlainTextResponse | None:
    """What to answer to requests of other sites and for other paths; None for what the page itself needs.

    Browsers without Sec-Fetch-Site are told apart by the Origin: does it name another host or port?
    """
    origin = headers.get("origin")
    is_foreign = origin is not None and origin.partition("://")[2] != headers.get("host")
    if is_foreign or headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return PlainTextResponse("Requests from other sites are refused.", 403)
    if path not in OPEN_PATHS and not path.startswith(OPEN_FOLDERS):
        return PlainTextResponse("Not found.", 404)
    return None


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending


class EndableAnswers:
    """The app, whose open answers can be ended all at once; uvicorn would wait, and print a traceback for each.

    Open pages listen to such an answer for as long as they are open. What has not begun to answer is left to end by
    itself.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: dict[asyncio.Task[Any], _OpenAnswer] = {}
        self._is_over = False

    def end(self) -> None:
        """Called in the event loop."""
        self._is_over = True
        for task, answer in self._open.items():
            if answer.has_begun:
                task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer, task = _OpenAnswer(send), asyncio.current_task()
        assert task
        self._open[task] = answer
        try:
            await self._app(scope, receive, answer.send)
        except asyncio.CancelledError:
            if not self._is_over:
                raise
            await answer.finish()
        finally:
            del self._open[task]


class _OpenAnswer:
    """How far one answer was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self._is_whole = False

    async def send(self, message: Any) -> None:
        self.has_begun = True
        self._is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def finish(self) -> None:
        if not self._is_whole:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
