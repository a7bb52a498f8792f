"""The connection to a model's server: where it is, what may travel there, and an end at any time.

httpx is imported where it is used: naming models must not wait for it.
"""

from __future__ import annotations

import importlib
import ipaddress
import math
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rag_bot.errors import UsageError
from rag_bot.llm.calls import MOST_BYTES, Call, current_call, serve_for
from rag_bot.llm.keys import Key

HERE = "this machine"
"""The place of a model that computes in this process."""
PROBE_SECONDS = 2.0  # that a list of models may take: set by hand, people wait for it
_CONNECT_SECONDS = 10.0  # set by hand; a server that is there takes well under one
_MOST_ERROR_BYTES = 1 << 16  # of an error; its first two lines are shown: set by hand
_LOCAL_NAMES = (".local", ".lan", ".internal", ".home.arpa", ".home")  # endings that no name of the internet has
_BEARER = "authorization"
_OPENED = ("connect_tcp.complete", "start_tls.complete")  # the events of httpcore that bring a socket


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL without a slash at its end. `place` is its host, with the port where it is not the usual one."""

    url: str

    @property
    def host(self) -> str:
        return self._parts.hostname or ""

    @property
    def place(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self._parts.port}" if self._parts.port else host

    @property
    def is_remote(self) -> bool:
        """Whether what is sent there leaves this machine. A machine in the same house counts as another one."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return False
        return not (_is_ip(self.host) and ipaddress.ip_address(self.host).is_loopback)

    @property
    def keeps_keys(self) -> bool:
        """Whether a key may be sent there: encrypted, or not over the open internet."""
        if self._parts.scheme == "https" or not self.is_remote:
            return True
        if _is_ip(self.host):
            return ipaddress.ip_address(self.host).is_private
        return "." not in self.host or self.host.endswith(_LOCAL_NAMES)

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)


def read_address(url: str) -> Address:
    """A URL as people write it.

    Raises:
        UsageError: it is no http(s) URL, or it carries a password, which would be shown with the address.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        parts, usable = urlsplit(""), False
    if not usable:
        raise UsageError(f"generation.url is {url!r}, which is no address. Write one such as http://127.0.0.1:8080/v1.")
    if parts.username or parts.password:
        raise UsageError(
            f"The address of {parts.hostname} carries a password. Give the key as RAG_BOT_LLM_KEY instead."
        )
    return Address(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class NoModelThere(Exception):
    """A web server answered, but with something that no model's server sends."""


class NoAnswer(Exception):
    """The server did not tell. `status` is what it answered, 0 where it was not reached."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


def get_json(address: Address, path: str, key: Key | None = None, *, sent: object = None) -> dict[str, Any]:
    """The JSON object at a path below the address; with `sent` it is a POST.

    Raises:
        NoAnswer: not there, refused, too slow, or no JSON object.
    """
    import httpx

    try:
        with serve_for(PROBE_SECONDS) as call, open_client(address, key, PROBE_SECONDS) as client:
            response = client.request("POST" if sent else "GET", f"{address.url}{path}", json=sent)
            if not response.is_success:
                raise NoAnswer(f"answers {response.status_code}", response.status_code)
            told = response.json()
    except httpx.TimeoutException:
        raise NoAnswer("does not answer in time") from None
    except (httpx.HTTPError, OSError):
        raise NoAnswer("does not answer in time" if call.cancelled else "no connection") from None
    except (ValueError, RecursionError, NoModelThere):  # no JSON, a number of 5,000 digits, 1,000 lists in each other
        strange = "answers, but not as a language model"
        raise NoAnswer("does not answer in time" if call.cancelled else strange) from None
    if not isinstance(told, dict):
        raise NoAnswer("answers, but not as a language model")
    return told


def mappings(value: object) -> list[dict[str, Any]]:
    """The objects of a list that came as JSON; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def open_client(address: Address, key: Key | None, seconds: float, *, header: str = _BEARER, http: Any = None) -> Any:
    """A client that waits `seconds` for each next bytes. It follows no redirection: `place` must stay true.

    `http` is the module that the client comes from, httpx if not told otherwise: see `http_of`.
    """
    http = http or importlib.import_module("httpx")
    return http.Client(transport=wire(address, key, header=header, http=http), timeout=seconds, follow_redirects=False)


def wire(address: Address, key: Key | None, *, header: str = _BEARER, http: Any = None) -> Any:
    """A transport that sends requests to one address and to no other.

    The client libraries never see the key, so that it is in none of their logs, records or texts. Each request has a
    connection of its own, which is shut when the call that it serves is cancelled, even while it waits for words.

    What comes back is bounded here, whoever reads it: an answer to the bytes that its call may have, an error to its
    beginning, and nothing is unpacked, as a megabyte can be packed gigabytes. Time is bounded by cancelling the call.
    """
    from urllib.request import getproxies, proxy_bypass

    http = http or importlib.import_module("httpx")
    url = http.URL(address.url)
    # The proxy of the environment, for other machines only.
    proxy = getproxies().get(url.scheme) if address.is_remote and not proxy_bypass(address.host) else None
    inner = http.HTTPTransport(limits=http.Limits(max_keepalive_connections=0), proxy=proxy)
    return _wire_class(http)(inner, _origin(url), key, header)


def _origin(url: Any) -> tuple[str, str, int | None]:
    """What a key belongs to: the port, too, may be another user's."""
    return url.scheme, url.host, url.port


def http_of(client: type) -> Any:
    """The module that a client library's own client comes from: httpx, or httpx2, whose classes it insists on."""
    kinds = [kind.__module__.partition(".")[0] for kind in client.__mro__ if kind.__name__ == "Client"]
    return importlib.import_module(kinds[-1] if kinds else "httpx")


@lru_cache(maxsize=2)
def _wire_class(http: Any) -> type:
    class Bounded(http.SyncByteStream):  # type: ignore[misc]
        """At most so many bytes: the rest is cut off, or an error."""

        def __init__(self, inner: Any, most: int, *, cut: bool) -> None:
            self._inner, self._most, self._cut = inner, most, cut

        def __iter__(self) -> Iterator[bytes]:
            left = self._most
            for chunk in self._inner:
                if len(chunk) > left and not self._cut:
                    raise NoModelThere(f"it sent more than {self._most >> 10:,} KiB")
                yield chunk[:left]
                left -= len(chunk)
                if left < 0:
                    return

        def close(self) -> None:
            self._inner.close()

    class Wire(http.BaseTransport):  # type: ignore[misc]
        def __init__(self, inner: Any, origin: tuple[str, str, int | None], key: Key | None, header: str) -> None:
            self._inner, self._origin, self._key, self._header = inner, origin, key, header

        def handle_request(self, request: Any) -> Any:
            if _origin(request.url) != self._origin:
                raise http.UnsupportedProtocol(f"{request.url} is not at {self._origin}", request=request)
            for name in (_BEARER, self._header):  # what the library put there is not the key
                if name in request.headers:
                    del request.headers[name]
            request.headers["accept-encoding"] = "identity"
            if self._key:
                secret = self._key.secret
                request.headers[self._header] = f"Bearer {secret}" if self._header == _BEARER else secret
            call, times = current_call(), dict(request.extensions.get("timeout", {}))
            # Half of what its words may take, so that a server which cannot be reached is said to be that.
            times["connect"] = min((times.get("connect") or math.inf) / 2, _CONNECT_SECONDS)
            request.extensions = {**request.extensions, "timeout": times}
            if call:
                request.extensions["trace"] = partial(_shut_when_cancelled, call)
            response = self._inner.handle_request(request)
            if call:
                call.retry_after = response.headers.get("retry-after", "")
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if response.is_success and kind.startswith(("text/html", "text/xml", "image/", "application/xml")):
                response.close()
                raise NoModelThere(f"it sent {kind}")
            packed = response.headers.pop("content-encoding", "identity").strip().lower() not in ("", "identity")
            if response.is_success and packed:
                response.close()
                raise NoModelThere("it packs what it sends, which was not asked for")
            most = (call.most_bytes if call else MOST_BYTES) if response.is_success else _MOST_ERROR_BYTES
            response.stream = Bounded(response.stream, 0 if packed else most, cut=not response.is_success)
            return response

        def close(self) -> None:
            self._inner.close()

    return Wire


def _shut_when_cancelled(call: Call, event: str, info: dict[str, Any]) -> None:
    if event.endswith(_OPENED):
        call.on_cancel(partial(_shut, info["return_value"].get_extra_info("socket")))


def _shut(opened: socket.socket) -> None:
    """Closing would leave a thread that reads from it waiting."""
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
