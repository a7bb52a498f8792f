"""Where a model's server is: on this machine, on another one, and whether a key may travel there."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from rag_bot.errors import UsageError
from rag_bot.llm.names import OLLAMA, OPENAI_LIKE, parse_name
from rag_bot.settings import Settings

HERE = "this machine"
OPENAI_URL = "https://api.openai.com/v1"
ANTHROPIC_URL = "https://api.anthropic.com"
OLLAMA_PORT = 11434
_LOCAL_NAMES = (".local", ".lan", ".internal", ".home.arpa", ".home")


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


def openai_like_address(settings: Settings) -> Address | None:
    """Where `openai-like:` is asked: the settings' URL, with /v1 where only a host was given. None without one."""
    if not settings.generation.url or url_owner(settings) == OLLAMA:
        return None
    address = read_address(settings.generation.url)
    return Address(f"{address.url}/v1") if not urlsplit(address.url).path else address


def ollama_address(settings: Settings) -> Address:
    """Where `ollama:` is asked: the settings' URL, else OLLAMA_HOST as Ollama reads it, else its usual port here.

    Raises:
        UsageError: what is written there is no address.
    """
    if settings.generation.url and url_owner(settings) == OLLAMA:
        address = read_address(settings.generation.url)
        return Address(address.url.removesuffix("/v1").removesuffix("/api"))
    told = os.environ.get("OLLAMA_HOST", "").strip()
    if not told:
        return Address(f"http://127.0.0.1:{OLLAMA_PORT}")
    try:
        parts = urlsplit(told if "//" in told else f"http://{told}")
        port = parts.port or (443 if parts.scheme == "https" else OLLAMA_PORT)
    except ValueError as error:
        raise UsageError(f"OLLAMA_HOST is {told!r}, which is no address. Write one such as 127.0.0.1:11434.") from error
    host = "127.0.0.1" if parts.hostname in (None, "0.0.0.0", "::") else parts.hostname
    return read_address(f"{parts.scheme}://{f'[{host}]' if ':' in str(host) else host}:{port}")


def url_owner(settings: Settings) -> str:
    """The provider whose URL is in the settings: that of the model in them."""
    return parse_name(settings.llm).provider if settings.llm else OPENAI_LIKE


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
