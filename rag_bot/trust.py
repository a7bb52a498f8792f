"""What its user has agreed to, in a file of their config folder, where no folder of notes, index or server can put it.

The file is a JSON object: of each kind, what was agreed to and the mark that it has to have still.

    {"settings": {"/home/jo/rag-bot.toml": "its SHA-256"}, "remotes": {"openai:gpt-5 api.openai.com": "2026-03-01"}}
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_config_path

from rag_bot.errors import UsageError
from rag_bot.files import replacing

SETTINGS, REMOTES = "settings", "remotes"
"""The kinds: files of settings with the hash of their content, and remote models with their place and the day."""
_PATIENCE_SECONDS = 10.0  # for another process that writes the file, which takes milliseconds; set by hand

_said: set[str] = set()


def agreements_file() -> Path:
    """Where they are kept."""
    return user_config_path("rag-bot") / "agreements.json"


def agreed(kind: str) -> Mapping[str, str]:
    """What its user has agreed to, each with its mark. A file that can't be read agrees to nothing; it is said."""
    try:
        return _read().get(kind, {})
    except UsageError as error:
        say_once(f"{error} Until then nothing counts as agreed to.")
        return {}


def has_agreed(kind: str, what: str, mark: str = "") -> bool:
    """Whether its user has agreed to this, with this mark."""
    return agreed(kind).get(what) == mark


def agree(kind: str, what: str, mark: str = "") -> None:
    """Remembers it, for this user alone.

    Raises:
        UsageError: the file can't be read or written.
    """
    _change(kind, what, mark)


def withdraw(kind: str, what: str) -> bool:
    """Forgets it; whether there was such an agreement.

    Raises:
        UsageError: the file can't be read or written.
    """
    had = what in _read().get(kind, {})
    if had:
        _change(kind, what, None)
    return had


def say_once(text: str) -> None:
    """A line on stderr, the first time in this process."""
    if text not in _said:
        _said.add(text)
        print(f"rag-bot: {text}", file=sys.stderr, flush=True)


def _change(kind: str, what: str, mark: str | None) -> None:
    file = agreements_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):  # somebody else's, in which we may write
            file.parent.chmod(0o700)
        with FileLock(file.with_name(".agreements.lock"), timeout=_PATIENCE_SECONDS, mode=0o600):
            agreed = _read()
            others = {name: had for name, had in agreed.get(kind, {}).items() if name != what}
            agreed[kind] = others if mark is None else {**others, what: mark}
            with replacing(file) as beside:
                beside.touch(0o600)
                beside.write_text(json.dumps(agreed, indent=1), encoding="utf-8")
    except (OSError, Timeout) as error:
        reason = getattr(error, "strerror", None) or "another process holds it"
        raise UsageError(f"{file} cannot be written: {reason}. Make it writable for you.") from error


def _read() -> dict[str, dict[str, str]]:
    file = agreements_file()
    try:
        agreed = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{file} cannot be read ({type(error).__name__}). Mend or remove it.") from error
    if not isinstance(agreed, dict) or not all(isinstance(of_kind, dict) for of_kind in agreed.values()):
        raise UsageError(f"{file} is not what rag-bot wrote. Mend or remove it.")
    return agreed
