"""The server: a FastAPI app of our own that carries the Gradio page, for its user alone."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from anyio.to_thread import current_default_thread_limiter
from starlette.responses import PlainTextResponse, Response

from rag_bot.conversations import Conversations
from rag_bot.errors import RagBotError, UsageError, reason_of
from rag_bot.library import Library
from rag_bot.settings import Settings
from rag_bot.ui import is_loopback
from rag_bot.ui.app_state import AppState
from rag_bot.ui.chat.chats import Chats
from rag_bot.ui.chat.streaming import Streams
from rag_bot.ui.evaluation.evaluation_job import EvaluationJob
from rag_bot.ui.evaluation.evaluations import Evaluations
from rag_bot.ui.models.models import Models
from rag_bot.ui.notes import uploads
from rag_bot.ui.notes.list_view import ListViews
from rag_bot.ui.notes.note_list import NoteLists
from rag_bot.ui.notes.text_search import TextSearch
from rag_bot.ui.notes.upkeep_job import WRITING, UpkeepJob
from rag_bot.ui.preference import remembered_watching
from rag_bot.ui.server import access
from rag_bot.ui.server.access import Access
from rag_bot.ui.server.frontend import Frontend
from rag_bot.ui.server.gradio_import import pages_folder, without_stubs
from rag_bot.ui.server.images import add_images
from rag_bot.ui.server.middleware import EndableAnswers, Guard
from rag_bot.ui.server.peers import telling_protocol
from rag_bot.ui.server.rest import PATH as API_PATH
from rag_bot.ui.server.rest import create_api
from rag_bot.ui.syncing.folders import KnownFolders
from rag_bot.ui.syncing.index_snapshot import SnapshotCache, has_index
from rag_bot.ui.syncing.sync_job import SyncJob
from rag_bot.ui.syncing.watch_job import WatchJob

if TYPE_CHECKING:
    from fastapi import FastAPI

_SHUTDOWN_SECONDS = 3  # that requests have to end by themselves; set by hand
_THREADS = 200  # for all that is asked of the app; questions that wait take all 40 that there would be; set by hand
_NOT_IN_FILE_NAMES = frozenset('/\\:*?"<>|')  # what Windows allows in none


def serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    token: str | None,
    no_token: bool,
    allowed_hosts: tuple[str, ...],
    root_path: str,
) -> None:
    """As `rag_bot.ui.serve`. Models are loaded and notes are synced in the background."""
    temporary = tempfile.TemporaryDirectory(prefix="rag-bot-")
    with _listening_socket(host, port) as listening, temporary:
        # Instead of a folder that others can read; nothing should get there.
        os.environ["GRADIO_TEMP_DIR"] = temporary.name
        chosen = access.choose(
            host,
            listening.getsockname()[1],
            token=token,
            no_token=no_token,
            allowed_hosts=allowed_hosts,
            root_path=root_path,
        )
        http = telling_protocol(chosen.is_own) if chosen.is_own else "auto"
        _run(create_app(settings, chosen), listening, http, lambda: _announce(chosen, host), temporary.cleanup)


def _announce(chosen: Access, host: str) -> None:
    is_everywhere = access.is_everywhere(host)
    print(f"rag-bot is at {chosen.link('127.0.0.1' if is_everywhere else host)}", flush=True)
    if is_everywhere:
        print(f"From elsewhere it is at {chosen.link(socket.gethostname())}", flush=True)
    if not is_loopback(host) and not chosen.token:
        print("Whoever reaches this address can read and change everything: it has no token.", flush=True)


def create_app(settings: Settings, chosen: Access) -> EndableAnswers:
    """The whole app as ASGI; its lifespan starts and stops the background work."""
    library, conversations = Library(settings), Conversations.of(settings)
    state = AppState(
        library=library,
        snapshots=SnapshotCache(library),
        folders=KnownFolders(settings.notes),
        lists=NoteLists(library),
        list_views=ListViews(TextSearch(library)),
        upkeep=UpkeepJob(library, on_end=lambda state: upkept(state.command)),
        sync=SyncJob(library, on_end=lambda _: _warm_up(library)),
        watch=WatchJob(library, on_change=lambda: _warm_up(library)),
        evaluations=Evaluations(library, EvaluationJob(library)),
        chats=Chats(library, conversations),
        models=Models(library),
        streams=Streams(),
        is_local=chosen.is_local,
    )

    def upkept(command: str) -> None:
        if command in WRITING:
            _warm_up(library)
            if remembered_watching(settings.index):
                state.watch.start()

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = _THREADS
        if has_index(library) and remembered_watching(settings.index):
            state.watch.start()
        elif settings.notes or has_index(library):
            state.sync.start(on_loss="keep")  # a folder that is gone keeps its notes: the others don't wait for it
        _warm_up(library)
        state.folders.now()  # begins to look
        state.models.look()
        state.chats.purge_later()
        yield
        state.streams.stop_all()
        state.chats.purge()
        state.snapshots.close()
        for job in (state.upkeep, state.watch, state.sync, state.evaluations.job):
            job.stop()

    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    # Gradio keeps the times of ten thousand answers for a page that is not open here, and sums all up after each.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    from fastapi import FastAPI

    with without_stubs():
        from rag_bot.ui.page import ICON, PAGES, files, mount

    app = FastAPI(title="rag-bot", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    _add_export(app, conversations)
    if settings.uploads:
        uploads.add_route(app, library)
    add_images(app, library)
    app.mount(API_PATH, create_api(library, state, chosen.root_path))
    page, kinds = mount(app, library, state, chosen.root_path)
    frontend = Frontend(app, pages_folder(), kinds, files(), ICON, page)
    return EndableAnswers(Guard(frontend, chosen, takes_files=settings.uploads, pages=PAGES))


def _add_export(app: FastAPI, conversations: Conversations) -> None:
    """Serves saved conversations as Markdown files to download, at `/conversations/KEY.md`."""

    @app.get("/conversations/{key}.md")
    def export(key: str) -> Response:
        try:
            title, text = conversations.find(key).title, conversations.export(key)
        except UsageError as error:
            return PlainTextResponse(str(error), 404)
        except RagBotError as error:
            return PlainTextResponse(str(error), 500)
        name = "".join(" " if char in _NOT_IN_FILE_NAMES or not char.isprintable() else char for char in title)
        name = " ".join(name.split()).strip(". ") or "Conversation"
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.md", "Cache-Control": "no-store"}
        return Response(text.encode("utf-8", "replace"), media_type="text/markdown", headers=headers)


def _warm_up(library: Library) -> None:
    """Begins to load what answers need. Without an index that is nothing; what is wrong the first question will say.

    The process waits for it at its end: a thread that is ended while onnxruntime loads a model aborts the process.
    """

    def load() -> None:
        with suppress(RagBotError):
            library.warm_up()

    threading.Thread(target=load, name="warm-up").start()


def _run(
    app: EndableAnswers, listening: socket.socket, http: Any, announce: Callable[[], None], clean_up: Callable[[], None]
) -> None:
    """`clean_up` is called before a signal to end is raised anew, after which nothing runs any more."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.end()
            await super().shutdown(sockets)
            clean_up()

    config = uvicorn.Config(
        app,
        http=http,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        server_header=False,
        proxy_headers=False,  # which would have clients say who they are
    )
    with suppress(KeyboardInterrupt):
        Server(config).run([listening])


def _listening_socket(host: str, port: int) -> socket.socket:
    name = host.strip("[]")
    listening = socket.socket(socket.AF_INET6 if ":" in name else socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere the option would let two servers share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((name, port))
        listening.listen()
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            why = f"Port {port} on {name} is taken. Stop what listens there, or choose another with --port."
        else:
            why = f"Port {port} on {name} cannot be opened: {reason_of(error)}. Choose another with --port."
        raise RagBotError(why) from error
    return listening
