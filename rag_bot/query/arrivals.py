"""Who asks first is answered first, where more ask at once than there are processors."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from rag_bot.processes import cores


class Arrivals:
    """Lets so many in at once, the others in the order of their arrival.

    Twenty questions that are read side by side on two cores are all answered late, and each waits for Python's lock
    between any two of its lines.
    """

    def __init__(self, at_once: int) -> None:
        self._lock = threading.Lock()
        self._free = at_once
        self._waiting = deque[threading.Event]()

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Wait until it is this thread's turn; who waits next is let in when the block ends."""
        let_in = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                let_in.set()
            else:
                self._waiting.append(let_in)
        let_in.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._free += 1


QUESTIONS = Arrivals(cores())
"""Those that are asked of this process, whatever library they are asked of."""
