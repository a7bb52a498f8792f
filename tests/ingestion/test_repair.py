"""A lost catalogue is made from the notes and the vectors that are left; nothing else may take its place."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rag_bot import IndexUnusable, Library, UsageError
from rag_bot.store.schema import FILE_NAME
from tests.index_contents import contents, differences

Write = Callable[..., Path]


@pytest.fixture
def filled(library: Library, notes: Path, write: Write) -> Library:
    for name in ("boat", "bridge", "castle"):
        write(f"{name}.md", f"The {name} was painted blue.")
    library.ingest([notes])
    return library


def _lose(library: Library, how: str) -> None:
    catalogue = library.settings.index / FILE_NAME
    catalogue.unlink()
    if how == "empty":
        catalogue.touch()


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_lost_catalogue_is_not_replaced_by_an_ingest_but_by_a_repair(filled: Library, notes: Path, how: str) -> None:
    sound = contents(filled.settings.index)
    _lose(filled, how)
    for act in (filled.ingest, lambda: filled.ingest([notes]), lambda: filled.ingest(dry_run=True), filled.status):
        with pytest.raises(IndexUnusable, match="verify --repair"):
            act()
    assert [problem.text for problem in filled.verify().problems] == [f"{FILE_NAME} is {how}"]
    mended = filled.verify(repair=True)
    assert mended.problems == ()
    assert mended.repaired == ("new catalogue, 3 vectors saved", "0 passages embedded, 3 reused")
    assert differences(contents(filled.settings.index), sound) == []
    assert not filled.ask("Which colour has the castle?").abstained


def test_a_repair_does_not_begin_while_a_folder_is_away(filled: Library, notes: Path, tmp_path: Path) -> None:
    _lose(filled, "missing")
    notes.rename(tmp_path / "away")
    with pytest.raises(UsageError, match="is not there"):
        filled.verify(repair=True)
    (tmp_path / "away").rename(notes)
    assert filled.verify(repair=True).problems == ()


def test_without_any_list_of_folders_a_repair_says_what_to_do(filled: Library) -> None:
    _lose(filled, "missing")
    (filled.settings.index / "roots.json").unlink()
    with pytest.raises(UsageError, match="which folders it was made from"):
        filled.verify(repair=True)


def test_damaged_texts_and_vectors_are_read_and_embedded_again(filled: Library) -> None:
    index = filled.settings.index
    sound = contents(index)
    with closing(sqlite3.connect(index / FILE_NAME)) as db, db:
        db.execute("UPDATE note SET text = replace(text, 'blue', 'pink') WHERE path = 'notes/boat.md'")
        db.execute(
            "UPDATE vector SET vector = zeroblob(length(vector)) WHERE key IN"
            " (SELECT key FROM chunk JOIN note ON note.id = note_id WHERE path = 'notes/castle.md')"
        )
    found = filled.verify()
    assert any("2 notes have damaged passages or vectors" in problem.text for problem in found.problems)
    assert filled.verify(repair=True).problems == ()
    assert differences(contents(index), sound) == []


def test_files_of_others_in_the_index_folder_survive(filled: Library) -> None:
    index = filled.settings.index
    for name in ("conversations.sqlite3", "store-1/mine.txt"):
        (index / name).write_text("not of the index")
    shutil.rmtree(index / "store-1" / "chroma")
    assert filled.verify(repair=True).problems == ()
    for name in ("conversations.sqlite3", "store-1/mine.txt"):
        assert (index / name).read_text() == "not of the index"
    assert filled.ingest().plan.is_empty
