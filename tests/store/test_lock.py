"""Who writes to an index is told by its lock, however many look at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag_bot.store.lock import find_writer, writer_lock
from rag_bot.store.ownership import LOCK_NAME


def test_those_who_look_at_the_same_time_take_nobody_for_a_writer(tmp_path: Path) -> None:
    assert find_writer(tmp_path) is None
    (tmp_path / LOCK_NAME).touch()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: find_writer(tmp_path), range(2000))) == {None}


def test_a_writer_is_seen_until_it_has_ended(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        assert find_writer(tmp_path) is not None
    assert find_writer(tmp_path) is None
