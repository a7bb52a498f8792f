"""The chat app: Gradio on a FastAPI app of our own. `serve` starts it; nothing else here is for other packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_bot.settings import Settings


def serve(settings: Settings, host: str, port: int) -> None:
    """Says the address and listens until it is interrupted; port 0 takes a free one.

    Raises:
        UsageError: the host is not this machine alone.
        RagBotError: the port is taken.
    """
    from rag_bot.ui.server import server  # here, so that importing this package loads neither FastAPI nor Gradio

    server.serve(settings, host, port)
