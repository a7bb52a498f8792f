"""Chroma holds keys and vectors, and finds the nearest: in a folder as on a server."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from rag_bot.errors import IndexUnusable
from rag_bot.store.place import OWN_FOLDER, VectorsPlace
from rag_bot.store.server import ServerVectors, open_vectors, remove_collection
from rag_bot.store.vectors import FOLDER_NAME, VectorIndex, every_collection

Opened = Callable[[], VectorIndex | ServerVectors]


def _unit(count: int, seed: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    rows = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@pytest.fixture(params=["folder", "server"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Opens the same vectors again and again, here or on a Chroma server, and closes them at the end."""
    url = request.getfixturevalue("server").url if request.param == "server" else ""
    place = VectorsPlace(url, f"test-{tmp_path.name}") if url else OWN_FOLDER
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_vectors(tmp_path, place, "abc", create=True)))
    remove_collection(place)


def test_the_nearest_come_first_with_their_cosine(opened: Opened) -> None:
    index, rows = opened(), _unit(50)
    index.upsert([f"k{number}" for number in range(50)], rows)
    found = index.query(rows[7], 5)
    expected = np.sort(rows @ rows[7])[::-1][:5]
    assert found[0][0] == "k7"
    assert [score for _, score in found] == pytest.approx(expected.tolist(), abs=1e-5)
    index.close()


def test_writing_twice_changes_nothing_and_a_new_vector_replaces_the_old(opened: Opened) -> None:
    index, rows = opened(), _unit(3)
    for _ in range(2):
        index.upsert(["a", "b"], rows[:2])
    index.upsert(["a"], rows[2:])
    assert index.keys() == {"a", "b"}
    assert index.query(rows[2], 1)[0][0] == "a"
    index.close()


def test_each_write_is_in_the_graph_on_disk_so_that_the_next_does_not_enter_it_again(
    opened: Opened, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    index, rows = opened(), _unit(21)
    on_server = isinstance(index, ServerVectors)
    folder = request.getfixturevalue("server").folder if on_server else tmp_path / FOLDER_NAME
    name = f"test-{tmp_path.name}" if on_server else "notes-abc"
    for keys in (["first"], [f"k{number}" for number in range(20)]):
        index.upsert(keys, rows[-len(keys) :])
        with closing(sqlite3.connect(folder / "chroma.sqlite3")) as db:
            ((in_graph, logged),) = db.execute(
                """SELECT graph.seq_id, (SELECT max(seq_id) FROM embeddings_queue WHERE topic LIKE '%' || known.id)
                   FROM collections AS known JOIN segments ON collection = known.id AND scope = 'VECTOR'
                   LEFT JOIN max_seq_id AS graph ON segment_id = segments.id WHERE name = ?""",
                (name,),
            )
        assert in_graph is not None
        assert in_graph >= (logged or 0)
    index.close()


def test_deleted_keys_are_gone_and_unknown_ones_do_no_harm(opened: Opened) -> None:
    index, rows = opened(), _unit(3)
    index.upsert(["a", "b", "c"], rows)
    index.delete(["a", "never there"])
    assert {key for key, _ in index.query(rows[0], 10)} == {"b", "c"}
    index.close()


def test_a_reopened_client_sees_what_was_written_since(opened: Opened) -> None:
    first, rows = opened(), _unit(2)
    first.upsert(["a", "b"], rows)
    first.close()
    second = opened()
    assert second.query(rows[1], 1)[0][0] == "b"
    second.close()


def test_an_empty_index_finds_nothing(opened: Opened) -> None:
    index = opened()
    assert index.query(_unit(1)[0], 5) == []
    index.close()


def test_more_vectors_than_one_request_takes_are_all_kept_as_they_are(opened: Opened) -> None:
    index, rows = opened(), _unit(6_000)
    index.upsert([f"k{number}" for number in range(6_000)], rows)
    kept = {key: vector for keys, vectors in index.stored() for key, vector in zip(keys, vectors, strict=True)}
    assert index.keys() == kept.keys() == {f"k{number}" for number in range(6_000)}
    assert np.allclose(np.stack([kept[f"k{number}"] for number in range(6_000)]), rows, atol=1e-6)
    index.delete(sorted(kept)[:5_999])
    assert index.keys() == {sorted(kept)[5_999]}


def test_every_collection_is_found_whatever_its_model(tmp_path: Path) -> None:
    rows = _unit(3)
    for number, name in enumerate(("one", "two")):
        index = VectorIndex(tmp_path, name, create=True)
        index.upsert([name], rows[number : number + 1])
        index.close()
    assert sorted(key for keys, _ in every_collection(tmp_path) for key in keys) == ["one", "two"]


def test_what_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="no Chroma database"):
        VectorIndex(tmp_path, "abc").query(_unit(1)[0], 1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_explained_in_one_line(tmp_path: Path) -> None:
    (tmp_path / FOLDER_NAME).write_text("no folder")
    with pytest.raises(IndexUnusable, match="chroma cannot be used") as caught:
        VectorIndex(tmp_path, "abc", create=True).keys()
    assert "\n" not in str(caught.value)


def test_a_journal_that_a_killed_process_left_is_rolled_back(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path, "model", create=True)
    index.upsert(["a"], np.ones((1, 4), dtype=np.float32))
    index.close()
    database = tmp_path / "chroma" / "chroma.sqlite3"
    killed = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
for line in ("PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 1", "BEGIN", "CREATE TABLE filler (text)"):
    database.execute(line)
database.executemany("INSERT INTO filler VALUES (?)", [("x" * 4000,)] * 50)
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", killed, str(database)], check=True)
    assert database.with_name("chroma.sqlite3-journal").stat().st_size
    again = VectorIndex(tmp_path, "model")
    assert again.keys() == {"a"}
    again.close()
