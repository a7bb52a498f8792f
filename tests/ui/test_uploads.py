"""Files that a person adds to a folder of notes by the app: where they go, under which name, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rag_bot import Library
from rag_bot.errors import UsageError
from rag_bot.files import LARGEST_NOTE
from rag_bot.ui.notes import uploads
from rag_bot.ui.notes.uploads import add_file, clean_name, target_folders
from rag_bot.ui.server.access import Access
from rag_bot.ui.server.bodies import LARGEST
from rag_bot.ui.server.middleware import Guard

OLD = "# Old\n\nThis stays.\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Library]:
    """Over a folder with a link that leads out of it."""
    base = tmp_path_factory.mktemp("uploads")
    (base / "notes" / "deep").mkdir(parents=True)
    (base / "outside").mkdir()
    (base / "notes" / "old.md").write_text(OLD)
    (base / "notes" / "deep" / "deeper.md").write_text(OLD)
    (base / "notes" / "way").symlink_to(base / "outside")
    with Library(notes=(), index=base / "index", cache=model_cache) as opened:
        opened.ingest([base / "notes"])
        yield opened


def files(library: Library) -> dict[str, str]:
    """All files beside the index, with what they hold."""
    base = library.settings.index.parent
    found = [file for name in ("notes", "outside") for file in (base / name).rglob("*") if file.is_file()]
    return {file.relative_to(base).as_posix(): file.read_text() for file in found}


def test_a_file_is_added_and_what_is_there_stays_as_it_is(library: Library) -> None:
    before = files(library)
    assert add_file(library, "notes", "ferry.md", b"# Ferry\n") == "notes/ferry.md"
    assert add_file(library, "notes", "old.md", b"# Mine\n") == "notes/old-2.md"
    assert add_file(library, "notes", "old.md", b"# Mine too\n") == "notes/old-3.md"
    assert add_file(library, "notes/deep", "C:\\Users\\me\\a: plan?.md", b"x") == "notes/deep/a plan.md"
    added = {
        "notes/ferry.md": "# Ferry\n",
        "notes/old-2.md": "# Mine\n",
        "notes/old-3.md": "# Mine too\n",
        "notes/deep/a plan.md": "x",
    }
    assert files(library) == before | added


@pytest.mark.parametrize(
    "folder",
    [
        *("", "/", "..", "notes/..", "notes/../outside", "notes/way", "outside", "notes/nowhere", "notes//deep"),
        *("notes/.", "notes/deep/..\\..", "Notes", "notes\0", "notes/old.md", "/etc"),
    ],
)
def test_no_other_folder_is_written_to(library: Library, folder: str) -> None:
    before = files(library)
    with pytest.raises(UsageError, match="is no folder of your notes"):
        add_file(library, folder, "new.md", b"x")
    assert files(library) == before


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("plan.md", "plan.md"),
        ("../../etc/plan.md", "plan.md"),
        ("..\\plan.md", "plan.md"),
        (".hidden.md", "hidden.md"),
        ("a\x00b\u202ec.TXT", "a b c.TXT"),
        ("Cafe\u0301.md", "Café.md"),
        ('a<b>:"|?*.pdf', "a b.pdf"),
        (f"{'ä' * 300}.excalidraw.md", f"{'ä' * 83}.excalidraw.md"),
        ("sketch.excalidraw.md", "sketch.excalidraw.md"),
    ],
)
def test_names_are_cleaned(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@pytest.mark.parametrize("name", ["", "..", ".md", "run.sh", "photo.png", "note.md.exe", ".gitignore", "rag-bot.toml"])
def test_what_is_no_note_by_its_name_is_refused(library: Library, name: str) -> None:
    with pytest.raises(UsageError, match="can't be read as a note"):
        add_file(library, "notes", name, b"x")


def test_empty_and_too_large_files_are_refused(library: Library) -> None:
    with pytest.raises(UsageError, match="is empty"):
        add_file(library, "notes", "new.md", b"")
    with pytest.raises(UsageError, match="at most 64 MB"):
        add_file(library, "notes", "new.md", bytes(LARGEST_NOTE + 1))


def test_a_file_that_cannot_be_written_leaves_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> int:
        path.write_text(data.decode()[:1])
        raise OSError(28, "No space left on device")

    before = files(library)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(UsageError, match="No space left on device"):
        add_file(library, "notes", "new.md", b"x")
    monkeypatch.undo()
    assert files(library) == before


def test_folders_to_choose_from_are_those_that_can_be_written_to(library: Library, tmp_path: Path) -> None:
    assert target_folders(library, ["notes/deep", "notes/way", "notes/gone"]) == ["notes", "notes/deep"]
    assert target_folders(Library(index=tmp_path), []) == []


def client(library: Library, *, takes_files: bool) -> TestClient:
    app = FastAPI()
    if takes_files:
        uploads.add_route(app, library)
    guard = Guard(app, Access(7860, ("127.0.0.1",)), takes_files=takes_files)
    return TestClient(guard, base_url="http://127.0.0.1:7860")


def test_a_page_sends_a_file_larger_than_anything_else_that_it_may_send(library: Library) -> None:
    where = {"folder": "notes", "name": "large.txt"}
    answer = client(library, takes_files=True).post("/uploads", params=where, content=b"a " * LARGEST)
    assert (answer.status_code, answer.json()) == (200, {"path": "notes/large.txt"})
    answer = client(library, takes_files=True).post("/uploads", params=where | {"name": "a.exe"}, content=b"x")
    assert answer.status_code == 400
    assert "can't be read as a note" in answer.json()["error"]
    answer = client(library, takes_files=True).post("/uploads", params=where, content=bytes(LARGEST_NOTE + 1))
    assert answer.status_code == 413


def test_files_come_from_no_other_site_and_nowhere_where_the_setting_is_off(library: Library) -> None:
    before, where = files(library), {"folder": "notes", "name": "foreign.md"}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = client(library, takes_files=True).post("/uploads", params=where, content=b"x", headers=headers)
        assert answer.status_code == 403
    assert client(library, takes_files=True).get("/uploads", params=where).status_code == 405
    assert client(library, takes_files=True).post("/uploads/x", params=where, content=b"x").status_code == 404
    assert client(library, takes_files=False).post("/uploads", params=where, content=b"x").status_code == 404
    assert not library.settings.uploads
    assert files(library) == before
