"""The rag-bot.toml that the settings page changes: whole or not at all, with its comments and its order."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag_bot.errors import UsageError
from rag_bot.files import replacing
from rag_bot.settings import (
    FolderSettings,
    Settings,
    load_settings,
    needs_no_agreement,
    own_file,
    read_bytes,
    read_folder,
    set_by_environment,
    understood,
)
from rag_bot.trust import SETTINGS, agree

LLM, URL, MODEL, READER, CHECK_MODEL, EXCLUDE = CHANGEABLE = (
    *("llm", "generation.url", "model", "reader", "generation.check_model"),
    "exclude",
)
"""What the page can change, as messages and files name it."""
Changes = Mapping[str, str | tuple[str, ...] | None]
"""Names with their new values; None is the default."""


class SettingsFile:
    """The file of the folder that the app was started in, where that is there and its user has agreed to it; else the
    one of their config folder. Safe to use from several threads.
    """

    def __init__(self, started: Settings, folder: Path) -> None:
        """`started` is what the app was started with, in this folder."""
        self._folder = folder
        self._lock = threading.Lock()
        told = load_settings()
        self._by_flag = frozenset(name for name in CHANGEABLE if value_of(started, name) != value_of(told, name))

    def now(self) -> FolderSettings:
        """The file as it is now; its `digest` is the mark that a change is made with. Raises UsageError."""
        here = read_folder(self._folder)
        return here if here.is_agreed else read_folder(own_file().parent)

    def fixed(self) -> Mapping[str, str]:
        """What cannot be changed in this file, with who sets it, in words. Raises UsageError."""
        here, file = read_folder(self._folder), self.now().file
        fixed = {name: str(here.file) for name in CHANGEABLE if here.file != file and _is_in(name, here.counting)}
        fixed |= dict.fromkeys(set_by_environment() & set(CHANGEABLE), "the environment")
        return fixed | dict.fromkeys(self._by_flag, "how the app was started")

    def change(self, changes: Changes, mark: str) -> None:
        """Writes these values. `mark` is the digest of the file that they were shown from.

        A default is not written but taken out, unless the file of the config folder would then count.

        Raises:
            UsageError: the file has changed since, a value is none, or it cannot be written. It is then as it was.
        """
        with self._lock:
            found = self.now()
            found.check()
            if found.digest != mark:
                raise UsageError(
                    f"{found.file} was changed meanwhile, so nothing was written. What stands there now is shown; "
                    "save again if you still want to."
                )
            if fixed := sorted(set(changes) & set(self.fixed())):
                raise UsageError(f"{', '.join(fixed)}: set by {self.fixed()[fixed[0]]}, which wins over any file.")
            below = read_folder(own_file().parent).counting if found.file != own_file() else {}
            usual = Settings.model_construct()  # of defaults alone
            told = {
                name: value_of(usual, name) if value is None and _is_in(name, below) else value
                for name, value in changes.items()
            }
            data = _changed(found.file, told, mark)
            wanted = understood(found.file, data)
            wanted.check()
            if wanted.digest != found.digest:
                self._write(found, data, wanted.digest)

    def _write(self, found: FolderSettings, data: bytes, digest: str) -> None:
        """The agreement to the old content becomes one to the new before that is there, and back where that fails."""
        file = found.file.resolve()  # that of a link
        is_trusted = needs_no_agreement(found.file)
        try:
            file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
            with replacing(file) as beside:
                beside.write_bytes(data)
                if found.digest:
                    beside.chmod(file.stat().st_mode & 0o777)
                if not is_trusted:
                    agree(SETTINGS, str(found.file), digest)
        except OSError as error:
            if not is_trusted:
                agree(SETTINGS, str(found.file), found.digest)
            reason = error.strerror or type(error).__name__
            raise UsageError(f"{found.file} cannot be written: {reason}. Make it writable for you.") from error


def value_of(settings: Settings, name: str) -> Any:
    """The value of a setting that is called so, such as "generation.url"."""
    value: Any = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value


def with_values(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The settings with other values of those that are called so."""
    top = {name: value for name, value in values.items() if "." not in name}
    group = {name.partition(".")[2]: value for name, value in values.items() if "." in name}
    generation = settings.generation.model_copy(update=group)
    return settings.model_copy(update={**top, "generation": generation})


def _is_in(name: str, config: Mapping[str, Any]) -> bool:
    group, _, last = name.rpartition(".")
    return last in (config.get(group, {}) if group else config)


def _changed(file: Path, changes: Changes, mark: str) -> bytes:
    """The content with these values. Raises UsageError where it would say something else besides."""
    import tomlkit

    try:
        data = read_bytes(file)
    except FileNotFoundError:
        data = b""
    before = understood(file, data)
    if before.digest != mark and (data or mark):
        raise UsageError(f"{file} was changed meanwhile, so nothing was written. Save again if you still want to.")
    text = data.decode()
    end = "\r\n" if "\r\n" in text else "\n"
    document = tomlkit.parse(text if text.endswith("\n") or not text else text + end)
    for name, value in changes.items():
        group, _, last = name.rpartition(".")
        if group and group not in document:
            if value is None:
                continue
            document[group] = tomlkit.table()
        table: Any = document[group] if group else document
        if value is None:
            table.pop(last, None)
        else:
            table[last] = list(value) if isinstance(value, tuple) else value
    written = tomlkit.dumps(document).encode()
    if understood(file, written).config != _with(before.config, changes):
        raise UsageError(f"{file} is written in a way that cannot be changed here. Change it by hand.")
    return written


def _with(config: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """What a file says, with these values."""
    wanted = {name: dict(value) if isinstance(value, dict) else value for name, value in config.items()}
    for name, value in changes.items():
        group, _, last = name.rpartition(".")
        if value is None:
            (wanted.get(group, {}) if group else wanted).pop(last, None)
        else:
            told = list(value) if isinstance(value, tuple) else value
            (wanted.setdefault(group, {}) if group else wanted)[last] = told
    return wanted
