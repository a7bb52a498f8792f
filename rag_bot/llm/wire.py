"""The connection to a model's server: a key that only travels there, no look-ups elsewhere, an end at any time."""

from __future__ import annotations

import importlib
import socket
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

from rag_bot.llm.addresses import Address
from rag_bot.llm.calls import Call, current_call
from rag_bot.llm.failures import NoModelThere
from rag_bot.llm.keys import Key

_CONNECT_SECONDS = 10.0
_BEARER, _ANTHROPIC = "authorization", "x-api-key"
_OPENED = ("connect_tcp.complete", "start_tls.complete")


def open_client(address: Address, key: Key | None, seconds: float, *, header: str = _BEARER, http: Any = httpx) -> Any:
    """A client that waits `seconds` for each next bytes. It follows no redirection: `place` must stay true.

    `http` is httpx or what has taken its place in a client library: see `http_of`.
    """
    return http.Client(transport=wire(address, key, header=header, http=http), timeout=seconds, follow_redirects=False)


def wire(address: Address, key: Key | None, *, header: str = _BEARER, http: Any = httpx) -> Any:
    """A transport that sends requests to one address and to no other.

    The client libraries never see the key, so that it is in none of their logs, records or texts. Each request has a
    connection of its own, which is shut when the call that it serves is cancelled, even while it waits for words.
    """
    limits = http.Limits(max_keepalive_connections=0)
    inner = http.HTTPTransport(limits=limits, proxy=_proxy(address))
    return _wire_class(http)(inner, http.URL(address.url).host, key, header)


def http_of(client: type) -> Any:
    """The module that a client library's own client comes from: httpx, or httpx2, whose classes it insists on."""
    kinds = [kind.__module__.partition(".")[0] for kind in client.__mro__ if kind.__name__ == "Client"]
    return importlib.import_module(kinds[-1]) if kinds else httpx


@lru_cache(maxsize=2)
def _wire_class(http: Any) -> type:
    class Wire(http.BaseTransport):  # type: ignore[misc]
        def __init__(self, inner: Any, host: str, key: Key | None, header: str) -> None:
            self._inner, self._host, self._key, self._header = inner, host, key, header

        def handle_request(self, request: Any) -> Any:
            if request.url.host != self._host:
                raise http.UnsupportedProtocol(f"{request.url.host} is not {self._host}", request=request)
            _put_key(request.headers, self._key, self._header)
            call = current_call()
            request.extensions = {**request.extensions, "timeout": _quick_to_connect(request)}
            if call:
                request.extensions["trace"] = partial(_shut_when_cancelled, call)
            response = self._inner.handle_request(request)
            if call:
                call.retry_after = response.headers.get("retry-after", "")
            _check_kind(response)
            return response

        def close(self) -> None:
            self._inner.close()

    return Wire


def _put_key(headers: Any, key: Key | None, header: str) -> None:
    for name in (_BEARER, _ANTHROPIC):
        if name in headers:
            del headers[name]
    if key:
        headers[header] = f"Bearer {key.secret}" if header == _BEARER else key.secret


def _quick_to_connect(request: Any) -> dict[str, Any]:
    times: dict[str, Any] = dict(request.extensions.get("timeout", {}))
    return {**times, "connect": min(times.get("connect") or _CONNECT_SECONDS, _CONNECT_SECONDS)}


def _proxy(address: Address) -> str | None:
    """The proxy of the environment, for other machines only."""
    if not address.is_remote or proxy_bypass(address.host):
        return None
    return getproxies().get(httpx.URL(address.url).scheme)


def _shut_when_cancelled(call: Call, event: str, info: dict[str, Any]) -> None:
    if event.endswith(_OPENED):
        opened = info["return_value"].get_extra_info("socket")
        call.on_cancel(partial(_shut, opened))


def _shut(opened: socket.socket) -> None:
    """Closing would leave a thread that reads from it waiting."""
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)


def _check_kind(response: Any) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.is_success and kind.startswith(("text/html", "text/xml", "image/", "application/xml")):
        response.close()
        raise NoModelThere(f"it sent {kind}")
