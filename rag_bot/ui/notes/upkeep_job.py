"""What is done about the index beside syncs, in a child process: a plan, a check, a repair, a folder taken out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag_bot.settings import Settings
from rag_bot.ui.child import COMMAND, MESSAGE_PREFIX, ChildProcess
from rag_bot.ui.syncing.sync_job import read_report

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
class UpkeepState:
    """What is done now, or was done last: one of `COMMANDS`, "" before the first, and the `folder` that it is about.

    `result` is the JSON that the command printed; `error` says why there is none. `generation` is that of the index
    when it began.
    """

    command: str = ""
    folder: str = ""
    running: bool = False
    result: Mapping[str, Any] | None = None
    error: str = ""
    generation: str = ""


class UpkeepJob:
    """At most one child at a time. `on_end` is called with the command in the thread that watched it."""

    def __init__(
        self,
        settings: Settings,
        generation: Callable[[], str],
        *,
        command: Sequence[str] = COMMAND,
        on_end: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self._generation = generation
        self._command = command
        self._on_end = on_end
        self._lock = threading.Lock()
        self._state = UpkeepState()
        self._child: ChildProcess | None = None
        self._stopped = False

    @property
    def state(self) -> UpkeepState:
        return self._state

    def start(self, command: str, folder: str = "") -> bool:
        """Begins one of `COMMANDS`; False while one is running or after `stop`. A folder is what `REMOVE` takes out."""
        with self._lock:
            if self._state.running or self._stopped:
                return False
            self._state = UpkeepState(command, folder, running=True, generation=self._generation())
            self._child = ChildProcess(self.settings, self._command)
        threading.Thread(target=self._run, args=(self._child, self._state), name="upkeep", daemon=True).start()
        return True

    def clear(self) -> None:
        """Forgets what was done last; what runs goes on."""
        with self._lock:
            if not self._state.running:
                self._state = UpkeepState()

    def stop(self) -> None:
        """Ends the child, and lets none begin."""
        with self._lock:
            self._stopped = True
        if self._child:
            self._child.stop()

    def _run(self, child: ChildProcess, begun: UpkeepState) -> None:
        output: list[str] = []
        last_message = ""

        def on_message(line: str) -> None:
            nonlocal last_message
            last_message = line.removeprefix(MESSAGE_PREFIX)

        arguments = [*COMMANDS[begun.command], *([begun.folder] if begun.folder else [])]
        try:
            exit_code = child.run(arguments, on_output=output.append, on_message=on_message)
            result, error = read_report("\n".join(output)), ""
            if result is None:
                error = last_message or f"It ended with exit code {exit_code}."
        except OSError as problem:
            result, error = None, f"It could not be started: {problem}."
        self._state = UpkeepState(begun.command, begun.folder, False, result, error, begun.generation)
        if not self._stopped:
            self._on_end(begun.command)
