"""The server: a FastAPI app of our own that carries the Gradio page, on loopback only."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address

from rag_bot.conversations import Conversations
from rag_bot.errors import RagBotError, UsageError, first_line
from rag_bot.library import Library
from rag_bot.settings import Settings
from rag_bot.ui.chat.chats import Chats
from rag_bot.ui.chat.streaming import Streams
from rag_bot.ui.evaluation.evaluation_job import EvaluationJob
from rag_bot.ui.evaluation.evaluations import Evaluations
from rag_bot.ui.models.models import Models
from rag_bot.ui.notes.notes_page import NoteLists
from rag_bot.ui.preference import wants_watching
from rag_bot.ui.server.endings import Endings
from rag_bot.ui.server.guard import guarded
from rag_bot.ui.syncing.glance import Glances, has_index
from rag_bot.ui.syncing.sync_job import SyncJob
from rag_bot.ui.syncing.watch_job import WatchJob
from rag_bot.ui.views import Sources

_NAMES = ("127.0.0.1", "localhost", "[::1]")


def serve(settings: Settings, host: str, port: int) -> None:
    """Says the address and listens until it is interrupted. Models are loaded and notes are synced in the background.

    Raises:
        UsageError: the host is not this machine alone.
        RagBotError: the port is taken.
    """
    _require_loopback(host)
    with _listening_socket(host, port) as listening:
        address = _address(host, listening.getsockname()[1])
        _run(create_app(settings, host), listening, lambda: print(f"rag-bot is at {address}", flush=True))


def create_app(settings: Settings, host: str = "127.0.0.1") -> Endings:
    """The whole app as ASGI; its lifespan starts and stops the background work."""
    library = Library(settings)
    sync = SyncJob(settings, on_done=lambda: _warm_up(library))
    watch = WatchJob(settings, on_change=lambda: _warm_up(library))
    evaluation, models, streams = EvaluationJob(settings), Models(settings), Streams()
    conversations = Conversations.of(settings)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        _begin(library, sync, watch)
        _warm_up(library)
        models.look()
        yield
        streams.stop_all()
        for job in (watch, sync, evaluation):
            job.stop()

    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    from fastapi import FastAPI

    from rag_bot.ui.page import mount
    from rag_bot.ui.server.export import add_export

    app = FastAPI(title="rag-bot", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    add_export(app, conversations)
    sources = Sources(
        Glances(library),
        NoteLists(library),
        sync,
        watch,
        Evaluations(settings, evaluation),
        Chats(library, conversations),
        models,
        streams,
    )
    mount(app, library, sources)
    return Endings(guarded(app, (*_NAMES, _in_header(host))))


def _begin(library: Library, sync: SyncJob, watch: WatchJob) -> None:
    """Brings the index up to date. A folder that is gone keeps its notes, so that the others don't wait for it."""
    if has_index(library) and wants_watching(library.settings.index):
        watch.start()
    elif library.settings.notes or has_index(library):
        sync.start(on_loss="keep")


def _warm_up(library: Library) -> None:
    """Begins to load what answers need. Without an index that is nothing; what is wrong the first question will say.

    The process waits for it at its end: a thread that is ended while onnxruntime loads a model aborts the process.
    """

    def load() -> None:
        with suppress(RagBotError):
            library.warm_up()

    threading.Thread(target=load, name="warm-up").start()


def _run(app: Endings, listening: socket.socket, announce: Callable[[], None]) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.end()
            await super().shutdown(sockets)

    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=3, server_header=False)
    with suppress(KeyboardInterrupt):
        Server(config).run([listening])


def _require_loopback(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise UsageError(
            f"Host {host!r} is reachable by others, and the app has no password yet. Use 127.0.0.1, and an SSH tunnel "
            "from elsewhere."
        )


def _listening_socket(host: str, port: int) -> socket.socket:
    name = host.strip("[]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere the option would let two servers share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((name, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise RagBotError(_why_not(error, name, port)) from error
    return listening


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken. Stop what listens there, or choose another with --port."
    return f"Port {port} on {host} cannot be opened: {error.strerror or first_line(error)}. Choose another with --port."


def _address(host: str, port: int) -> str:
    return f"http://{_in_header(host)}:{port}"


def _in_header(host: str) -> str:
    name = host.strip("[]")
    return f"[{name}]" if ":" in name else name
