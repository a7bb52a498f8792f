"""Threads that an answer is made in, and that a process waits for before it ends.

Python ends the threads that are left at its exit in the middle of what they do. One that is in an extension then, in
pydantic's Rust or a call of llama.cpp's into Python, takes the process down with it: exit code 134.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Ending:
    give_up: Callable[[], None]
    seconds: float


_running: dict[threading.Thread, _Ending] = {}


def start(name: str, work: Callable[[], None], *, give_up: Callable[[], None], seconds: float) -> None:
    """Do `work` in a thread. When the process ends, `give_up` is called, and `work` has so many seconds to end."""

    def run() -> None:
        try:
            work()
        finally:
            _running.pop(threading.current_thread(), None)

    thread = threading.Thread(target=run, name=name, daemon=True)
    _running[thread] = _Ending(give_up, seconds)
    thread.start()


def end_before_what_is_imported() -> None:
    """From now on the threads are waited for before the exit hooks of the extensions that are imported by now."""
    atexit.unregister(_end_all)
    atexit.register(_end_all)


def _end_all() -> None:
    running, began = dict(_running), time.monotonic()
    for ending in running.values():
        ending.give_up()
    for thread, ending in running.items():
        thread.join(max(0.0, began + ending.seconds - time.monotonic()))


end_before_what_is_imported()
