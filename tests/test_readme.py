"""What the README shows works as it stands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def _commands() -> list[list[str]]:
    shown = README.split("<!-- commands: each is run by the tests -->")[1].split("```")[1]
    return [shlex.split(line, comments=True) for line in shown.splitlines() if line.startswith("rag-bot")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the README's examples use."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    (folder / "eval").mkdir()
    shutil.copy(ROOT / "eval" / "questions.jsonl", folder / "eval")
    shutil.copy(ROOT / "rag-bot.toml", folder)
    return folder


@pytest.fixture(scope="module")
def environment(model_cache: Path) -> dict[str, str]:
    return {**os.environ, "RAG_BOT_CACHE": str(model_cache)}


def test_the_commands_run_as_shown(checkout: Path, environment: dict[str, str]) -> None:
    commands = _commands()
    assert len(commands) >= 7
    for command in commands:
        arguments = [sys.executable, "-m", "rag_bot", *command[1:]]
        done = subprocess.run(arguments, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.strip()


@pytest.mark.parametrize("code", _blocks("python"))
def test_the_python_examples_run_as_shown(checkout: Path, environment: dict[str, str], code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_command_stands_in_the_readme() -> None:
    for command in ("ingest", "forget", "verify", "search", "ask", "why", "chat", "serve", "status", "eval run"):
        assert f"rag-bot {command}" in README


def test_the_files_it_links_to_are_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
