"""Copies a catalogue: to a database and back into the folder of its index, or as the beginning of another index."""

from __future__ import annotations

import secrets
import shutil
from contextlib import closing
from itertools import islice
from pathlib import Path

from rag_bot.databases import Database
from rag_bot.errors import IndexUnusable
from rag_bot.failpoints import reach
from rag_bot.store.ownership import PLACE_NAME, Standing, claim, is_part, make_part, require_own, standing
from rag_bot.store.place import CataloguePlace
from rag_bot.store.postgres import CatalogueLost, PostgresConnection, all_rows
from rag_bot.store.schema import FILE_NAME, STEPS, explained, has_catalogue, open_for_reading, open_for_writing
from rag_bot.store.writer import CatalogueWriter
from rag_bot.trust import say_once

_FOLDER = "moving"  # in the index, for as long as a catalogue takes to come back into it
_ROWS = 5_000  # copied at a time; set by hand
# Each after those that its rows refer to.
_TABLES = (
    *("meta", "root", "note", "chunk", "tag", "vector", "run"),
    *("excluded", "name", "name_word", "link", "date", "task"),
)


def move_catalogue(index: Path, url: str) -> None:
    """Bring the catalogue to this database, or with "" into the folder of the index; the caller holds its lock.

    Where there is none yet, the next one is made there. Killed at any time, the old one counts or the new one, whole.

    Raises:
        UsageError, WriterBusy, IndexUnusable: as `schema.open_for_writing`; the old one counts on.
    """
    require_own(index)
    claim(index)
    before, after = CataloguePlace.read(index), CataloguePlace.of_index(index, url)
    if before != after and _are_the_same(before, after):
        after.write(index)
    elif before != after:
        is_moved = has_catalogue(index)
        if after.url:
            _move_to_database(index, after)
        else:
            _move_to_folder(index)
        if before.url and before == CataloguePlace.of_index(index, before.url):  # not of an index it was copied from
            with closing(PostgresConnection(before, writes=True)) as left:
                left.drop()
        if is_moved:
            where = f"in the database {after}" if url else "in the folder of the index"
            say_once(f"The catalogue is {where} now.")
    if after.url:
        _remove_file(index)  # also what a move that was killed has left
    elif is_part(index, index / _FOLDER):
        shutil.rmtree(index / _FOLDER, ignore_errors=True)


def begin_with(index: Path, other: Path) -> None:
    """Make this index, which must not exist, with a copy of the other's catalogue and without its search indexes.

    The next ingest makes those, and need not embed again what the other one knows. Where the other has no catalogue
    that can be read, nothing is made.
    """
    unfinished = index.with_name(f"{index.name}.unfinished")
    if standing(unfinished) is Standing.OWN:
        shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with closing(open_for_reading(other)) as source, explained(other):
            unfinished.mkdir(parents=True, mode=0o700, exist_ok=True)
            with closing(open_for_writing(unfinished)) as copy:
                _copy(source, copy)
    except IndexUnusable:
        return
    unfinished.rename(index)


def _are_the_same(before: CataloguePlace, after: CataloguePlace) -> bool:
    """Whether two addresses lead to the same tables: what is written to by the one is read by the other.

    Raises:
        UsageError, WriterBusy, DatabaseUnusable: one of them can't be used.
    """
    if not before.url or before.schema != after.schema:
        return False
    key, word = "moving", secrets.token_hex()
    with closing(PostgresConnection(after, writes=True)) as new:
        try:
            new.version()
        except CatalogueLost:
            return False
        CatalogueWriter(new).set_meta(**{key: word})
        try:
            with closing(PostgresConnection(before)) as old:
                old.version()
                return bool(old.execute("SELECT value FROM meta WHERE name = ?", (key,)).fetchall() == [(word,)])
        finally:
            new.execute("DELETE FROM meta WHERE name = ?", (key,))


def _move_to_database(index: Path, after: CataloguePlace) -> None:
    with closing(PostgresConnection(after, writes=True)) as target:
        target.drop()  # what a move that was killed has left
        target.bring_up_to_date(STEPS)
        if has_catalogue(index):
            with closing(open_for_writing(index)) as source:
                _copy(source, target)
            target.count_on()
        reach("catalogue-copied")
        after.write(index)
        reach("catalogue-moved")


def _move_to_folder(index: Path) -> None:
    if is_part(index, index / _FOLDER):
        shutil.rmtree(index / _FOLDER)
    new = make_part(index, _FOLDER)
    with closing(open_for_writing(index)) as source, closing(open_for_writing(new)) as target, explained(index):
        _copy(source, target)
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _remove_file(index)
    (new / FILE_NAME).replace(index / FILE_NAME)
    reach("catalogue-copied")
    (index / PLACE_NAME).unlink()
    reach("catalogue-moved")


def _copy(source: Database, target: Database) -> None:
    """Bring all rows into empty tables, in one transaction."""
    source.execute("BEGIN")
    target.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        columns = [column for column, *_ in source.execute(f"SELECT * FROM {table} LIMIT 0").description]
        named = [column for column in columns if column != "rowid"]
        # A truth is a number in the file, and none for PostgreSQL.
        values = ["CAST(? AS INTEGER) <> 0" if column in ("pending", "is_embed") else "?" for column in named]
        order = " ORDER BY rowid" if table == "link" else ""  # of the links of a line
        rows = all_rows(source, f"SELECT {', '.join(named)} FROM {table}{order}")
        while some := list(islice(rows, _ROWS)):
            target.executemany(f"INSERT INTO {table} ({', '.join(named)}) VALUES ({', '.join(values)})", some)
    target.execute("COMMIT")
    source.execute("COMMIT")


def _remove_file(index: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (index / f"{FILE_NAME}{suffix}").unlink(missing_ok=True)
