"""Embeds passages on a Ray cluster: reading, chunking and writing stay here, the workers get texts and give vectors.

Each worker gets the model that encodes questions here, as bytes, and each text is encoded alone, so that a vector does
not hang on who made it. Ray runs in a child process (`rag_bot.models.ray_driver`), for it ends its process where the
cluster's head dies, writes to the terminal, and gives workers the current folder to import from.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
import queue
import re
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from rag_bot.errors import ModelError, UsageError
from rag_bot.models.embedding import EmbeddingModel, PackedModel
from rag_bot.models.export import Vectors
from rag_bot.models.int8 import PROBES
from rag_bot.processes import child_environment, module_command
from rag_bot.trust import say_once

# Texts that a worker gets in one go: a second's work of a processor, lost where it is killed. Set by hand.
_PIECE = 16
_AHEAD = 3  # pieces on their way for each worker, of which it has one; set by hand
_BATCHES = 4  # that wait for their first one at least, where its worker is slow; set by hand
_REACH_SECONDS, _CONNECT_SECONDS, _STOP_SECONDS = 5.0, 60.0, 5.0  # set by hand; on a busy machine Ray joins in ten
_FORMS = re.compile(r"auto|(?:ray://)?(?P<host>[\w.-]+|\[[\da-fA-F:]+\]):(?P<port>\d{1,5})")


class ClusterUnusable(ModelError):
    """The Ray cluster is not there, has no workers that can embed, or was lost. Nothing is wrong with the index."""


class Worker:
    """What runs on the cluster, an actor for each processor."""

    def __init__(self, model: PackedModel) -> None:
        self._encoder = model.open()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape [len(texts), dimensions]."""
        return np.stack([self._encoder.vector(text) for text in texts])


@dataclass(frozen=True, slots=True)
class Order:
    """What the child process is to do: `probes` are texts with the vectors that a worker has to give them."""

    address: str
    model: PackedModel
    probes: tuple[Sequence[str], Vectors]


@dataclass(frozen=True, slots=True)
class Crew:
    """The child's news of how many workers there are. `remark` is for people."""

    workers: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The child's news of a piece of texts."""

    piece: int
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Failed:
    """The child's last news: the rest of a sentence that begins with the cluster."""

    reason: str


def check_address(address: str) -> None:
    """Raises UsageError for what is no address as Ray takes them, and ClusterUnusable without the package."""
    found = _FORMS.fullmatch(address)
    if not found or int(found["port"] or 0) > 65_535:
        raise UsageError(f"--ray {address!r} is no address of a Ray cluster: auto, HOST:6379 or ray://HOST:10001.")
    if not importlib.util.find_spec("ray"):
        raise ClusterUnusable("--ray needs a package that is not installed: pip install 'rag-bot[ray]'")


class RayCluster:
    """The workers of a cluster, for one sync. To be used in a `with`, and by one thread."""

    def __init__(self, address: str, model: EmbeddingModel) -> None:
        """Joins the cluster; its workers begin meanwhile.

        Raises:
            ClusterUnusable: it can't be joined within a minute.
            ModelError: the model is one that can't be sent.
        """
        self._named = "The Ray cluster of this machine" if address == "auto" else f"The Ray cluster at {address}"
        self._address = address
        self._dimensions = model.info.dimensions
        self._prompt = model.info.document_prompt
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._workers = 0
        self._pieces: dict[int, tuple[Vectors, int]] = {}
        self._given_out = 0
        order = Order(address, model.pack(), (PROBES, model.encode_lines(PROBES)))
        self._reach()
        self._process = subprocess.Popen(
            module_command("rag_bot.models.ray_driver"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.sep,  # Ray lets workers import from the driver's current folder, which may be one of notes
            env=child_environment(RAY_USAGE_STATS_ENABLED="0"),
            start_new_session=True,  # Ctrl-C is for this process, which stops that one
        )
        threading.Thread(target=self._listen, name="ray", daemon=True).start()
        try:
            self._tell(order)
            self._hear(seconds=_CONNECT_SECONDS)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster, which ends the workers."""
        with suppress(BrokenPipeError), self._process as process:
            try:
                self._tell(None)
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def embed(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """The unit vectors of each batch of texts, in the order of the batches, some of which are taken ahead.

        Raises:
            ClusterUnusable: the cluster is gone, or all of its workers.
        """
        source, waiting = iter(batches), deque[tuple[Vectors, set[int]]]()
        is_more = True
        while is_more or waiting:
            while waiting and not waiting[0][1] & self._pieces.keys():
                yield waiting.popleft()[0]
            is_room = len(self._pieces) < _AHEAD * max(self._workers, 1) and len(waiting) < max(self._workers, _BATCHES)
            if is_more and is_room:
                texts = next(source, None)
                is_more = texts is not None
                if texts is not None:
                    waiting.append(self._give_out(texts))
            elif waiting:
                self._hear()

    def _give_out(self, texts: Sequence[str]) -> tuple[Vectors, set[int]]:
        """Where the vectors will stand, and the pieces that are missing there."""
        vectors, pieces = np.empty((len(texts), self._dimensions), dtype=np.float32), set()
        for start in range(0, len(texts), _PIECE):
            self._given_out += 1
            self._pieces[self._given_out] = (vectors, start)
            pieces.add(self._given_out)
            self._tell((self._given_out, [self._prompt + text for text in texts[start : start + _PIECE]]))
        return vectors, pieces

    def _hear(self, seconds: float | None = None) -> None:
        """Wait for the child's next news, and take it in."""
        try:
            news = self._news.get(timeout=seconds)
        except queue.Empty:
            raise self._unusable(f"cannot be joined: it did not answer within {seconds:.0f} seconds") from None
        match news:
            case Embedded(piece, given):
                vectors, start = self._pieces.pop(piece)
                vectors[start : start + len(given)] = given
            case Crew(workers, remark):
                self._workers = workers
                if remark:
                    say_once(f"{self._named} {remark}")
            case Failed(reason):
                raise self._unusable(reason)
            case _:
                raise self._unusable("was lost: its head is gone, or this machine's part of it")

    def _tell(self, what: Order | tuple[int, list[str]] | None) -> None:
        assert self._process.stdin
        try:
            pickle.dump(what, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):  # the child is gone; its last words say why
            while what is not None:
                self._hear(seconds=_STOP_SECONDS)

    def _listen(self) -> None:
        """In a thread, so that the child never waits for this process to read."""
        assert self._process.stdout
        try:
            while True:
                self._news.put(pickle.load(self._process.stdout))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self._news.put(None)

    def _reach(self) -> None:
        """A host that isn't there is found out at once; Ray itself tries for minutes."""
        found = _FORMS.fullmatch(self._address)
        if not found or not found["host"]:
            return
        until = time.monotonic() + _REACH_SECONDS
        try:
            socket.create_connection((found["host"].strip("[]"), int(found["port"])), _REACH_SECONDS).close()
        except OSError as error:
            reason = "it does not answer" if time.monotonic() >= until else error.strerror or "no such host"
            raise self._unusable(f"cannot be reached: {reason}") from None

    def _unusable(self, what: str) -> ClusterUnusable:
        return ClusterUnusable(
            f"{self._named} {what}. Nothing is lost: the next `rag-bot ingest`, with or without --ray, goes on."
        )
