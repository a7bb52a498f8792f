"""What `rag-bot models` finds, tries and keeps."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest

from rag_bot.cli import main
from rag_bot.llm import ModelInfo, list_models, open_llm
from rag_bot.llm.providers import PROVIDERS
from rag_bot.settings import Settings
from tests.conftest import ROOT
from tests.llm.conftest import KEY
from tests.llm.server import Handler, Seen, serving
from tests.llm.test_names import KeptHere
from tests.llm.test_servers import ollama

Told = Callable[..., Settings]


def by_name(found: list[ModelInfo]) -> dict[str, ModelInfo]:
    return {info.name: info for info in found}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["models", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file of this checkout, and no Ollama of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_BOT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")


def test_what_ollama_has_is_listed_and_the_model_of_the_settings_comes_first(told: Told) -> None:
    with serving(ollama) as server:
        place = server.url.removeprefix("http://")
        found = list_models(told("ollama:qwen3:4b", url=server.url))
        assert found[0] == ModelInfo("ollama:qwen3:4b", place, False, "ready")
        missing = list_models(told("ollama:llama9", url=server.url))
    assert missing[0] == ModelInfo("ollama:llama9", place, False, "not there", "`ollama pull llama9` brings it.")
    assert by_name(missing)["ollama:qwen3:4b"].is_ready


def test_what_an_openai_like_server_has_is_listed(told: Told) -> None:
    def script(seen: Seen, handler: Handler) -> None:
        handler.json({"data": [{"id": "one"}, {"id": "two"}]}, 200 if seen.path == "/v1/models" else 404)

    with serving(script) as server:
        found = by_name(list_models(told("openai-like:two", url=server.url)))
    assert [name for name, info in found.items() if info.is_ready] == ["openai-like:two", "openai-like:one"]
    assert found["ollama:NAME"].state == "not reachable"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (lambda handler: handler.json({}, 401), "key missing"),
        (lambda handler: handler.json({}, 500), "not reachable"),
        (lambda handler: handler.plain("<html>", kind="text/html"), "not reachable"),
        (lambda handler: handler.plain("{", kind="application/json"), "not reachable"),
        (lambda handler: handler.json([1]), "not reachable"),
        (lambda handler: handler.wait_until_gone(), "not reachable"),
    ],
)
def test_a_server_that_does_not_tell_is_said_not_to(answer: Callable[[Handler], None], state: str, told: Told) -> None:
    with serving(lambda _, handler: answer(handler)) as server:
        first = list_models(told("openai-like:m", url=server.url))[0]
    assert (first.name, first.state) == ("openai-like:m", state)


@pytest.mark.parametrize(
    ("name", "url", "state", "said"),
    [
        ("gguf:nowhere.gguf", "", "not there", "nowhere.gguf"),
        ("gguf:owner/repo/file.gguf", "", "not fetched", "when it is first asked"),
        ("gguf:torn.gguf", "", "not usable", "no GGUF file"),
        ("openai-like:m", "http://127.0.0.1:9/v1", "not reachable", "Is its server running?"),
        ("openai-like:m", "", "not usable", "Set generation.url"),
        ("openai-like:m", "nonsense", "not usable", "'nonsense', which is no address"),
        ("ollama:m", "http://a:b@127.0.0.1:9", "not usable", "carries a password"),
        ("ollama:m", "", "not reachable", "Is Ollama running?"),
        ("openai:gpt-4o", "", "key missing", "OPENAI_API_KEY"),
        ("nobody:m", "", "not usable", "names no language model"),
        ("nonsense", "", "not usable", "names no language model"),
    ],
)
def test_the_model_of_the_settings_is_listed_whatever_is_wrong_with_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, url: str, state: str, said: str
) -> None:
    Path("torn.gguf").write_bytes(b"torn")
    monkeypatch.setenv("RAG_BOT_LLM", name)
    monkeypatch.setenv("RAG_BOT_GENERATION__URL", url)
    assert run("--json") == 0
    first, *others = json.loads(capsys.readouterr().out)["models"]
    assert (first["name"], first["state"], first["configured"]) == (name, state, True)
    assert said in first["note"]
    assert "openai:NAME" in [one["name"] for one in others]
    assert run() == 0
    assert capsys.readouterr().out.startswith(f"*  {name} ")


def test_anthropic_s_model_of_the_settings_is_listed_with_what_it_lacks(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacks = "key missing" if PROVIDERS["anthropic"].is_installed() else "package missing"
    first = list_models(told("anthropic:claude"))[0]
    assert (first.name, first.state) == ("anthropic:claude", lacks)
    monkeypatch.setattr("rag_bot.llm.provider.Provider.is_installed", lambda _: True)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert list_models(told("anthropic:claude"))[0].state == "ready"


def test_an_address_of_ollama_that_is_none_leaves_the_others_in_the_list(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "here:there")
    found = by_name(list_models(told("")))
    assert found["ollama:NAME"].state == "not usable"
    assert found["openai:NAME"].state == "key missing"


def test_a_model_that_a_server_lists_far_behind_is_listed_where_the_settings_name_it(told: Told) -> None:
    with serving(lambda _, handler: handler.json({"data": [{"id": f"m{n}"} for n in range(300)]})) as server:
        found = list_models(told("openai-like:m290", url=server.url))
    assert (found[0].name, found[0].state) == ("openai-like:m290", "ready")
    assert [info.name for info in found].count("openai-like:m290") == 1
    assert len(found) < 250


def test_a_key_makes_openai_ready_and_is_not_shown(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_name(list_models(told("openai:gpt-4o")))["openai:gpt-4o"].state == "key missing"
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    first = list_models(told("openai:gpt-4o"))[0]
    assert (first.state, first.note, first.is_remote) == ("ready", "key from OPENAI_API_KEY", True)
    assert first.place == "api.openai.com"


def test_a_model_named_beside_the_settings_is_not_sent_to_their_url(told: Told) -> None:
    with serving(ollama) as server:
        assert open_llm(told("openai-like:m", url=server.url), "ollama:x").place == "127.0.0.1:9"
        assert open_llm(told("", url=server.url), "ollama:qwen3:4b").place == server.url.removeprefix("http://")


def test_the_command_lists_models_as_json(
    capsys: pytest.CaptureFixture[str], smol_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("RAG_BOT_LLM", f"gguf:{smol_file}")
    assert run("--json") == 0
    printed = capsys.readouterr().out
    rows: list[dict[str, Any]] = json.loads(printed)["models"]
    assert rows[0] == {
        "name": f"gguf:{smol_file}",
        "place": "this machine",
        "is_remote": False,
        "state": "ready",
        "note": "0.1 GB",
        "configured": True,
    }
    assert [row["name"] for row in rows[1:]] == ["ollama:NAME", "openai:NAME", "anthropic:NAME"]
    assert KEY not in printed


def test_the_command_says_what_a_remote_model_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "the question, the passages found for it, and the conversation so far" in printed
    assert "No model is set" in printed


def test_the_command_tries_a_model(capsys: pytest.CaptureFixture[str], smol_file: Path) -> None:
    assert run(f"gguf:{smol_file}", "--json") == 0
    tried = json.loads(capsys.readouterr().out)
    assert (tried["error"], tried["place"]) == ("", "this machine")
    assert tried["said"]
    assert tried["first_seconds"] > 0
    assert run(f"gguf:{smol_file}") == 0
    assert "first words after" in capsys.readouterr().out


def test_a_model_that_fails_is_exit_code_1_and_one_that_is_none_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ollama:m", "--json") == 1
    assert "Is Ollama running?" in json.loads(capsys.readouterr().out)["error"]
    assert run("gguf:nothing.gguf") == 1
    assert run("nonsense") == 2
    assert run("--test") == 2
    assert run("ollama:m", "--set-key", "openai") == 2
    assert run("--set-key", "gguf") == 2


@pytest.mark.parametrize("owner", ["openai", "vectors"])
def test_a_key_is_kept_and_forgotten_by_the_command_and_never_printed(
    owner: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeptHere()
    keyring.set_keyring(ring)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n"))
    assert run("--set-key", owner) == 0
    assert ring.kept == {("rag-bot", owner): KEY}
    assert run("--json") == 0
    assert run("--forget-key", owner) == 0
    assert ring.kept == {}
    assert run("--forget-key", owner, "--json") == 0
    printed = capsys.readouterr()
    assert KEY not in printed.out + printed.err
    assert "not in the keyring" in printed.out


def test_the_package_loads_no_engine_before_a_model_is_opened() -> None:
    heavy = ("llama_index.core", "xllamacpp", "openai", "ollama", "httpx", "torch", "keyring", "huggingface_hub")
    script = (
        "import sys; import rag_bot.llm, rag_bot.cli.models; from rag_bot.llm.opening import list_models\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
