"""A run of a file of cases in a child process, which can be stopped. Its result is kept by the command itself."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import read_cases, select_cases
from rag_bot.settings import Settings
from rag_bot.ui.child import COMMAND, MESSAGE_PREFIX, ChildProcess, read_progress


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """How far the current or last run is: `done` of `total` cases of `file`, and why it failed, if it did."""

    running: bool = False
    stopped: bool = False
    file: str = ""
    done: int = 0
    total: int = 0
    error: str = ""


class EvaluationJob:
    """At most one child at a time. `on_end` is called in the thread that watched it."""

    def __init__(
        self, settings: Settings, *, command: Sequence[str] = COMMAND, on_end: Callable[[], None] = lambda: None
    ) -> None:
        self.settings = settings
        self._command = command
        self._on_end = on_end
        self._lock = threading.Lock()
        self._state = EvaluationState()
        self._child: ChildProcess | None = None

    @property
    def state(self) -> EvaluationState:
        return self._state

    def start(self, file: str, split: str = "all") -> bool:
        """Begins to ask these cases; False while others are asked, or where it can't: the state says why."""
        with self._lock:
            if self._state.running:
                return False
            try:
                path = case_file(file)
                cases = select_cases(read_cases(path), split=split)
            except UsageError as error:
                self._state = EvaluationState(error=str(error))
                return False
            self._state = EvaluationState(running=True, file=str(path), total=len(cases))
            self._child = ChildProcess(self.settings, self._command)
        threading.Thread(target=self._run, args=(self._child, path, split), name="evaluation", daemon=True).start()
        return True

    def stop(self) -> None:
        """Ends the child; nothing of its run is kept."""
        with self._lock:
            if not self._state.running:
                return
            self._state = replace(self._state, stopped=True)
            child = self._child
        if child:
            child.stop()

    def _run(self, child: ChildProcess, path: Path, split: str) -> None:
        last_message = ""

        def on_message(line: str) -> None:
            nonlocal last_message
            if progress := read_progress(line):
                with self._lock:  # a stop may come just now
                    self._state = replace(self._state, done=progress["done"], total=progress["total"])
            else:
                last_message = line

        with tempfile.TemporaryDirectory(prefix="rag-bot-") as folder:
            saved = Path(folder) / "result.json"
            arguments = ("eval", "run", "--json", "--progress", "--split", split, "--save", str(saved), "--", str(path))
            try:
                exit_code = child.run(arguments, on_output=lambda _: None, on_message=on_message)
                error = "" if exit_code == 0 else last_message or f"The run ended with exit code {exit_code}."
            except OSError as problem:
                error = f"The run could not be started: {problem}."
        with self._lock:
            why = "" if self._state.stopped else error.removeprefix(MESSAGE_PREFIX)
            self._state = replace(self._state, running=False, error=why)
        self._on_end()


def case_file(typed: str) -> Path:
    """The file that is meant.

    Raises:
        UsageError: it is not there, or is no .jsonl file.
    """
    if not typed.strip():
        raise UsageError("Choose a file of cases, or type the path of one.")
    path = Path(typed.strip()).expanduser().absolute()
    if path.suffix != ".jsonl":
        raise UsageError(f"{path} is no .jsonl file. Cases are kept as one JSON object a line.")
    if not path.is_file():
        raise UsageError(f"There is no file {path}. Type the path of one, or choose one of the list.")
    return path
