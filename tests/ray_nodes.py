"""A real Ray cluster on loopback: a head without processors and workers of one each, which tests kill."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rag_bot.processes import child_environment
from tests.chroma import free_port

_RUN = "import sys; from ray.scripts.scripts import main; sys.argv[0] = 'ray'; main()"
_TRIES = 5  # Ray gives a node 30 seconds, which a busy machine may not; and a free port may be taken meanwhile
_PATIENCE_SECONDS = 300.0  # nobody waits where all is well
_STORE_BYTES = 150_000_000  # Ray's least is 75 MB; the model has 23 or 90


class RayNodes:
    """Each node is the processes of one `ray start`, which are a process group."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="ray-")  # a short path, for sockets lie in it
        port, client_port = free_port(), free_port()
        self.address, self.client_address = f"127.0.0.1:{port}", f"ray://127.0.0.1:{client_port}"
        self._head = _start(
            *("--head", f"--port={port}", f"--ray-client-server-port={client_port}", f"--temp-dir={self._folder}"),
            *("--num-cpus=0", "--include-dashboard=false", "--disable-usage-stats"),
        )
        self._workers: list[int] = []
        _wait_for(client_port)

    def have(self, workers: int) -> None:
        """Start those that are missing."""
        while len(self._workers) < workers:
            self._workers.append(_start(f"--address={self.address}", "--num-cpus=1"))

    def kill_worker(self) -> None:
        """As a power cut does, with all that runs on it."""
        _kill(self._workers.pop())

    def kill_head(self) -> None:
        _kill(self._head)

    def stop(self) -> None:
        for node in (*self._workers, self._head):
            _kill(node)
        shutil.rmtree(self._folder, ignore_errors=True)


def _start(*arguments: str) -> int:
    """`ray start`, which ends once its node runs; the process group of the node."""
    for _ in range(_TRIES):
        command = [sys.executable, "-c", _RUN, "start", *arguments, f"--object-store-memory={_STORE_BYTES}"]
        with tempfile.TemporaryFile() as said:
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=child_environment(RAY_USAGE_STATS_ENABLED="0"),
                start_new_session=True,
            )
            if started.wait() == 0:
                return started.pid
            _kill(started.pid)
            said.seek(0)
            print(said.read().decode())
    raise AssertionError("Ray does not start")


def _wait_for(port: int) -> None:
    """The head's process for clients begins to listen some time after the head has started."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with socket.socket() as connecting:
            if connecting.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < until
        time.sleep(0.1)


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@contextmanager
def ray_nodes() -> Iterator[RayNodes]:
    nodes = RayNodes()
    try:
        yield nodes
    finally:
        nodes.stop()
