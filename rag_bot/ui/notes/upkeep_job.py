"""What is done about the index beside syncs, in a child process: a plan, a check, a repair, a folder taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rag_bot.ui.job import Ended, Job, JobState

PLAN, CHECK, REPAIR, REMOVE = "plan", "check", "repair", "remove"
COMMANDS: Mapping[str, Sequence[str]] = {
    PLAN: ("ingest", "--dry-run", "--json"),
    CHECK: ("verify", "--json"),
    REPAIR: ("verify", "--repair", "--json"),
    REMOVE: ("forget", "--json", "--"),
}
WRITING = (REPAIR, REMOVE)
"""Those that change the index."""


@dataclass(frozen=True, slots=True)
class UpkeepState(JobState):
    """What is done now, or was done last: one of `COMMANDS`, "" before the first, and the `folder` that it is about.

    `result` is the JSON that the command printed; `error` says why there is none. `generation` is that of the index
    when it began, `ended` when it ended, in local time.
    """

    command: str = ""
    folder: str = ""
    result: Mapping[str, Any] | None = None
    generation: str = ""
    ended: str = field(default="", compare=False)


class UpkeepJob(Job[UpkeepState]):
    """At most one of the `COMMANDS` at a time."""

    name = "work"
    before = UpkeepState()

    def start(self, command: str, folder: str = "") -> bool:
        """Begins one of `COMMANDS`; False while one is running or after `stop`. A folder is what `REMOVE` takes out."""
        begun = UpkeepState(command, folder, running=True, generation=self._library.generation())
        return self._begin(begun, [*COMMANDS[command], *([folder] if folder else [])])

    def clear(self) -> None:
        """Forgets what was done last; what runs goes on."""
        with self._lock:
            if not self._state.running:
                self._state = UpkeepState()

    def _ended(self, ended: Ended) -> UpkeepState:
        error, now = ended.message if ended.report is None else "", datetime.now().isoformat()
        return replace(self._state, running=False, result=ended.report, error=error, ended=now)
