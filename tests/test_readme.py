"""What the README and the pages of docs/ show works as it stands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from rag_bot import cli
from rag_bot.settings import Settings
from tests.conftest import ROOT

PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
README = PAGES[0].read_text(encoding="utf-8")
PYTHON_PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def _commands() -> list[list[str]]:
    shown = README.split("<!-- commands: each is run by the tests -->")[1].split("```")[1]
    return [shlex.split(line, comments=True) for line in shown.splitlines() if line.startswith("rag-bot")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program, which runs from there, and what the README's examples use."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "rag_bot", folder / "rag_bot")
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


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", PYTHON_PAGE, re.DOTALL))
def test_the_python_examples_run_as_shown(checkout: Path, environment: dict[str, str], code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_command_and_setting_stands_in_the_pages() -> None:
    commands: Any = typer.main.get_command(cli.app)
    for name, command in commands.commands.items():
        inner = command.commands if name == "eval" else ()
        for words in [f"{name} {part}" for part in inner] or [name]:
            assert f"rag-bot {words}" in COMMANDS_PAGE
    assert [name for name in Settings.model_fields if f"`{name}`" not in COMMANDS_PAGE] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_it_links_to_are_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_of_the_project_that_it_names_are_there(page: Path) -> None:
    named = re.findall(r"`((?:rag_bot|tests|eval|docs|corpus)/[\w/.-]*)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []
