"""Looks at an index that others write to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rag_bot import Library
from rag_bot.store.lock import writer_lock
from rag_bot.store.writer import CatalogueWriter
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot, SnapshotCache
from tests.ui.conftest import eventually

Write = Callable[..., Path]


def test_without_an_index_there_is_nothing_to_see(library: Library) -> None:
    snapshot = SnapshotCache(library).now()
    assert (snapshot.status, snapshot.problem, snapshot.notes) == (None, "", 0)


def test_a_sync_of_somebody_else_is_seen_and_nothing_is_read_twice(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# The tram\n\nIt leaves at nine.\n")
    library.ingest([notes])
    cache = SnapshotCache(library)
    first = cache.now()
    assert first.notes == 1
    eventually(lambda: cache.now().questions == ("What did I note about the tram?",))
    first = cache.now()
    assert cache.now() is first
    write("b.md", "# The bus\n")
    with Library(library.settings) as other:
        other.ingest()
    assert cache.now().notes == 2
    assert cache.now().questions == first.questions
    cache.close()


def test_a_sync_is_seen_while_it_runs_and_when_it_was_killed(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# A\n")
    library.ingest([notes])
    cache = SnapshotCache(library)
    with writer_lock(library.settings.index):
        writing = CatalogueWriter.open(library.settings.index)
        writing.begin_run("2026-11-22T12:00:00+0000")
        assert _writes(cache.now())
        writing.close()
    assert not _writes(cache.now())


def test_a_folder_that_goes_and_comes_back_is_seen(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# A\n")
    library.ingest([notes])
    cache = SnapshotCache(library)
    away = notes.rename(notes.with_name("away"))
    assert _missing(cache.now()) == (notes,)
    away.rename(notes)
    assert _missing(cache.now()) == ()


def test_an_index_that_cannot_be_read_says_why(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# A\n")
    library.ingest([notes])
    (library.settings.index / "catalogue.sqlite3").write_bytes(b"no database" * 1_000)
    snapshot = SnapshotCache(library).now()
    assert snapshot.status is None
    assert str(library.settings.index) in snapshot.problem


def _writes(snapshot: IndexSnapshot) -> bool:
    return snapshot.status is not None and snapshot.status.writer is not None


def _missing(snapshot: IndexSnapshot) -> tuple[Path, ...]:
    return snapshot.status.missing if snapshot.status else ()
