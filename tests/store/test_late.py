"""A few changes of a large library wait beside the graph, which is then loaded neither to write nor to read it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.failpoints import VARIABLE
from rag_bot.store import indexes, vectors
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.consistency import Mismatch, compare_in_children
from rag_bot.store.late import NOTHING_LATE, Late

Write = Callable[..., Path]
_FEW = 12  # passages of a small library, and changes that may wait
_QUESTION = "Where is the boat with the green lamp?"
# As a user's process does it, in which the failpoints kill; the small library is as small as in these tests.
_SYNC = f"""
import sys
from pathlib import Path
from rag_bot import Library
from rag_bot.settings import Settings
from rag_bot.store import indexes
indexes.SMALL_LIBRARY = {_FEW}
with Library(Settings(index=Path(sys.argv[1]), cache=Path(sys.argv[2]))) as library:
    library.ingest()
"""


@pytest.fixture
def large(library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library that is searched through Chroma's graph, and may leave a dozen changes beside it."""
    monkeypatch.setattr(indexes, "SMALL_LIBRARY", _FEW)
    for number in range(30):
        write(f"{number}.md", f"The cart number {number} stands in barn {number * 7}.")
    library.ingest([notes])
    return library


def _late(library: Library) -> Late:
    with closing(Catalogue.open(library.settings.index)) as catalogue:
        return Late.read(catalogue.meta())


def _graph(library: Library) -> set[str]:
    """The keys in Chroma."""
    with closing(Catalogue.open(library.settings.index)) as catalogue:
        meta = catalogue.meta()
    with closing(vectors.VectorIndex(library.settings.index / meta["store"], meta["fingerprint"])) as index:
        return index.keys()


def _live(library: Library) -> set[str]:
    with closing(Catalogue.open(library.settings.index)) as catalogue:
        return catalogue.live_keys()


def _nearest(library: Library) -> list[str]:
    return [hit.chunk.note_path for hit in library.search(_QUESTION)]


def _forbid_chroma(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("Chroma was loaded")

    monkeypatch.setattr(vectors, "load_chroma", refuse)


def test_few_changes_of_a_large_library_load_no_graph_and_answer(
    large: Library, write: Write, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _graph(large)
    with monkeypatch.context() as patch:
        _forbid_chroma(patch)
        write("3.md", "The boat with the green lamp lies at pier nine.")
        (notes / "4.md").unlink()
        (notes / "5.md").rename(notes / "five.md")
        report = large.ingest()
    assert (report.chunks_embedded, len(report.plan.moved), report.plan.deleted) == (1, 1, ("notes/4.md",))
    assert _late(large) == Late(frozenset(_live(large) - before), frozenset(before - _live(large)))
    assert _graph(large) == before
    assert _nearest(large)[0] == "notes/3.md"
    assert "notes/4.md" not in _nearest(large)
    assert compare_in_children(large.settings.index).vectors == Mismatch()
    assert large.verify().problems == ()


def test_a_reader_keeps_its_graph_while_changes_wait_and_loads_the_next_one(
    large: Library, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(large.settings) as reader:
        reader.search(_QUESTION)
        for number in range(3):
            write(f"{number}.md", f"The boat with the green lamp lies at pier {number}.")
            large.ingest()
            with monkeypatch.context() as patch:
                _forbid_chroma(patch)
                assert f"notes/{number}.md" in _nearest(reader)[: number + 1]
        for number in range(20):
            write(f"more-{number}.md", f"The boat with the green lamp lies in harbour {number}.")
        large.ingest()
        assert _late(large) == NOTHING_LATE
        assert {path for path in _nearest(reader) if "more" in path}
        write("last.md", "Where is the boat with the green lamp? It is here.")
        large.ingest()
        assert _nearest(reader)[0] == "notes/last.md"
        assert sorted(_nearest(reader)) == sorted(_nearest(large))


def test_what_waited_is_entered_once_more_has_come_than_may_wait(large: Library, write: Write) -> None:
    for number in range(2 * _FEW):
        write(f"{number}.md", f"The boat with lamp {number} lies at pier {number}.")
        large.ingest()
    late = _late(large)
    assert 0 < len(late) <= _FEW
    assert (_graph(large) - late.removed) | late.entered == _live(large)
    assert large.verify().problems == ()


def test_a_passage_that_comes_back_is_still_in_the_graph(large: Library, write: Write) -> None:
    before = _graph(large)
    old = write("3.md", "The cart number 3 stands in barn 21.").read_text()
    write("3.md", "The boat with the green lamp lies at pier nine.")
    large.ingest()
    write("3.md", old)
    assert large.ingest().chunks_embedded == 0
    assert _late(large) == NOTHING_LATE
    assert _graph(large) == before == _live(large)


def test_a_note_that_becomes_private_leaves_the_graph_at_once(large: Library, write: Write) -> None:
    before = _live(large)
    write("3.md", "---\nprivate: true\n---\n\nThe cart number 3 stands in barn 21.")
    large.ingest()
    assert _live(large) < before
    assert _graph(large) == _live(large)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "notes_changed"),
    [("switched", 1), ("before-seal", 1), ("in-switch", 20), ("graph-copied", 20), ("vectors-left", 20)],
)
def test_a_sync_that_is_killed_loses_nothing_that_waited(
    large: Library, write: Write, place: str, notes_changed: int
) -> None:
    write("29.md", "The boat with the green lamp lies at pier nine.")
    large.ingest()
    assert len(_late(large)) == 2
    for number in range(notes_changed):
        write(f"{number}.md", f"The boat with lamp {number} lies at pier {number}.")
    _sync(large, {VARIABLE: place})
    assert "notes/29.md" in _nearest(large)
    _sync(large, {})
    assert (_graph(large) - _late(large).removed) | _late(large).entered == _live(large)
    assert large.verify().problems == ()
    assert large.ingest().plan.is_empty


def _sync(library: Library, environment: dict[str, str]) -> None:
    from rag_bot.processes import child_environment

    settings = library.settings
    done = subprocess.run(
        [sys.executable, "-c", _SYNC, settings.index, settings.cache],
        env=child_environment() | environment,
        capture_output=True,
        check=False,
    )
    assert bool(done.returncode) == bool(environment), done.stderr
