"""A command of this program in a child process, so that the server stays small and answers while notes are read.

Run as a module, this is the command line that ends when the app does, however that ends: the app holds the other end
of its standard input, which the system closes once the app is gone.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from rag_bot.processes import child_environment, module_command
from rag_bot.settings import WITHOUT_FILE, Settings

COMMAND = tuple(module_command("rag_bot.ui.child"))
MESSAGE_PREFIX = "rag-bot: "
"""How a message for people begins on the command's stderr."""
_STOP_SECONDS = 5.0  # that a child has to end by itself; set by hand


class ChildProcess:
    """One run of a command. Stopping it before it began keeps it from beginning."""

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self._environment = child_environment(**_as_variables(settings))
        self._command = command
        self._lock = threading.Lock()
        self._stopped = False
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """0 before it began."""
        return self._process.pid if self._process else 0

    def run(
        self, arguments: Sequence[str], *, on_output: Callable[[str], None], on_message: Callable[[str], None]
    ) -> int:
        """Runs to the end and returns the exit code; lines of stdout and stderr are given on as they come.

        `on_message` is called in a thread of its own. Raises OSError where the command can't be started.
        """
        with self._lock:
            if self._stopped:
                return 1
            self._process = process = subprocess.Popen(
                [*self._command, *arguments],
                stdin=subprocess.PIPE,  # which tells the child when this process is gone
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env=self._environment,
            )
        with process:
            messages = threading.Thread(target=_each_line, args=(process.stderr, on_message), daemon=True)
            messages.start()
            _each_line(process.stdout, on_output)
            messages.join()
        return process.returncode

    def stop(self) -> None:
        """Ends it. What it has read so far is kept by the index and taken up by the next sync."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process and process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def read_progress(line: str) -> dict[str, Any] | None:
    """What a line tells of how far a command is: `stage`, `done` and `total`; None if it tells something else."""
    try:
        progress = json.loads(line)
        return {"stage": str(progress["stage"]), "done": int(progress["done"]), "total": int(progress["total"])}
    except (ValueError, KeyError, TypeError):
        return None


def read_report(output: str) -> Mapping[str, Any] | None:
    """The JSON object that a command printed; None if that is none."""
    try:
        report = json.loads(output)
    except ValueError:
        return None
    return report if isinstance(report, dict) else None


def _as_variables(settings: Settings) -> dict[str, str]:
    """All settings for the child, wherever they came from. It reads no file, which may have changed meanwhile."""
    told = {
        f"RAG_BOT_{name.upper()}": str(value) if isinstance(value, (str, Path)) else json.dumps(value, default=str)
        for name, value in settings.model_dump().items()
        if value is not None
    }
    return {**told, WITHOUT_FILE: "1", "PYTHONIOENCODING": "utf-8"}


def _each_line(lines: IO[str] | None, take: Callable[[str], None]) -> None:
    for line in lines or ():
        if line.strip():
            take(line.strip())


def _end_with_the_app() -> None:
    while os.read(0, 1024):  # sys.stdin would be locked by this thread while Python exits
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_app, name="end-with-the-app", daemon=True).start()
    runpy.run_module("rag_bot", run_name="__main__", alter_sys=True)
