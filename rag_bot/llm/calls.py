"""One question to a model, which another thread can end while it waits for words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar


class Call:
    """What serves a question (a connection, a generation in process) says here how it is ended.

    `retry_after` is what a server that refused said about coming back, as it wrote it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._endings: list[Callable[[], None]] = []
        self._cancelled = False
        self.retry_after = ""

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def on_cancel(self, end: Callable[[], None]) -> None:
        """`end` runs when the call is cancelled, in the thread that does it; at once if it has been."""
        with self._lock:
            if not self._cancelled:
                self._endings.append(end)
                return
        end()

    def cancel(self) -> None:
        """Ends it. Again, or after it was done, does nothing."""
        with self._lock:
            self._cancelled, endings, self._endings = True, self._endings, []
        for end in endings:
            end()


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def current_call() -> Call | None:
    """The call that this thread serves."""
    return _current.get()


def serve(call: Call) -> None:
    """From now on this thread serves `call`."""
    _current.set(call)
