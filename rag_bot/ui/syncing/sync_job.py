"""A sync in a child process: its progress, its report, and the question that it may stop with."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag_bot.ui.job import Ended, Job, JobState

_REPORTED = (0, 3)  # exit codes: done; done, but some files could not be read
_ON_LOSS = {"ask": (), "keep": ("--keep",), "remove": ("--yes",)}
_ANSWERS = ("--yes", "--keep")  # how the command's question says that it can be answered
_RECENT, _SURE = 30.0, 3.0  # seconds that tell how fast a sync is, and before which they tell nothing; set by hand


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


@dataclass(frozen=True, slots=True)
class SyncState(JobState):
    """How far the current or last sync is.

    `report` is what the command printed, `question` its last line where it stopped to ask whether lost notes are to be
    removed. `folders` are those it was asked for; none for all. `reported` is when the report came, by
    `time.monotonic`. `seconds_left` is what the `pace` of the run guesses that this stage still takes, None where
    nothing tells it. `exit_code` is that of a command that failed.
    """

    report: Mapping[str, Any] | None = None
    question: str = ""
    folders: tuple[str, ...] = ()
    reported: float = field(default=0.0, compare=False)
    seconds_left: float | None = field(default=None, compare=False)
    exit_code: int = field(default=0, compare=False)
    pace: Pace = field(default_factory=Pace, compare=False, repr=False)


class SyncJob(Job[SyncState]):
    """At most one sync at a time."""

    name = "sync"
    before = SyncState()

    def start(self, folders: Sequence[str] = (), *, on_loss: str = "ask") -> bool:
        """Begins a sync of these folders, or of all; False while one is running or after `stop`.

        `on_loss` is as in `Library.ingest`; with "ask" the state has the question afterwards. What a sync has read that
        is ended is kept, and the next one goes on there.
        """
        arguments = ("ingest", "--json", "--progress", *_ON_LOSS[on_loss], "--", *folders)
        return self._begin(SyncState(running=True, folders=tuple(folders)), arguments)

    def answer(self, on_loss: str) -> bool:
        """Answers the question that the last sync stopped with: "keep" or "remove"."""
        return bool(self._state.question) and self.start(self._state.folders, on_loss=on_loss)

    def _progressed(self, progress: Mapping[str, Any]) -> SyncState:
        return replace(self._state, **progress, seconds_left=self._state.pace.seconds_left(**progress))

    def _ended(self, ended: Ended) -> SyncState:
        state, folders = self._state, self._state.folders
        if ended.exit_code in _REPORTED and ended.report is not None:
            return SyncState(report=ended.report, reported=time.monotonic(), folders=folders)
        if state.stopped:
            return replace(state, running=False, seconds_left=None)
        if all(flag in ended.message for flag in _ANSWERS):
            return SyncState(question=ended.message, folders=folders)
        return SyncState(error=ended.message, folders=folders, exit_code=ended.exit_code)
