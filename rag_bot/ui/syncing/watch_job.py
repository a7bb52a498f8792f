"""Keeping the index in sync while the app runs: `ingest --watch` in a child process, started again if it dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rag_bot.errors import UsageError, reason_of
from rag_bot.library import Library
from rag_bot.records import CHANGES
from rag_bot.ui.child import COMMAND, MESSAGE_PREFIX, ChildProcess, read_report
from rag_bot.ui.preference import remember_watching

_ARGUMENTS = ("ingest", "--watch", "--json")
PATIENCE = (1.0, 5.0, 20.0, 60.0)
"""Seconds before each new try; set by hand."""
_LONG = 120.0  # seconds; a child that lived that long gets all tries again; set by hand


@dataclass(frozen=True, slots=True)
class WatchState:
    """Whether changes are watched, and what became of them.

    `ready` is true once the first sync is through, `changed` the local time of the last sync that changed something,
    `report` what the last sync printed and `reported` when, by `time.monotonic`; `error` is what went wrong since.
    `pid` is the child's, 0 while there is none.
    """

    on: bool = False
    ready: bool = False
    pid: int = 0
    changed: str = ""
    report: Mapping[str, Any] | None = None
    error: str = ""
    reported: float = field(default=0.0, compare=False)


class WatchJob:
    """On or off; `on_change` is called in the thread that takes in the reports, after each that changed something."""

    def __init__(
        self,
        library: Library,
        *,
        command: Sequence[str] = COMMAND,
        on_change: Callable[[], None] = lambda: None,
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        self._library = library
        self._command = command
        self._on_change = on_change
        self._patience = patience
        self._lock = threading.Lock()
        self._state = WatchState()
        self._over = threading.Event()
        self._child: ChildProcess | None = None

    @property
    def state(self) -> WatchState:
        return self._state

    def start(self) -> None:
        """Turns it on; nothing happens where it is."""
        with self._lock:
            if self._state.on:
                return
            self._state, self._over = WatchState(on=True), threading.Event()
        threading.Thread(target=self._keep_watching, args=(self._over,), name="watch", daemon=True).start()

    def turn(self, *, on: bool) -> None:
        """Starts or stops, also at the next start of the app."""
        remember_watching(self._library.settings.index, on)
        if on:
            self.start()
        else:
            self.stop()

    def stop(self) -> None:
        """Turns it off and ends the child."""
        with self._lock:
            self._over.set()
            self._state = WatchState()
            child, self._child = self._child, None
        if child:
            child.stop()

    def _keep_watching(self, over: threading.Event) -> None:
        """Until it is over, or the child can't do its work, or died too often."""
        failures = 0
        while not over.is_set():
            began = time.monotonic()
            exit_code = self._watch_once(over)
            failures = 0 if time.monotonic() - began > _LONG else failures
            if exit_code == UsageError.exit_code or failures == len(self._patience):
                self._change(over, on=False)
                return
            over.wait(self._patience[failures])
            failures += 1

    def _watch_once(self, over: threading.Event) -> int:
        """One child from its start to its end; the state has why it ended."""
        child = ChildProcess(self._library.settings, self._command)
        with self._lock:
            if over.is_set():
                return 0
            self._child = child
        last_message = ""

        def on_message(line: str) -> None:
            nonlocal last_message
            last_message = line
            if line.startswith(MESSAGE_PREFIX):
                self._change(over, error=line.removeprefix(MESSAGE_PREFIX))

        try:
            exit_code = child.run(
                _ARGUMENTS, on_output=lambda line: self._take(over, child, line), on_message=on_message
            )
        except OSError as error:
            exit_code, last_message = 1, f"Watching could not be started: {reason_of(error)}."
        why = last_message.removeprefix(MESSAGE_PREFIX) or f"Watching ended with exit code {exit_code}."
        self._change(over, pid=0, ready=False, error=why)
        return exit_code

    def _take(self, over: threading.Event, child: ChildProcess, line: str) -> None:
        report = read_report(line)
        if report is None:
            return
        self._change(over, ready=True, pid=child.pid, report=report, error="", reported=time.monotonic())
        if any(report.get(name) for name in CHANGES):
            self._change(over, changed=datetime.now().isoformat())
            self._on_change()

    def _change(self, over: threading.Event, **changes: Any) -> None:
        """Of the state; what a child tells after it was turned off changes nothing."""
        with self._lock:
            if not over.is_set():
                self._state = replace(self._state, **changes)
