"""Folders that are gone or nearly empty stop a sync with a question; folders that moved do not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library, NotesLost, UsageError
from rag_bot.records import Loss

Write = Callable[..., Path]


@pytest.fixture
def filled(library: Library, notes: Path, write: Write) -> Library:
    """A library of five notes."""
    for name in ("boat", "bridge", "castle", "tower", "wall"):
        write(f"{name}.md", f"The {name} was painted blue.")
    library.ingest([notes])
    return library


def test_more_than_half_gone_is_asked_about_and_less_is_not(filled: Library, notes: Path) -> None:
    for name in ("boat", "bridge"):
        (notes / f"{name}.md").unlink()
    assert len(filled.ingest().plan.deleted) == 2
    for name in ("castle", "tower"):
        (notes / f"{name}.md").unlink()
    with pytest.raises(NotesLost, match="lost more than half of its notes: 2 of the 3 notes") as caught:
        filled.ingest()
    assert "--yes" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not filled.ask("Which colour has the castle?").abstained


@pytest.mark.parametrize("reason", ["missing", "empty"])
def test_a_folder_that_is_gone_is_asked_about_kept_or_removed(filled: Library, notes: Path, reason: str) -> None:
    shutil.rmtree(notes)
    if reason == "empty":
        notes.mkdir()
    with pytest.raises(NotesLost):
        filled.ingest()
    kept = filled.ingest(on_loss="keep")
    assert kept.kept == (Loss(notes, reason, 5, 5),)
    assert kept.plan.deleted == ()
    assert not filled.ask("Which colour has the castle?").abstained
    assert len(filled.ingest(on_loss="remove").plan.deleted) == 5
    assert filled.ask("Which colour has the castle?").abstained
    assert filled.status().roots == (() if reason == "missing" else (notes,))


def test_one_missing_folder_keeps_its_notes_while_the_others_are_synced(
    filled: Library, notes: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "garden.md").write_text("The garden has three apple trees.")
    filled.ingest([other])
    notes.rename(tmp_path / "unmounted")
    (other / "garden.md").write_text("The garden has four apple trees.")
    assert filled.ingest([other]).plan.changed == ("other/garden.md",)
    (other / "shed.md").write_text("The shed needs a new roof.")
    report = filled.ingest(on_loss="keep")
    assert report.plan.added == ("other/shed.md",)
    assert report.kept[0].reason == "missing"
    assert filled.status().missing == (notes,)
    (tmp_path / "unmounted").rename(notes)
    again = filled.ingest()
    assert (again.kept, again.plan.deleted, again.chunks_embedded) == ((), (), 0)
    assert filled.status().missing == ()


def test_a_folder_that_was_moved_embeds_nothing_and_answers_once(filled: Library, notes: Path, tmp_path: Path) -> None:
    notes.rename(tmp_path / "my notes")
    report = filled.ingest([tmp_path / "my notes"])
    assert (len(report.plan.moved), report.chunks_embedded, report.kept) == (5, 0, ())
    assert filled.status().roots == (tmp_path / "my notes",)
    hits = filled.search("castle painted blue")
    assert [hit.chunk.note_path for hit in hits if "castle" in hit.chunk.text] == ["my notes/castle.md"]
    assert filled.ingest().plan.unchanged[0] == "my notes/boat.md"


def test_forgetting_a_folder_removes_its_notes_and_vectors_and_leaves_the_folder(
    filled: Library, notes: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "garden.md").write_text("The garden has three apple trees.")
    filled.ingest([other])
    assert len(filled.forget(notes).plan.deleted) == 5
    assert filled.status().roots == (other,)
    assert (filled.status().notes, filled.status().vectors) == (1, 1)
    assert sorted(path.name for path in notes.iterdir())[0] == "boat.md"
    assert filled.ask("Which colour has the castle?").abstained
    assert filled.ingest([notes]).chunks_embedded == 5


def test_a_folder_that_is_gone_can_be_forgotten_and_one_that_never_was_a_root_cannot(
    filled: Library, notes: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="none of the folders"):
        filled.forget(tmp_path)
    shutil.rmtree(notes)
    filled.forget(notes)
    assert filled.status().roots == ()
    assert filled.ask("Which colour has the castle?").abstained
    assert filled.search("castle") == []


def test_a_root_around_others_may_have_no_notes_of_its_own(library: Library, notes: Path, write: Write) -> None:
    write("inner/a.md", "One.")
    library.ingest([notes / "inner"])
    assert library.ingest([notes]).plan.is_empty
    write("b.md", "Two.")
    assert library.ingest().plan.added == ("notes/b.md",)


def test_wrong_usage_is_no_sync_in_the_history(filled: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError):
        filled.ingest([tmp_path / "empty"])
    with pytest.raises(UsageError):
        filled.forget(tmp_path)
    assert len(filled.status().runs) == 1
