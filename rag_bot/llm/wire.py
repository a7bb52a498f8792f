"""The connection to a model's server: a key that only travels there, no look-ups elsewhere, an end at any time."""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

from rag_bot.llm.addresses import Address
from rag_bot.llm.calls import Call, current_call
from rag_bot.llm.failures import NoModelThere
from rag_bot.llm.keys import Key

_CONNECT_SECONDS = 10.0
_KEY_HEADERS = {"authorization", "x-api-key"}
_OPENED = ("connect_tcp.complete", "start_tls.complete")


class Wire(httpx.BaseTransport):
    """Sends requests to one address and to no other.

    The client libraries never see the key, so that it is in none of their logs, records or texts. Each request has a
    connection of its own, which is shut when the call that it serves is cancelled, even while it waits for words.
    """

    def __init__(self, address: Address, key: Key | None, header: str = "authorization") -> None:
        proxy = _proxy(address)
        self._inner = httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0), proxy=proxy)
        self._host, self._key, self._header = httpx.URL(address.url).host, key, header

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._host:
            raise httpx.UnsupportedProtocol(f"{request.url.host} is not {self._host}", request=request)
        for name in _KEY_HEADERS & set(request.headers):
            del request.headers[name]
        if self._key:
            bearer = "Bearer " if self._header == "authorization" else ""
            request.headers[self._header] = f"{bearer}{self._key.secret}"
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


def open_client(address: Address, key: Key | None, seconds: float, header: str = "authorization") -> httpx.Client:
    """A client that waits `seconds` for each next bytes. It follows no redirection: `place` must stay true."""
    return httpx.Client(transport=Wire(address, key, header), timeout=seconds, follow_redirects=False)


def _quick_to_connect(request: httpx.Request) -> dict[str, Any]:
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


def _check_kind(response: httpx.Response) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.is_success and kind.startswith(("text/html", "text/xml", "image/", "application/xml")):
        response.close()
        raise NoModelThere(f"it sent {kind}")
