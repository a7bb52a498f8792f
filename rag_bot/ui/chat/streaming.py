"""What grows in a thread of its own, seen by a page a few times a second, and stopped when nobody looks any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
PAUSE_SECONDS = 1 / 12  # between two looks: more often is not seen, and each look costs the browser time
_PATIENCE = 2.0  # seconds that everything has to end when the app does


class Stream(Generic[_T]):
    """Runs an iterator to its end in a thread. Whoever iterates gets the first value at once, then the newest ones.

    The iterator is given an event and ends soon after that is set. It is set too when the one who iterates leaves.
    """

    def __init__(self, make: Callable[[threading.Event], Iterator[_T]]) -> None:
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._values: list[_T] = []
        self._over = self._is_left = False
        self._unwatched = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(make,), name="answer", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[_T]:
        over = False
        try:
            while not over:
                with self._changed:
                    self._changed.wait_for(lambda: self._values or self._over or self._is_left)
                    newest, over = self._values[-1:], self._over or self._is_left
                    self._values.clear()
                yield from () if self._is_left else newest
                if not over:
                    time.sleep(PAUSE_SECONDS)
        finally:
            self.stop()
            self._unwatched.set()

    @property
    def over(self) -> bool:
        return self._over

    def stop(self) -> None:
        self._stop.set()

    def leave(self) -> None:
        """Stops it and gives nothing more. Afterwards nobody acts on what it gave before, or soon won't."""
        self.stop()
        with self._changed:
            self._is_left = True
            self._changed.notify_all()
        self._unwatched.wait(_PATIENCE)

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self, make: Callable[[threading.Event], Iterator[_T]]) -> None:
        try:
            for value in make(self._stop):
                self._show(value)
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _show(self, value: _T) -> None:
        with self._changed:
            self._values = [value]
            self._changed.notify_all()


class Streams:
    """At most one stream that goes on for each open page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Stream[Any]] = {}
        self._left: list[Stream[Any]] = []

    def begin(self, page: str, make: Callable[[threading.Event], Iterator[_T]]) -> Stream[_T] | None:
        """None where the page's last one has not ended."""
        with self._lock:
            self._running = {name: stream for name, stream in self._running.items() if not stream.over}
            self._left = [stream for stream in self._left if not stream.over]
            if page in self._running:
                return None
            stream = self._running[page] = Stream(make)
            return stream

    def stop(self, page: str) -> None:
        with self._lock:
            stream = self._running.get(page)
        if stream:
            stream.stop()

    def leave(self, page: str, *, to_its_end: bool = False) -> None:
        """As `stop`, when the page is closed or shows something else; it saves what came without being looked at.

        `to_its_end` waits for that.
        """
        with self._lock:
            stream = self._running.pop(page, None)
            self._left += [stream] if stream else []
        if stream:
            stream.leave()
            stream.join(_PATIENCE if to_its_end else 0)

    def stop_all(self) -> None:
        """Ends all, and waits for what they save."""
        with self._lock:
            running = [*self._running.values(), *self._left]
        for stream in running:
            stream.stop()
        until = time.monotonic() + _PATIENCE
        for stream in running:
            stream.join(max(0.0, until - time.monotonic()))
