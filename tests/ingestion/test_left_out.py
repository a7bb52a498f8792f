"""What is not read, guessed or left out is counted by reason, wherever people look for it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.output import report_json
from rag_bot.records import LeftOut, SyncReport, left_out_words
from rag_bot.settings import Settings, load_settings
from rag_bot.store.lock import find_writer
from tests.index_contents import contents

Write = Callable[[str, str | bytes], Path]
MERGE = "# Rota\n\n<<<<<<< HEAD\nJo cooks.\n=======\nKim cooks.\n>>>>>>> other\n"


def by_reason(entries: tuple[LeftOut, ...]) -> dict[str, LeftOut]:
    return {entry.reason: entry for entry in entries}


@pytest.fixture
def oddities(notes: Path, write: Write, tmp_path: Path) -> Path:
    """A folder with one file of each kind."""
    write("a.md", "The bike is in the cellar.")
    write("a 2.md", "The bike is in the garage.")
    write("Plan 7.md", "No copy of anything.")
    write("b (Jo's conflicted copy 2026-03-01).md", "The rent is 700.")
    write("c.sync-conflict-20260301-101010-ABCDEFG.md", "The rent is 800.")
    write("merge.md", MERGE)
    write("shown.md", f"Git writes this:\n\n```\n{MERGE}```\n")
    write("russian.md", "Купить молоко и яйца, позвонить бабушке вечером.".encode("cp1251"))
    write("chinese.md", "买牛奶和鸡蛋，然后去图书馆还书。".encode("gbk"))
    write("private.md", "---\nprivate: true\n---\nThe pin is 4711.")
    write("broken.md", "---\nprivate: true\n  x: [\n---\nThe other pin is 4712.")
    write("nul.md", b"\x00\x01\x02 no text \x00" * 20)
    write("empty-blocks.md", bytes(5000))
    write(".cloud.md.icloud", b"bplist00")
    write("sheet.gdoc", '{"url": "https://example.org"}')
    write("photo.JPG", b"\xff\xd8")
    write("film.mp4", b"x")
    write("data.sqlite", b"x")
    write("more.sqlite", b"x")
    write("odd.xyz", b"x")
    write(".ragbotignore", "drafts/\n*.bak.md\nignored.png\n")
    write("drafts/d.md", "A draft.")
    write("old.bak.md", "Old.")
    write("ignored.png", b"x")
    write(".obsidian/app.md", "Hidden.")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "o.md").write_text("Outside.", encoding="utf-8")
    (notes / "out.md").symlink_to(tmp_path / "outside" / "o.md")
    (notes / "folder").symlink_to(notes / ".obsidian")
    (notes / "round").symlink_to(notes / "round")
    (notes / "nothing.md").symlink_to(notes / "nowhere.md")
    with (notes / "huge.md").open("wb") as huge:
        huge.truncate(65 * 1024 * 1024)
    return notes


def test_a_folder_of_oddities_is_counted_by_reason(library: Library, oddities: Path) -> None:
    report = library.ingest([oddities])
    found = by_reason(report.left_out)
    assert report.failed == ()
    assert {reason: entry.count for reason, entry in found.items()} == {
        "placeholder": 3,
        "binary": 1,
        "too-large": 1,
        "format": 4,
        "media": 2,
        "link": 3,
        "private": 2,
        "ignored": 2,
        "encoding": 2,
        "conflict-copy": 3,
        "merge-markers": 1,
    }
    assert found["format"].kinds == {".sqlite": 2, ".xyz": 1}
    assert found["encoding"].kinds == {"cp1251": 1, "gb18030": 1}
    assert found["link"].kinds == {"out of the folder": 1, "to a folder": 1, "to nothing": 1}
    assert found["placeholder"].examples == ("notes/cloud.md", "notes/sheet.gdoc", "notes/empty-blocks.md")
    assert found["merge-markers"].examples == ("notes/merge.md",)
    assert left_out_words(found["format"]) == "4 files of unknown formats (.sqlite 2, .xyz 1)"
    assert report_json(report)["left_out"][0]["reason"] == "placeholder"
    assert library.status().left_out == report.left_out
    notice = library.ask("What is the capital of France?").notice
    assert "2 pictures, sounds and videos" in notice
    assert "2 private notes" in notice
    assert ".sqlite" not in notice
    assert library.ask("Who cooks?").excerpts[0].doubts == ("note with merge markers",)
    assert library.ask("Is the rent 800?").excerpts[0].doubts == ("conflict copy of a note",)


def test_the_list_is_that_of_the_whole_folder_also_where_nothing_or_one_note_changed(
    library: Library, oddities: Path, write: Write
) -> None:
    first = library.ingest([oddities]).left_out
    assert library.ingest().left_out == first
    write("a.md", "The bike is on the balcony.")
    assert library.ingest().left_out == first
    (oddities / "russian.md").rename(oddities / "moved.md")
    assert by_reason(library.ingest().left_out)["encoding"].examples == ("notes/chinese.md", "notes/moved.md")
    assert not library.verify().problems


def test_another_folder_keeps_its_entries(library: Library, oddities: Path, tmp_path: Path) -> None:
    library.ingest([oddities])
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.md").write_text("The key is blue.")
    (other / "x.png").write_bytes(b"x")
    assert [entry.count for entry in library.ingest([other]).left_out] == [1]
    assert by_reason(library.status().left_out)["media"].count == 3
    library.forget(oddities)
    assert [entry.reason for entry in library.status().left_out] == ["media"]


def test_a_note_that_its_cloud_drive_took_away_goes_on_answering(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "The bike is in the cellar.")
    write("b.md", "The key is blue.")
    library.ingest([notes])
    (notes / "a.md").rename(notes / ".a.md.icloud")
    report = library.ingest()
    assert report.plan.deleted == ()
    assert by_reason(report.left_out)["placeholder"].examples == ("notes/a.md",)
    assert "cellar" in library.ask("Where is the bike?").text


def _everything(index: Path) -> str:
    with closing(sqlite3.connect(index / "catalogue.sqlite3")) as db:
        return "\n".join(db.iterdump())


@pytest.mark.of_the_file
def test_a_note_that_becomes_private_leaves_no_trace(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "The bike is in the cellar.")
    write("pin.md", "The pin of the safe is 4711.")
    library.ingest([notes])
    write("pin.md", "The pin of the safe is 4712.")
    library.ingest()
    write("pin.md", "---\nprivate: true\n---\nThe pin of the safe is 4712.")
    report = library.ingest()
    assert report.plan.deleted == ("notes/pin.md",)
    held = _everything(library.settings.index)
    assert "4711" not in held
    assert "4712" not in held
    assert held.count('INSERT INTO "vector"') == 1
    assert library.ingest().plan.is_empty
    assert not library.verify().problems
    assert [state.path for state in library.note_states()] == ["notes/a.md"]
    trace = library.why("What is the pin?", "notes/pin.md")
    assert trace.farthest.stages[0].detail["reason"] == "private"
    write("pin.md", "The pin of the safe is 4713.")
    assert library.ingest().plan.added == ("notes/pin.md",)


def test_a_note_of_each_markup_may_say_that_it_is_private(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "The bike is in the cellar. It is\nprivate: true friends know.")
    write("b.org", "#+TITLE: Pins\n#+PRIVATE: t\n\nThe pin is 4711.")
    write("c.md", "private:: true\n\n- The pin is 4712.")
    write("d.rst", ":private: true\n\nThe pin is 4713.")
    report = library.ingest([notes])
    assert report.plan.added == ("notes/a.md",)
    assert by_reason(report.left_out)["private"].count == 3


def test_paths_and_tags_of_the_settings_are_kept_out_and_come_back(
    notes: Path, write: Write, tmp_path: Path, model_cache: Path
) -> None:
    write("Tagebücher/heute.md", "The cat is called Mia.")
    write("work/plan.md", "The plan is red. #private/work")
    write("work/other.md", "The other plan is green.")
    write("c.md", "---\ntags: [Private]\n---\nThe code is 1234.")

    def ingest(*exclude: str) -> tuple[Library, SyncReport]:
        library = Library(Settings(notes=(), index=tmp_path / "index", cache=model_cache, exclude=exclude))
        return library, library.ingest([notes])

    library, report = ingest()
    assert len(report.plan.added) == 4
    # As macOS writes it, and as note paths begin; more than half of the notes, and still no question.
    library, report = ingest("notes/Tagebu\u0308cher/", "#private")
    assert report.plan.deleted == ("notes/Tagebücher/heute.md", "notes/c.md", "notes/work/plan.md")
    assert by_reason(report.left_out)["excluded"].count == 3
    assert library.ingest().plan.is_empty
    assert not library.verify().problems
    for place in ("heute.md", "notes/c.md"):
        assert library.why("What is it?", place).farthest.stages[0].detail["reason"] == "excluded"
    fresh = contents(tmp_path / "index")["keys"]
    library, report = ingest("#private")
    assert report.plan.added == ("notes/Tagebücher/heute.md",)
    library, report = ingest()
    assert report.plan.added == ("notes/c.md", "notes/work/plan.md")
    assert len(contents(tmp_path / "index")["keys"]) == len(fresh) + 3
    assert find_writer(tmp_path / "index") is None


def test_an_exclusion_that_excludes_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from rag_bot.errors import UsageError

    for entry in ("", "#", "!a/", "/"):
        with pytest.raises(UsageError, match="neither a path nor a #tag"):
            load_settings(exclude=[entry])
    for entry in ("[a", "[z-a]", "a\\"):
        with pytest.raises(UsageError, match=r"no pattern|Invalid git pattern"):
            load_settings(exclude=[entry])
    with pytest.raises(UsageError, match="it has 80,000 bytes; patterns have at most 65,536"):
        load_settings(exclude=["a*b*c*d/"] * 10_000)
    monkeypatch.setenv("RAG_BOT_EXCLUDE", os.pathsep.join(["a/", "#b"]))
    assert load_settings().exclude == ("a/", "#b")
