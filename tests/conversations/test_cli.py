"""The commands for conversations, as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag_bot.conversations import Conversations
from rag_bot.settings import Settings
from tests.conversations.samples import exchange


@pytest.fixture
def conversations(tmp_path: Path) -> Conversations:
    return Conversations.of(Settings(index=tmp_path / "index"))


def _run(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rag_bot", "--index", str(folder / "index"), "conversations", *arguments]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False, **options)


def _error(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_without_a_conversation_the_list_is_empty_and_nothing_is_made(tmp_path: Path) -> None:
    assert _run(tmp_path, "list").stdout == "No conversation yet.\n"
    assert json.loads(_run(tmp_path, "list", "--json").stdout) == {"conversations": []}
    assert "There is no conversation 'k'" in _error(_run(tmp_path, "show", "k"))
    assert list(tmp_path.iterdir()) == []


def test_a_conversation_is_listed_shown_renamed_exported_and_deleted(
    tmp_path: Path, conversations: Conversations
) -> None:
    key = conversations.begin("When is the rent due?").key
    conversations.put(key, exchange("a", "When is the rent due?", "The rent [b]is due[/b] on the third."))
    other = conversations.begin("Who spoke?").key
    listed = json.loads(_run(tmp_path, "list", "--search", "THIRD", "--json").stdout)["conversations"]
    assert [list(one) for one in listed] == [["key", "title", "created", "changed", "exchanges", "pinned"]]
    assert (listed[0]["key"], listed[0]["exchanges"]) == (key, 1)
    lines = _run(tmp_path, "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [other, key]
    assert lines[1].rstrip().endswith("When is the rent due?  1 question")
    assert "'nowhere'" in _run(tmp_path, "list", "--search", "nowhere").stdout

    shown = _run(tmp_path, "show", key[:11]).stdout
    assert "> When is the rent due?" in shown
    assert "[1] The rent [b]is due[/b] on the third." in shown
    assert "notes/a.md:12-15" in shown

    assert _run(tmp_path, "rename", key, "[red]Rent").stdout == f"{key} is called [red]Rent\n"
    assert "cannot be empty" in _error(_run(tmp_path, "rename", key, " "))
    exported = _run(tmp_path, "export", key).stdout
    assert exported == conversations.export(key)
    assert exported.startswith("# \\[red\\]Rent\n")
    assert _run(tmp_path, "export", key, "--output", "rent.md").returncode == 0
    assert (tmp_path / "rent.md").read_text(encoding="utf-8") == exported

    assert "--yes" in _error(_run(tmp_path, "delete", key, input="y\n"))
    assert _run(tmp_path, "delete", key, "--yes").stdout == f"{key} ([red]Rent) is deleted\n"
    assert [one.key for one in conversations.list()] == [other]


def test_on_a_terminal_deleting_is_asked_about_first(tmp_path: Path, conversations: Conversations) -> None:
    pty = pytest.importorskip("pty")
    key = conversations.begin("When?").key
    command = [sys.executable, "-m", "rag_bot", "--index", str(tmp_path / "index"), "conversations", "delete", key]
    for said, left in ((b"n\n", 1), (b"y\n", 0)):
        ours, theirs = pty.openpty()
        os.write(ours, said)
        subprocess.run(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, cwd=tmp_path, check=False)
        assert "for good?" in os.read(ours, 10_000).decode()
        assert len(conversations.list()) == left


@pytest.mark.parametrize("command", ["list", "show", "rename", "delete", "export"])
def test_every_command_s_help_ends_with_examples(tmp_path: Path, command: str) -> None:
    done = _run(tmp_path, command, "--help")
    assert f"rag-bot conversations {command}" in done.stdout.split("Examples:")[1]


def test_a_damaged_file_gets_one_line(tmp_path: Path, conversations: Conversations) -> None:
    conversations.file.write_bytes(b"not a database at all " * 100)
    done = _run(tmp_path, "list")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Move the file away to begin anew" in done.stderr
