"""One question to a model, which another thread can end while it waits for words; and the threads that serve it.

Python ends the threads that are left at its exit in the middle of what they do. One that is in an extension then, in
pydantic's Rust or a call of llama.cpp's into Python, takes the process down with it: exit code 134. So a process waits
for them before it ends.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MOST_BYTES = 4 << 20
"""What a server may send about its models: set by hand; those that list hundreds send about one MB."""


class Call:
    """What serves a question (a connection, a generation in process) says here how it is ended.

    `retry_after` is what a server that refused said about coming back, as it wrote it. No server may send more than
    `most_bytes`.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._enders: list[Callable[[], None]] = []
        self._cancelled = False
        self.retry_after = ""

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def on_cancel(self, end: Callable[[], None]) -> None:
        """`end` runs when the call is cancelled, in the thread that does it; at once if it has been."""
        with self._lock:
            if not self._cancelled:
                self._enders.append(end)
                return
        end()

    def cancel(self) -> None:
        """Ends it. Again, or after it was done, does nothing."""
        with self._lock:
            self._cancelled, enders, self._enders = True, self._enders, []
        for end in enders:
            end()


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def current_call() -> Call | None:
    """The call that this thread serves."""
    return _current.get()


def serve(call: Call) -> None:
    """From now on this thread serves `call`."""
    _current.set(call)


@contextmanager
def serve_for(seconds: float) -> Iterator[Call]:
    """While the block runs, this thread serves a call that is cancelled after so many seconds.

    The time-out of a socket does not do that: each byte that drips in begins it again.
    """
    call = Call()
    before, timer = _current.set(call), threading.Timer(seconds, call.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield call
    finally:
        timer.cancel()
        _current.reset(before)


_running: dict[threading.Thread, tuple[Callable[[], None], float]] = {}
"""Each thread with what makes it give up, and the seconds that this may take."""


def start_thread(name: str, work: Callable[[], None], *, give_up: Callable[[], None], seconds: float) -> None:
    """Do `work` in a thread. When the process ends, `give_up` is called, and `work` has so many seconds to end."""

    def run() -> None:
        try:
            work()
        finally:
            _running.pop(threading.current_thread(), None)

    thread = threading.Thread(target=run, name=name, daemon=True)
    _running[thread] = give_up, seconds
    thread.start()


def end_threads_before_what_is_imported() -> None:
    """From now on the threads are waited for before the exit hooks of the extensions that are imported by now."""
    atexit.unregister(_end_all)
    atexit.register(_end_all)


def _end_all() -> None:
    running, began = dict(_running), time.monotonic()
    for give_up, _ in running.values():
        give_up()
    for thread, (_, seconds) in running.items():
        thread.join(max(0.0, began + seconds - time.monotonic()))


end_threads_before_what_is_imported()
