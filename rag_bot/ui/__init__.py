"""The chat app: Gradio on a FastAPI app of our own. `serve` starts it; other packages use what stands here."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_bot.settings import Settings


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens at this name or address."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    token: str | None = None,
    no_token: bool = False,
    allowed_hosts: tuple[str, ...] = (),
    root_path: str = "",
) -> None:
    """Says the address and listens until it is interrupted; port 0 takes a free one.

    On loopback the user of this process may use the app, as Linux tells who connects. Where it can't be told, beyond
    loopback, for `allowed_hosts` and under a `root_path` it takes a token ("new" makes one), unless `no_token`.

    Raises:
        UsageError: the token, a host or the path makes no sense.
        RagBotError: the port is taken.
    """
    from rag_bot.ui.server import server  # here, so that importing this package loads neither FastAPI nor Gradio

    server.serve(
        settings,
        host,
        port,
        token=token,
        no_token=no_token,
        allowed_hosts=allowed_hosts,
        root_path=root_path,
    )
