"""The child process of `RayCluster`: python -m rag_bot.models.ray_driver

On stdin comes an `Order`, then pieces of texts with their numbers, and None at the end; on stdout goes news. All of it
is pickled, by this program for itself.
"""

from __future__ import annotations

import os
import pickle
import queue
import re
import sys
import threading
import time
from collections import deque
from typing import IO, Any

import numpy as np

from rag_bot.errors import first_line
from rag_bot.models.ray_cluster import Crew, Embedded, Failed, Order, Worker

# A vector by the same file on another kind of processor is rounded otherwise; that of float32 beside int8 has .994.
LEAST_LIKE = 0.999
# All set by hand, in seconds: a worker has to begin in so long, others are looked for so often, and work so often.
_PATIENCE_SECONDS, _COUNT_SECONDS, _WAIT_SECONDS = 120.0, 5.0, 0.1
_STUCK_SECONDS = 300.0  # after which a worker that has said nothing is given up; a piece takes a second. Set by hand
_TRIES = 3  # workers that may die or fail over a piece of texts; set by hand
_SHOWN = 300  # characters of what Ray says

Piece = tuple[int, list[str]]


class Trouble(Exception):
    """The cluster can't go on; the message is the rest of a sentence that begins with it."""


class Workers:
    """Gives pieces of texts to actors, as many as the cluster has processors, and to others where these die."""

    def __init__(self, ray: Any, order: Order, news: IO[bytes]) -> None:
        self._ray, self._order, self._news = ray, order, news
        self._model = ray.put(order.model)
        self._actor = ray.remote(num_cpus=1)(Worker)
        self._starting: dict[Any, Any] = {}
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, Piece, float]] = {}
        self._refused: list[str] = []
        self._waiting: deque[Piece] = deque()
        self._tries: dict[int, int] = {}
        self._counted_at = -_COUNT_SECONDS
        self._able_at = time.monotonic()

    def serve(self, pieces: queue.SimpleQueue[Piece | None]) -> None:
        """Until None comes. Raises Trouble, and what Ray raises where the cluster is gone."""
        while True:
            self._count()
            try:
                block = not (self._busy or self._starting)
                while piece := pieces.get(block=block, timeout=_WAIT_SECONDS):
                    self._waiting.append(piece)
                    block = False
                return
            except queue.Empty:
                pass
            while self._idle and self._waiting:
                worker, piece = self._idle.pop(), self._waiting.popleft()
                self._busy[worker.embed.remote(piece[1])] = worker, piece, time.monotonic()
            if awaited := [*self._busy, *self._starting]:
                for done in self._ray.wait(awaited, num_returns=1, timeout=_WAIT_SECONDS)[0]:
                    self._take(done)

    def tell(self, news: Crew | Embedded | Failed) -> None:
        pickle.dump(news, self._news, protocol=pickle.HIGHEST_PROTOCOL)
        self._news.flush()

    def _count(self) -> None:
        """Begin as many workers as there are processors without one; Ray lets them wait where other work has these."""
        now = time.monotonic()
        if self._idle or self._busy:
            self._able_at = now
        if now - self._counted_at < _COUNT_SECONDS:
            return
        self._counted_at = now
        for stuck in [task for task, (_, _, since) in self._busy.items() if now - since > _STUCK_SECONDS]:
            worker, piece, _ = self._busy.pop(stuck)
            self._lose(worker, piece, f"it was stuck for {_STUCK_SECONDS:.0f} seconds")
        processors = int(self._ray.cluster_resources().get("CPU", 0))
        workers = len(self._starting) + len(self._idle) + len(self._busy)
        for _ in range(processors - workers - len(self._refused)):
            actor = self._actor.remote(self._model)
            texts, _expected = self._order.probes
            self._starting[actor.embed.remote(texts)] = actor
        if self._idle or self._busy:
            return
        if processors < 1:
            raise Trouble("has no processors for workers")
        if len(self._refused) >= processors:
            raise Trouble(f"has no worker that can embed: {self._refused[-1]}")
        if now - self._able_at > _PATIENCE_SECONDS:
            raise Trouble(f"let no worker begin within {_PATIENCE_SECONDS:.0f} seconds: its processors may be taken")

    def _take(self, done: Any) -> None:
        """What a worker gives, or that it is gone."""
        if actor := self._starting.pop(done, None):
            self._welcome(actor, done)
            return
        worker, piece, _ = self._busy.pop(done)
        try:
            vectors = np.asarray(self._ray.get(done), dtype=np.float32)
        except self._ray.exceptions.RayError as error:
            self._lose(worker, piece, _told(error))
            return
        self._tries.pop(piece[0], None)
        self._idle.append(worker)
        self.tell(Embedded(piece[0], vectors))

    def _lose(self, worker: Any, piece: Piece, reason: str) -> None:
        """Another worker gets the piece of one that failed or is gone."""
        self._ray.kill(worker)
        self._tries[piece[0]] = self._tries.get(piece[0], 0) + 1
        if self._tries[piece[0]] == _TRIES:
            raise Trouble(f"lost {_TRIES} workers over the same texts, the last one so: {reason}")
        self._waiting.appendleft(piece)
        self.tell(Crew(len(self._idle) + len(self._busy)))

    def _welcome(self, actor: Any, done: Any) -> None:
        """A worker that began counts if its vectors are those of the machine that answers questions."""
        _, expected = self._order.probes
        try:
            likeness = float((self._ray.get(done) * expected).sum(axis=1).min())
        except self._ray.exceptions.RayTaskError as error:
            self._refuse(f"one fails: {_told(error)}")
        except self._ray.exceptions.RayError as error:
            if "No module named" in str(error) or "error raised in its creation task" in str(error):
                self._refuse(f"one cannot begin: {_told(error)}")
        else:
            if likeness >= LEAST_LIKE:
                self._idle.append(actor)
                self.tell(Crew(len(self._idle) + len(self._busy)))
            else:
                self._ray.kill(actor)
                self._refuse(f"the vectors of one differ from those of this machine (cosine {likeness:.3f})")

    def _refuse(self, reason: str) -> None:
        self._refused.append(reason)
        workers = len(self._idle) + len(self._busy)
        self.tell(Crew(workers, f"has workers that are not used: {reason}."))


def main() -> None:
    source, news = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what Ray prints is no news
    order = pickle.load(source)
    pieces: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, pieces), daemon=True).start()
    try:
        import ray

        try:
            ray.init(order.address, log_to_driver=False, configure_logging=False)
        except ConnectionError:
            raise Trouble("is not there: start it, or name another address") from None
        workers = Workers(ray, order, news)
        workers.tell(Crew(0))
        workers.serve(pieces)
        ray.shutdown()
    except Trouble as error:
        _tell_last(news, str(error))
    except Exception as error:  # noqa: BLE001 - the outermost edge, and Ray raises what it likes
        _tell_last(news, f"cannot be used: {_told(error)}")
    os._exit(0)  # Ray's threads are not waited for


def _listen(source: IO[bytes], pieces: queue.SimpleQueue[Piece | None]) -> None:
    try:
        while True:
            pieces.put(pickle.load(source))
    except (EOFError, OSError, pickle.UnpicklingError):
        os._exit(1)  # the parent is gone


def _tell_last(news: IO[bytes], reason: str) -> None:
    pickle.dump(Failed(reason), news)
    news.flush()


def _told(error: BaseException) -> str:
    """What an error of Ray says, on one line; of a traceback in it its last line alone."""
    text = str(error)
    if lacked := re.findall(r"No module named '([^']+)'|Can't get attribute '([^']+)'", text):
        return f"it lacks {''.join(lacked[-1])}. Install the same rag-bot[ray] on all machines of the cluster"
    if "Traceback" in text:
        text = text.strip().splitlines()[-1]
    return (" ".join(text.split()) or first_line(error))[:_SHOWN].rstrip(".")


if __name__ == "__main__":
    main()
