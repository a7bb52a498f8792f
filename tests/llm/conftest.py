"""Settings for a model behind a scripted server, and no key of the machine's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from rag_bot.llm import Message
from rag_bot.llm.providers import WITH_KEYS
from rag_bot.settings import LlmSettings, Settings

ASKED = [Message("system", "Be brief."), Message("user", "Who?")]
KEY = "sk-test-4b1fQ7secret9z"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither the environment nor a keyring of this machine holds a key, and no proxy is between."""
    keys = [provider.key_variable for provider in WITH_KEYS]
    for name in (*keys, "OLLAMA_HOST", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Settings]:
    """Settings that name a model: `told("openai-like:m", url=server.url, retries=2)`."""

    def settings(llm: str, **generation: Any) -> Settings:
        wanted = LlmSettings(**{"retries": 0, "timeout_seconds": 20.0, **generation})
        return Settings(llm=llm, generation=wanted, cache=tmp_path / "cache")

    return settings
