"""A release is refused where something is missing, and what it builds works by itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from rag_bot import __version__
from release import (
    BESIDE_THE_PACKAGE,
    NotReady,
    build,
    changes,
    check_checkout,
    check_contents,
    package_files,
    try_out,
)
from tests.conftest import ROOT

CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-29

### Added

- Boats.

## [1.1.0] - 2026-01-01

- Oars.
"""


def test_the_page_of_the_package_leads_nowhere_but_to_whole_addresses() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        page = (ROOT / tomllib.load(file)["project"]["readme"]).read_text(encoding="utf-8")
    assert [link for link in re.findall(r"\]\(([^)]+)\)", page) if "://" not in link] == []


def _git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=folder, env={**os.environ, **who}, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With one commit of one file."""
    (tmp_path / "file").write_text("one")
    _git(tmp_path, "init")
    _git(tmp_path, "add", "file")
    _git(tmp_path, "commit", "--message", "One file")
    return tmp_path


def test_the_words_of_a_release_are_those_of_its_section() -> None:
    assert changes(CHANGELOG, "1.2.0") == "### Added\n\n- Boats."
    assert changes(CHANGELOG, "1.1.0") == "- Oars."


@pytest.mark.parametrize("version", ["Unreleased", "1.3.0", "1.2", "112.0"])
def test_a_version_that_the_changelog_says_nothing_of_is_not_released(version: str) -> None:
    with pytest.raises(NotReady, match=r"says nothing of .* Write what changed under `## \["):
        changes(CHANGELOG, version)


def test_a_clean_checkout_is_ready_until_its_version_has_a_tag(checkout: Path) -> None:
    check_checkout(checkout, "1.2.0")
    _git(checkout, "tag", "v1.2.0")
    check_checkout(checkout, "1.2")
    with pytest.raises(NotReady, match=r"v1\.2\.0 is tagged already\. Raise __version__"):
        check_checkout(checkout, "1.2.0")


@pytest.mark.parametrize("name", ["file", "another"])
def test_what_is_not_committed_is_named(checkout: Path, name: str) -> None:
    (checkout / name).write_text("two")
    with pytest.raises(NotReady, match=rf"Not committed, 1 in all: {name}\."):
        check_checkout(checkout, "1.2.0")


@pytest.mark.slow
def test_what_is_built_holds_the_package_and_works_where_nothing_else_of_the_project_is(
    tmp_path: Path, model_cache: Path
) -> None:
    checkout = tmp_path / "checkout"
    package = package_files(ROOT)
    for name in (*package, *BESIDE_THE_PACKAGE, "tests/test_cli.py"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    sdist, wheel = build(checkout, tmp_path / "dist", "--no-isolation")
    check_contents(sdist, wheel, package)
    for wanted, said in ((package - {"rag_bot/py.typed"}, "has rag_bot/py.typed"), (package | {"x"}, "lacks x")):
        with pytest.raises(NotReady, match=said):
            check_contents(sdist, wheel, wanted)
    with tarfile.open(sdist) as archive:
        assert f"rag_bot-{__version__}/PKG-INFO" in archive.getnames()
    with zipfile.ZipFile(wheel) as unpacked:
        unpacked.extractall(tmp_path / "installed")
    place = tmp_path / "place"
    (place / ".cache").mkdir(parents=True)
    shutil.copytree(model_cache, place / ".cache" / "rag-bot")  # where Linux has it; elsewhere it is converted anew
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    try_out([sys.executable, "-m", "rag_bot"], place, environment)
