"""Answers by a language model on the command line, as people run it, with a model's server on loopback."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.conversations import Conversations
from rag_bot.settings import Settings
from tests.llm.server import Handler, ScriptedServer, Seen, serving

NOTE = """# Harbour walk

The ferry to Lindholm leaves at 7:40 from pier 3. A return ticket to Lindholm costs 14 euros.

The waffle kiosk at the harbour closes at 18:00 on weekdays.
"""
FERRY = "When does the ferry to Lindholm leave?"
RETURN = "And what does a return ticket to there cost?"
SAID = "The ferry to Lindholm leaves at 7:40 from pier 3."
ANSWER = (f"{SAID} ", "[9] ", "The captain ", "of the ferry is named Aurora Berg.")
SECRET = "sk-test-9f2Kq7secret"
PATIENCE = 120.0
KEYS = (
    *("question", "answer", "mode", "abstained", "confidence", "sentences", "citations", "nearest"),
    *("model", "notice", "timings_ms"),
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Path:
    """The index of one note."""
    folder = tmp_path_factory.mktemp("harbour")
    (folder / "notes").mkdir()
    (folder / "notes" / "harbour.md").write_text(NOTE)
    with Library(Settings(notes=(folder / "notes",), index=folder / "index", cache=model_cache)) as library:
        library.ingest()
    return folder / "index"


@pytest.fixture
def environment(tmp_path: Path, model_cache: Path) -> dict[str, str]:
    """That of somebody with a key, whose other folders are those of the test."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    own = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    more = {"COLUMNS": "160", "RAG_BOT_CACHE": str(model_cache), "RAG_BOT_LLM_KEY": SECRET}
    return {**kept, **own, **more, "RAG_BOT_GENERATION__RETRIES": "0"}


@pytest.fixture
def start(tmp_path: Path, index: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts rag-bot in an empty folder; what still runs at the end of the test is ended."""
    running: list[subprocess.Popen[bytes]] = []

    def start_command(
        *arguments: str, url: str = "", program: tuple[str, ...] = ("-m", "rag_bot"), **options: Any
    ) -> subprocess.Popen[bytes]:
        told = {"RAG_BOT_GENERATION__URL": url} if url else {}
        command = [sys.executable, *program, "--index", str(index), *arguments]
        one = subprocess.Popen(command, cwd=tmp_path, env=environment | told, **options)
        running.append(one)
        return one

    yield start_command
    for one in running:
        if one.poll() is None:
            one.kill()
        one.wait()


@pytest.fixture
def run(start: Start) -> Run:
    """Runs it to its end, and makes sure that it says no key."""

    def run_command(*arguments: str, url: str = "", said: str | None = None) -> subprocess.CompletedProcess[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = start(*arguments, url=url, **pipes)
        out, error = process.communicate((said or "").encode(), PATIENCE)
        assert SECRET.encode() not in out + error
        return subprocess.CompletedProcess(arguments, process.returncode, out.decode(), error.decode())

    return run_command


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A model's server that answers each question alike."""
    with serving(lambda _, handler: answer(handler, *ANSWER)) as board:
        yield board


def answer(handler: Handler, *words: str) -> None:
    """A list of models, or an answer, in OpenAI's format."""
    if handler.command == "GET":
        handler.json({"object": "list", "data": [{"id": "small", "object": "model"}]})
    else:
        handler.words(*words)


def slow(_: Seen, handler: Handler) -> None:
    """Writes a sentence and a half, and then nothing."""
    if handler.command == "GET":
        answer(handler)
        return
    handler.start()
    for word in (f"{SAID} ", "[1] ", "The captain "):
        handler.event(
            id="1",
            object="chat.completion.chunk",
            created=1,
            model="small",
            choices=[{"index": 0, "delta": {"content": word}}],
        )
    handler.wait_until_gone()


def test_ask_prints_the_sentences_their_citations_and_marks(run: Run, server: ScriptedServer) -> None:
    done = run("ask", FERRY, "--llm", "openai-like:small", url=server.url)
    assert done.returncode == 0, done.stderr
    prose, _, cited = done.stdout.partition("\n\n")
    marked = f"{SAID}[1] The captain of the ferry is named Aurora Berg. (not in these lines: "
    assert prose.startswith(marked)
    meaning, _, cited = cited.partition("\n\n")
    assert meaning.startswith("A number alone: ")
    place, line, *_ = cited.splitlines()
    assert place.startswith("Harbour walk  notes/harbour.md:3")
    assert line.startswith(f"[1] {SAID}")
    assert done.stderr == ""
    assert [seen.sent["model"] for seen in server.seen if seen.method == "POST"] == ["small"]
    assert all(seen.headers.get("authorization") == f"Bearer {SECRET}" for seen in server.seen)


def test_ask_json_has_the_keys_of_the_contract_and_nothing_else_on_stdout(run: Run, server: ScriptedServer) -> None:
    done = run("ask", FERRY, "--llm", "openai-like:small", "--json", url=server.url)
    found = json.loads(done.stdout)
    assert [key for key in KEYS if key not in found] == []
    assert (found["question"], found["mode"], found["abstained"], found["notice"]) == (FERRY, "prose", False, "")
    assert found["model"] == "openai-like:small"
    assert [set(one) >= {"text", "citations", "support"} for one in found["sentences"]] == [True, True]
    assert [(one["citations"], one["support"]) for one in found["sentences"]] == [([1], "supported"), ([], "not")]
    assert [(one["number"], one["quote"], one["start_line"]) for one in found["citations"]] == [(1, SAID, 3)]
    assert found["usage"] == {"prompt_tokens": 7, "answer_tokens": 4}
    assert found["answer"].startswith(f"{SAID} [1] ")
    assert found["timings_ms"]["total"] > 0


def test_the_settings_may_name_the_model(run: Run, server: ScriptedServer, tmp_path: Path) -> None:
    (tmp_path / "rag-bot.toml").write_text(f'llm = "openai-like:small"\n[generation]\nurl = "{server.url}"\n')
    assert run("trust", "--yes").returncode == 0
    assert json.loads(run("ask", FERRY, "--json").stdout)["mode"] == "prose"


def test_a_model_that_a_file_of_the_folder_names_is_not_asked_before_its_user_agrees(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rag-bot.toml").write_text(
        'llm = "openai-like:m"\n[generation]\nurl = "https://collector.invalid/v1"\n'
    )
    done = run("ask", FERRY)
    assert (done.returncode, SAID in done.stdout) == (0, True)
    [said] = done.stderr.splitlines()
    assert said.startswith("rag-bot: rag-bot.toml here also sets llm and generation.url. They don't count until you ag")
    assert run("trust", "--yes").returncode == 0
    assert "is remote: " in run("ask", FERRY).stderr


def test_a_chat_goes_on_after_its_conversation_was_deleted(run: Run, index: Path) -> None:
    kept = Conversations.of(Settings(index=index))

    def meanwhile(_: Seen, handler: Handler) -> None:
        for one in kept.list():
            kept.delete(one.key)
        answer(handler, f"{SAID} [1]")

    with serving(meanwhile) as board:
        done = run("chat", "--llm", "openai-like:small", url=board.url, said=f"{FERRY}\n{FERRY}\n\n")
    assert (done.returncode, done.stderr.count("no conversation")) == (0, 0)
    assert [one.exchanges for one in kept.list()] == [1]
    kept.delete(kept.list()[0].key)


def test_below_the_threshold_nothing_is_sent(run: Run, server: ScriptedServer) -> None:
    done = run("ask", "What is the capital of France?", "--llm", "openai-like:small", "--json", url=server.url)
    assert json.loads(done.stdout)["abstained"] is True
    assert [seen for seen in server.seen if seen.method == "POST"] == []


def test_a_server_that_is_down_leaves_the_quotes_and_one_line_of_notice(run: Run) -> None:
    done = run("ask", FERRY, "--llm", "openai-like:small", url="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    notice, *rest = done.stdout.splitlines()
    assert "127.0.0.1:9" in notice
    assert notice.endswith("own lines instead.")
    assert [line for line in rest if line.startswith(f"[1] {SAID}")]
    found = json.loads(run("ask", FERRY, "--llm", "openai-like:small", "--json", url="http://127.0.0.1:9").stdout)
    assert (found["mode"], "\n" in found["notice"]) == ("quotes", False)


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_server_that_refuses_leaves_the_quotes_and_no_key(run: Run, status: int) -> None:
    def refuse(_: Seen, handler: Handler) -> None:
        handler.json({"error": {"message": f"No \x1b[31m{SECRET}\x1b[0m"}}, status)

    with serving(refuse) as board:
        done = run("ask", FERRY, "--llm", "openai-like:small", url=board.url)
    assert done.returncode == 0, done.stderr
    assert str(status) in done.stdout.splitlines()[0]
    assert f"[1] {SAID}" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nonsense", 2, "openai-like"),
        ("nobody:small", 2, "openai-like"),
        ("openai-like:small", 2, "URL"),
        ("openai-like:", 2, "name"),
        ("gguf:missing.gguf", 1, "missing.gguf"),
        ("gguf:empty.gguf", 1, "empty.gguf"),
    ],
)
def test_a_model_that_cannot_be_gets_one_line(run: Run, tmp_path: Path, name: str, code: int, said: str) -> None:
    (tmp_path / "empty.gguf").write_bytes(b"")
    for command in (("ask", FERRY), ("chat",)):
        done = run(*command, "--llm", name, said=f"{FERRY}\n\n")
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        assert lines[0].startswith("rag-bot: ")
        assert said.lower() in lines[0].lower()


TELLING = """
import sys
from pathlib import Path
from rag_bot import Library
from rag_bot.cli import main

came, write = Path(sys.argv.pop(1)), Library.write

def telling(*arguments, **options):
    for answer in write(*arguments, **options):
        yield answer
        if answer.sentences and "captain" in answer.draft:
            came.touch()

Library.write = telling
main(sys.argv[1:])
"""
"""The program itself, which also makes a file once it has checked a sentence and half of the next one is there."""


def test_an_interrupt_keeps_what_came_and_says_that_it_stopped(start: Start, tmp_path: Path) -> None:
    with serving(slow) as board:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        told = ["ask", FERRY, "--llm", "openai-like:small"]
        asking = start(*told, url=board.url, program=("-c", TELLING, str(tmp_path / "came")), **pipes)
        _until((tmp_path / "came").exists)
        asking.send_signal(signal.SIGINT)
        out, error = asking.communicate(timeout=PATIENCE)
        assert board.gone.wait(PATIENCE)
    assert (asking.returncode, error) == (0, b"")
    assert out.decode().splitlines()[0] == "Stopped."
    assert f"{SAID}[1]" in out.decode()
    assert "The captain …" in out.decode()


def test_on_a_terminal_the_words_are_shown_while_they_come(start: Start) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with serving(slow) as board:
        asking = start("ask", FERRY, "--llm", "openai-like:small", url=board.url, stdout=theirs, stderr=theirs)
        os.close(theirs)
        assert _read_until(ours, lambda seen: SAID in seen and "The captain" in seen)
        assert asking.poll() is None
        asking.send_signal(signal.SIGINT)
        rest = _read_until(ours, lambda seen: "notes/harbour.md:3" in seen)
    assert asking.wait(PATIENCE) == 0
    assert "Stopped." in rest
    os.close(ours)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def _read_until(terminal: int, holds: Callable[[str], bool]) -> str:
    """What a terminal shows until this holds of it."""
    seen, end = b"", time.monotonic() + PATIENCE
    while not holds(seen.decode(errors="replace")):
        assert time.monotonic() < end, seen
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 10_000)
    return seen.decode(errors="replace")


def test_a_chat_is_kept_listed_shown_exported_and_gone_on_with(run: Run, tmp_path: Path) -> None:
    answers = iter([ANSWER, ("What does a return ticket to Lindholm cost?",), ("It costs 14 euros. [1]",), ANSWER])

    def in_turn(_: Seen, handler: Handler) -> None:
        answer(handler, *(() if handler.command == "GET" else next(answers)))

    with serving(in_turn) as board:
        named = ("--llm", "openai-like:small")
        done = run("chat", *named, url=board.url, said=f"{FERRY}\n{RETURN}\n\n")
        assert done.returncode == 0, done.stderr
        assert "openai-like:small" in done.stdout
        assert SAID in done.stdout
        assert "Searched for: " in done.stdout
        assert "A return ticket to Lindholm costs 14 euros." in done.stdout
        [kept] = json.loads(run("conversations", "list", "--json").stdout)["conversations"]
        assert (kept["title"], kept["exchanges"]) == (FERRY, 2)
        assert kept["key"] in run("conversations", "list").stdout
        told = json.loads(run("conversations", "show", kept["key"], "--json").stdout)
        assert (told["title"], [one["question"] for one in told["answers"]]) == (FERRY, [FERRY, RETURN])
        assert told["answers"][1]["citations"][0]["path"] == "notes/harbour.md"
        shown = run("conversations", "show", kept["key"]).stdout
        assert f"> {FERRY}" in shown
        assert "(not in these lines: " in shown
        page = run("conversations", "export", kept["key"], "--output", "ferry.md")
        assert page.returncode == 0, page.stderr
        assert "> A return ticket to Lindholm costs 14 euros." in (tmp_path / "ferry.md").read_text()
        more = run("chat", *named, "--continue", kept["key"], url=board.url, said=f"{FERRY}\n\n")
        assert more.returncode == 0, more.stderr
    [kept] = json.loads(run("conversations", "list", "--json").stdout)["conversations"]
    assert kept["exchanges"] == 3
    last = board.seen[-1].sent["messages"]
    assert [message["role"] for message in last] == ["system", "user", "assistant", "user", "assistant", "user"]
    renamed = json.loads(run("conversations", "rename", kept["key"], "Ferries", "--json").stdout)
    assert (renamed["key"], renamed["title"]) == (kept["key"], "Ferries")
    deleted = json.loads(run("conversations", "delete", kept["key"], "--yes", "--json").stdout)
    assert (deleted["key"], deleted["deleted"]) == (kept["key"], True)
    assert run("chat", *named, "--continue", kept["key"], url=board.url).returncode == 2


def test_evaluation_says_what_the_model_cost_and_how_much_of_it_the_notes_say(
    run: Run, server: ScriptedServer, tmp_path: Path
) -> None:
    cases: list[dict[str, Any]] = [
        {"question": FERRY, "pattern": "7:40", "evidence": [{"path": "notes/harbour.md", "quote": SAID}]},
        {
            "question": "When does the waffle kiosk at the harbour close?",
            "pattern": "18:00",
            "evidence": [{"path": "notes/harbour.md", "quote": "The waffle kiosk at the harbour closes at 18:00"}],
        },
        {"question": "What is the capital of France?", "kind": "off-topic", "pattern": "", "evidence": []},
    ]
    lines = [
        {"id": f"c{number}", "kind": "fact", "answerable": bool(case["evidence"]), **case}
        for number, case in enumerate(cases)
    ]
    (tmp_path / "cases.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    done = run("eval", "run", "cases.jsonl", "--llm", "openai-like:small", "--json", url=server.url)
    assert done.returncode == 0, done.stderr
    assert {"unsupported_share", "fell_back", "prompt_tokens", "answer_tokens"} <= _names(json.loads(done.stdout))


def _names(value: Any) -> set[str]:
    """All keys within a JSON value."""
    if isinstance(value, dict):
        return {*value, *(name for one in value.values() for name in _names(one))}
    return {name for one in value for name in _names(one)} if isinstance(value, list) else set()


def test_models_lists_what_the_server_has_and_tries_it(run: Run, server: ScriptedServer) -> None:
    tried = run("models", "openai-like:small", "--json", url=server.url)
    assert tried.returncode == 0, tried.stderr
    assert json.loads(tried.stdout)["name"] == "openai-like:small"
    assert "openai-like:small" in run("models", url=server.url).stdout
