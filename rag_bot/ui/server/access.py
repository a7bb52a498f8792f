"""Who may use the app: this machine's user as the kernel knows them, who has the token, or whoever reaches it."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from rag_bot.errors import UsageError
from rag_bot.ui import is_loopback
from rag_bot.ui.server.peers import IsOwn, who_tells

NEW_TOKEN = "new"
_SHORTEST_TOKEN = 16  # characters; nobody tries all of 10^20 over a network, and shorter ones are words
_FIRST_PERSON = 501 if sys.platform == "darwin" else 1000  # the first uid that people get (login.defs; macOS)
_NOBODY = 65534
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")  # made by Docker and Podman


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A secret that the link carries once; then the browser has a cookie that is good until the app ends."""

    text: str
    _cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @classmethod
    def named(cls, text: str) -> AccessToken:
        """A new one, or the given one. Raises UsageError if that can be guessed or does not fit into a header."""
        if text == NEW_TOKEN:
            return cls(secrets.token_urlsafe(32))
        if len(text) < _SHORTEST_TOKEN or not text.isascii() or not text.isprintable() or " " in text:
            raise UsageError(
                f"The token has {len(text)} characters. Take at least {_SHORTEST_TOKEN} of ASCII without blanks, "
                f"or --token {NEW_TOKEN} for a new one."
            )
        return cls(text)

    def is_in_link(self, query: bytes) -> bool:
        given = parse_qs(query.decode("latin-1"), max_num_fields=16).get("token", []) if len(query) < 4096 else []
        return len(given) == 1 and _equal(given[0], self.text)

    def is_in_headers(self, headers: Headers, cookie_name: str) -> bool:
        """As the cookie, or as `Authorization: Bearer TOKEN`."""
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _equal(credentials.strip(), self.text):
            return True
        cookies = cookie_parser("; ".join(headers.getlist("cookie")))
        return _equal(cookies.get(cookie_name, ""), self._cookie)

    def set_cookie(self, name: str, path: str, *, is_secure: bool) -> str:
        """The header that gives the cookie to a browser."""
        return f"{name}={self._cookie}; HttpOnly; SameSite=Strict; Path={path}{'; Secure' if is_secure else ''}"


@dataclass(frozen=True, slots=True)
class Access:
    """How the app is reached and by whom. With neither a token nor `is_own` by whoever reaches it.

    `root_path` is "" or such as "/notes"; `names` are the hosts that it answers to beside addresses of its own.
    """

    port: int
    names: tuple[str, ...]
    root_path: str = ""
    token: AccessToken | None = None
    is_own: IsOwn | None = None

    @property
    def cookie_name(self) -> str:
        return f"rag-bot-{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether it is reached on this machine alone, and not by way of a proxy that is known of."""
        return not self.root_path and all(map(is_loopback, self.names))

    def link(self, host: str) -> str:
        """The address to open, which carries the token."""
        address = f"http://{in_header(host)}:{self.port}{self.root_path}"
        return f"{address}/?token={quote(self.token.text, safe='')}" if self.token else address


def choose(
    host: str, port: int, *, token: str | None, no_token: bool, allowed_hosts: tuple[str, ...], root_path: str
) -> Access:
    """A token where others can reach the app and the kernel does not tell them apart, or where one is asked for.

    Raises:
        UsageError: what was asked for makes no sense.
    """
    if token and no_token:
        raise UsageError("--token and --no-token (or RAG_BOT_TOKEN) contradict each other. Leave one out.")
    names = ("127.0.0.1", "localhost", "[::1]", in_header(host), *map(_allowed_name, allowed_hosts))
    if is_everywhere(host):
        names += (socket.gethostname().lower(), f"{socket.gethostname().lower()}.local")  # by multicast DNS
    access = Access(port, names, _checked_root_path(root_path))
    if no_token:
        return access
    is_reached_through_others = bool(allowed_hosts or access.root_path) or not is_loopback(host)
    if not token and not is_reached_through_others:
        if is_own := who_tells("127.0.0.1" if host == "localhost" else host.strip("[]")):
            return Access(port, names, is_own=is_own)
        if is_alone_on_machine():
            return access
    return Access(port, names, access.root_path, AccessToken.named(token or NEW_TOKEN))


def is_everywhere(host: str) -> bool:
    """Whether it stands for all addresses of the machine."""
    return host.strip("[]") in ("0.0.0.0", "::")


def is_alone_on_machine() -> bool:
    """Whether no other person has an account here, as far as can be known; what else runs in a container is not."""
    if os.name != "posix" or "container" in os.environ or any(Path(mark).exists() for mark in _CONTAINER_MARKS):
        return False
    import pwd

    return not any(
        _FIRST_PERSON <= account.pw_uid != os.getuid()
        and account.pw_uid != _NOBODY
        and not account.pw_shell.endswith(("/nologin", "/false"))
        for account in pwd.getpwall()
    )


def in_header(host: str) -> str:
    """The host as URLs and the Host header have it."""
    name = host.strip("[]").lower()
    return f"[{name}]" if ":" in name else name


def _equal(given: str, right: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), right.encode())


def _allowed_name(name: str) -> str:
    if not name or not set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"):
        raise UsageError(f"--allowed-host {name!r} is no name of a host. Write one such as notes.example.org.")
    host, _, port = name.rpartition(":")
    if host and ":" not in host and port.isdigit():
        raise UsageError(f"--allowed-host {name!r} has a port. Leave it out: {host}.")
    return in_header(name)


def _checked_root_path(path: str) -> str:
    path = path.rstrip("/")
    parts = path.split("/")
    if path and (parts[0] or not all(part.replace("-", "").replace("_", "").isalnum() for part in parts[1:])):
        raise UsageError(f"--root-path {path!r} is no path. Write one such as /notes.")
    if not path.isascii():
        raise UsageError(f"--root-path {path!r} is not ASCII. Write one such as /notes.")
    return path
