"""The child process that watches."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.ui.syncing.watch_job import WatchJob, WatchState

WATCHING = """
import json, os, sys, time
print(json.dumps({"added": 0, "unchanged": 3, "arguments": sys.argv[1:], "index": os.environ["RAG_BOT_INDEX"]}))
print(json.dumps({"added": 1, "kept": []}), flush=True)
time.sleep(600)
"""
TROUBLED = """
import os, pathlib, sys, time
print("a warning of some library", file=sys.stderr)
print("rag-bot: No space.", file=sys.stderr, flush=True)
while not pathlib.Path(os.environ["RAG_BOT_INDEX"], "room").exists():
    time.sleep(0.01)
print('{"unchanged": 3}', flush=True)
time.sleep(600)
"""
DYING = """
import pathlib, sys
with pathlib.Path("began.txt").open("a") as file:
    file.write("x")
print("rag-bot: It broke.", file=sys.stderr)
sys.exit(1)
"""
REFUSING = "import sys; print('rag-bot: Nothing has been ingested yet.', file=sys.stderr); sys.exit(2)"


def wait_until(fulfilled: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not fulfilled():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[[str], WatchJob]]:
    """Starts a job whose child does what a script says."""
    started: list[WatchJob] = []

    def start(script: str) -> WatchJob:
        command = (sys.executable, "-c", script)
        started.append(WatchJob(Library(index=tmp_path), command=command, patience=(0.01, 0.01)))
        started[-1].start()
        return started[-1]

    yield start
    for job in started:
        job.stop()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_reports_are_taken_in_as_they_come(watch: Callable[[str], WatchJob]) -> None:
    job = watch(WATCHING)
    wait_until(lambda: job.state.changed)
    assert job.state.on
    assert job.state.ready
    assert not gone(job.state.pid)
    assert job.state.report == {"added": 1, "kept": []}


def test_turning_it_off_ends_the_child_and_it_can_be_turned_on_again(watch: Callable[[str], WatchJob]) -> None:
    job = watch(WATCHING)
    for _ in range(2):
        job.start()
        wait_until(lambda: job.state.ready)
        pid = job.state.pid
        job.stop()
        assert job.state == WatchState()
        wait_until(partial(gone, pid))


def test_trouble_is_shown_until_the_next_sync_that_goes_through(
    watch: Callable[[str], WatchJob], tmp_path: Path
) -> None:
    job = watch(TROUBLED)
    wait_until(lambda: job.state.error == "No space.")
    (tmp_path / "room").touch()
    wait_until(lambda: job.state.ready)
    assert job.state.error == ""


def test_a_child_that_dies_is_started_again_but_not_for_ever(
    watch: Callable[[str], WatchJob], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = watch(DYING)
    wait_until(lambda: not job.state.on)
    assert (tmp_path / "began.txt").read_text() == "xxx"
    assert job.state == WatchState(error="It broke.")


def test_a_child_that_was_killed_is_replaced(watch: Callable[[str], WatchJob]) -> None:
    job = watch(WATCHING)
    wait_until(lambda: job.state.ready)
    first = job.state.pid
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: job.state.pid not in (0, first))
    assert job.state.on


def test_what_can_never_work_is_not_tried_again(watch: Callable[[str], WatchJob]) -> None:
    job = watch(REFUSING)
    wait_until(lambda: not job.state.on)
    assert job.state == WatchState(error="Nothing has been ingested yet.")


def test_a_command_that_is_not_there_is_an_error_and_no_crash(tmp_path: Path) -> None:
    job = WatchJob(Library(index=tmp_path), command=(str(tmp_path / "nothing"),), patience=())
    job.start()
    wait_until(lambda: not job.state.on)
    assert "could not be started" in job.state.error


def test_a_child_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("# A\n")
    script = f"""
import sys, time
from rag_bot import Library
from rag_bot.ui.syncing.watch_job import WatchJob
job = WatchJob(Library(index={str(tmp_path / "index")!r}, notes=({str(tmp_path / "notes")!r},)))
job.start()
while not (job._child and job._child.pid):
    time.sleep(0.01)
print(job._child.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    wait_until(partial(gone, pid))
