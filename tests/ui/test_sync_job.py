"""The child process that ingests."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.ui.syncing.sync_job import Pace, SyncJob, SyncState

REPORTING = """
import json, os, sys
for done in (0, 120, 578):
    print(json.dumps({"stage": "notes", "done": done, "total": 578}), file=sys.stderr, flush=True)
report = {"added": 2, "failed": [], "arguments": sys.argv[1:], "index": os.environ["RAG_BOT_INDEX"]}
print(json.dumps(report | {"filling": "x" * 300_000}))
"""
FAILING = """
import sys
print("Something on the way", file=sys.stderr)
print("rag-bot: Another process is writing.", file=sys.stderr)
sys.exit(4)
"""
WAITING = """
import sys, time
print('{"stage": "notes", "done": 1, "total": 2}', file=sys.stderr, flush=True)
time.sleep(60)
"""


ASKING = """
import sys
if "--yes" in sys.argv or "--keep" in sys.argv:
    print('{"arguments": "%s"}' % " ".join(sys.argv[1:]))
else:
    print("rag-bot: /x is not there. `rag-bot ingest --yes` removes them; `--keep` leaves them.", file=sys.stderr)
    sys.exit(1)
"""


def run(tmp_path: Path, script: str, folders: tuple[str, ...] = ()) -> SyncState:
    """The state after a child that does what the script says."""
    done = threading.Event()
    job = SyncJob(Library(index=tmp_path), command=(sys.executable, "-c", script), on_end=lambda _: done.set())
    assert job.start(folders)
    assert done.wait(30)
    return job.state


def test_a_report_is_kept_even_when_it_is_longer_than_a_pipe(tmp_path: Path) -> None:
    state = run(tmp_path, REPORTING, ("/some/notes",))
    assert not state.running
    assert state.report is not None
    assert state.report["added"] == 2
    assert state.report["index"] == str(tmp_path)
    assert state.report["arguments"] == ["ingest", "--json", "--progress", "--", "/some/notes"]


def test_a_failure_is_the_last_line_that_the_child_wrote(tmp_path: Path) -> None:
    assert run(tmp_path, FAILING) == SyncState(error="Another process is writing.")


def test_a_child_that_says_nothing_is_told_by_its_exit_code(tmp_path: Path) -> None:
    assert run(tmp_path, "raise SystemExit(1)").error == "The sync ended with exit code 1."


def test_a_command_that_is_not_there_is_an_error_and_no_crash(tmp_path: Path) -> None:
    done = threading.Event()
    job = SyncJob(Library(index=tmp_path), command=(str(tmp_path / "nothing"),), on_end=lambda _: done.set())
    job.start()
    assert done.wait(30)
    assert job.state.error == "The sync could not be started: No such file or directory."


def test_only_one_sync_runs_and_stopping_ends_it(tmp_path: Path) -> None:
    job = SyncJob(Library(index=tmp_path), command=(sys.executable, "-c", WAITING))
    assert job.start()
    assert not job.start()
    watch = next(thread for thread in threading.enumerate() if thread.name == "sync")
    while not job.state.done:
        assert watch.is_alive()
    assert job.state == SyncState(running=True, stage="notes", done=1, total=2)
    job.stop()
    watch.join(10)
    assert not watch.is_alive()
    assert not job.state.running
    assert not job.start()


def test_a_folder_that_is_not_there_is_named_by_the_real_command(tmp_path: Path) -> None:
    done = threading.Event()
    job = SyncJob(Library(index=tmp_path / "index"), on_end=lambda _: done.set())
    job.start([str(tmp_path / "missing")])
    assert done.wait(60)
    assert str(tmp_path / "missing") in job.state.error


@pytest.mark.parametrize("line", ["{}", "[]", "1", '{"stage": "notes"}', "plain words"])
def test_lines_that_are_no_progress_are_only_text(tmp_path: Path, line: str) -> None:
    state = run(tmp_path, f"import sys; print({line!r}, file=sys.stderr); sys.exit(1)")
    assert state == SyncState(error=line)


@pytest.mark.parametrize(("answer", "flag"), [("keep", "--keep"), ("remove", "--yes")])
def test_a_question_is_answered_for_the_folders_that_were_asked_for(tmp_path: Path, answer: str, flag: str) -> None:
    done = threading.Semaphore(0)
    job = SyncJob(Library(index=tmp_path), command=(sys.executable, "-c", ASKING), on_end=lambda _: done.release())
    assert not job.answer(answer)
    job.start(["/x"])
    assert done.acquire(timeout=30)
    assert job.state.question.startswith("/x is not there.")
    assert not job.state.error
    assert job.answer(answer)
    assert done.acquire(timeout=30)
    assert job.state == SyncState(report={"arguments": f"ingest --json --progress {flag} -- /x"}, folders=("/x",))


def test_a_sync_that_its_user_stops_says_so_and_another_can_begin(tmp_path: Path) -> None:
    done = threading.Semaphore(0)
    job = SyncJob(Library(index=tmp_path), command=(sys.executable, "-c", WAITING), on_end=lambda _: done.release())
    job.cancel()  # nothing runs yet
    assert job.start(["/x"])
    watch = next(thread for thread in threading.enumerate() if thread.name == "sync")
    while not job.state.done:
        assert watch.is_alive()
    job.cancel()
    assert done.acquire(timeout=30)
    assert job.state == SyncState(stage="notes", done=1, total=2, folders=("/x",), stopped=True)
    assert job.start(["/x"])
    assert not job.state.stopped
    job.stop()


def test_how_long_a_sync_still_takes_is_told_by_its_last_half_minute() -> None:
    now = 0.0
    pace = Pace(clock=lambda: now)
    assert pace.seconds_left("notes", 0, 100) is None
    now = 1.0  # what was read before goes by at once
    assert pace.seconds_left("notes", 50, 100) is None
    for now in range(2, 40):
        left = pace.seconds_left("notes", 50 + int(now), 200)
    assert left == 111.0  # one note a second
    assert pace.seconds_left("index", 0, 100) is None
