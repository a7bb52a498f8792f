"""Keys of providers: from the environment, else from the system's keyring. Nothing here prints one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from rag_bot.errors import LlmError

SERVICE = "rag-bot"
_READ_SECONDS, _WRITE_SECONDS = 3.0, 60.0  # set by hand: a locked keyring asks somewhere, or waits for ever


class KeyOwner(Protocol):
    """A provider, as far as its key goes: `key_variable` is the environment variable of it, "" where it has none."""

    name: ClassVar[str]
    key_variable: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Key:
    """A key that does not print itself. `source` says where it was found, for people."""

    secret: str = field(repr=False)
    source: str


def find_key(provider: KeyOwner) -> Key | None:
    """The provider's key, or None. A keyring that is missing, locked or broken counts as empty.

    So does a key with a line end in it: no header carries it, and an error would print it.
    """
    if not provider.key_variable:
        return None
    secret, source = os.environ.get(provider.key_variable, "").strip(), provider.key_variable
    if not secret:
        kept = _in_time(lambda keyring: keyring.get_password(SERVICE, provider.name), _READ_SECONDS).value
        secret, source = str(kept or "").strip(), "keyring"
    return Key(secret, source) if secret and secret.isprintable() else None


def need_key(provider: KeyOwner) -> Key:
    """The provider's key.

    Raises:
        LlmError: there is none; the line says where it can be put.
    """
    if key := find_key(provider):
        return key
    raise LlmError(
        f"There is no key for {provider.name}. Set the variable {provider.key_variable}, or keep the key in the "
        f"system's keyring with `rag-bot models --set-key {provider.name}`."
    )


def keep_key(provider: KeyOwner, secret: str) -> None:
    """Puts a key into the keyring.

    Raises:
        LlmError: there is no keyring, or it does not take it.
    """
    _change(lambda keyring: keyring.set_password(SERVICE, provider.name, secret), provider)


def forget_key(provider: KeyOwner) -> bool:
    """Takes the key out of the keyring; whether there was one. The environment is not touched.

    Raises:
        LlmError: the keyring does not let it go.
    """
    if not _in_time(lambda keyring: keyring.get_password(SERVICE, provider.name), _READ_SECONDS).value:
        return False
    _change(lambda keyring: keyring.delete_password(SERVICE, provider.name), provider)
    return True


def _change(work: Callable[[Any], object], provider: KeyOwner) -> None:
    done = _in_time(work, _WRITE_SECONDS)
    if done.failed:
        raise LlmError(
            f"The key for {provider.name} cannot be kept in the system's keyring ({done.failed}). "
            f"Set the variable {provider.key_variable} instead."
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
