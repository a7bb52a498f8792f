"""Whatever names, notes, questions, models and titles hold, the terminal neither obeys it nor reads it as markup."""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.cli import main
from rag_bot.conversations import Conversations
from rag_bot.settings import Settings
from tests.conftest import ROOT
from tests.conversations.samples import exchange
from tests.llm.server import Handler, Seen, serving

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e[bold]loud[/bold] [/none] :warning:\x7f"
FEIGNED = "rag-bot: all is well"
FILE = f"key {EVIL}\n{FEIGNED}.md".replace("/", "|")
QUESTION = f"Where does the key of the shed hang? {EVIL}"
SAID = "The key of the shed hangs behind the door"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
OURS = re.compile(r"\x1b\[[\d;]*m|\x1b\[(?:\?25[lh]|2K|1A)|\r")
"""Colours, and how words that grow are written over."""

Ran = tuple[int, str, str]
Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def shed(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index of a folder whose names, titles, headings, tags and lines are hostile, and one that was unreadable."""
    folder = tmp_path_factory.mktemp("shed") / f"notes {EVIL}".replace("/", "|")
    folder.mkdir()
    text = f"---\ntitle: {json.dumps(f'Shed {EVIL}')}\n---\n# Keys {EVIL}\n\n{SAID} {EVIL}.\n"
    (folder / FILE).write_text(text, encoding="utf-8")
    (folder / f"torn {FILE}").write_text("The key. " * 10_000 + "\0" * 10_000)
    settings = Settings(index=folder.parent / "index", cache=model_cache, notes=(folder,))
    with Library(settings) as library:
        library.ingest([folder])
    return settings


@pytest.fixture
def run(
    shed: Settings, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Runs a command on that index; gives exit code, stdout and stderr, in which nothing is obeyed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    monkeypatch.setattr("rag_bot.cli._verbose", False)

    def run_command(*arguments: str, said: str = "") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(said))
        with pytest.raises(SystemExit) as ended:
            main(["--index", str(shed.index), "--cache", str(shed.cache), *arguments])
        out, error = (part.decode() for part in capfdbinary.readouterr())
        assert not OBEYED.search(OURS.sub("", out + error)), (arguments, out, error)
        feigned = [line for line in (out + error).splitlines() if line.startswith(FEIGNED)]
        assert not feigned, (arguments, out, error)
        return int(ended.value.code or 0), out, error

    return run_command


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ask", QUESTION), 0),
        (("ask", f"What is the capital of France? {EVIL}"), 0),
        (("search", QUESTION), 0),
        (("status",), 0),
        (("ingest",), 3),
        (("why", QUESTION, "--note", FILE), 0),
        (("why", QUESTION, "--note", f"other {FILE}"), 0),
        (("models",), 0),
    ],
)
def test_a_hostile_folder_is_shown_as_text_and_as_json(run: Run, arguments: tuple[str, ...], code: int) -> None:
    found, out, error = run(*arguments)
    assert (found, error) == (code, "")
    if arguments != ("models",):
        assert "[bold]loud[/bold]".replace("/", "|") in out.replace("/", "|")
        assert ":warning:" in out
    found, out, error = run(*arguments, "--json")
    assert (found, error) == (code, ""), out
    json.loads(out)


def test_a_first_sync_of_a_hostile_folder_lists_its_names_and_shows_what_it_forgets(
    run: Run, shed: Settings, tmp_path: Path
) -> None:
    other, folder = ("--index", str(tmp_path / "other")), str(shed.notes[0])
    for as_json in ((), ("--json",)):
        code, out, _ = run(*other, "ingest", folder, "--dry-run", *as_json)
        assert code == 0
        assert "[bold]loud" in out
    assert run(*other, "ingest", folder)[0] == 3
    assert "[bold]loud" in run(*other, "forget", folder)[1]


def test_what_is_wrong_with_an_index_of_a_hostile_folder_is_said_in_plain_text(
    run: Run, shed: Settings, tmp_path: Path
) -> None:
    copy = shutil.copytree(shed.index, tmp_path / "copy")
    with closing(sqlite3.connect(copy / "catalogue.sqlite3")) as connection, connection:
        connection.execute("UPDATE note SET text = 'x' || text")
    code, out, error = run("--index", str(copy), "verify")
    assert (code, error) == (1, "")
    assert "[bold]loud" in out
    code, out, error = run("--index", str(copy), "verify", "--json")
    assert (code, error) == (1, "")
    assert any(FEIGNED in problem["text"] for problem in json.loads(out)["problems"])


def test_json_gives_the_very_path_and_words_back(run: Run, shed: Settings) -> None:
    citation = json.loads(run("ask", QUESTION, "--json")[1])["citations"][0]
    assert citation["path"] == f"{shed.notes[0].name}/{FILE}"
    assert citation["quote"] == f"{SAID} {EVIL}."


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", f"? {EVIL}", "--folder", EVIL),
        ("forget", EVIL),
        ("ingest", f"/nowhere {FILE}"),
        ("eval", "run", FILE),
        ("eval", "checker", FILE),
        ("eval", "add", QUESTION, f"{FILE}:3"),
        ("eval", "sweep", EVIL),
        ("conversations", "show", EVIL),
        ("models", EVIL),
        ("ask", QUESTION, "--llm", f"gguf:{EVIL}"),
        ("-v", "ask", QUESTION, "--llm", EVIL),
        (EVIL,),
        ("search", QUESTION, "-k", EVIL),
    ],
)
def test_an_error_that_repeats_what_was_given_is_not_obeyed(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, error = run(*arguments)
    assert code in (1, 2), (out, error)
    assert "rag-bot: " in error
    assert arguments[0] == "-v" or len(error.splitlines()) == 1


def test_measuring_shows_hostile_cases_as_they_are(run: Run, shed: Settings, tmp_path: Path) -> None:
    evidence = [{"path": f"{shed.notes[0].name}/{FILE}", "quote": SAID}]
    case = {"id": EVIL, "question": QUESTION, "kind": EVIL, "answerable": True, "pattern": "nothing like it"}
    (tmp_path / "cases.jsonl").write_text(json.dumps({**case, "evidence": evidence}) + "\n")
    code, out, _ = run("eval", "run", "cases.jsonl", "--save", f"{EVIL}.json".replace("/", "|"))
    assert code == 0
    assert "[bold]loud[/bold]" in out
    (tmp_path / "wrong.jsonl").write_text(json.dumps({**case, "evidence": evidence, "pattern": f"({EVIL}"}) + "\n")
    code, _, error = run("eval", "run", "wrong.jsonl")
    assert code == 2
    assert len(error.splitlines()) == 1


def test_conversations_and_the_chat_are_shown_as_they_are(run: Run, shed: Settings) -> None:
    kept = Conversations.of(shed)
    key = kept.begin("When?").key
    kept.put(key, exchange("a", QUESTION, f"{SAID} {EVIL}"))
    with closing(sqlite3.connect(kept.file)) as connection, connection:
        connection.execute("UPDATE conversation SET title = ?", (f"Keys {EVIL}\n{FEIGNED}",))
    for command in (("list",), ("list", "--json"), ("list", "--search", f"nowhere {EVIL}"), ("show", key)):
        assert run("conversations", *command)[0] == 0
    assert run("conversations", "delete", key)[0] == 2
    assert run("conversations", "export", key)[0] == 0
    assert run("conversations", "export", key, "--output", f"{EVIL}.md".replace("/", "|"))[0] == 0
    assert run("conversations", "rename", key, f"Keys {EVIL}")[0] == 0
    code, out, _ = run("chat", said=f"{QUESTION}\n? {EVIL}\n\n")
    assert code == 0
    assert "behind the door" in out
    assert run("conversations", "delete", key, "--yes")[0] == 0


@pytest.mark.parametrize("forced", [False, True])
def test_a_hostile_server_s_models_and_words_are_shown_as_they_are(
    run: Run, monkeypatch: pytest.MonkeyPatch, forced: bool
) -> None:
    name = f"m {EVIL}"

    def hostile(_: Seen, handler: Handler) -> None:
        if handler.command == "GET":
            handler.json({"data": [{"id": name}, {"id": "n"}]})
        else:
            handler.words(f"{SAID} {EVIL}. [1] ", f"And so on {EVIL}.")

    if forced:
        monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal, where the words are shown as they come
        monkeypatch.setenv("TERM", "xterm-256color")
    with serving(hostile) as server:
        monkeypatch.setenv("RAG_BOT_GENERATION__URL", server.url)
        monkeypatch.setenv("RAG_BOT_LLM", f"openai-like:{name}")
        code, out, _ = run("models")
        assert code == 0
        assert "[bold]loud[/bold] [/none] :warning:" in OURS.sub("", out)
        assert run("models", f"openai-like:{name}")[0] == 0
        for command in (("ask", QUESTION), ("chat",)):
            code, out, _ = run(*command, said=f"{QUESTION}\n\n")
            assert code == 0
            assert "[bold]loud[/bold]" in OURS.sub("", out)


def test_the_commands_print_in_one_place_alone() -> None:
    printing = {"print", "print_exc", "echo", "secho", "Console", "from_markup"}
    called = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "rag_bot" / "cli").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and path.name != "command.py"
        if re.split(r"[.(]", ast.unparse(node.func))[-1] in printing
        or re.fullmatch(r"sys\.std(out|err)\.write", ast.unparse(node.func))
    ]
    assert called == []
