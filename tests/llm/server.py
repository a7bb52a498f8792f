"""A web server on loopback that answers as a test tells it, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Seen:
    """A request, as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    sent: Any


@dataclass
class ScriptedServer:
    """`answer` is called with each request and the handler to write to. `gone` is set when a client has left."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    """What a script writes with."""

    protocol_version = "HTTP/1.1"
    script: Callable[[Seen, Handler], None]
    board: ScriptedServer

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Seen(self.command, self.path, headers, json.loads(body) if body else None)
        self.board.seen.append(request)
        try:
            type(self).script(request, self)
        except (BrokenPipeError, ConnectionResetError):
            self.board.gone.set()

    do_GET = do_POST = do_HEAD = _serve  # noqa: N815 - the names of http.server

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""

    def json(self, value: Any, status: int = 200, **headers: str) -> None:
        self.plain(json.dumps(value), status, "application/json", **headers)

    def plain(self, text: str, status: int = 200, kind: str = "text/plain", **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def start(self, kind: str = "text/event-stream") -> None:
        """A stream that ends when the connection does."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def event(self, **chunk: Any) -> None:
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def named_event(self, kind: str, **chunk: Any) -> None:
        """An event in Anthropic's format."""
        self.wfile.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **chunk})}\n\n".encode())
        self.wfile.flush()

    def words(self, *words: str, finish: str | None = "stop") -> None:
        """A stream in OpenAI's format."""
        self.start()
        for word in words:
            self.event(**_chunk({"content": word}, None))
        if finish:
            self.event(**_chunk({}, finish))
            self.event(
                **{**_chunk({}, None), "choices": []},
                usage={"prompt_tokens": 7, "completion_tokens": len(words), "total_tokens": 7 + len(words)},
            )
            self.wfile.write(b"data: [DONE]\n\n")

    def line(self, **chunk: Any) -> None:
        """A line in Ollama's format."""
        self.wfile.write(f"{json.dumps(chunk)}\n".encode())
        self.wfile.flush()

    def wait_until_gone(self) -> None:
        """Sends nothing until the client leaves or the test ends."""
        self.connection.settimeout(0.05)
        while not self.board.release.is_set():
            try:
                if not self.connection.recv(1):
                    self.board.gone.set()
                    return
            except TimeoutError:
                continue
            except ConnectionResetError:
                self.board.gone.set()
                return


@contextmanager
def serving(script: Callable[[Seen, Handler], None]) -> Iterator[ScriptedServer]:
    """A server that runs `script` for each request, while the block runs."""
    board = ScriptedServer("")
    handler = type("Scripted", (Handler,), {"script": staticmethod(script), "board": board})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    board.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield board
    finally:
        board.release.set()
        server.shutdown()
        server.server_close()


def _chunk(delta: dict[str, str], finish: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
