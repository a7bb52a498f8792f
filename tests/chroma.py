"""A real Chroma server on loopback, which tests start, kill and start again."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

_RUN = "import sys; from chromadb.cli.cli import app; sys.argv[0] = 'chroma'; app()"
_PATIENCE_SECONDS = 120  # nobody waits where all is well


class ChromaServer:
    """`chroma run` with its data in a folder, which another may take the place of between a `stop` and a `start`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.url}/api/v2/tenants/default_tenant/databases/default_database/collections"

    def start(self) -> None:
        """Returns once it answers."""
        command = [sys.executable, "-c", _RUN, "run", "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, "--path", str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _PATIENCE_SECONDS
        while not self._answers():
            assert time.monotonic() < until
            assert self._process.poll() is None
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill it, as a power cut does."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def collections(self) -> dict[str, int]:
        """Names and numbers of vectors."""
        return {
            found["name"]: int(httpx.get(f"{self.api}/{found['id']}/count").text)
            for found in httpx.get(self.api).json()
        }

    def identity(self, collection: str) -> str:
        """By which the server is asked for what is in a collection."""
        return str(httpx.get(f"{self.api}/{collection}").json()["id"])

    def _answers(self) -> bool:
        try:
            return httpx.get(self.api).is_success
        except httpx.HTTPError:
            return False


@contextmanager
def chroma_server(folder: Path) -> Iterator[ChromaServer]:
    server = ChromaServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
