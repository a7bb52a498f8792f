"""What stands between the network and Gradio: what is refused, and how open answers end when the app stops.

Gradio accepts any Host header, requests from other sites, uploads, and fetches web addresses for whoever asks. Here
only the paths that the page needs are open, and only for the page itself and for who may use it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from rag_bot.files import LARGEST_NOTE
from rag_bot.ui import is_loopback
from rag_bot.ui.notes import uploads
from rag_bot.ui.server.access import Access, in_header
from rag_bot.ui.server.asgi import App, Receive, Scope, Send
from rag_bot.ui.server.bodies import LARGEST, checked_body
from rag_bot.ui.server.peers import IS_OWN
from rag_bot.ui.templating import macros

OPEN_PATHS = ("/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/gradio_api/app_id")
HEALTH = "/health"
"""Says that the app is up, to whoever goes by its right name: for what starts the app anew when it has died."""
API, IMAGES = "/api/v1/", "/images/"
OPEN_FOLDERS = (
    API,
    "/assets/",
    "/conversations/",
    IMAGES,
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
IMAGE_HEADERS = HEADERS | {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""Of what lies in people's folders: whatever it is, it runs and loads nothing where it is opened by itself."""
_OTHER_USER = "This app belongs to another user of this machine."
_NO_TOKEN = "It was printed where the app was started. Each start needs its new link."
_NO_TOKEN_IN_HEADERS = "Send the app's token, which its link carries, as the header Authorization: Bearer TOKEN."
_FROM_PROXIES = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")  # by which Gradio writes addresses


class Guard:
    """Refuses who may not use the app, other sites, files as values, and paths that the page does not use.

    `takes_files` opens the path for files that people add to their notes; who types the name of one of the `pages` as a
    path is led to it. It adds the headers that keep the page to
    itself. Under a `root_path` the app sees paths without it, whether the proxy before it has cut that off or not.
    """

    def __init__(self, app: App, access: Access, *, takes_files: bool = False, pages: Collection[str] = ()) -> None:
        self._app = app
        self._access = access
        self._pages = pages
        self._takes_files = takes_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            is_image = _without(self._access.root_path, scope["path"]).startswith(IMAGES)
            await self._answer(scope, receive, _with_headers(send, IMAGE_HEADERS if is_image else HEADERS))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, path = Headers(scope=scope), _without(self._access.root_path, scope["path"])
        is_https = scope["scheme"] == "https" or _is_forwarded_https(scope, headers)
        refusal = _refusal_by_names(scope, headers, self._access.names)
        if not refusal and path == HEALTH and scope["method"] in ("GET", "HEAD"):
            await PlainTextResponse("ok", headers={"Cache-Control": "no-store"})(scope, receive, send)
            return
        refusal = refusal or self._refusal_by_user(scope, headers, path, is_https)
        is_open = path in OPEN_PATHS or path.startswith(OPEN_FOLDERS) or (path == uploads.PATH and self._takes_files)
        if not refusal and (not is_open or "\n" in path):  # which the patterns of routes don't match
            refusal = self._not_found(path, headers)
        if not refusal and scope["method"] not in ("GET", "HEAD"):
            is_file = path == uploads.PATH and self._takes_files
            largest = LARGEST_NOTE if is_file else LARGEST
            checked = await checked_body(headers, receive, largest=largest, is_file=is_file)
            if isinstance(checked, Response):
                refusal = checked
            else:
                receive = checked
        if refusal:
            if path.startswith(API) and isinstance(refusal, PlainTextResponse):
                refusal = JSONResponse({"error": bytes(refusal.body).decode()}, refusal.status_code)
            await refusal(scope, receive, send)
            return
        kept = [(name, value) for name, value in scope["headers"] if name not in _FROM_PROXIES]
        scheme = "https" if is_https else "http"
        await self._app(
            {**scope, "path": path, "raw_path": path.encode(), "scheme": scheme, "headers": kept}, receive, send
        )

    def _not_found(self, path: str, headers: Headers) -> Response:
        """Of a path that is none of the app's: the page that it names, or that there is none."""
        home, page = f"{self._access.root_path}/", path.strip("/")
        if page in self._pages:
            return RedirectResponse(f"{home}#page={page}", 303)
        if "text/html" not in headers.get("accept", ""):
            return PlainTextResponse("Not found.", 404)
        words = "There is nothing at this address."
        return HTMLResponse(macros("refused.html").refused("Not found", words, home), 404)

    def _refusal_by_user(self, scope: Scope, headers: Headers, path: str, is_https: bool) -> Response | None:
        """What is answered to who may not use the app; to the link with the token, the page without it."""
        access = self._access
        if access.is_own and scope.get("state", {}).get(IS_OWN) is not True:
            return PlainTextResponse(_OTHER_USER, 403)
        if token := access.token:
            if path == "/" and scope["method"] == "GET" and token.is_in_link(scope["query_string"]):
                root = f"{access.root_path}/"
                cookie = token.set_cookie(access.cookie_name, root, is_secure=is_https)
                return RedirectResponse(root, 303, {"Set-Cookie": cookie, "Cache-Control": "no-store"})
            if not token.is_in_headers(headers, access.cookie_name):
                if path.startswith(API):
                    return JSONResponse({"error": _NO_TOKEN_IN_HEADERS}, 401, {"WWW-Authenticate": "Bearer"})
                page = macros("refused.html").refused(
                    "This app opens with its link, which carries a token", _NO_TOKEN, ""
                )
                return HTMLResponse(page, 403, {"Cache-Control": "no-store"})
        if access.root_path and scope["path"] == access.root_path:
            return RedirectResponse(f"{access.root_path}/")  # what the page loads is named from there
        return None


def _without(root_path: str, path: str) -> str:
    """The path within the app."""
    if root_path and (path == root_path or path.startswith(f"{root_path}/")):
        path = path.removeprefix(root_path)
    return path or "/"


def _is_forwarded_https(scope: Scope, headers: Headers) -> bool:
    """Whether a proxy on this machine says that the request came to it by https."""
    is_near = scope["client"] and is_loopback(scope["client"][0])
    return bool(is_near) and headers.get("x-forwarded-proto") == "https"


def _refusal_by_names(scope: Scope, headers: Headers, names: tuple[str, ...]) -> Response | None:
    """What is answered to other sites, and where the host is not one that the app goes by.

    An address of the machine's own is always a name of it. Browsers without Sec-Fetch-Site are told apart by the
    Origin: does it name another host or port?
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    name = f"{host.partition(']')[0]}]" if host.startswith("[") else host.partition(":")[0]
    if name.lower() not in names and name != in_header(str(scope["server"][0]).removeprefix("::ffff:")):
        return PlainTextResponse("Invalid host header. Who starts the app can allow this host.", 400)
    is_foreign = origin is not None and origin.partition("://")[2] != host
    if is_foreign or headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return PlainTextResponse("Requests from other sites are refused.", 403)
    return None


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
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
