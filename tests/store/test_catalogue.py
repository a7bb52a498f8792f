"""The catalogue is opened carefully and shows only finished states."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from rag_bot.errors import IndexUnusable
from rag_bot.records import Chunk, Filters, Note
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.moving import move_catalogue
from rag_bot.store.ownership import claim
from rag_bot.store.schema import FILE_NAME, SCHEMA_VERSION
from rag_bot.store.writer import CatalogueWriter


def _note(path: str, text: str, tags: tuple[str, ...] = ()) -> Note:
    return Note(path, Path("/home/me/notes"), "notes", "T", "", text, {"tags": list(tags)}, 1, "hash", len(text), 5)


def _chunk(note: Note, key: str) -> Chunk:
    return Chunk(key, note.path, 0, ("H",), "T > H", note.text, 0, len(note.text), 1, 1)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[CatalogueWriter]:
    move_catalogue(tmp_path, os.environ.get("RAG_BOT_CATALOGUE", ""))
    with closing(CatalogueWriter.open(tmp_path)) as opened:
        yield opened


def _add(writer: CatalogueWriter, *notes: tuple[Note, str], live: bool = True) -> None:
    roots = writer.roots() or [writer.add_root(Path("/home/me/notes"), "notes")]
    with writer.transaction():
        writer.add_vectors([key for _, key in notes], np.eye(4, dtype=np.float32)[: len(notes)])
        for note, key in notes:
            writer.add_pending(roots[0], note, [_chunk(note, key)])
        if live:
            writer.apply((), [])


def test_pending_notes_are_not_seen_until_they_are_applied(writer: CatalogueWriter) -> None:
    note = _note("notes/a.md", "some text")
    _add(writer, (note, "k1"), live=False)
    assert writer.find_note("notes/a.md") is None
    assert writer.find_chunks(["k1"]) == []
    assert writer.keys_matching(Filters(folder="notes")) == set()
    assert writer.counts() == (0, 0, 1)
    with writer.transaction():
        writer.apply((), [])
    assert writer.find_note("notes/a.md") == note
    assert writer.find_chunks(["k1", "unknown"]) == [(_chunk(note, "k1"), note)]


def test_a_snapshot_keeps_showing_the_state_it_began_with(writer: CatalogueWriter, tmp_path: Path) -> None:
    _add(writer, (_note("notes/a.md", "old"), "k1"))
    reader = Catalogue.open(tmp_path)
    with reader.snapshot():
        assert reader.counts()[0] == 1
        _add(writer, (_note("notes/b.md", "new"), "k2"))
        assert reader.counts()[0] == 1
    assert reader.counts()[0] == 2
    reader.close()


def test_a_failed_transaction_leaves_nothing(writer: CatalogueWriter) -> None:
    def fail() -> None:
        with writer.transaction():
            writer.set_meta(model="x")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert writer.meta() == {}


def test_filters_take_folders_from_the_root_below_it_and_absolute(writer: CatalogueWriter) -> None:
    _add(
        writer,
        (_note("notes/talks/a.md", "one", ("work",)), "k1"),
        (_note("notes/talks-old/b.md", "two", ("work/mail",)), "k2"),
        (_note("notes/100%_.md", "three", ("workshop",)), "k3"),
    )
    for folder in ("notes/talks", "talks", "talks/", "./talks", "/home/me/notes/talks"):
        assert writer.keys_matching(Filters(folder=folder)) == {"k1"}, folder
    assert writer.keys_matching(Filters(folder="notes")) == {"k1", "k2", "k3"}
    assert writer.keys_matching(Filters(folder="tal")) == set()
    assert writer.keys_matching(Filters(folder="%")) == set()
    assert writer.keys_matching(Filters(tag="#Work")) == {"k1", "k2"}
    assert writer.keys_matching(Filters(folder="talks", tag="work/mail")) == set()


def test_only_keys_that_are_not_live_yet_are_entered(writer: CatalogueWriter) -> None:
    _add(writer, (_note("notes/a.md", "same text"), "k1"))
    _add(writer, (_note("notes/b.md", "same text"), "k1"), (_note("notes/c.md", "more"), "k2"), live=False)
    entries = [entry for batch in writer.pending_entries(1) for entry in batch]
    assert [(key, text) for key, text, _ in entries] == [("k2", "T > H\nmore")]


def test_vectors_that_no_note_has_are_unreferenced(writer: CatalogueWriter) -> None:
    _add(writer, (_note("notes/a.md", "one"), "k1"), (_note("notes/b.md", "two"), "k2"))
    with writer.transaction():
        assert writer.apply(["notes/a.md"], []) == ["k1"]
    assert writer.orphaned_keys() == ["k1"]
    with writer.transaction():
        writer.retire_vectors(["k1"], run=1)
    assert writer.orphaned_keys() == []
    assert writer.counts() == (1, 1, 1)
    assert writer.keys_with_vectors(["k1"]) == {"k1"}


def test_a_missing_index_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match=r"no index .* yet\. Run `rag-bot ingest FOLDER`"):
        Catalogue.open(tmp_path)


@pytest.mark.of_the_file
def test_a_newer_index_is_refused(writer: CatalogueWriter, tmp_path: Path) -> None:
    writer.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(IndexUnusable, match="Update rag-bot"):
        Catalogue.open(tmp_path)
    with pytest.raises(IndexUnusable, match="Update rag-bot"):
        CatalogueWriter.open(tmp_path)


@pytest.mark.of_the_file
def test_a_file_of_noise_is_refused_in_one_line(tmp_path: Path) -> None:
    claim(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all, " * 100)
    with pytest.raises(IndexUnusable, match="cannot be used") as caught:
        Catalogue.open(tmp_path)
    assert "\n" not in str(caught.value)
