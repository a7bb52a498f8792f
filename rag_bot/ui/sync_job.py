"""Ingesting in a child process, so that the server stays small and answers while notes are read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from rag_bot.settings import Settings

_STOP_SECONDS = 5.0
_REPORTED = (0, 3)  # done; done, but some files could not be read


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far the current or last sync is. `report` is what the command printed, `error` its last line if it failed."""

    running: bool = False
    stage: str = ""
    done: int = 0
    total: int = 0
    report: Mapping[str, Any] | None = None
    error: str = ""


class SyncJob:
    """At most one child at a time. `on_done` is called in the thread that watched it."""

    def __init__(
        self,
        settings: Settings,
        *,
        command: Sequence[str] = (sys.executable, "-m", "rag_bot"),
        on_done: Callable[[], None] = lambda: None,
    ) -> None:
        self._environment = {**os.environ, **_environment(settings)}
        self._command = command
        self._on_done = on_done
        self._lock = threading.Lock()
        self._state = SyncState()
        self._child: subprocess.Popen[str] | None = None
        self._stopped = False

    @property
    def state(self) -> SyncState:
        return self._state

    def start(self, folders: Sequence[str] = ()) -> bool:
        """Begins a sync of these folders, or of all; False while one is running or after `stop`."""
        with self._lock:
            if self._state.running or self._stopped:
                return False
            self._state = SyncState(running=True)
        threading.Thread(target=self._run, args=(folders,), name="sync", daemon=True).start()
        return True

    def stop(self) -> None:
        """Ends the child. What it has read so far is kept by the index and taken up by the next sync."""
        with self._lock:
            self._stopped = True
            child = self._child
        if child and child.poll() is None:
            child.terminate()
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()

    def _run(self, folders: Sequence[str]) -> None:
        try:
            state = self._ingest(folders)
        except OSError as error:
            state = SyncState(error=f"The sync could not be started: {error}.")
        with self._lock:
            self._child = None
            self._state = state
        if not self._stopped:
            self._on_done()

    def _ingest(self, folders: Sequence[str]) -> SyncState:
        command = [*self._command, "ingest", "--json", "--progress", "--", *folders]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:  # a pipe could fill up while stderr is read
            child = self._spawn(command, output)
            if child is None:
                return SyncState(error="Stopped.")
            with child:
                assert child.stderr
                last_line = self._follow(child.stderr)
            output.seek(0)
            return _finished(child.returncode, output.read(), last_line)

    def _spawn(self, command: Sequence[str], output: IO[str]) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._stopped:
                return None
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env=self._environment,
            )
            return self._child

    def _follow(self, lines: IO[str]) -> str:
        """Takes in progress as it comes; returns the last line that was no progress."""
        last_line = ""
        for line in lines:
            progress = _progress(line)
            if progress:
                self._state = replace(self._state, **progress)
            else:
                last_line = line.strip() or last_line
        return last_line


def _environment(settings: Settings) -> dict[str, str]:
    """The settings for the child, wherever they came from."""
    return {
        "RAG_BOT_INDEX": str(settings.index),
        "RAG_BOT_CACHE": str(settings.cache),
        "RAG_BOT_MODEL": settings.model,
        "RAG_BOT_NOTES": os.pathsep.join(map(str, settings.notes)),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])),
    }


def _progress(line: str) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
        return {"stage": str(said["stage"]), "done": int(said["done"]), "total": int(said["total"])}
    except (ValueError, KeyError, TypeError):
        return None


def _finished(exit_code: int, output: str, last_line: str) -> SyncState:
    try:
        report = json.loads(output)
    except ValueError:
        report = None
    if exit_code in _REPORTED and isinstance(report, dict):
        return SyncState(report=report)
    return SyncState(error=last_line or f"The sync ended with exit code {exit_code}.")
