"""The index is the folder: after each change the three stores hold exactly what a fresh ingest would give."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag_bot import IndexUnusable, Library, NotesLost, UsageError, WriterBusy
from rag_bot.ingestion import prepare
from rag_bot.ingestion import sync as sync_module
from rag_bot.ingestion.chunking import CHUNKER_VERSION
from rag_bot.ingestion.readers import read_note
from rag_bot.records import Filters, Move, SyncPlan
from rag_bot.settings import Settings
from rag_bot.store.bm25 import WordIndex
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.lock import writer_lock
from tests.index_contents import contents, differences, inner_differences

Write = Callable[..., Path]


def assert_like_fresh(library: Library, notes: Path, tmp_path: Path) -> None:
    """Compare with an index made from nothing."""
    fresh_index = tmp_path / f"fresh-{time.time_ns()}"
    with Library(Settings(notes=(), index=fresh_index, cache=library.settings.cache)) as fresh:
        fresh.ingest([notes])
    ours = contents(library.settings.index)
    assert differences(ours, contents(fresh_index)) == []
    assert inner_differences(ours) == []


def test_a_first_ingest_adds_every_note_and_a_second_finds_nothing_to_do(
    library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "# Cats\n\nCats purr.")
    write("sub/b.txt", "Dogs bark.")
    first = library.ingest([notes])
    assert first.plan == SyncPlan(added=("notes/a.md", "notes/sub/b.txt"))
    assert (first.chunks_embedded, first.chunks_reused, first.failed) == (2, 0, ())
    second = library.ingest([notes])
    assert second.plan == SyncPlan(unchanged=("notes/a.md", "notes/sub/b.txt"))
    assert library.ingest().plan == second.plan


def test_an_edit_embeds_only_the_chunks_that_changed(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    paragraphs = [f"## Part {number}\n\n" + f"Sentence about subject number {number}. " * 30 for number in range(6)]
    write("long.md", "\n\n".join(paragraphs))
    before = library.ingest([notes])
    paragraphs[3] += "\n\nOne more line."
    write("long.md", "\n\n".join(paragraphs))
    after = library.ingest()
    assert after.plan == SyncPlan(changed=("notes/long.md",))
    assert before.chunks_embedded >= 6
    assert 1 <= after.chunks_embedded <= 2
    assert after.chunks_reused >= 4
    assert_like_fresh(library, notes, tmp_path)


def test_a_rename_embeds_nothing_and_answers_only_under_the_new_name(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    write("old name.md", "The boiler was serviced in March.")
    write("other.md", "# Other\n\nSomething else entirely.")
    library.ingest([notes])
    (notes / "folder").mkdir()
    (notes / "old name.md").rename(notes / "folder" / "new name.md")
    report = library.ingest()
    assert report.plan.moved == (Move("notes/old name.md", "notes/folder/new name.md"),)
    assert (report.chunks_embedded, report.chunks_reused) == (0, 0)
    hits = library.search("boiler service")
    assert hits[0].chunk.note_path == "notes/folder/new name.md"
    assert hits[0].note.title == "new name"
    assert "notes/old name.md" not in {hit.chunk.note_path for hit in hits}
    assert_like_fresh(library, notes, tmp_path)


def test_notes_that_swap_names_are_right_afterwards(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    write("a.md", "Apples are red.")
    write("b.md", "Bananas are yellow.")
    library.ingest([notes])
    (notes / "a.md").rename(notes / "c.md")
    (notes / "b.md").rename(notes / "a.md")
    (notes / "c.md").rename(notes / "b.md")
    for name in ("a.md", "b.md"):
        os.utime(notes / name, ns=(time.time_ns(), time.time_ns()))
    report = library.ingest()
    assert report.chunks_embedded == 0
    assert library.ask("bananas yellow").citations[0].quote.note_path == "notes/a.md"
    assert_like_fresh(library, notes, tmp_path)


def test_a_deleted_note_never_answers_again(library: Library, notes: Path, write: Write, tmp_path: Path) -> None:
    write("gone.md", "The secret ingredient is cardamom.")
    write("kept.md", "Water the plants on Fridays.")
    library.ingest([notes])
    assert not library.ask("What is the secret ingredient?").abstained
    (notes / "gone.md").unlink()
    assert library.ingest().plan.deleted == ("notes/gone.md",)
    assert library.ask("What is the secret ingredient?").abstained
    assert_like_fresh(library, notes, tmp_path)


def test_the_same_passage_in_two_notes_is_one_vector_and_survives_the_loss_of_one(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    write("a.md", "Shared words stand here.")
    write("b.md", "Shared words stand here.")
    report = library.ingest([notes])
    assert (report.chunks_embedded, report.chunks_reused) == (1, 1)
    assert library.search("shared words")[0].duplicates == ("notes/b.md:1",)
    (notes / "a.md").unlink()
    library.ingest()
    assert [hit.chunk.note_path for hit in library.search("shared words")] == ["notes/b.md"]
    assert_like_fresh(library, notes, tmp_path)


def test_a_dry_run_tells_the_plan_and_touches_nothing(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "One.")
    assert library.ingest([notes], dry_run=True).plan == SyncPlan(added=("notes/a.md",))
    assert not library.settings.index.exists()
    library.ingest([notes])
    write("b.md", "Two.")
    before = {path: path.read_bytes() for path in library.settings.index.rglob("*.sqlite3")}
    assert library.ingest(dry_run=True).plan == SyncPlan(added=("notes/b.md",), unchanged=("notes/a.md",))
    assert {path: path.read_bytes() for path in library.settings.index.rglob("*.sqlite3")} == before


def test_what_a_killed_ingest_embedded_is_not_embedded_again(
    library: Library, notes: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        write(f"{number}.md", f"Note number {number} is about something.")
    monkeypatch.setattr(WordIndex, "update", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        library.ingest([notes])
    with pytest.raises(IndexUnusable, match="has not finished"):
        library.ask("Which note?")
    monkeypatch.undo()
    report = library.ingest([notes])
    assert (report.chunks_embedded, report.chunks_reused) == (0, 5)
    assert_like_fresh(library, notes, tmp_path)


def test_a_sync_that_fails_leaves_the_old_state_answering(
    library: Library, notes: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.md", "The key hangs behind the door.")
    library.ingest([notes])
    write("a.md", "The key lies under the mat.")
    monkeypatch.setattr(WordIndex, "update", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        library.ingest()
    monkeypatch.undo()
    assert library.ask("Where is the key?").citations[0].quote.text == "The key hangs behind the door."
    library.ingest()
    assert library.ask("Where is the key?").citations[0].quote.text == "The key lies under the mat."
    assert_like_fresh(library, notes, tmp_path)


def test_a_file_that_is_no_text_any_more_is_reported_and_its_old_version_answers_no_more(
    library: Library, notes: Path, write: Write
) -> None:
    write("good.md", "The bike is in the cellar.")
    write("bad.md", "The ladder is in the garage.")
    library.ingest([notes])
    write("bad.md", b"The ladder is \x00 in the shed.")
    report = library.ingest()
    assert [failure.path for failure in report.failed] == ["notes/bad.md"]
    assert "is not text" in report.failed[0].error
    assert report.plan == SyncPlan(deleted=("notes/bad.md",), unchanged=("notes/good.md",))
    assert "garage" not in library.ask("Where is the ladder?").text
    assert library.status().failed == report.failed


def test_binary_files_are_no_notes(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "Fine.")
    write("binary.txt", bytes(range(256)) * 40)
    first = library.ingest([notes])
    assert first.plan == SyncPlan(added=("notes/a.md",))
    assert first.failed == ()
    assert library.ingest().plan.is_empty


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_reported(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "Fine.")
    write("locked.md", "Secret.").chmod(0)
    report = library.ingest([notes])
    assert [failure.path for failure in report.failed] == ["notes/locked.md"]
    assert report.plan.added == ("notes/a.md",)


def test_a_folder_inside_a_known_one_is_synced_as_part_of_it(library: Library, notes: Path, write: Write) -> None:
    write("sub/a.md", "One.")
    library.ingest([notes])
    report = library.ingest([notes / "sub"])
    assert report.plan.unchanged == ("notes/sub/a.md",)


def test_folders_of_the_same_name_get_different_labels(library: Library, tmp_path: Path) -> None:
    for parent in ("one", "two"):
        (tmp_path / parent / "notes").mkdir(parents=True)
        (tmp_path / parent / "notes" / "a.md").write_text(f"From {parent}.")
    report = library.ingest([tmp_path / "one" / "notes", tmp_path / "two" / "notes"])
    assert report.plan.added == ("notes/a.md", "two/notes/a.md")
    note = library.note("two/notes/a.md")
    assert note
    assert note.file == tmp_path / "two" / "notes" / "a.md"


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("missing", "does not exist"),
        ("file.md", "is a file"),
        ("empty", "There are no notes"),
        ("images", "There are no notes"),
    ],
)
def test_wrong_folders_are_refused_in_one_line_and_make_no_index(
    library: Library, tmp_path: Path, folder: str, said: str
) -> None:
    (tmp_path / "file.md").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(UsageError, match=said) as caught:
        library.ingest([tmp_path / folder])
    assert "\n" not in str(caught.value)
    assert not (library.settings.index / "catalogue.sqlite3").exists()


def test_a_folder_that_lost_all_its_notes_stops_the_sync_and_the_old_ones_answer(
    library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "The wifi password is on the fridge.")
    library.ingest([notes])
    (notes / "a.md").unlink()
    with pytest.raises(NotesLost, match="holds no notes any more"):
        library.ingest()
    shutil.rmtree(notes)
    with pytest.raises(NotesLost, match="is not there"):
        library.ingest()
    assert not library.ask("Where is the wifi password?").abstained


def test_an_index_inside_the_notes_is_refused(notes: Path, write: Write, model_cache: Path) -> None:
    write("a.md", "One.")
    with (
        Library(Settings(notes=(), index=notes / ".index", cache=model_cache)) as library,
        pytest.raises(UsageError, match="inside the notes"),
    ):
        library.ingest([notes])
    assert sorted(path.name for path in notes.iterdir()) == ["a.md"]


def test_notes_inside_the_index_are_refused_and_its_folder_stays_as_it_is(tmp_path: Path, model_cache: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "a.md").write_text("One.")
    mode = folder.stat().st_mode
    with (
        Library(Settings(notes=(), index=folder, cache=model_cache)) as library,
        pytest.raises(UsageError, match="inside the index"),
    ):
        library.ingest([folder / "notes"])
    assert folder.stat().st_mode == mode


def test_notes_that_could_not_be_looked_at_are_not_deleted(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("open/a.md", "The bike is in the cellar.")
    write("locked/b.md", "The ladder is in the garage.")
    library.ingest([notes])
    list_folder = os.scandir

    def refuse_locked(path: Any) -> Any:
        if str(path).rstrip("/").endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", refuse_locked)
    report = library.ingest()
    assert report.plan.deleted == ()
    assert [failure.path for failure in report.failed] == ["notes/locked"]
    monkeypatch.undo()
    assert "garage" in library.ask("Where is the ladder?").text


def test_a_second_writer_fails_at_once_and_names_the_first(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "One.")
    library.ingest([notes])
    code = (
        "import sys, pathlib; from rag_bot.store.lock import writer_lock\n"
        f"with writer_lock(pathlib.Path({str(library.settings.index)!r})): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(WriterBusy, match=f"Process {holder.pid} on"):
            library.ingest()
        assert not library.ask("One").abstained
        holder.kill()
    assert library.ingest().plan.unchanged == ("notes/a.md",)


def test_the_index_folder_is_for_the_user_alone(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "One.")
    library.ingest([notes])
    assert library.settings.index.stat().st_mode & 0o777 == 0o700


def test_the_lock_leaves_no_holder_behind(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "index"):
        assert (tmp_path / "index" / "writer.json").exists()
    assert not (tmp_path / "index" / "writer.json").exists()


def test_another_process_s_sync_is_seen_by_an_open_library(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "Tulips bloom in April.")
    library.ingest([notes])
    assert library.search("tulips")[0].chunk.note_path == "notes/a.md"
    write("b.md", "Dahlias bloom in August.")
    with Library(library.settings) as other:
        other.ingest()
    assert library.search("dahlias")[0].chunk.note_path == "notes/b.md"


def test_notes_of_equal_size_and_time_that_swap_names_are_right_afterwards(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    for name, text in (("a.md", "Apples are red."), ("b.md", "Lemons are raw.")):
        os.utime(write(name, text), ns=(10**18, 10**18))
    library.ingest([notes])
    (notes / "a.md").rename(notes / "c.md")
    (notes / "b.md").rename(notes / "a.md")
    (notes / "c.md").rename(notes / "b.md")
    assert library.ingest().plan.changed == ("notes/a.md", "notes/b.md")
    assert library.ask("lemons raw").citations[0].quote.note_path == "notes/a.md"
    assert_like_fresh(library, notes, tmp_path)


def test_a_change_that_keeps_size_and_time_is_seen(library: Library, notes: Path, write: Write) -> None:
    os.utime(write("a.md", "The code is 1234."), ns=(10**18, 10**18))
    library.ingest([notes])
    os.utime(write("a.md", "The code is 4321."), ns=(10**18, 10**18))
    assert library.ingest().plan.changed == ("notes/a.md",)


def test_a_note_that_is_edited_back_costs_nothing(library: Library, notes: Path, write: Write, tmp_path: Path) -> None:
    write("a.md", "The meeting is on Monday.")
    library.ingest([notes])
    write("a.md", "The meeting is on Tuesday.")
    assert library.ingest().chunks_embedded == 1
    write("a.md", "The meeting is on Monday.")
    report = library.ingest()
    assert (report.plan.changed, report.chunks_embedded) == (("notes/a.md",), 0)
    assert "Monday" in library.ask("When is the meeting?").text
    assert_like_fresh(library, notes, tmp_path)


def test_a_root_around_a_known_one_takes_only_what_is_outside_of_it(
    library: Library, notes: Path, write: Write
) -> None:
    write("sub/a.md", "One.")
    write("b.md", "Two.")
    library.ingest([notes / "sub"])
    assert library.ingest([notes]).plan.added == ("notes/b.md",)
    assert library.ingest().plan.unchanged == ("notes/b.md", "sub/a.md")
    library.forget(notes / "sub")
    report = library.ingest()
    assert (report.plan.added, report.plan.unchanged) == (("notes/sub/a.md",), ("notes/b.md",))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Caf\u00e9.md", "Cafe\u0301.md"),
        ("readme.md", "README.md"),
        ("\u212b.md", "\u00c5.md"),
        ("日記.md", "日記 2.md"),
    ],
)
def test_a_name_in_another_form_or_case_is_a_rename(
    library: Library, notes: Path, write: Write, before: str, after: str
) -> None:
    write(f"Büro/{before}", "The coffee is strong.")
    library.ingest([notes])
    (notes / "Büro" / before).rename(notes / "Büro" / after)
    report = library.ingest()
    assert report.plan.moved == (Move(f"notes/Büro/{before}", f"notes/Büro/{after}"),)
    assert report.chunks_embedded == 0
    for form in ("NFC", "NFD"):
        folder = unicodedata.normalize(form, "Büro")
        assert [hit.chunk.note_path for hit in library.search("coffee", filters=Filters(folder=folder))] == [
            f"notes/Büro/{after}"
        ]


def test_a_note_that_vanishes_while_it_is_read_is_deleted_and_not_an_error(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("kept.md", "The bike is in the cellar.")
    write("other.md", "The bus leaves at nine.")
    write("gone.md", "The ladder is in the garage.")
    library.ingest([notes])
    write("gone.md", "The ladder is in the shed.")
    write("new.md", "The rake is new.")

    def read_after_deletion(root: Path, relative: str, *, label: str) -> Any:
        (root / relative).unlink()
        return read_note(root, relative, label=label)

    monkeypatch.setattr(prepare, "read_note", read_after_deletion)
    report = library.ingest()
    assert (report.plan.added, report.plan.changed, report.plan.deleted) == ((), (), ("notes/gone.md",))
    assert report.failed == ()
    answer = library.ask("Where is the ladder?")
    assert answer.unmentioned == ("ladder",)
    assert "garage" not in answer.text
    assert "shed" not in answer.text


def test_a_changed_chunker_prepares_every_note_anew_also_those_that_cannot_be_read_now(
    library: Library, notes: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / "boat.md").write_text("The boat lies in the harbour.")
    write("a.md", "The key hangs behind the door.")
    write("b.md", "The lamp needs a bulb.")
    library.ingest([notes, away])
    away.rename(tmp_path / "unmounted")
    write("b.md", bytes(24))  # as a cloud drive leaves what it has not downloaded
    monkeypatch.setattr(sync_module, "CHUNKER_VERSION", CHUNKER_VERSION + 1)
    monkeypatch.setattr(prepare, "CHUNKER_VERSION", CHUNKER_VERSION + 1)
    store = library_store(library)
    report = library.ingest(on_loss="keep")
    assert report.plan.changed == ("notes/a.md",)
    assert (report.chunks_embedded, report.chunks_reused) == (0, 3)
    assert library_store(library) != store
    assert not (library.settings.index / store).exists()
    assert "harbour" in library.ask("Where is the boat?").text
    assert "bulb" in library.ask("What does the lamp need?").text
    assert library.ingest(on_loss="keep").plan.unchanged == ("notes/a.md",)
    monkeypatch.undo()
    with pytest.raises(IndexUnusable, match="newer rag-bot"):
        library.ingest(on_loss="keep")


def library_store(library: Library) -> str:
    with closing(Catalogue.open(library.settings.index)) as catalogue:
        return catalogue.meta()["store"]


def test_while_another_model_is_prepared_the_old_state_answers(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.md", "The key hangs behind the door.")
    library.ingest([notes])
    monkeypatch.setattr(sync_module, "CHUNKER_VERSION", CHUNKER_VERSION + 1)
    monkeypatch.setattr(prepare, "CHUNKER_VERSION", CHUNKER_VERSION + 1)
    monkeypatch.setenv("RAG_BOT_FAILPOINT", "before-switch=full")
    with pytest.raises(OSError, match="No space"):
        library.ingest()
    monkeypatch.delenv("RAG_BOT_FAILPOINT")
    assert sorted(path.name for path in library.settings.index.glob("store-*")) == ["store-1"]
    with Library(library.settings) as other:
        assert "door" in other.ask("Where is the key?").text
    library.ingest()
    assert sorted(path.name for path in library.settings.index.glob("store-*")) == ["store-2"]


def test_every_sync_is_in_the_history_with_what_it_did_or_why_it_failed(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.md", "One.")
    library.ingest([notes])
    write("b.md", "Two.")
    monkeypatch.setenv("RAG_BOT_FAILPOINT", "vectors-kept=full")
    with pytest.raises(OSError, match="No space"):
        library.ingest()
    monkeypatch.delenv("RAG_BOT_FAILPOINT")
    write("c.md", b"\x00" * 10 + b"text" * 30)
    library.ingest()
    last, failed, first = library.status().runs
    assert (first.counts["added"], first.counts["chunks_embedded"], first.error) == (1, 1, "")
    assert "No space left" in failed.error
    assert (last.counts["added"], last.counts["unchanged"]) == (1, 1)
    assert library.status().last_synced == last.started
    assert library.status().writer is None


@pytest.mark.of_the_file
def test_an_index_of_version_1_is_brought_up_to_date_without_a_model_or_a_loss(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    write("a.md", "The key hangs behind the door.")
    library.ingest([notes])
    make_version_1(library.settings.index)
    with pytest.raises(IndexUnusable, match="Run `rag-bot ingest` once"):
        library.ask("Where is the key?")
    report = library.ingest()
    assert (report.plan.changed, report.chunks_embedded) == (("notes/a.md",), 0)  # read again, for what was not kept
    assert "door" in library.ask("Where is the key?").text
    assert not (library.settings.index / "chroma").exists()
    assert_like_fresh(library, notes, tmp_path)


def make_version_1(index: Path) -> None:
    """Take back what later versions added."""
    for part in ("chroma", "tantivy"):
        (index / "store-1" / part).rename(index / part)
    shutil.rmtree(index / "store-1")
    with closing(sqlite3.connect(index / "catalogue.sqlite3")) as db:
        db.executescript(
            """DROP INDEX note_root; DROP INDEX note_pending; DROP INDEX vector_retired;
               ALTER TABLE note DROP COLUMN stamp; ALTER TABLE note DROP COLUMN synced;
               DROP INDEX note_odd; ALTER TABLE note DROP COLUMN oddities; DROP TABLE excluded;
               ALTER TABLE note DROP COLUMN places;
               DROP TABLE name; DROP TABLE name_word; DROP TABLE link; DROP TABLE date; DROP TABLE task;
               ALTER TABLE vector DROP COLUMN retired; DROP TABLE run;
               CREATE TABLE run (id INTEGER PRIMARY KEY, started TEXT NOT NULL, seconds REAL NOT NULL,
                                 counts TEXT NOT NULL, failed TEXT NOT NULL);
               INSERT INTO run VALUES (1, '2026-11-01T10:00:00+0000', 1.5, '{"added": 1}', '[]');
               CREATE INDEX note_root ON note (root_id, pending, path, size, mtime_ns, content_hash);
               DELETE FROM meta WHERE name IN ('store', 'seal');
               UPDATE meta SET value = 'by an older chunker' WHERE name = 'built_with'; PRAGMA user_version = 1;"""
        )


def test_a_read_only_index_answers_and_is_not_written(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.md", "The key hangs behind the door.")
    library.ingest([notes])
    before = {path: path.stat().st_mtime_ns for path in library.settings.index.rglob("*") if path.is_file()}
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with Library(library.settings) as reader:
        assert "door" in reader.ask("Where is the key?").text
    assert {path: path.stat().st_mtime_ns for path in library.settings.index.rglob("*") if path.is_file()} == before


def test_what_could_not_be_read_stays_known_while_other_folders_are_synced(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    write("a.md", "One.")
    write("b.md", "Two.")
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.md").write_text("Three.")
    library.ingest([notes, other])
    write("b.md", b"\x00 no text")
    assert [failure.path for failure in library.ingest().failed] == ["notes/b.md"]
    assert library.ingest([other]).failed == ()
    library.forget(other)
    assert [failure.path for failure in library.status().failed] == ["notes/b.md"]
    write("b.md", "Two again.")
    library.ingest()
    assert library.status().failed == ()
