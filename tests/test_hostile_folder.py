"""A folder that somebody else made: what it sets, ships and hides reaches no server, no key and no other folder."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from rag_bot import Library, trust
from rag_bot.errors import UsageError
from rag_bot.llm.opening import list_models, open_llm
from rag_bot.settings import LlmSettings, RetrievalSettings, Settings, load_settings, read_folder
from rag_bot.ui.child import ChildProcess
from rag_bot.ui.models.models import Models
from tests.conftest import ROOT
from tests.llm.server import ScriptedServer, serving

KEY = "sk-victim-4711"
FERRY = "When does the ferry to Lindholm leave?"
LEAVES = "The ferry to Lindholm leaves at 7:40 from pier 3."
HARMLESS = """
chunk_tokens = 64
port = 7001
[retrieval]
dense_weight = 0.4
[generation]
answer_tokens = 100
"""
OTHER = {
    "llm": '"openai-like:m"',
    "generation.url": '"http://127.0.0.1:9/v1"',
    "generation.check_model": '"model"',
    "model": '"model"',
    "reader": '"model"',
    "cache": '"cache"',
    "index": '"shipped"',
    "host": '"0.0.0.0"',
    "notes": '"notes"',
    "exclude": '"*"',
    "editor": '"theirs:{path}"',
    "uploads": "true",
    "vectors": '"http://127.0.0.1:9"',
    "catalogue": '"postgresql://127.0.0.1:9/notes"',
}
BOMB = "[" + "a." * 1800 + "a]\n" + "b." * 1800 + "b = 1\n"  # what takes tomllib longest for its size
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that we are in; our config folder is another one."""
    folder = tmp_path / "downloaded"
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "ferry.md").write_text(f"# Ferry\n\n{LEAVES}\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(trust, "_said", set())
    return folder


@pytest.fixture
def collector() -> Iterator[ScriptedServer]:
    """A server that takes whatever comes."""
    with serving(lambda _, handler: handler.json({"data": [{"id": "m"}]})) as server:
        yield server


@pytest.fixture
def victim(folder: Path, tmp_path: Path, model_cache: Path) -> dict[str, str]:
    """The environment of somebody with keys and an index of their own."""
    index = tmp_path / "mine"
    with Library(Settings(notes=(folder / "notes",), index=index, cache=model_cache)) as library:
        library.ingest()
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    keys = {"RAG_BOT_LLM_KEY": KEY, "OLLAMA_API_KEY": KEY, "OPENAI_API_KEY": KEY, "OLLAMA_HOST": "127.0.0.1:9"}
    return {**kept, **keys, "RAG_BOT_CACHE": str(model_cache), "RAG_BOT_INDEX": str(index), "COLUMNS": "160"}


@pytest.fixture
def run(folder: Path, victim: dict[str, str]) -> Run:
    """Runs rag-bot there."""

    def run_command(*arguments: str, said: str = "", **told: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rag_bot", *arguments]
        return subprocess.run(
            command, cwd=folder, env=victim | told, input=said, capture_output=True, text=True, check=False
        )

    return run_command


def write_settings(folder: Path, text: str) -> None:
    (folder / "rag-bot.toml").write_text(text, encoding="utf-8")


def agree_to(folder: Path) -> None:
    found = read_folder(folder)
    trust.agree(trust.SETTINGS, str(found.file), found.digest)


def collecting(url: str, llm: str = "openai-like:m") -> str:
    return f'llm = "{llm}"\nindex = "shipped"\n[generation]\nurl = "{url}"\n'


def test_the_harmless_counts_without_a_word(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_settings(folder, HARMLESS)
    settings = load_settings()
    assert (settings.chunk_tokens, settings.port) == (64, 7001)
    assert (settings.retrieval.dense_weight, settings.generation.answer_tokens) == (0.4, 100)
    assert capsys.readouterr().err == ""


def test_every_setting_but_those_listed_here_has_to_be_agreed_to(folder: Path) -> None:
    groups: dict[str, type[BaseModel]] = {"retrieval": RetrievalSettings, "generation": LlmSettings}
    names = {name for name in Settings.model_fields if name not in groups}
    names |= {f"{group}.{name}" for group, model in groups.items() for name in model.model_fields}
    harmless = {"chunk_tokens", "port", *(f"retrieval.{name}" for name in RetrievalSettings.model_fields)}
    asked = {"context_tokens", "answer_tokens", "passage_tokens", "memory_tokens", "temperature", "timeout_seconds"}
    harmless |= {f"generation.{name}" for name in (*asked, "retries")}
    assert names == harmless | set(OTHER)
    for name in sorted(harmless):
        write_settings(folder, f"{name} = 1\n")
        assert dict(read_folder(folder).other) == {}, name


@pytest.mark.parametrize("name", OTHER)
def test_whatever_else_is_set_is_left_out_and_named_until_its_user_agrees(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = load_settings()
    write_settings(folder, f"{name} = {OTHER[name]}\n")
    assert load_settings() == load_settings() == usual
    said = f"rag-bot: rag-bot.toml here also sets {name}. It doesn't count until you agree: `rag-bot trust`.\n"
    assert capsys.readouterr().err == said
    agree_to(folder)
    assert load_settings() != usual


def test_no_notes_of_a_stranger_count_wherever_they_lie(folder: Path) -> None:
    for told in ('"/etc"', '"notes"', '["notes", "../private"]', '"a\\u0000b"'):
        write_settings(folder, f"notes = {told}\n")
        assert list(read_folder(folder).pending) == ["notes"], told


def test_changed_content_has_to_be_agreed_to_again(folder: Path) -> None:
    write_settings(folder, 'llm = "openai-like:m"\n')
    agree_to(folder)
    assert load_settings().llm == "openai-like:m"
    write_settings(folder, 'llm = "openai-like:n"\n')
    assert load_settings().llm == ""
    write_settings(folder, 'llm = "openai-like:m"\n')
    assert load_settings().llm == "openai-like:m"


def test_an_agreement_holds_for_one_place_also_through_links(folder: Path, tmp_path: Path) -> None:
    write_settings(folder, 'llm = "openai-like:m"\n')
    agree_to(folder)
    other = tmp_path / "other"
    other.mkdir()
    (other / "rag-bot.toml").symlink_to(folder / "rag-bot.toml")
    (tmp_path / "same").symlink_to(folder)
    assert list(read_folder(other).pending) == ["llm"]
    assert dict(read_folder(tmp_path / "same").pending) == {}


def test_the_checkout_needs_no_agreement() -> None:
    found = read_folder(ROOT)
    assert list(found.other) == ["notes", "index"]
    assert found.is_agreed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" * 40_960 + " = 1\n", "more than 8,192 bytes"),
        ("#" * 1_000_000, "more than 8,192 bytes"),
        ("a" * 7_000 + " = 1\n", "Unknown setting"),
        (BOMB, "Unknown setting"),
        ("notes = " + "[" * 4000 + "]" * 4000, "too deep"),
        ("_secrets_dir = '/'\n", "Unknown setting '_secrets_dir'"),
        ("_cli_parse_args = true\n", "Unknown setting '_cli_parse_args'"),
        ('"generation.url" = "http://x"\n', "Unknown setting 'generation.url'"),
        ("port = 0x" + "f" * 8000, "a number of thousands of digits"),
        ("llm" + ".a" * 3000 + " = 1\n", "Setting 'llm'"),
        (f"generation.{'a' * 7000} = 1\n", "Unknown setting"),
        (f"host = [{'1,' * 3500}]\n", "Setting 'host'"),
    ],
)
def test_a_monstrous_file_is_refused_in_one_short_line(folder: Path, text: str, said: str) -> None:
    write_settings(folder, text)
    with pytest.raises(UsageError, match=said) as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_pipe_a_device_and_a_link_to_itself_hold_nobody_up(folder: Path) -> None:
    file = folder / "rag-bot.toml"
    os.mkfifo(file)
    with pytest.raises(UsageError, match="is not a regular file"):
        load_settings()
    for target in (Path("/dev/zero"), file):
        file.unlink()
        file.symlink_to(target)
        with pytest.raises(UsageError, match=r"is not a regular file|cannot be read"):
            load_settings()


def test_the_agreements_are_for_their_user_alone_and_a_broken_file_agrees_to_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(folder, 'llm = "openai-like:m"\n')
    agree_to(folder)
    trust.agree(trust.REMOTES, "openai:m api.openai.com")
    file = trust.agreements_file()
    assert json.loads(file.read_text()) == {
        "settings": {str(folder / "rag-bot.toml"): hashlib.sha256(b'llm = "openai-like:m"\n').hexdigest()},
        "remotes": {"openai:m api.openai.com": ""},
    }
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    for broken in ("{", "[]", '{"settings": 1}', '{"settings": {"a": 1}, "remotes": []}', "\ud800"):
        file.write_text(broken, encoding="utf-8", errors="surrogatepass")
        assert load_settings().llm == "", broken
        with pytest.raises(UsageError, match="Mend or remove it"):
            agree_to(folder)
    assert "agreements.json cannot be read" in capsys.readouterr().err
    file.unlink()
    assert load_settings().llm == ""


def test_agreements_can_be_taken_back(folder: Path) -> None:
    write_settings(folder, 'llm = "openai-like:m"\n')
    agree_to(folder)
    assert trust.withdraw(trust.SETTINGS, str(folder / "rag-bot.toml"))
    assert not trust.withdraw(trust.SETTINGS, str(folder / "rag-bot.toml"))
    assert load_settings().llm == ""


@pytest.mark.parametrize("llm", ["openai-like:m", "ollama:m"])
def test_no_connection_is_made_and_no_key_sent_before_its_user_agrees(
    run: Run, folder: Path, collector: ScriptedServer, llm: str
) -> None:
    write_settings(folder, collecting(collector.url, llm))
    (folder / "shipped").mkdir()
    (folder / "shipped" / "agreed-remotes").write_text(f"{llm} {collector.url.removeprefix('http://')}\n")
    case = {"id": "ferry", "question": FERRY, "kind": "fact", "answerable": True, "pattern": "7:40"}
    (folder / "cases.jsonl").write_text(json.dumps(case) + "\n")
    for arguments in (("ask", FERRY), ("chat",), ("models",), ("eval", "run", "cases.jsonl")):
        done = run(*arguments, said=f"{FERRY}\n\n")
        assert "also sets" in done.stderr, arguments
    assert collector.seen == []


def test_the_app_asks_no_server_that_the_folder_names(
    folder: Path, tmp_path: Path, collector: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    write_settings(folder, collecting(collector.url))
    models = Models(Library(index=tmp_path / "mine"))
    models.look()
    while models.choice.is_looking:
        time.sleep(0.01)
    assert models.choice.known
    assert collector.seen == []


def test_a_key_goes_where_its_user_said_and_only_there(
    folder: Path, collector: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_BOT_LLM_KEY", KEY)
    write_settings(folder, collecting(collector.url))
    with pytest.raises(UsageError, match="needs an address"):
        open_llm(load_settings(), "openai-like:m")
    assert collector.seen == []
    agree_to(folder)
    open_llm(load_settings())
    assert {seen.headers["authorization"] for seen in collector.seen} == {f"Bearer {KEY}"}


def test_a_key_follows_no_redirection_not_even_to_another_port(
    collector: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_BOT_LLM_KEY", KEY)
    away = collector.url
    with serving(lambda _, handler: handler.plain("", 307, Location=f"{away}/v1/models")) as server:
        told = Settings(llm="openai-like:m", generation=LlmSettings(url=server.url))
        assert list_models(told)
        open_llm(told)
        assert server.seen
    assert collector.seen == []


def test_a_child_of_the_app_has_the_settings_of_the_app_and_reads_no_file(folder: Path) -> None:
    told = Settings(notes=(folder,), exclude=("#x",), llm="gguf:a", reader="", generation=LlmSettings(url="http://h:1"))
    write_settings(folder, 'port = 1\nllm = "ollama:evil"\n')
    code = "from rag_bot.settings import load_settings; print(load_settings().model_dump_json())"
    lines: list[str] = []
    child = ChildProcess(told, (sys.executable, "-c", code))
    assert child.run([], on_output=lines.append, on_message=lines.append) == 0
    assert [Settings(**json.loads(line)) for line in lines] == [told]


def test_on_a_terminal_it_is_asked_once_and_a_yes_is_remembered(folder: Path, victim: dict[str, str]) -> None:
    write_settings(folder, 'llm = "openai-like:\\u001b[2Jm"\nmodel = "all-MiniLM-L6-v2"\n')
    said = at_terminal(folder, victim, "status", "n\n")
    assert "sets llm = 'openai-like:\\x1b[2Jm', model = 'all-MiniLM-L6-v2'. Use them? [y/N]" in said
    assert "also sets llm and model. They don't count" in said
    assert "Use them?" in at_terminal(folder, victim, "status", "y\n")
    assert "Use them?" not in at_terminal(folder, victim, "status", "")


def test_trust_shows_asks_remembers_and_forgets(run: Run, folder: Path) -> None:
    assert "There is no rag-bot.toml and no index" in run("trust").stderr
    write_settings(folder, 'model = "all-MiniLM-L6-v2"\nport = 7001\n')
    done = run("trust")
    assert (done.returncode, done.stdout) == (2, "")
    assert "sets model = 'all-MiniLM-L6-v2'. They count once you agree: say so with --yes." in done.stderr
    told = json.loads(run("trust", str(folder), "--yes", "--json").stdout)
    sets = {"model": "all-MiniLM-L6-v2"}
    assert told == {"file": str(folder / "rag-bot.toml"), "sets": sets, "agreed": True}
    assert "You have agreed to it." in run("trust").stdout
    assert "is no longer agreed to." in run("trust", "--forget").stdout
    assert "is not agreed to." in run("trust", "--forget").stdout
    write_settings(folder, "port = 7001\n")
    assert "sets nothing that has to be agreed to" in run("trust").stdout


def at_terminal(folder: Path, environment: dict[str, str], command: str, typed: str) -> str:
    """Runs a command whose input and messages are a terminal, and gives what it said there."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    arguments = [sys.executable, "-m", "rag_bot", command]
    subprocess.run(
        arguments, cwd=folder, env=environment, check=False, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    )
    os.write(theirs, b"END")
    said = b""
    while not said.endswith(b"END"):
        said += os.read(ours, 10_000)
    os.close(ours)
    os.close(theirs)
    return said.decode()
