"""Search indexes are opened only if their files are as they were sealed, or another process could open them."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rag_bot import IndexUnusable, Library
from rag_bot.ingestion import apply
from rag_bot.store import consistency, indexes, vectors
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.checksums import find_damaged, looks_intact, recorded_checksums, take_checksums
from rag_bot.store.consistency import Mismatch, compare_in_children
from rag_bot.store.lock import find_writer, writer_lock

Write = Callable[..., Path]


@pytest.fixture
def graph_library(library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library that is searched through Chroma, though it is small."""
    monkeypatch.setattr(indexes, "SMALL_LIBRARY", 0)
    for number in range(20):
        write(f"{number}.md", f"The boat number {number} lies in harbour {number * 7}.")
    library.ingest([notes])
    assert library.search("boat")
    library.close()
    return library


def _set_meta(library: Library, **values: str) -> None:
    with closing(sqlite3.connect(library.settings.index / "catalogue.sqlite3")) as db, db:
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


def _header(library: Library) -> Path:
    (header,) = (library.settings.index / "store-1").rglob("header.bin")
    return header


def test_a_file_that_would_end_the_process_is_not_opened(graph_library: Library) -> None:
    os.truncate(_header(graph_library), 50)
    with pytest.raises(IndexUnusable, match=r"header.bin: 50 bytes instead of 100.*verify --repair") as caught:
        graph_library.search("boat")
    assert "\n" not in str(caught.value)


def test_after_a_killed_sync_another_process_opens_the_files_first(graph_library: Library) -> None:
    _set_meta(graph_library, dirty="1")
    assert graph_library.search("boat")
    graph_library.close()
    _header(graph_library).unlink()
    with pytest.raises(IndexUnusable, match="Error loading hnsw index"):
        graph_library.search("boat")
    assert graph_library.ingest().chunks_embedded == 0
    assert graph_library.search("boat")


def test_files_that_end_the_process_end_only_a_child(graph_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    _set_meta(graph_library, dirty="1")
    _header(graph_library).write_bytes(b"")
    ends = [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]
    monkeypatch.setattr(consistency, "module_command", lambda *_: ends)
    with pytest.raises(IndexUnusable, match=r"cannot be opened \(ended by signal 11\)"):
        graph_library.search("boat")


def test_a_plain_ingest_makes_damaged_indexes_anew(graph_library: Library) -> None:
    segment = next(path for path in (graph_library.settings.index / "store-1" / "tantivy").glob("*.idx"))
    data = bytearray(segment.read_bytes())
    data[10:14] = b"\xff\x00\xff\x00"
    segment.write_bytes(data)
    report = graph_library.ingest()
    assert (report.plan.is_empty, report.chunks_embedded) == (True, 0)
    assert sorted(path.name for path in graph_library.settings.index.glob("store-*")) == ["store-2"]
    assert graph_library.verify().problems == ()


def test_a_copy_of_an_index_is_as_good_as_the_index(graph_library: Library, tmp_path: Path) -> None:
    shutil.copytree(graph_library.settings.index, tmp_path / "copy", copy_function=shutil.copy)
    with Library(graph_library.settings.model_copy(update={"index": tmp_path / "copy"})) as copy:
        assert copy.search("boat")
        assert copy.verify().problems == ()


def test_vectors_that_are_missing_too_many_or_wrong_are_found(graph_library: Library) -> None:
    index = graph_library.settings.index
    assert compare_in_children(index).trouble() == []
    with closing(sqlite3.connect(index / "catalogue.sqlite3")) as db:
        keys = [key for (key,) in db.execute("SELECT key FROM vector ORDER BY key")]
        fingerprint = db.execute("SELECT value FROM meta WHERE name = 'fingerprint'").fetchone()[0]
        (stored,) = db.execute("SELECT vector FROM vector WHERE key = ?", (keys[1],)).fetchone()
    chroma = vectors.VectorIndex(index / "store-1", fingerprint, create=True)
    import numpy as np

    wrong = -np.frombuffer(stored, dtype="<f4")[np.newaxis, :]
    chroma.delete([keys[0]])
    chroma.upsert([keys[1]], wrong)
    chroma.upsert(["nobody's"], wrong)
    chroma.close()
    found = compare_in_children(index).vectors
    assert (found.missing, found.extra) == ([keys[0]], ["nobody's"])
    assert "1 vectors are not those of the catalogue" in found.broken
    assert compare_in_children(index).words == Mismatch()


def test_a_seal_tells_times_from_content(tmp_path: Path) -> None:
    (tmp_path / "tantivy").mkdir()
    file = tmp_path / "tantivy" / ("0" * 32 + ".idx")
    file.write_bytes(b"four")
    seal = take_checksums(tmp_path)
    os.utime(file, ns=(1, 1))
    assert not looks_intact(tmp_path, seal)
    assert find_damaged(tmp_path, seal) == {}
    file.write_bytes(b"five")
    (tmp_path / "chroma.sqlite3").write_bytes(b"changed by reading")
    (tmp_path / "more.bin").write_bytes(b"")
    assert find_damaged(tmp_path, seal) == {f"tantivy/{file.name}": "other content"}
    assert find_damaged(tmp_path, seal, killed=True) == {f"tantivy/{file.name}": "other content"}
    file.unlink()
    assert find_damaged(tmp_path, seal, killed=True) == {}


def test_a_graph_that_answers_is_not_written(
    graph_library: Library, write: Write, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks while a sync runs would load it half written."""
    settings = graph_library.settings
    before = {path: path.read_bytes() for path in (settings.index / "store-1" / "chroma").glob("*/*")}
    answers = []

    def ask(place: str) -> None:
        if place in ("words-entered", "before-switch", "in-switch", "switched"):
            with Library(settings) as another:
                answers.append({hit.chunk.note_path for hit in another.search("boat", limit=40)})
        if place == "in-switch":
            assert {path: path.read_bytes() for path in before} == before

    monkeypatch.setattr(apply, "reach", ask)
    monkeypatch.setattr(indexes, "reach", ask)
    old = {f"notes/{number}.md" for number in range(20)}
    new = {f"notes/{number}.md" for number in range(10, 21)}
    for number in range(10):
        (notes / f"{number}.md").unlink()
    write("20.md", "The boat number 20 lies in harbour 140.")
    graph_library.ingest()
    assert answers == [old, old, old, new]
    assert [path.name for path in settings.index.glob("store-*")] == ["store-2"]


def test_a_graph_that_is_still_asked_goes_with_a_later_sync(graph_library: Library, write: Write) -> None:
    index = graph_library.settings.index

    def stores() -> list[str]:
        return sorted(path.name for path in index.glob("store-*"))

    with Library(graph_library.settings) as reader:
        reader.search("boat")
        write("20.md", "The boat number 20 lies in harbour 140.")
        graph_library.ingest()
        assert stores() == ["store-1", "store-2"]
        assert [path.name for path in (index / "store-1").iterdir() if path.is_dir()] == ["chroma"]  # no words are kept
        assert "notes/20.md" in {hit.chunk.note_path for hit in reader.search("boat number 20")}
        write("21.md", "The boat number 21 lies in harbour 147.")
        graph_library.ingest()
        assert stores() == ["store-2", "store-3"]
    graph_library.ingest()
    assert stores() == ["store-3"]


def test_a_copy_that_fills_the_disk_is_removed(
    graph_library: Library, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:1])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    index = graph_library.settings.index
    write("20.md", "The boat number 20 lies in harbour 140.")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copy2", fill)
        with pytest.raises(IndexUnusable, match=r"store-2 cannot be used: No space left.*free space"):
            graph_library.ingest()
    assert [path.name for path in index.glob("store-*")] == ["store-1"]
    assert graph_library.search("boat")
    assert graph_library.ingest().chunks_embedded == 0
    assert graph_library.verify().problems == ()


def test_a_panic_of_chroma_is_an_error_in_one_line(graph_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As Rust's panics come."""

    def panic(*_: object) -> None:
        raise PanicException("called `Result::unwrap()` on an `Err` value")

    monkeypatch.setattr(vectors.load_chroma(), "PersistentClient", panic)
    with pytest.raises(IndexUnusable, match="chroma cannot be used: called"):
        graph_library.search("boat")


def test_an_emptied_graph_is_whole_however_often_it_is_opened(library: Library, notes: Path, write: Write) -> None:
    write("boat.md", "The boat was painted blue.")
    library.ingest([notes])
    (notes / "boat.md").write_text("")
    library.ingest()
    for _ in range(3):
        assert library.verify().problems == ()
    assert list(library.settings.index.glob("store-*/chroma/*/")) == []
    write("bridge.md", "The bridge was painted red.")
    assert library.ingest().chunks_embedded == 1
    assert library.verify().problems == ()
    assert "red" in library.ask("How was the bridge painted?").text


def test_the_seal_of_an_index_is_that_of_its_files(graph_library: Library) -> None:
    index = graph_library.settings.index
    with closing(Catalogue.open(index)) as catalogue:
        assert looks_intact(index / "store-1", recorded_checksums(catalogue.meta()))


def test_the_writer_is_known_while_it_writes(tmp_path: Path) -> None:
    assert find_writer(tmp_path / "index") is None
    with writer_lock(tmp_path / "index"):
        writer = find_writer(tmp_path / "index")
        assert writer
        assert writer.pid == os.getpid()
    assert find_writer(tmp_path / "index") is None


def test_syncs_that_end_while_the_files_are_looked_at_are_no_damage(
    library: Library, notes: Path, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.md", "The key hangs behind the door.")
    library.ingest([notes])
    seals = [({"tantivy/meta.json": (number, 0, 0)}, False) for number in (1, 2, 2, 3)]
    looked = iter([*seals, indexes._recorded(library.settings.index)])
    monkeypatch.setattr(indexes, "_recorded", lambda _: next(looked))
    with Library(library.settings) as other:
        assert other.search("key")[0].chunk.note_path == "notes/a.md"
    with pytest.raises(StopIteration):
        next(looked)
