"""What the app has a child process do: one run of a command at a time, how far it is, and what came of it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from rag_bot.errors import reason_of
from rag_bot.library import Library
from rag_bot.ui.child import COMMAND, MESSAGE_PREFIX, ChildProcess, read_progress, read_report


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How far the current or last run is: `done` of `total` of a stage.

    `stopped` says that its user ended it; `error` is why it failed, if it did.
    """

    running: bool = False
    stopped: bool = False
    stage: str = ""
    done: int = 0
    total: int = 0
    error: str = ""


State = TypeVar("State", bound=JobState)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `report` is the JSON that it printed, None where that is none; `message` is the last line that
    it wrote for people, or else why there is none.
    """

    exit_code: int
    report: Mapping[str, Any] | None
    message: str


class Job(ABC, Generic[State]):
    """At most one child at a time, with the settings that the library has when it begins.

    Safe to use from several threads.
    """

    name = "run"
    """What messages call it."""
    before: State
    """The state before the first run."""

    def __init__(
        self,
        library: Library,
        *,
        command: Sequence[str] = COMMAND,
        on_end: Callable[[State], None] = lambda _: None,
    ) -> None:
        """`on_end` is given the last state of a run, in the thread that watched it."""
        self._library = library
        self._command = command
        self._on_end = on_end
        self._lock = threading.Lock()
        self._state = self.before
        self._child: ChildProcess | None = None
        self._thread: threading.Thread | None = None
        self._is_over = False

    @property
    def state(self) -> State:
        return self._state

    def wait(self) -> State:
        """How the run ended that goes on now, or the last one."""
        if self._thread:
            self._thread.join()
        return self._state

    def cancel(self) -> None:
        """Ends what runs, as its user wants it."""
        with self._lock:
            if not self._state.running or not self._child:
                return
            self._state, child = replace(self._state, stopped=True), self._child
        child.stop()

    def stop(self) -> None:
        """Ends the child, and lets none begin."""
        with self._lock:
            self._is_over = True
        if self._child:
            self._child.stop()

    def _begin(self, begun: State, arguments: Sequence[str]) -> bool:
        """False while a child runs or after `stop`."""
        with self._lock:
            if self._state.running or self._is_over:
                return False
            self._state = begun
            self._child = child = ChildProcess(self._library.settings, self._command)
            self._thread = threading.Thread(target=self._run, args=(child, arguments), name=self.name, daemon=True)
            self._thread.start()
        return True

    def _run(self, child: ChildProcess, arguments: Sequence[str]) -> None:
        output: list[str] = []
        message = ""

        def on_message(line: str) -> None:
            nonlocal message
            if progress := read_progress(line):
                with self._lock:  # it may be stopped just now
                    self._state = self._progressed(progress)
            else:
                message = line.removeprefix(MESSAGE_PREFIX)

        try:
            exit_code = child.run(arguments, on_output=output.append, on_message=on_message)
            message = message or f"The {self.name} ended with exit code {exit_code}."
            ended = Ended(exit_code, read_report("\n".join(output)), message)
        except OSError as error:
            ended = Ended(1, None, f"The {self.name} could not be started: {reason_of(error)}.")
        with self._lock:
            self._state = last = self._ended(ended)
        if not self._is_over:
            self._on_end(last)

    def _progressed(self, progress: Mapping[str, Any]) -> State:
        """The state after what `read_progress` gives."""
        return replace(self._state, **progress)

    @abstractmethod
    def _ended(self, ended: Ended) -> State:
        """The state after the end."""
