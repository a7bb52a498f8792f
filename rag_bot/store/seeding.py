"""Begins an index with what another knows, so that passages they share need not be embedded again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from rag_bot.errors import IndexUnusable
from rag_bot.store.schema import FILE_NAME, explained, open_for_reading


def begin_with(index: Path, other: Path) -> None:
    """Make this index, which must not exist, with a copy of the other's catalogue and without its search indexes.

    The next ingest makes those. Where the other has no catalogue that can be read, nothing is made.
    """
    unfinished = index.with_name(f"{index.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with closing(open_for_reading(other)) as source, explained(other):
            unfinished.mkdir(parents=True, mode=0o700)
            with closing(sqlite3.connect(unfinished / FILE_NAME)) as copy:
                source.backup(copy)
    except IndexUnusable:
        return
    unfinished.rename(index)
