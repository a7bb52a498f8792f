"""The child process that asks the cases of a file."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.evaluation.results import kept_results, read_result
from rag_bot.settings import Settings, load_settings
from rag_bot.ui import job as job_module
from rag_bot.ui.evaluation.evaluation_job import EvaluationJob, EvaluationState

CASE = {"question": "When does the tram leave?", "kind": "fact", "answerable": True, "pattern": "two", "evidence": []}
COUNTING = """
import json, sys
for done in (1, 2):
    print(json.dumps({"stage": "cases", "done": done, "total": 2}), file=sys.stderr, flush=True)
print("rag-bot: saved in somewhere", file=sys.stderr)
print(" ".join(sys.argv[1:]), file=open(%r, "w"))
"""
WAITING = """
import sys, time
print('{"stage": "cases", "done": 1, "total": 2}', file=sys.stderr, flush=True)
time.sleep(600)
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A file of two cases."""
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(CASE | {"id": name}) + "\n" for name in ("a", "b")))
    return path


def run(settings: Settings, file: Path, script: str | None = None, split: str = "all") -> EvaluationState:
    """The state after a run by the real command, or by a script in its place."""
    done = threading.Event()
    command = {"command": (sys.executable, "-c", script)} if script is not None else {}
    job = EvaluationJob(Library(settings), on_end=lambda _: done.set(), **command)
    assert job.start(str(file), split)
    assert done.wait(120)
    return job.state


def test_progress_is_told_and_the_command_gets_file_and_half(tmp_path: Path, cases: Path) -> None:
    said = tmp_path / "said"
    state = run(load_settings(index=tmp_path / "index"), cases, COUNTING % str(said), "dev")
    assert state == EvaluationState(file=str(cases), stage="cases", done=2, total=2)
    arguments = said.read_text().split()
    assert arguments[:6] == ["eval", "run", "--json", "--progress", "--split", "dev"]
    assert arguments[-2:] == ["--", str(cases)]


def test_the_real_command_keeps_its_result_with_the_settings_of_the_app(
    library: Library, notes: Path, cases: Path, tmp_path: Path
) -> None:
    (notes / "tram.md").write_text("# Tram\n\nThe tram leaves at two.\n")
    library.ingest([notes])
    weighted = library.settings.retrieval.model_copy(update={"dense_weight": 0.25})
    state = run(library.settings.model_copy(update={"retrieval": weighted}), cases)
    assert state == EvaluationState(file=str(cases), stage="cases", done=2, total=2)
    [kept] = kept_results(library.settings)
    result = read_result(kept)
    assert [outcome.right for outcome in result.outcomes] == [True, True]
    assert result.settings["dense_weight"] == 0.25
    assert not list(tmp_path.glob("rag-bot-*"))


def test_without_an_index_the_commands_own_words_say_so(tmp_path: Path, cases: Path) -> None:
    state = run(load_settings(index=tmp_path / "index"), cases)
    assert not state.running
    assert str(tmp_path / "index") in state.error
    assert not state.error.startswith("rag-bot:")


def test_a_child_that_says_nothing_is_told_by_its_exit_code(tmp_path: Path, cases: Path) -> None:
    assert run(load_settings(index=tmp_path), cases, "raise SystemExit(1)").error == "The run ended with exit code 1."


def test_a_run_can_be_stopped_and_the_next_begun(tmp_path: Path, cases: Path) -> None:
    done = threading.Event()
    command = (sys.executable, "-c", WAITING)
    job = EvaluationJob(Library(index=tmp_path / "index"), command=command, on_end=lambda _: done.set())
    job.cancel()
    for _ in range(2):
        assert job.start(str(cases))
        assert not job.start(str(cases))
        until = time.monotonic() + 120
        while not job.state.done:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert job.state == EvaluationState(running=True, file=str(cases), stage="cases", done=1, total=2)
        done.clear()
        job.cancel()
        assert done.wait(120)
        assert job.state == EvaluationState(stopped=True, file=str(cases), stage="cases", done=1, total=2)


def test_a_stop_while_progress_is_told_is_not_lost(
    tmp_path: Path, cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, stopping = threading.Event(), list[threading.Thread]()
    job = EvaluationJob(
        Library(index=tmp_path / "index"), command=(sys.executable, "-c", WAITING), on_end=lambda _: done.set()
    )

    def stopped_meanwhile(state: EvaluationState, **changes: Any) -> EvaluationState:
        if "done" in changes:
            stopping.append(threading.Thread(target=job.cancel))
            stopping[0].start()
            stopping[0].join(0.3)  # it has to wait here for its turn
        return replace(state, **changes)

    monkeypatch.setattr(job_module, "replace", stopped_meanwhile)
    assert job.start(str(cases))
    assert done.wait(120)
    assert job.state == EvaluationState(stopped=True, file=str(cases), stage="cases", done=1, total=2)


@pytest.mark.parametrize(
    ("typed", "content", "problem"),
    [
        ("", None, "Choose a file of cases, or type the path of one."),
        ("notes.md", "x", "notes.md is no .jsonl file"),
        ("gone.jsonl", None, "There is no file"),
        ("bad.jsonl", "{}\n", "bad.jsonl:1 is no case"),
        ("binary.jsonl", "\udcff\udcfe", "cannot be read: it is not text in UTF-8."),
        ("empty.jsonl", "", "holds no questions"),
        ("folder.jsonl", "/", "There is no file"),
    ],
)
def test_a_bad_file_is_one_clear_line_and_nothing_runs(
    tmp_path: Path, typed: str, content: str | None, problem: str
) -> None:
    path = tmp_path / typed
    if content == "/":
        path.mkdir()
    elif content is not None:
        path.write_text(content, errors="surrogateescape")
    job = EvaluationJob(Library(index=tmp_path / "index"))
    assert not job.start(str(path) if typed else "  ")
    assert problem in job.state.error
    assert "\n" not in job.state.error
    assert not job.state.running


def test_a_half_without_cases_is_said_before_anything_runs(tmp_path: Path, cases: Path) -> None:
    cases.write_text(json.dumps(CASE | {"id": "a"}))
    job = EvaluationJob(Library(index=tmp_path / "index"), command=(sys.executable, "-c", ""))
    started = [job.start(str(cases), split) for split in ("dev",)]
    other = EvaluationJob(Library(index=tmp_path / "index"), command=(sys.executable, "-c", ""))
    started.append(other.start(str(cases), "test"))
    assert sorted(started) == [False, True]
    assert "split" in job.state.error + other.state.error
