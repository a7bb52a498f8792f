"""The command line keeps its contract: keys, exit codes, one line for each error."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rag_bot
from rag_bot import Library, RagBotError
from rag_bot.cli import main
from rag_bot.settings import Settings
from tests.conftest import CORPUS

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COMMANDS = (
    *("ingest", "forget", "verify", "search", "ask", "why", "chat", "serve", "mcp", "status", "models", "trust"),
    *(f"conversations {name}" for name in ("list", "show", "rename", "delete", "export")),
    *("eval run", "eval add", "eval compare", "eval beir", "eval spans", "eval sweep", "eval checker"),
)
EMERGENT = "What share of the BIG-Bench tasks was emergent?"


@pytest.fixture
def run(tmp_path: Path, model_cache: Path) -> Run:
    """Runs rag-bot in an empty folder with an index of its own."""

    def run_command(*arguments: str, index: Path | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "RAG_BOT_CACHE": str(model_cache), "COLUMNS": "200"}
        command = [sys.executable, "-m", "rag_bot", "--index", str(index or tmp_path / "index"), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False, **options
        )

    return run_command


@pytest.fixture
def ask_corpus(run: Run, corpus_settings: Settings) -> Run:
    """Runs rag-bot on the index of the corpus."""
    return lambda *arguments, **options: run(*arguments, index=corpus_settings.index, **options)


def _error(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line on stderr."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("rag-bot: ")
    return lines[0]


def test_ask_json_has_the_keys_of_the_contract(ask_corpus: Run) -> None:
    done = ask_corpus("ask", EMERGENT, "--json")
    answer = json.loads(done.stdout)
    assert list(answer) == [
        "question",
        "answer",
        "mode",
        "verdict",
        "abstained",
        "confidence",
        "sentences",
        "citations",
        "excerpts",
        "differences",
        "unmentioned",
        "missing",
        "dates",
        "no_notes_of",
        "nearest",
        "timings_ms",
    ]
    citation = answer["citations"][0]
    assert list(citation) == [
        "number",
        "path",
        "title",
        "headings",
        "start_line",
        "end_line",
        "quote",
        "stale",
        "score",
        "place",
    ]
    assert (answer["verdict"] in ("answered", "closest"), answer["abstained"]) == (True, False)
    excerpt = answer["excerpts"][0]
    assert list(excerpt) == [
        "location",
        "note",
        "title",
        "headings",
        "context",
        "text",
        "citations",
        "date",
        "place",
        "doubts",
    ]
    assert 1 in excerpt["citations"]
    assert citation["quote"] in excerpt["text"]
    assert "33%" in answer["answer"]
    lines = (CORPUS.parent / citation["path"]).read_text().splitlines()
    assert citation["quote"] == "\n".join(lines[citation["start_line"] - 1 : citation["end_line"]]).strip()
    assert done.stderr == ""
    assert done.returncode == 0


def test_an_abstaining_answer_is_no_failure(ask_corpus: Run) -> None:
    done = ask_corpus("ask", "What is the capital of France?")
    assert done.returncode == 0
    assert "not in your notes" in done.stdout
    assert "The nearest notes:" in done.stdout


def test_ask_prints_the_quote_its_number_and_its_place(ask_corpus: Run) -> None:
    done = ask_corpus("ask", EMERGENT)
    # the first citation is a bullet with those below it, or the one of these that says it
    assert re.search(r"^\[1\] (.*\n {4,})*?.*33%", done.stdout, re.MULTILINE)
    assert re.search(r"corpus/\S+\.md:\d+", done.stdout)


def test_the_day_that_it_is_asked_on_can_be_given(ask_corpus: Run) -> None:
    for command in (("ask", EMERGENT), ("why", EMERGENT, "--note", "corpus/talk/big-bench.md")):
        assert ask_corpus(*command, "--today", "2026-04-02").returncode == 0
        assert "'2026-13-01' is no day" in _error(ask_corpus(*command, "--today", "2026-13-01"), 2)


def test_search_json_has_the_keys_of_the_contract(ask_corpus: Run) -> None:
    found = json.loads(ask_corpus("search", "emergence", "-k", "3", "--folder", "talk", "--json").stdout)
    assert list(found) == ["hits", "timings_ms"]
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    keys = {"rank", "path", "title", "headings", "start_line", "end_line", "text", "score", "place"}
    assert set(found["hits"][0]) == keys
    assert all(hit["path"].startswith("corpus/talk/") for hit in found["hits"])


def test_ingest_json_counts_and_exits_with_3_where_files_could_not_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("One.")
    done = run("ingest", "notes", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report.pop("seconds") >= 0
    assert report == {
        "added": 1,
        "changed": 0,
        "moved": 0,
        "deleted": 0,
        "unchanged": 0,
        "failed": [],
        "chunks_embedded": 1,
        "chunks_reused": 0,
        "left_out": [],
    }
    (tmp_path / "notes" / "a.md").write_bytes(b"One.\x00")
    done = run("ingest", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["failed"][0]["path"] == "notes/a.md"


def test_a_dry_run_says_what_would_be(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("One.")
    done = run("ingest", "notes", "--dry-run")
    assert "Would be: 1 added" in done.stdout
    assert "notes/a.md" in done.stdout
    assert not (tmp_path / "index").exists()


def test_progress_for_the_app_is_json_lines_on_stderr(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("One.")
    lines = [json.loads(line) for line in run("ingest", "notes", "--json", "--progress").stderr.splitlines()]
    assert {"stage": "notes", "done": 1, "total": 1} in lines
    assert {"stage": "index", "done": 1, "total": 1} in lines


def test_status_names_notes_model_and_folders(ask_corpus: Run) -> None:
    status = json.loads(ask_corpus("status", "--json").stdout)
    assert status["notes"] == len(list(CORPUS.rglob("*.md")))
    assert status["roots"] == [str(CORPUS)]
    assert status["model"] == "all-MiniLM-L6-v2"
    assert "all-MiniLM-L6-v2" in ask_corpus("status").stdout


def test_chat_answers_line_after_line_until_an_empty_one(ask_corpus: Run) -> None:
    done = ask_corpus("chat", input=f"{EMERGENT}\n!\nWhat is the capital of France?\n\n")
    assert done.returncode == 0
    assert "33%" in done.stdout
    assert "has no word in it" in done.stdout
    assert "not in your notes" in done.stdout


def test_it_says_which_version_it_is(run: Run) -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"rag-bot {rag_bot.__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_s_help_ends_with_examples(run: Run, command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.returncode == 0
    assert "Examples:" in done.stdout
    assert f"rag-bot {command}" in done.stdout.split("Examples:")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("ask", "anything"), 1, "There is no index"),
        (("status",), 1, "There is no index"),
        (("ingest",), 2, "Nothing has been ingested yet"),
        (("ingest", "missing"), 2, "does not exist"),
        (("ingest", "file.md"), 2, "is a file"),
        (("ingest", "empty"), 2, "There are no notes"),
        (("eval", "run", "missing.jsonl"), 2, "cannot be read"),
        (("eval", "checker", "missing.jsonl"), 2, "cannot be read"),
        (("serve", "missing", "--port", "0"), 2, "does not exist"),
        (("serve", "file.md", "--port", "0"), 2, "is a file"),
        (("serve", "--port", "0", "--token", "short"), 2, "at least 16"),
        (("serve", "--port", "0", "--token", "new", "--no-token"), 2, "contradict"),
        (("serve", "--port", "0", "--allowed-host", "*"), 2, "'*' is no name"),
        (("serve", "--port", "0", "--allowed-host", "a.example:80"), 2, "has a port"),
        (("serve", "--port", "0", "--root-path", "notes"), 2, "'notes' is no path"),
        (("ask", "x", "--index", "a"), 2, "stands before the command"),
    ],
)
def test_what_people_do_wrong_gets_one_line(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.md").write_text("x")
    assert said in _error(run(*arguments), code)


@pytest.mark.parametrize(
    ("question", "said"), [("?", "has no word"), ("why " * 5000, "can be asked"), ("", "has no word")]
)
def test_questions_that_are_none_get_one_line(ask_corpus: Run, question: str, said: str) -> None:
    assert said in _error(ask_corpus("ask", question), 2)


def test_a_question_in_chinese_is_fine(ask_corpus: Run) -> None:
    assert "You ask in Chinese" in ask_corpus("ask", "法国的首都是哪里？").stdout


@pytest.mark.parametrize("arguments", [("ask", "x", "--nonsense"), ("ask",), ("search", "x", "-k", "0"), ("nothing",)])
def test_wrong_usage_gets_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    assert "--help" in _error(run(*arguments), 2)


def test_a_model_that_is_not_there_gets_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("One.")
    assert "is not on this machine" in _error(run("--model", "nobody/nothing", "ingest", "notes"), 1)


def test_an_index_folder_that_cannot_be_made_gets_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("One.")
    (tmp_path / "taken").write_text("a file")
    assert "Choose another with --index" in _error(run("ingest", "notes", index=tmp_path / "taken" / "index"), 1)


def test_verbose_shows_the_traceback(run: Run) -> None:
    done = run("-v", "status")
    assert "Traceback" in done.stderr
    assert done.returncode == 1


def test_a_folder_that_is_gone_is_asked_about_in_one_line_kept_or_removed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("The key hangs behind the door.")
    run("ingest", "notes")
    (tmp_path / "notes").rename(tmp_path / "away")
    said = _error(run("ingest"), 1)
    assert "is not there" in said
    assert "--yes" in said
    kept = run("ingest", "--keep")
    assert kept.returncode == 0
    assert "kept:" in kept.stdout
    stale = run("ask", "Where does the key hang?")
    assert "door" in stale.stdout
    assert "no longer there" in stale.stdout
    assert json.loads(run("ask", "Where does the key hang?", "--json").stdout)["citations"][0]["stale"] is True
    assert "1 deleted" in run("ingest", "--yes").stdout
    history = json.loads(run("status", "--json").stdout)["runs"]
    assert [one["state"] for one in history] == ["done", "done", "failed", "done"]


def test_a_question_on_the_terminal_is_answered_there(run: Run, tmp_path: Path, model_cache: Path) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("The key hangs behind the door.")
    run("ingest", "notes")
    (tmp_path / "notes").rename(tmp_path / "away")
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n")
    command = [sys.executable, "-m", "rag_bot", "--index", str(tmp_path / "index"), "ingest"]
    environment = {**os.environ, "RAG_BOT_CACHE": str(model_cache)}
    done = subprocess.run(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 0
    assert b"1 deleted" in done.stdout
    assert b"Remove these notes from the index?" in os.read(ours, 10_000)


def test_forget_removes_a_folder_and_names_those_that_there_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("One.")
    run("ingest", "notes")
    assert str(tmp_path / "notes") in _error(run("forget", "elsewhere"), 2)
    assert json.loads(run("forget", "notes", "--json").stdout)["deleted"] == 1
    assert json.loads(run("status", "--json").stdout)["notes"] == 0
    assert (tmp_path / "notes" / "a.md").exists()


def test_a_folder_in_or_around_an_ingested_one_is_said_to_be_read_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes" / "work").mkdir(parents=True)
    (tmp_path / "notes" / "work" / "a.md").write_text("One.")
    (tmp_path / "notes" / "b.md").write_text("Two.")
    assert run("ingest", "notes/work").stderr == ""
    around = run("ingest", "notes")
    assert "No note is read twice: its notes stay with it." in around.stderr
    assert json.loads(run("status", "--json").stdout)["notes"] == 2
    forgotten = run("forget", "notes/work")
    assert f"lies in {tmp_path / 'notes'}, which is in the index already" in forgotten.stderr
    inside = run("ingest", "notes/work", "--json")
    assert "its notes are read as part of that" in inside.stderr
    assert json.loads(inside.stdout)["added"] == 1
    assert len(json.loads(run("status", "--json").stdout)["roots"]) == 1


def test_verify_exits_with_1_where_something_is_wrong_and_repair_mends_it(run: Run, tmp_path: Path) -> None:
    _error(run("verify"), 1)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("The key hangs behind the door.")
    run("ingest", "notes")
    assert run("verify").returncode == 0
    (tmp_path / "index" / "store-1" / "tantivy" / "meta.json").unlink()
    (tmp_path / "index" / "mine.txt").write_text("not of the index")
    assert "rag-bot verify --repair" in _error(run("ask", "Where is the key?"), 1)
    broken = run("verify", "--json")
    assert broken.returncode == 1
    assert {"part": "files", "text": "store-1/tantivy/meta.json: missing"} in json.loads(broken.stdout)["problems"]
    mended = json.loads(run("verify", "--repair", "--json").stdout)
    assert (mended["ok"], mended["problems"]) == (True, [])
    assert mended["repaired"]
    assert "door" in run("ask", "Where is the key?").stdout
    assert (tmp_path / "index" / "mine.txt").read_text() == "not of the index"


def test_watch_says_what_it_synced_until_it_is_interrupted(run: Run, tmp_path: Path, model_cache: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("One.")
    command = [sys.executable, "-m", "rag_bot", "--index", str(tmp_path / "index"), "ingest", "notes", "--watch"]
    environment = {**os.environ, "RAG_BOT_CACHE": str(model_cache)}
    options = {"cwd": tmp_path, "env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **options) as watching:  # type: ignore[call-overload]
        assert "1 added" in watching.stdout.readline()
        (tmp_path / "notes" / "b.md").write_text("Two.")
        assert "1 added" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        assert watching.wait(60) == 130
        assert watching.stderr.read().strip() == "rag-bot: Stopped. Nothing is lost."
    assert run("ingest", "--watch", "--yes").returncode == 2


def test_watch_tells_a_trouble_that_lasts_once_with_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, on_error: Callable[[RagBotError], None], **__: object) -> None:
        for trouble in ("The database is away.", "The database is away.", "The disk is full."):
            on_error(RagBotError(trouble))

    monkeypatch.setattr(Library, "watch", fail)
    with pytest.raises(SystemExit):
        main(["--index", str(tmp_path / "index"), "ingest", str(tmp_path), "--watch"])
    told = [re.fullmatch(r"rag-bot: \d\d:\d\d:\d\d (.+)", line) for line in capsys.readouterr().err.splitlines()]
    assert [line and line[1] for line in told] == ["The database is away.", "The disk is full."]


def test_a_command_that_is_nearly_one_is_told_which(run: Run) -> None:
    assert "No such command 'sevre'. Did you mean 'serve'? See `" in run("sevre").stderr
