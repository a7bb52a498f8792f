"""An index of hostile notes, and no way out of this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.settings import LlmSettings, Settings
from tests.injection.notes import write_notes

_NOBODY = "Something was fetched from"


def _here(address: Any) -> bool:
    host = address[0] if isinstance(address, tuple) else ""
    try:
        return not host or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return str(host) == "localhost"


@pytest.fixture(autouse=True)
def out_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Who was called beyond this machine. Any call fails, and so does the test in which somebody tried."""
    called: list[str] = []

    def guard(name: str, where: int) -> None:
        real = getattr(socket.socket if name.startswith("connect") else socket, name)

        def guarded(*arguments: Any, **named: Any) -> Any:
            address = arguments[where] if where < len(arguments) else named.get("host")
            if not _here(address if isinstance(address, tuple) or name.startswith("connect") else (address,)):
                called.append(str(address))
                raise OSError(f"{_NOBODY} {address}")
            return real(*arguments, **named)

        monkeypatch.setattr(socket.socket if name.startswith("connect") else socket, name, guarded)

    for name, where in (("connect", 1), ("connect_ex", 1), ("create_connection", 0), ("getaddrinfo", 0)):
        guard(name, where)
    yield called
    assert not called


@pytest.fixture(scope="session")
def shed(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Library]:
    """A library of all hostile notes. Models are given few of them, since each line of these is read for an answer."""
    folder = tmp_path_factory.mktemp("shed")
    notes = folder / "notes"
    notes.mkdir()
    write_notes(notes)
    settings = Settings(
        notes=(notes,),
        index=folder / "index",
        cache=model_cache,
        generation=LlmSettings(passage_tokens=500, retries=0),
    )
    with Library(settings) as library:
        report = library.ingest()
        assert not report.failed
        yield library
