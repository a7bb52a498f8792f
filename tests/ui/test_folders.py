"""Looking for folders of notes: what is found, how it is counted, and what happens where nothing answers."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from rag_bot.errors import UsageError
from rag_bot.ui.syncing import folders
from rag_bot.ui.syncing.folders import (
    KnownFolders,
    NoteCount,
    answering,
    check_folder,
    count_notes,
    is_too_wide,
    known_folders,
    list_folder,
    nearest_folder,
    read_path,
)
from tests.ui.conftest import eventually


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two folders of notes, one hidden and one that is empty."""
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    for file in ("Vault one/a.md", "Vault one/deep/b.txt", "Vault one/.trash/c.md", "graph/d.org", "pictures/e.png"):
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).touch()
    (home / "empty").mkdir()
    (home / ".hidden").mkdir()
    return home


def test_a_path_is_read_as_it_is_typed_pasted_or_dropped(home: Path) -> None:
    for typed in (
        "~/Vault one",
        f' "{home}/Vault one/" ',
        f"file://{home}/Vault%20one\r\n",
        f"{home}/graph/../Vault one",
    ):
        assert read_path(typed) == home / "Vault one"
    for typed in ("", "  ", "a\0b", "x" * 5_000):
        with pytest.raises(UsageError, match="such as ~/notes"):
            read_path(typed)
    with pytest.raises(UsageError, match="no user"):
        read_path("~nobody-of-this-name/notes")


def test_what_is_no_folder_is_said_to_be_so_and_the_nearest_one_is_known(home: Path) -> None:
    check_folder(home)
    with pytest.raises(UsageError, match=r"There is no folder .*Vault two\."):
        check_folder(home / "Vault two")
    with pytest.raises(UsageError, match="is a file"):
        check_folder(home / "Vault one/a.md")
    assert nearest_folder(home / "Vault one/x/y") == home / "Vault one"
    assert nearest_folder(home.parent / home.name.upper() / "vault ome") == home / "Vault one"
    assert nearest_folder(Path("/qqqqqq/notes")) == home


def test_a_whole_home_and_what_is_above_it_are_too_wide(home: Path) -> None:
    assert all(map(is_too_wide, (home, home.parent, Path(home.anchor))))
    assert not is_too_wide(home / "graph")


def test_a_folder_lists_what_is_in_it_with_numbers_of_notes(home: Path) -> None:
    listing = list_folder(home)
    assert listing.folder.count == NoteCount(3)
    assert [(folder.path.name, folder.count and folder.count.notes) for folder in listing.below] == [
        ("empty", 0),
        ("graph", 1),
        ("pictures", 0),
        ("Vault one", 2),
    ]
    assert listing.more == 0


def test_a_folder_that_nobody_may_look_into_is_told_in_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.scandir

    def scandir(path: str | Path) -> object:
        if str(path).endswith("graph"):
            raise PermissionError(13, "Permission denied")
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert {folder.path.name: folder.trouble for folder in list_folder(home).below}[
        "graph"
    ] == "you may not look into it"
    with pytest.raises(UsageError, match="You may not look into"):
        check_folder(home / "graph")


def test_counting_ends_in_time_and_says_that_there_are_more(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_MOST_COUNTED", 2)
    assert count_notes(home) == NoteCount(2, is_more=True)
    assert count_notes(home, seconds=-1.0).is_more


def test_a_drive_that_does_not_answer_is_waited_for_only_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_PATIENCE", 0.01)
    hangs = threading.Event()
    with pytest.raises(UsageError, match="does not answer"):
        answering(Path("/net/away"), hangs.wait)
    hangs.set()


def test_vaults_are_found_by_the_lists_of_obsidian_and_logseq_and_by_their_names(home: Path, tmp_path: Path) -> None:
    (home / ".config/obsidian").mkdir(parents=True)
    vaults = {"1": {"path": str(home / "Vault one")}, "2": {"path": str(home / "gone")}, "3": {"path": str(home)}}
    (home / ".config/obsidian/obsidian.json").write_text(json.dumps({"vaults": vaults}))
    (home / ".logseq/graphs").mkdir(parents=True)
    (home / ".logseq/graphs" / f"logseq_local_{str(home / 'graph').replace('/', '++')}.transit").touch()
    (home / "notes").symlink_to(home / "Vault one")
    (home / "wiki").mkdir()
    (home / "wiki/f.md").touch()
    known = known_folders([tmp_path / "home/graph"])
    assert [(folder.path.name, folder.why) for folder in known] == [
        ("graph", "read before"),
        ("Vault one", "Obsidian"),
        ("wiki", ""),
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"vaults": 3}', '{"vaults": {"a": {"path": 7}}}', "\0"])
def test_a_damaged_list_of_vaults_is_passed_over(home: Path, text: str) -> None:
    (home / ".config/obsidian").mkdir(parents=True)
    (home / ".config/obsidian/obsidian.json").write_text(text)
    assert known_folders() == []


def test_known_folders_are_looked_for_in_the_background(home: Path) -> None:
    (home / "graph").rename(home / "notes")
    known = KnownFolders()
    eventually(lambda: known.now() is not None)
    assert [folder.path.name for folder in known.now() or ()] == ["notes"]
