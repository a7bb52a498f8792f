"""A sync in a child process: its progress, its report, and the question that it may stop with."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag_bot.settings import Settings
from rag_bot.ui.child import COMMAND, MESSAGE_PREFIX, ChildProcess, read_progress

_REPORTED = (0, 3)  # exit codes: done; done, but some files could not be read
_ON_LOSS = {"ask": (), "keep": ("--keep",), "remove": ("--yes",)}
_ANSWERS = ("--yes", "--keep")  # how the command's question says that it can be answered
_RECENT, _SURE = 30.0, 3.0  # seconds that tell how fast a sync is, and before which they tell nothing; set by hand


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far the current or last sync is.

    `report` is what the command printed, `error` its last line if it failed, `question` that line where it stopped to
    ask whether lost notes are to be removed. `folders` are those it was asked for; none for all. `reported` is when the
    report came, by `time.monotonic`. `stopped` says that its user ended it; `seconds_left` is a guess at how long this
    stage still takes, None where nothing tells it. `exit_code` is that of a command that failed.
    """

    running: bool = False
    stage: str = ""
    done: int = 0
    total: int = 0
    report: Mapping[str, Any] | None = None
    error: str = ""
    question: str = ""
    folders: tuple[str, ...] = ()
    reported: float = field(default=0.0, compare=False)
    stopped: bool = False
    seconds_left: float | None = field(default=None, compare=False)
    exit_code: int = field(default=0, compare=False)


class Pace:
    """How fast the current stage of a sync is, from its last half minute: what was read before goes by at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._seen: deque[tuple[float, int]] = deque()

    def seconds_left(self, stage: str, done: int, total: int) -> float | None:
        """A guess at how long the stage still takes, now that so much is done; None as long as nothing tells it."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._seen = stage, deque()
        self._seen.append((now, done))
        while now - self._seen[0][0] > _RECENT and len(self._seen) > 2:
            self._seen.popleft()
        since, before = self._seen[0]
        if now - since < _SURE or done == before:
            return None
        return (total - done) * (now - since) / (done - before)


class SyncJob:
    """At most one child at a time. `on_done` is called in the thread that watched it."""

    def __init__(
        self, settings: Settings, *, command: Sequence[str] = COMMAND, on_done: Callable[[], None] = lambda: None
    ) -> None:
        self.settings = settings
        self._command = command
        self._on_done = on_done
        self._lock = threading.Lock()
        self._state = SyncState()
        self._child: ChildProcess | None = None
        self._thread: threading.Thread | None = None
        self._is_over = False

    @property
    def state(self) -> SyncState:
        return self._state

    def start(self, folders: Sequence[str] = (), *, on_loss: str = "ask") -> bool:
        """Begins a sync of these folders, or of all; False while one is running or after `stop`.

        `on_loss` is as in `Library.ingest`; with "ask" the state has the question afterwards.
        """
        arguments = ("ingest", "--json", "--progress", *_ON_LOSS[on_loss], "--", *folders)
        with self._lock:
            if self._state.running or self._is_over:
                return False
            self._state = SyncState(running=True, folders=tuple(folders))
            self._child = child = ChildProcess(self.settings, self._command)
            self._thread = threading.Thread(target=self._run, args=(child, arguments), name="sync", daemon=True)
            self._thread.start()
        return True

    def wait(self) -> SyncState:
        """How the sync ended that runs now, or the last one."""
        if self._thread:
            self._thread.join()
        return self._state

    def answer(self, on_loss: str) -> bool:
        """Answers the question that the last sync stopped with: "keep" or "remove"."""
        return bool(self._state.question) and self.start(self._state.folders, on_loss=on_loss)

    def cancel(self) -> None:
        """Ends the sync that runs, as its user wants it. What it has read is kept, and the next one goes on there."""
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

    def _run(self, child: ChildProcess, arguments: Sequence[str]) -> None:
        output: list[str] = []
        last_message, pace = "", Pace()

        def on_message(line: str) -> None:
            nonlocal last_message
            if progress := read_progress(line):
                with self._lock:
                    self._state = replace(self._state, **progress, seconds_left=pace.seconds_left(**progress))
            else:
                last_message = line.removeprefix(MESSAGE_PREFIX)

        try:
            exit_code = child.run(arguments, on_output=output.append, on_message=on_message)
            report = read_report("\n".join(output))
            if exit_code in _REPORTED and report is not None:
                ended = SyncState(report=report, reported=time.monotonic())
            elif self._state.stopped:
                ended = SyncState(stopped=True, stage=self._state.stage, done=self._state.done, total=self._state.total)
            elif all(flag in last_message for flag in _ANSWERS):
                ended = SyncState(question=last_message)
            else:
                ended = SyncState(
                    error=last_message or f"The sync ended with exit code {exit_code}.", exit_code=exit_code
                )
        except OSError as error:
            ended = SyncState(error=f"The sync could not be started: {error}.")
        with self._lock:
            self._state = replace(ended, folders=self._state.folders)
        if not self._is_over:
            self._on_done()


def read_report(output: str) -> Mapping[str, Any] | None:
    """The report that a sync printed; None if that is none."""
    try:
        report = json.loads(output)
    except ValueError:
        return None
    return report if isinstance(report, dict) else None
