"""Names, addresses and keys."""

from __future__ import annotations

import threading
from collections.abc import Callable

import keyring
import pytest
from keyring.backend import KeyringBackend

from rag_bot.errors import LlmError, UsageError
from rag_bot.llm import PROVIDERS, LlmName, parse_name
from rag_bot.llm.connection import Address, read_address
from rag_bot.llm.failures import redact
from rag_bot.llm.keys import find_key, forget_key, keep_key
from rag_bot.llm.opening import provider_with_keys, settings_of
from rag_bot.llm.providers.ollama import OllamaProvider
from rag_bot.llm.providers.openai_like import OpenAILikeProvider
from rag_bot.settings import Settings
from tests.llm.conftest import KEY

Told = Callable[..., Settings]
OPENAI = PROVIDERS["openai"]


def ollama_address(settings: Settings) -> Address:
    ollama = PROVIDERS["ollama"]
    assert isinstance(ollama, OllamaProvider)
    return ollama.address(settings_of(ollama, settings))


def openai_like_address(settings: Settings) -> Address | None:
    openai_like = PROVIDERS["openai-like"]
    assert isinstance(openai_like, OpenAILikeProvider)
    return openai_like.address(settings_of(openai_like, settings))


def test_a_name_prints_as_it_is_written() -> None:
    assert parse_name(" ollama:qwen3:4b ") == LlmName("ollama", "qwen3:4b")
    assert [str(parse_name(f"{provider}:x/y")) for provider in PROVIDERS] == [f"{name}:x/y" for name in PROVIDERS]


@pytest.mark.parametrize("text", ["", "qwen3", "ollama:", "gpt:4", ":x", "Ollama:x"])
def test_what_names_no_model_is_wrong_usage_that_names_the_providers(text: str) -> None:
    with pytest.raises(UsageError, match="ollama, openai, openai-like, anthropic, gguf"):
        parse_name(text)


@pytest.mark.parametrize(
    ("url", "place", "is_remote", "keeps_keys"),
    [
        ("http://127.0.0.1:8080/v1/", "127.0.0.1:8080", False, True),
        ("http://127.9.9.9", "127.9.9.9", False, True),
        ("http://localhost:1", "localhost:1", False, True),
        ("http://[::1]:8080", "[::1]:8080", False, True),
        ("http://192.168.1.5:8000", "192.168.1.5:8000", True, True),
        ("http://nas.local", "nas.local", True, True),
        ("http://box:80", "box:80", True, True),
        ("http://8.8.8.8", "8.8.8.8", True, False),
        ("http://localhost.evil.example", "localhost.evil.example", True, False),
        ("http://127.0.0.1.evil.example", "127.0.0.1.evil.example", True, False),
        ("https://openrouter.ai/api/v1", "openrouter.ai", True, True),
    ],
)
def test_an_address_says_whether_it_is_here_and_whether_a_key_may_go_there(
    url: str, place: str, is_remote: bool, keeps_keys: bool
) -> None:
    address = read_address(url)
    assert (address.place, address.is_remote, address.keeps_keys) == (place, is_remote, keeps_keys)


def test_a_server_named_by_its_host_alone_is_asked_at_v1(told: Told) -> None:
    for url in ("http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"):
        address = openai_like_address(told("openai-like:m", url=url))
        assert address is not None
        assert address.url == "http://h:1/v1"


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("http://box:99", "http://box:99"),
        ("https://box", "https://box:443"),
    ],
)
def test_ollama_is_looked_for_where_its_own_variable_says(
    variable: str, url: str, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", variable)
    assert ollama_address(told("ollama:m")).url == url


def test_the_key_of_ollama_goes_only_where_its_user_named_an_address(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "sk-ollama")
    ollama = OllamaProvider()
    assert ollama.key(ollama.address(told("ollama:m"))) is None
    named = ollama.key(ollama.address(told("ollama:m", url="https://ollama.com")))
    assert named is not None
    assert named.secret == "sk-ollama"


def test_the_one_url_belongs_to_the_model_of_the_settings(told: Told) -> None:
    ours = told("openai-like:m", url="http://h:1")
    assert ollama_address(ours).url == "http://127.0.0.1:11434"
    assert openai_like_address(told("ollama:m", url="http://h:1")) is None
    assert ollama_address(told("ollama:m", url="http://h:1/")).url == "http://h:1"


class KeptHere(KeyringBackend):
    """A keyring in memory. Its `priority` is what keyring asks for."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Locked(KeptHere):
    """A keyring that waits for somebody to unlock it."""

    def get_password(self, service: str, username: str) -> str | None:
        del service, username
        threading.Event().wait()
        return None


class Broken(KeptHere):
    """A keyring whose errors are its own, and say too much."""

    def get_password(self, service: str, username: str) -> str | None:
        raise OSError(KEY, service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError(password, service, username)


def test_a_key_is_kept_in_the_keyring_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeptHere()
    keyring.set_keyring(ring)
    assert find_key(OPENAI) is None
    keep_key(OPENAI, KEY)
    assert ring.kept == {("rag-bot", "openai"): KEY}
    found = find_key(OPENAI)
    assert found is not None
    assert (found.secret, found.source) == (KEY, "keyring")
    assert KEY not in repr(found)
    monkeypatch.setenv("OPENAI_API_KEY", "other")
    assert getattr(find_key(OPENAI), "secret", "") == "other"
    monkeypatch.setenv("OPENAI_API_KEY", "from a file\n")
    assert getattr(find_key(OPENAI), "secret", "") == "from a file"
    monkeypatch.setenv("OPENAI_API_KEY", "two\nlines")
    assert find_key(OPENAI) is None
    assert [forget_key(OPENAI), forget_key(OPENAI)] == [True, False]


@pytest.mark.parametrize("ring", [Locked, Broken])
def test_a_keyring_that_is_locked_or_broken_counts_as_empty(
    ring: type[KeptHere], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_bot.llm.keys._READ_SECONDS", 0.2)
    keyring.set_keyring(ring())
    assert find_key(OPENAI) is None


def test_a_key_that_cannot_be_kept_says_so_without_it() -> None:
    keyring.set_keyring(Broken())
    with pytest.raises(LlmError, match="Set the variable OPENAI_API_KEY instead") as caught:
        keep_key(OPENAI, KEY)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_provider_without_keys_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="'gguf' has no keys"):
        keep_key(provider_with_keys("gguf"), KEY)


def test_what_looks_like_a_key_is_left_out_of_messages() -> None:
    said = "provided: sk-proj-abc_123*****XYZ, Bearer a.b.c, my!own\nand gsk_1234567890"
    assert redact(said, "my!own") == "provided: …, …, … and …"
    assert redact("the task-force of 2024 asks") == "the task-force of 2024 asks"
