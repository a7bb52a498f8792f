"""The catalogue: one SQLite file that is the truth about the index. Chroma and Tantivy only know its keys.

Rows of notes that a sync is preparing carry `pending = 1`. Reading never sees them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag_bot.records import Chunk, Failure, Filters, Note
from rag_bot.store.schema import open_for_reading

_BATCH = 900  # values in one IN (...), below SQLite's oldest limit of 999

_NOTE_COLUMNS = """note.id, note.path, root.folder, root.label, note.title, note.own_title, note.text, note.metadata,
  note.body_start_line, note.content_hash, note.size, note.mtime_ns"""
_CHUNK_COLUMNS = """chunk.note_id, chunk.key, chunk.ordinal, chunk.headings, chunk.context, chunk.start_char,
  chunk.end_char, chunk.start_line, chunk.end_line"""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the catalogue remembers of a note's file."""

    path: str
    size: int
    mtime_ns: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of notes and the name that the paths of its notes begin with."""

    id: int
    folder: Path
    label: str


class Catalogue:
    """One reading connection. Not for several threads at the same time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def open(cls, index: Path) -> Self:
        """Raises IndexUnusable where there is no index, or none that can be read."""
        return cls(open_for_reading(index))

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside belongs to one state."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def meta(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT name, value FROM meta"))

    def counts(self) -> tuple[int, int, int]:
        """Notes, their chunks, and vectors."""
        return (
            self._scalar("SELECT count(*) FROM note WHERE NOT pending"),
            self._scalar("SELECT count(*) FROM chunk JOIN note ON note.id = note_id WHERE NOT pending"),
            self._scalar("SELECT count(*) FROM vector"),
        )

    def roots(self) -> list[Root]:
        rows = self._db.execute("SELECT id, folder, label FROM root ORDER BY label")
        return [Root(id_, Path(folder), label) for id_, folder, label in rows]

    def last_run(self) -> tuple[str, tuple[Failure, ...]] | None:
        """When the last sync began, and which files it could not read."""
        row = self._db.execute("SELECT started, failed FROM run ORDER BY id DESC LIMIT 1").fetchone()
        return row and (row[0], tuple(Failure(**failure) for failure in json.loads(row[1])))

    def known_files(self, root: Root) -> dict[str, KnownFile]:
        """The notes of a root, by note path."""
        rows = self._db.execute(
            "SELECT path, size, mtime_ns, content_hash FROM note WHERE root_id = ? AND NOT pending", (root.id,)
        )
        return {row[0]: KnownFile(*row) for row in rows}

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

    def note_titles(self) -> list[tuple[str, str]]:
        """Path and title of every note, by path."""
        return list(self._db.execute("SELECT path, title FROM note WHERE NOT pending ORDER BY path"))

    def keys_matching(self, filters: Filters) -> set[str]:
        """Keys of the chunks that pass the filters. A tag takes its sub-tags along, a folder its sub-folders."""
        conditions, values = ["NOT pending"], []
        if filters.folder:
            folder = filters.folder.replace("\\", "/").removeprefix("./").rstrip("/") + "/"
            conditions.append(
                "? IN (substr(note.path, 1, length(?)), substr(note.path, length(label) + 2, length(?)),"
                " substr(root.folder || substr(note.path, length(label) + 1), 1, length(?)))"
            )
            values += [folder] * 4
        if filters.tag:
            tag = filters.tag.lstrip("#").lower()
            conditions.append("note.id IN (SELECT note_id FROM tag WHERE tag = ? OR substr(tag, 1, length(?)) = ?)")
            values += [tag, f"{tag}/", f"{tag}/"]
        sql = f"""SELECT DISTINCT key FROM chunk JOIN note ON note.id = note_id JOIN root ON root.id = root_id
                  WHERE {" AND ".join(conditions)}"""
        return {key for (key,) in self._db.execute(sql, values)}

    def vectors(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The stored vectors of these keys; unknown ones are left out."""
        rows = self._select_in("SELECT key, vector FROM vector WHERE key IN (%s)", keys)
        return {key: np.frombuffer(blob, dtype="<f4") for key, blob in rows}

    def all_vectors(self, most: int) -> dict[str, NDArray[np.float32]] | None:
        """Every stored vector, or None if there are more than `most`."""
        if self._scalar(f"SELECT count(*) FROM (SELECT 1 FROM vector LIMIT {most + 1})") > most:
            return None
        return {
            key: np.frombuffer(blob, dtype="<f4") for key, blob in self._db.execute("SELECT key, vector FROM vector")
        }

    def _scalar(self, sql: str) -> int:
        return int(self._db.execute(sql).fetchone()[0])

    def _select_in(self, sql: str, values: Sequence[Any]) -> Iterator[Any]:
        for start in range(0, len(values), _BATCH):
            some = values[start : start + _BATCH]
            yield from self._db.execute(sql % ",".join("?" * len(some)), list(some))

    def _notes_by_id(self, ids: Iterable[int]) -> dict[int, Note]:
        sql = f"SELECT {_NOTE_COLUMNS} FROM note JOIN root ON root.id = root_id WHERE note.id IN (%s)"
        return {row[0]: _to_note(row) for row in self._select_in(sql, list(ids))}


def _to_note(row: Any) -> Note:
    _, path, root, label, title, own_title, text, metadata, *rest = row
    return Note(path, Path(root), label, title, own_title, text, json.loads(metadata), *rest)


def _to_chunk(row: Any, note: Note) -> Chunk:
    _, key, ordinal, headings, context, start_char, end_char, start_line, end_line = row
    return Chunk(
        key=key,
        note_path=note.path,
        ordinal=ordinal,
        headings=tuple(json.loads(headings)),
        context=context,
        text=note.text[start_char:end_char],
        start_char=start_char,
        end_char=end_char,
        start_line=start_line,
        end_line=end_line,
    )
