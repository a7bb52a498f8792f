"""A model file on the hub: fetched once, checked since, never asked for otherwise. The hub is a server of the test."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot.errors import LlmError
from rag_bot.llm import list_models, open_llm
from rag_bot.llm.model_files import find_file, find_kept, kept_files
from rag_bot.models.export import OFFLINE_BY_US, quiet_loading
from rag_bot.settings import Settings
from tests.llm.server import Handler, Seen, serving

Told = Callable[..., Settings]
NAME = "owner/repo/model-Q4.gguf"
CONTENT = b"GGUF" + bytes(range(256)) * 40
COMMIT = "0123456789012345678901234567890123456789"


@pytest.fixture(autouse=True)
def _nobody_wants_to_stay_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", OFFLINE_BY_US):
        monkeypatch.delenv(name, raising=False)


def hub(content: bytes, promised: bytes) -> Callable[[Seen, Handler], None]:
    def script(seen: Seen, handler: Handler) -> None:
        if seen.path != "/owner/repo/resolve/main/model-Q4.gguf":
            handler.json({"error": "Entry not found"}, 404, X_Error_Code="EntryNotFound")
            return
        handler.send_response(200)
        for name, value in {
            "X-Repo-Commit": COMMIT,
            "ETag": f'"{hashlib.sha256(promised).hexdigest()}"',
            "Content-Type": "application/octet-stream",
            "Content-Length": str(len(content)),
        }.items():
            handler.send_header(name, value)
        handler.end_headers()
        if seen.method == "GET":
            handler.wfile.write(content)

    return script


def test_a_file_is_fetched_once_although_we_told_the_library_to_stay_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with quiet_loading("A model that is here"):
        assert os.environ["HF_HUB_OFFLINE"] == "1"
    with serving(hub(CONTENT, CONTENT)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        path = find_file(NAME, tmp_path)
        assert path == tmp_path / "models/gguf" / NAME
        assert path.read_bytes() == CONTENT
        assert path.with_name("model-Q4.gguf.sha256").read_text().strip() == hashlib.sha256(CONTENT).hexdigest()
        asked = len(server.seen)
        assert find_file(NAME, tmp_path) == path
        assert len(server.seen) == asked
    assert capfd.readouterr().err.startswith("Fetching owner/repo/model-Q4.gguf from the hub, once, into ")
    assert kept_files(tmp_path) == [NAME]
    assert find_kept(NAME, tmp_path) == path


def test_nothing_is_fetched_where_its_user_wants_to_stay_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with quiet_loading("A model that is here"), serving(hub(CONTENT, CONTENT)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        with pytest.raises(LlmError, match="is not on this machine and could not be fetched"):
            find_file(NAME, tmp_path)
        assert server.seen == []


def test_a_file_that_changed_since_it_was_fetched_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(hub(CONTENT, CONTENT)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        path = find_file(NAME, tmp_path)
    path.write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(LlmError, match="is not what was fetched"):
        find_file(NAME, tmp_path)


def test_a_file_that_arrives_damaged_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(hub(CONTENT, b"something else")) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        with pytest.raises(LlmError, match="it arrived damaged"):
            find_file(NAME, tmp_path)
    assert kept_files(tmp_path) == []
    assert find_kept(NAME, tmp_path) is None


def test_without_a_network_there_is_one_line(
    told: Told, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(LlmError, match=r"^The model file owner/repo/model-Q4\.gguf is not on this machine") as caught:
        open_llm(told(f"gguf:{NAME}"))
    assert "\n" not in str(caught.value)
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_a_name_that_the_hub_does_not_know_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(hub(CONTENT, CONTENT)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        with pytest.raises(LlmError, match=r"could not be fetched from the hub \(.*NotFound"):
            find_file("owner/repo/other.gguf", tmp_path)


def test_listing_models_fetches_nothing(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(hub(CONTENT, CONTENT)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        first = list_models(told(f"gguf:{NAME}"))[0]
        assert (first.name, first.state) == (f"gguf:{NAME}", "not fetched")
        assert server.seen == []
