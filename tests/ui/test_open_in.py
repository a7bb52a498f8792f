"""Opening a note elsewhere: what is offered for which note, and what the server starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_bot.errors import RagBotError
from rag_bot.records import Note
from rag_bot.ui.notes.open_in import edit, is_text, programs
from rag_bot.ui.server import access


def note(folder: Path, name: str = "a b.md") -> Note:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x\n")
    return Note(f"notes/{name}", folder, "notes", "A", "", "x\n", {}, 1, "", 2, 0)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system's opener, a script on the PATH, writes what it is given; it fails for files called bad."""
    programs_folder = tmp_path / "bin"
    programs_folder.mkdir()
    script = programs_folder / "xdg-open"
    script.write_text(f'#!/bin/sh\ncase "$1" in *bad*) exit 3;; esac\necho "$1" >> "{tmp_path}/opened"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs_folder}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":99")
    return tmp_path / "opened"


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_screen")
def test_vs_code_is_told_the_line_and_obsidian_the_file_where_it_lies_in_a_vault(tmp_path: Path) -> None:
    inside = note(tmp_path / "vault" / "notes")
    file = tmp_path / "vault" / "notes" / "a%20b.md"
    code = ("VS Code", f"vscode://file{file}:7")
    assert [(one.name, one.address) for one in programs(inside, 7, "", is_local=True)] == [code]
    (tmp_path / "vault" / ".obsidian").mkdir()
    obsidian = ("Obsidian", f"obsidian://open?path={str(file).replace('/', '%2F')}")
    assert [(one.name, one.address) for one in programs(inside, 7, "", is_local=True)] == [obsidian, code]


def test_elsewhere_obsidian_is_told_the_vault_by_name_and_nothing_else_is_offered(tmp_path: Path, opened: Path) -> None:
    (tmp_path / "My vault" / ".obsidian").mkdir(parents=True)
    offered = programs(note(tmp_path / "My vault"), 7, "", is_local=False)
    assert [one.address for one in offered] == ["obsidian://open?vault=My%20vault&file=a%20b.md"]
    assert not opened.exists()


@pytest.mark.usefixtures("no_screen")
@pytest.mark.parametrize("is_local", [True, False])
def test_ones_own_program_gets_path_and_line_and_no_name_of_a_file_writes_its_address(
    tmp_path: Path, is_local: bool
) -> None:
    evil = note(tmp_path, "a&line=9#{line} \"'<b>.md")
    mine = programs(evil, 7, "mine://open?file={path}&line={line}", is_local=is_local)[-1]
    assert mine.name == "Mine"
    assert mine.address == f"mine://open?file={tmp_path}/a%26line%3D9%23%7Bline%7D%20%22%27%3Cb%3E.md&line=7"


@pytest.mark.parametrize(
    ("name", "is_it"),
    [("a.md", True), ("a.TXT", True), ("a.org", True), ("a.html", False), ("a.pdf", False), ("a.excalidraw.md", False)],
)
def test_only_text_as_it_lies_on_disk_is_opened_at_a_line(name: str, is_it: bool) -> None:
    assert is_text(name) == is_it


@pytest.mark.parametrize("name", ["a.sh", "a.desktop", "a", "a.md.exe", "a.html"])
def test_what_a_system_might_run_is_opened_by_nobody(tmp_path: Path, opened: Path, name: str) -> None:
    made = note(tmp_path, name)
    assert [one.name for one in programs(made, 1, "", is_local=True)] == []
    with pytest.raises(RagBotError, match="is no text file"):
        edit(made)
    assert not opened.exists()


def test_the_system_opens_a_text_file_by_its_whole_path(tmp_path: Path, opened: Path) -> None:
    made = note(tmp_path / "n", "-a $(touch x); b.md")
    assert programs(made, 1, "", is_local=True)[-1].address == ""
    edit(made)
    assert opened.read_text() == f"{made.file}\n"
    assert not (tmp_path / "x").exists()


def test_a_file_that_gave_way_to_a_link_or_is_gone_is_not_opened(tmp_path: Path, opened: Path) -> None:
    outside = tmp_path / "outside" / "run.md"
    outside.parent.mkdir()
    outside.write_text("x")
    linked, inside = note(tmp_path / "n", "linked.md"), note(tmp_path / "n", "sub/run.md")
    linked.file.unlink()
    with pytest.raises(RagBotError, match="is no longer there"):
        edit(linked)
    linked.file.symlink_to(outside)
    inside.file.unlink()
    inside.file.parent.rmdir()
    inside.file.parent.symlink_to(outside.parent)  # a folder of notes that leads out
    for led_out in (linked, inside):
        with pytest.raises(RagBotError, match="is no longer there"):
            edit(led_out)
    assert not opened.exists()


def test_a_system_that_has_no_program_for_it_says_so_in_one_line(tmp_path: Path, opened: Path) -> None:
    with pytest.raises(RagBotError, match=r"^This machine has no program for \.md files\.$"):
        edit(note(tmp_path, "bad.md"))
    assert not opened.exists()


@pytest.mark.usefixtures("no_screen")
def test_without_a_screen_the_systems_editor_is_not_offered(tmp_path: Path) -> None:
    made = note(tmp_path)
    assert all(one.address for one in programs(made, 1, "", is_local=True))
    with pytest.raises(RagBotError, match="no program that opens files"):
        edit(made)


@pytest.mark.parametrize(
    ("host", "more", "is_it"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("localhost", {"token": "new"}, True),
        ("0.0.0.0", {}, False),
        ("192.0.2.7", {}, False),
        ("127.0.0.1", {"allowed_hosts": ("notes.example",)}, False),
        ("127.0.0.1", {"root_path": "/notes"}, False),
    ],
)
def test_an_app_is_local_where_only_this_machine_reaches_it(host: str, more: dict[str, object], is_it: bool) -> None:
    told = {"token": None, "no_token": False, "allowed_hosts": (), "root_path": "", **more}
    assert access.choose(host, 7860, **told).is_local == is_it  # type: ignore[arg-type]
