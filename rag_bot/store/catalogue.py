"""The catalogue: the truth about the index, in one SQLite file or a PostgreSQL database. Chroma and Tantivy only know
its keys.

Rows of notes that a sync is preparing carry `pending = 1`. Reading never sees them.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag_bot.databases import Database
from rag_bot.errors import IndexUnusable, UsageError
from rag_bot.markdown import readable_text
from rag_bot.records import (
    ALL_NOTES,
    Chunk,
    DatedPlace,
    DateRange,
    Failure,
    Filters,
    Landmark,
    LeftOut,
    Note,
    NoteState,
    Run,
    day_words,
)
from rag_bot.store import links, names
from rag_bot.store.census import Census
from rag_bot.store.links import NoteLink
from rag_bot.store.note_dates import entered_dates
from rag_bot.store.postgres import all_rows
from rag_bot.store.schema import open_for_reading

# What `indexes.next_folder` makes, with a number that fits a file name; an index of the first version has none.
_STORE = re.compile(r"(?:store-\d{1,9})?")
WAITING = "waiting "  # with a root's label: what `meta` calls the number of its notes that are still to be read
_BATCH = 900  # values in one IN (...), below SQLite's oldest limit of 999

_NOTE_COLUMNS = """note.id, note.path, root.folder, root.label, note.title, note.own_title, note.text, note.metadata,
  note.body_start_line, note.content_hash, note.size, note.mtime_ns, note.stamp, note.places, note.oddities"""
_CHUNK_COLUMNS = """chunk.note_id, chunk.key, chunk.ordinal, chunk.headings, chunk.context, chunk.start_char,
  chunk.end_char, chunk.start_line, chunk.end_line"""

# Dates that begin in a range of days, and longer ones that reach into it: few are longer than a day, so both are found
# by their index.
_OVERLAPPING = """SELECT * FROM date WHERE first BETWEEN ? AND ? UNION ALL
  SELECT * FROM date INDEXED BY date_long WHERE first <> last AND first < ? AND last >= ?"""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the catalogue remembers of a note's file; `stamp` as `files.stamp_of` gave it."""

    path: str
    stamp: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class ExcludedFile:
    """What the catalogue remembers of a note that is not in the index, and the rule that keeps it out."""

    path: str
    stamp: str
    content_hash: str
    rule: str

    @property
    def reason(self) -> str:
        """As in `LeftOut`: a note excludes itself as private, everything else does so by a tag of the settings."""
        return "private" if self.rule == "private" else "excluded"


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of notes and the name that the paths of its notes begin with."""

    id: int
    folder: Path
    label: str


class Catalogue:
    """One reading connection. Not for several threads at the same time."""

    def __init__(self, connection: Database) -> None:
        self._db = connection

    @classmethod
    def open(cls, index: Path) -> Self:
        """Raises IndexUnusable where there is no index, or none that can be read."""
        return cls(open_for_reading(index))

    def close(self) -> None:
        self._db.close()

    @property
    def census(self) -> Census:
        return Census(self._db)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside belongs to one state."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def meta(self) -> dict[str, str]:
        """Raises IndexUnusable where the folder of the search indexes is none of ours, but leads elsewhere."""
        meta = dict(self._db.execute("SELECT name, value FROM meta"))
        if not _STORE.fullmatch(meta.get("store", "")):
            raise IndexUnusable(
                f"The index names {meta['store']!r} as its store, which is none. Remove its folder and run "
                "`rag-bot ingest FOLDER`."
            )
        return meta

    def generation(self) -> str:
        """Changes with every state; "" before the first."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
        return str(row[0]) if row else ""

    def counts(self) -> tuple[int, int, int]:
        """Notes, their chunks, and vectors."""
        pending = "FROM note WHERE pending"
        return (
            self.census.count(),
            self._scalar(
                f"""SELECT (SELECT count(*) FROM chunk)
                           - (SELECT count(*) FROM chunk WHERE note_id IN (SELECT id {pending}))"""
            ),
            self._scalar(
                "SELECT (SELECT count(*) FROM vector) - (SELECT count(*) FROM vector WHERE retired IS NOT NULL)"
            ),
        )

    def roots(self) -> list[Root]:
        rows = self._db.execute("SELECT id, folder, label FROM root ORDER BY label")
        return [Root(id_, Path(folder), label) for id_, folder, label in rows]

    def runs(self, limit: int, *, succeeded: bool = False) -> tuple[Run, ...]:
        """The last syncs, the newest first; `succeeded` leaves out what was killed or failed."""
        only = "WHERE seconds IS NOT NULL AND error = ''" if succeeded else ""
        rows = self._db.execute(
            f"SELECT started, seconds, counts, failed, error FROM run {only} ORDER BY id DESC LIMIT ?", (limit,)
        )
        return tuple(
            Run(
                started, seconds, json.loads(counts), tuple(Failure(**failure) for failure in json.loads(failed)), error
            )
            for started, seconds, counts, failed, error in rows
        )

    def failed(self) -> dict[str, str]:
        """Why the last sync that went through could not read files, by note path."""
        return {failure.path: failure.error for run in self.runs(1, succeeded=True) for failure in run.failed}

    def waiting(self) -> int:
        """Notes that a sync has found and not read yet; where it ended before, the next one reads them."""
        names = f"{WAITING}%"
        return int(
            self._db.execute(
                "SELECT coalesce(sum(CAST(value AS INTEGER)), 0) FROM meta WHERE name LIKE ?", (names,)
            ).fetchone()[0]
        )

    def known_files(self, root: Root) -> dict[str, KnownFile]:
        """The notes of a root, by note path."""
        rows = self._db.execute(
            "SELECT path, stamp, content_hash FROM note WHERE root_id = ? AND NOT pending", (root.id,)
        )
        return {row[0]: KnownFile(*row) for row in rows}

    def excluded_files(self, root: Root) -> dict[str, ExcludedFile]:
        """The files of a root that were read and are kept out of the index, by note path."""
        rows = self._db.execute("SELECT path, stamp, content_hash, rule FROM excluded WHERE root_id = ?", (root.id,))
        return {row[0]: ExcludedFile(*row) for row in rows}

    def oddities(self, root: Root) -> list[tuple[str, dict[str, str]]]:
        """The notes of a root with a reason to doubt their text, by path."""
        sql = """SELECT path, oddities FROM note INDEXED BY note_odd
                 WHERE oddities != '{}' AND NOT pending AND root_id = ? ORDER BY path"""
        return [(path, json.loads(oddities)) for path, oddities in self._db.execute(sql, (root.id,))]

    def left_out(self) -> dict[str, tuple[LeftOut, ...]]:
        """What the last sync that went through left out of each root, by label."""
        sql = "SELECT left_out FROM run WHERE seconds IS NOT NULL AND error = '' ORDER BY id DESC LIMIT 1"
        by_label: dict[str, tuple[LeftOut, ...]] = {}
        row = self._db.execute(sql).fetchone()
        for entry in json.loads(row[0]) if row else ():
            label, examples = entry.pop("root"), tuple(entry.pop("examples"))
            by_label[label] = (*by_label.get(label, ()), LeftOut(**entry, examples=examples))
        return dict(sorted(by_label.items()))

    def find_chunks(self, keys: Sequence[str]) -> list[tuple[Chunk, Note]]:
        """Every chunk with one of these keys, with its note. Keys that are not known give nothing."""
        sql = f"SELECT {_CHUNK_COLUMNS} FROM chunk JOIN note ON note.id = note_id WHERE NOT pending AND key IN (%s)"
        rows = list(self._select_in(sql, keys))
        notes = self._notes_by_id({row[0] for row in rows})
        return [(_to_chunk(row, notes[row[0]]), notes[row[0]]) for row in rows]

    def known_keys(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that some note has."""
        sql = "SELECT DISTINCT key FROM chunk JOIN note ON note.id = note_id WHERE NOT pending AND key IN (%s)"
        return {key for (key,) in self._select_in(sql, keys)}

    def find_note(self, path: str) -> Note | None:
        """The note of this path, as it was indexed."""
        sql = f"SELECT {_NOTE_COLUMNS} FROM note JOIN root ON root.id = root_id WHERE note.path = ? AND NOT pending"
        row = self._db.execute(sql, (path,)).fetchone()
        return row and _to_note(row)

    def chunks_of(self, path: str) -> list[Chunk]:
        """The chunks of the note of this path, in their order; none where it is not indexed."""
        note = self.find_note(path)
        sql = f"""SELECT {_CHUNK_COLUMNS} FROM chunk JOIN note ON note.id = note_id
                  WHERE note.path = ? AND NOT pending ORDER BY ordinal"""
        return [_to_chunk(row, note) for row in self._db.execute(sql, (path,))] if note else []

    def live_keys(self) -> set[str]:
        """The keys of all chunks."""
        return {
            key for (key,) in self._db.execute("SELECT key FROM chunk JOIN note ON note.id = note_id WHERE NOT pending")
        }

    def notes(self) -> Iterator[Note]:
        """Every note, by path."""
        sql = f"SELECT {_NOTE_COLUMNS} FROM note JOIN root ON root.id = root_id WHERE NOT pending ORDER BY note.path"
        return (_to_note(row) for row in all_rows(self._db, sql))

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk, note by note."""
        notes = self.notes()
        sql = f"""SELECT note.path, {_CHUNK_COLUMNS} FROM note JOIN chunk ON note.id = note_id
                  WHERE NOT pending ORDER BY note.path, ordinal"""
        note = None
        for path, *row in all_rows(self._db, sql):
            while note is None or note.path != path:
                note = next(notes)
            yield _to_chunk(row, note)

    def indexed_notes(self) -> Iterator[NoteState]:
        """Every note as it was indexed, by path."""
        dates = entered_dates(self._db)
        rows = self._db.execute(
            """SELECT id, path, title, (SELECT count(*) FROM chunk WHERE note_id = note.id), synced, size, mtime_ns
               FROM note WHERE NOT pending ORDER BY path"""
        )
        for id_, path, title, passages, synced, size, mtime_ns in rows:
            edited = date.fromtimestamp(mtime_ns / 1e9).isoformat() if mtime_ns > 0 else ""
            yield NoteState(path, title, "indexed", passages, synced, "", size, dates.get(id_, ""), edited)

    def note_titles(self) -> list[tuple[str, str]]:
        """Path and title of every note, by path."""
        return list(self._db.execute("SELECT path, title FROM note WHERE NOT pending ORDER BY path"))

    def find_by_name(self, name: str) -> list[str]:
        """Paths of the notes of this file name, title or alias, whatever its case: those of the file name first."""
        return names.paths_called(self._db, name)

    def count_named(self, spelling: str) -> int:
        """How many notes have a word, as its language stems it, in their names, folders or tags."""
        return names.count_word(self._db, spelling)

    def is_in_names(self, spelling: str) -> bool:
        """Whether some note has a word in its names, folders or tags, as its language stems it."""
        return names.has_word(self._db, spelling)

    def find_named(self, spellings: Sequence[str], among: Sequence[int] | None = None) -> set[tuple[int, int, int]]:
        """Where a word stands in names, folders and tags, in one of these spellings; with `among` of these notes.

        Each as the id of the note, the part of its name, and how many words that has in all.
        """
        sql = f"SELECT note_id, part, words FROM name_word WHERE word = ? {names.NOT_PENDING}"
        found = set[tuple[int, int, int]]()
        for spelling in spellings:
            if among is None:
                found.update(self._db.execute(sql, (spelling,)))
            else:
                found.update(self._select_in(f"{sql} AND note_id IN (%s)", among, spelling))
        return found

    def names_with(self, beginning: str, limit: int) -> list[str]:
        """Some names of notes, in lower case, with a word that begins so."""
        return names.names_with(self._db, beginning, limit)

    def note_paths(self, ids: Sequence[int]) -> dict[int, str]:
        """The paths of these notes."""
        return dict(self._select_in("SELECT id, path FROM note WHERE id IN (%s)", ids))

    def links_from(self, path: str, first_line: int, last_line: int) -> list[NoteLink]:
        """The links on these lines of a note, by line."""
        return links.links_from(self._db, path, first_line, last_line)

    def links_to(self, path: str) -> list[NoteLink]:
        """The links of other notes that lead to this one, by note and line."""
        return links.links_to(self._db, path)

    def resolve_link(self, link: NoteLink) -> str | None:
        """The path of the note that a link leads to; None where there is none."""
        return names.resolve(self._db, link.target, link.path)

    def keys_matching(self, filters: Filters) -> set[str]:
        """Keys of the chunks that pass the filters. A tag takes its sub-tags along, a folder its sub-folders."""
        condition, values = _passes(filters)
        sql = f"""SELECT DISTINCT key FROM chunk JOIN note ON note.id = note_id JOIN root ON root.id = root_id
                  WHERE NOT pending AND {condition}"""
        return {key for (key,) in self._db.execute(sql, values)}

    def paths_matching(self, filters: Filters) -> set[str]:
        """Paths of the notes that pass the filters."""
        condition, values = _passes(filters)
        sql = f"SELECT note.path FROM note JOIN root ON root.id = root_id WHERE NOT pending AND {condition}"
        return {path for (path,) in self._db.execute(sql, values)}

    def dated(self, ranges: Sequence[DateRange], limit: int) -> list[DatedPlace]:
        """Where notes are of one of these times, oldest first; a note of a whole year is not of each of its days."""
        rows: set[tuple[str, str, int, int, str]] = set()
        for one in ranges:
            sql = f"""SELECT path, first, start_line, end_line, source
                      FROM ({_OVERLAPPING}) AS overlapping JOIN note ON note.id = note_id
                      WHERE NOT pending AND (julianday(last) - julianday(first) < 31 OR first >= ? AND last <= ?)
                      ORDER BY first, path LIMIT ?"""
            within = (one.first.isoformat(), one.last.isoformat())
            rows.update(self._db.execute(sql, (*_overlap_values(one), *within, limit)))
        ordered = sorted(rows, key=lambda row: (row[1], row[0], row[2], row[4]))
        return [DatedPlace(*row) for row in ordered[:limit]]

    def undated(self, filters: Filters = ALL_NOTES) -> int:
        """How many notes have no date at all, of those in the folder and with the tag of the filters."""
        condition, values = _passes(replace(filters, since=None, until=None))
        sql = f"""SELECT count(*) FROM note JOIN root ON root.id = root_id
                  WHERE NOT pending AND {condition} AND note.id NOT IN (SELECT note_id FROM date)"""
        return self._scalar(sql, *values)

    def vectors(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The stored vectors of these keys, in their order; unknown ones are left out."""
        found = dict(self._select_in("SELECT key, vector FROM vector WHERE key IN (%s)", keys))
        return {key: np.frombuffer(found[key], dtype="<f4") for key in keys if key in found}

    def stored_vectors(self) -> Iterator[tuple[str, bytes]]:
        """Keys and vectors as they are stored, without those that are only kept for later."""
        yield from all_rows(self._db, "SELECT key, vector FROM vector WHERE retired IS NULL")

    def structure_errors(self) -> list[str]:
        """What SQLite finds wrong with its own file, in words; empty if nothing. A database server sees to itself."""
        if not isinstance(self._db, sqlite3.Connection):
            return []
        try:
            found = [row[0] for row in self._db.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
            loose = len(self._db.execute("PRAGMA foreign_key_check").fetchall())
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [*found, *([f"{loose:,} rows belong to nothing"] if loose else [])]

    def live_vectors(self) -> dict[str, NDArray[np.float32]]:
        """The vectors of all chunks, by key: sums are rounded by the order in which they are compared."""
        rows = self._db.execute(
            """SELECT key, vector FROM vector
               WHERE key IN (SELECT key FROM chunk JOIN note ON note.id = note_id WHERE NOT pending) ORDER BY key"""
        )
        return {key: np.frombuffer(blob, dtype="<f4") for key, blob in rows}

    def _scalar(self, sql: str, *values: str) -> int:
        return int(self._db.execute(sql, values).fetchone()[0])

    def _select_in(self, sql: str, values: Sequence[Any], *before: str) -> Iterator[Any]:
        """The rows for all these values in its IN (%s); `before` are values that stand before them."""
        for start in range(0, len(values), _BATCH):
            some = values[start : start + _BATCH]
            yield from self._db.execute(sql % ",".join("?" * len(some)), [*before, *some])

    def _notes_by_id(self, ids: Iterable[int]) -> dict[int, Note]:
        sql = f"SELECT {_NOTE_COLUMNS} FROM note JOIN root ON root.id = root_id WHERE note.id IN (%s)"
        return {row[0]: _to_note(row) for row in self._select_in(sql, list(ids))}


def _passes(filters: Filters) -> tuple[str, list[str]]:
    """The condition on a note and its root that these filters are, and its values.

    Raises UsageError where their time ends before it begins.
    """
    if filters.since and filters.until and filters.since > filters.until:
        raise UsageError(
            f"The time to search ends on {day_words(filters.until)}, before it begins on {day_words(filters.since)}. "
            "Swap the two days."
        )
    conditions, values = ["TRUE"], []
    if filters.folder:
        folder = _from_here(filters.folder).replace("\\", "/").removeprefix("./").rstrip("/") + "/"
        folder = unicodedata.normalize("NFC", folder)  # file names come in other forms as well, from macOS for one
        conditions.append(
            "? IN (substr(nfc(note.path), 1, length(?)),"
            " substr(nfc(substr(note.path, length(label) + 2)), 1, length(?)),"
            " substr(nfc(root.folder || substr(note.path, length(label) + 1)), 1, length(?)))"
        )
        values += [folder] * 4
    if filters.tag:
        tag = filters.tag.lstrip("#").lower()
        conditions.append("note.id IN (SELECT note_id FROM tag WHERE tag = ? OR substr(tag, 1, length(?)) = ?)")
        values += [tag, f"{tag}/", f"{tag}/"]
    if filters.since or filters.until:
        conditions.append(f"note.id IN (SELECT note_id FROM ({_OVERLAPPING}) AS overlapping)")
        values += _overlap_values(DateRange(filters.since or date.min, filters.until or date.max))
    return " AND ".join(conditions), values


def _overlap_values(wanted: DateRange) -> list[str]:
    first, last = wanted.first.isoformat(), wanted.last.isoformat()
    return [first, last, first, first]


def _from_here(folder: str) -> str:
    """A folder that can only be meant from the working folder, as an absolute one."""
    return str(Path(folder).resolve()) if re.match(r"\.\.?[/\\]?$|\.\.[/\\]", folder) else folder


def _to_note(row: Any) -> Note:
    _, path, root, label, title, own_title, text, metadata, *rest, places, oddities = row
    landmarks = tuple(Landmark(*landmark) for landmark in json.loads(places)) if places != "[]" else ()
    more = (landmarks, json.loads(oddities))
    return Note(path, Path(root), label, title, own_title, text, json.loads(metadata), *(*rest, *more))


def _to_chunk(row: Any, note: Note) -> Chunk:
    _, key, ordinal, headings, context, start_char, end_char, start_line, end_line = row
    text, readable = note.text[start_char:end_char], readable_text(note)[start_char:end_char]
    return Chunk(
        key=key,
        note_path=note.path,
        ordinal=ordinal,
        headings=tuple(json.loads(headings)),
        context=context,
        text=text,
        start_char=start_char,
        end_char=end_char,
        start_line=start_line,
        end_line=end_line,
        readable="" if readable == text else readable,
    )
