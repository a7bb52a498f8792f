"""Looks at an index that others write to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rag_bot import Library
from rag_bot.store.lock import writer_lock
from rag_bot.store.writer import CatalogueWriter
from rag_bot.ui.syncing.glance import Glance, Glances

Write = Callable[..., Path]


def test_without_an_index_there_is_nothing_to_see(library: Library) -> None:
    look = Glances(library).now()
    assert (look.status, look.problem, look.notes) == (None, "", 0)


def test_a_sync_of_somebody_else_is_seen_and_nothing_is_read_twice(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# The tram\n\nIt leaves at nine.\n")
    library.ingest([notes])
    glances = Glances(library)
    first = glances.now()
    assert first.notes == 1
    assert first.questions == ("What did I note about The tram?",)
    assert glances.now() is first
    write("b.md", "# The bus\n")
    with Library(library.settings) as other:
        other.ingest()
    assert glances.now().notes == 2
    assert len(glances.now().questions) == 2


def test_a_sync_is_seen_while_it_runs_and_when_it_was_killed(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# A\n")
    library.ingest([notes])
    glances = Glances(library)
    with writer_lock(library.settings.index):
        writing = CatalogueWriter.open(library.settings.index)
        writing.begin_run("2026-11-22T12:00:00+0000")
        assert _writes(glances.now())
        writing.close()
    assert not _writes(glances.now())


def test_a_folder_that_goes_and_comes_back_is_seen(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# A\n")
    library.ingest([notes])
    glances = Glances(library)
    away = notes.rename(notes.with_name("away"))
    assert _missing(glances.now()) == (notes,)
    away.rename(notes)
    assert _missing(glances.now()) == ()


def test_an_index_that_cannot_be_read_says_why(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# A\n")
    library.ingest([notes])
    (library.settings.index / "catalogue.sqlite3").write_bytes(b"no database" * 1_000)
    look = Glances(library).now()
    assert look.status is None
    assert str(library.settings.index) in look.problem


def _writes(look: Glance) -> bool:
    return look.status is not None and look.status.writer is not None


def _missing(look: Glance) -> tuple[Path, ...]:
    return look.status.missing if look.status else ()
