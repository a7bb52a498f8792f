"""Keys of providers: from the environment, else from the system's keyring. Nothing here prints one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rag_bot.errors import LlmError, UsageError
from rag_bot.llm.names import ANTHROPIC, OLLAMA, OPENAI, OPENAI_LIKE

VARIABLES = {
    OPENAI: "OPENAI_API_KEY",
    ANTHROPIC: "ANTHROPIC_API_KEY",
    OPENAI_LIKE: "RAG_BOT_LLM_KEY",
    OLLAMA: "OLLAMA_API_KEY",
}
SERVICE = "rag-bot"
_READ_SECONDS, _WRITE_SECONDS = 3.0, 60.0  # a locked keyring asks somewhere, or waits for ever


@dataclass(frozen=True, slots=True)
class Key:
    """A key that does not print itself. `source` says where it was found, for people."""

    secret: str = field(repr=False)
    source: str


def find_key(provider: str) -> Key | None:
    """The provider's key, or None. A keyring that is missing, locked or broken counts as empty."""
    variable = VARIABLES.get(provider)
    if not variable:
        return None
    if told := os.environ.get(variable, "").strip():
        return Key(told, variable)
    kept = _in_time(lambda keyring: keyring.get_password(SERVICE, provider), _READ_SECONDS).value
    return Key(str(kept).strip(), "keyring") if kept else None


def need_key(provider: str) -> Key:
    """The provider's key.

    Raises:
        LlmError: there is none; the line says where it can be put.
    """
    if key := find_key(provider):
        return key
    raise LlmError(
        f"There is no key for {provider}. Set the variable {VARIABLES[provider]}, or keep the key in the system's "
        f"keyring with `rag-bot models --set-key {provider}`."
    )


def keep_key(provider: str, secret: str) -> None:
    """Puts a key into the keyring.

    Raises:
        LlmError: there is no keyring, or it does not take it.
        UsageError: the provider has no keys.
    """
    check_provider(provider)
    _change(lambda keyring: keyring.set_password(SERVICE, provider, secret), provider)


def forget_key(provider: str) -> bool:
    """Takes the key out of the keyring; whether there was one. The environment is not touched."""
    check_provider(provider)
    if not _in_time(lambda keyring: keyring.get_password(SERVICE, provider), _READ_SECONDS).value:
        return False
    _change(lambda keyring: keyring.delete_password(SERVICE, provider), provider)
    return True


def check_provider(provider: str) -> None:
    """Raises UsageError for one that has no keys."""
    if provider not in VARIABLES:
        raise UsageError(f"{provider!r} has no keys. Providers that have are: {', '.join(VARIABLES)}.")


def _change(work: Callable[[Any], object], provider: str) -> None:
    done = _in_time(work, _WRITE_SECONDS)
    if done.failed:
        raise LlmError(
            f"The key for {provider} cannot be kept in the system's keyring ({done.failed}). "
            f"Set the variable {VARIABLES[provider]} instead."
        )


@dataclass(slots=True)
class _Done:
    value: object = None
    failed: str = "it does not answer"


def _in_time(work: Callable[[Any], object], seconds: float) -> _Done:
    """What the keyring says, in a thread that nobody waits for longer than this."""
    done = _Done()

    def ask() -> None:
        try:
            import keyring

            done.value, done.failed = work(keyring), ""
        except ImportError:
            done.failed = "pip install keyring brings it"
        except Exception as error:  # noqa: BLE001 - each backend raises errors of its own; their text may hold anything
            done.failed = type(error).__name__

    thread = threading.Thread(target=ask, name="keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    return done
