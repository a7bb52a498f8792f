"""What only a sync does to the catalogue: prepare notes as pending, then make them the state in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rag_bot.records import Chunk, Failure, Note
from rag_bot.store.catalogue import Catalogue, KnownFile, Root
from rag_bot.store.schema import open_for_writing


@dataclass(frozen=True, slots=True)
class MovedNote:
    """A note under its new path, with its file's new times and its name as title (unless the text gives one)."""

    before: str
    root: Root
    file: KnownFile
    title: str


class CatalogueWriter(Catalogue):
    """The writing connection; the caller holds the writer lock."""

    @classmethod
    def open(cls, index: Path) -> Self:
        """Raises IndexUnusable where the catalogue can't be made or is damaged."""
        return cls(open_for_writing(index))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside happens at once or not at all."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def set_meta(self, **values: str) -> None:
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def add_root(self, folder: Path, label: str) -> Root:
        cursor = self._db.execute("INSERT INTO root (folder, label) VALUES (?, ?)", (str(folder), label))
        return Root(int(cursor.lastrowid or 0), folder, label)

    def record_run(self, started: str, seconds: float, counts: Mapping[str, int], failed: Sequence[Failure]) -> None:
        failures = json.dumps([{"path": failure.path, "error": failure.error} for failure in failed])
        self._db.execute(
            "INSERT INTO run (started, seconds, counts, failed) VALUES (?, ?, ?, ?)",
            (started, seconds, json.dumps(counts), failures),
        )

    def keys_with_vectors(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that are embedded already."""
        return {key for (key,) in self._select_in("SELECT key FROM vector WHERE key IN (%s)", keys)}

    def add_vectors(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        self._db.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?)", rows)

    def drop_pending(self) -> None:
        """Forget what an interrupted sync prepared. Its vectors stay and are used again."""
        self._db.execute("DELETE FROM note WHERE pending")

    def add_pending(self, root: Root, note: Note, chunks: Sequence[Chunk]) -> None:
        """Prepare a note; readers don't see it until `apply`."""
        note_id = self._insert_note(root, note)
        self._db.executemany(
            "INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [_chunk_row(note_id, chunk) for chunk in chunks]
        )
        tags = {str(tag) for tag in note.metadata.get("tags", ())}
        self._db.executemany("INSERT INTO tag VALUES (?, ?)", [(tag, note_id) for tag in tags])

    def pending_entries(self, batch: int) -> Iterator[list[tuple[str, str, NDArray[np.float32]]]]:
        """Key, embedded text and vector of what pending notes have and live ones have not, in batches."""
        sql = """SELECT chunk.key, min(chunk.note_id), chunk.context, chunk.start_char, chunk.end_char
                 FROM note JOIN chunk ON note.id = note_id
                 WHERE pending AND NOT EXISTS (SELECT 1 FROM chunk AS other JOIN note AS live ON live.id = other.note_id
                                               WHERE other.key = chunk.key AND NOT live.pending)
                 GROUP BY chunk.key ORDER BY min(chunk.note_id)"""
        rows = self._db.execute(sql).fetchall()
        for start in range(0, len(rows), batch):
            some = rows[start : start + batch]
            notes = self._notes_by_id({row[1] for row in some})
            vectors = self.vectors([row[0] for row in some])
            yield [(key, _embedded(notes[id_].text, *span), vectors[key]) for key, id_, *span in some]

    def apply(self, replaced: Iterable[str], moved: Sequence[MovedNote]) -> None:
        """Make the pending state the state: drop the replaced paths, rename the moved, turn the pending live.

        Call it inside `transaction`. Moves go in two steps, so that notes which swap names never collide on the way.
        """
        self._db.executemany("DELETE FROM note WHERE path = ? AND NOT pending", [(path,) for path in replaced])
        self._db.executemany(
            "UPDATE note SET path = ? WHERE path = ? AND NOT pending",
            [(f"\0{move.file.path}", move.before) for move in moved],
        )
        self._db.executemany(
            """UPDATE note SET path = ?, root_id = ?, size = ?, mtime_ns = ?,
               title = CASE own_title WHEN '' THEN ? ELSE title END WHERE path = ?""",
            [(*_moved_row(move), f"\0{move.file.path}") for move in moved],
        )
        self._db.execute("UPDATE note SET pending = 0 WHERE pending")

    def touch(self, files: Iterable[KnownFile]) -> None:
        """Remember the new times of files whose content stayed the same."""
        self._db.executemany(
            "UPDATE note SET mtime_ns = ?, size = ? WHERE path = ? AND NOT pending",
            [(file.mtime_ns, file.size, file.path) for file in files],
        )

    def unreferenced_keys(self) -> list[str]:
        """Keys with a vector that no note has any more."""
        return [key for (key,) in self._db.execute("SELECT key FROM vector WHERE key NOT IN (SELECT key FROM chunk)")]

    def remove_vectors(self, keys: Sequence[str]) -> None:
        self._db.executemany("DELETE FROM vector WHERE key = ?", [(key,) for key in keys])

    def _insert_note(self, root: Root, note: Note) -> int:
        cursor = self._db.execute(
            """INSERT INTO note (root_id, path, pending, title, own_title, text, metadata, body_start_line,
               content_hash, size, mtime_ns) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                root.id,
                note.path,
                note.title,
                note.own_title,
                note.text,
                json.dumps(dict(note.metadata)),
                note.body_start_line,
                note.content_hash,
                note.size,
                note.mtime_ns,
            ),
        )
        return int(cursor.lastrowid or 0)


def _chunk_row(note_id: int, chunk: Chunk) -> tuple[object, ...]:
    return (
        note_id,
        chunk.ordinal,
        chunk.key,
        json.dumps(chunk.headings),
        chunk.context,
        chunk.start_char,
        chunk.end_char,
        chunk.start_line,
        chunk.end_line,
    )


def _moved_row(move: MovedNote) -> tuple[object, ...]:
    return move.file.path, move.root.id, move.file.size, move.file.mtime_ns, move.title


def _embedded(text: str, context: str, start_char: int, end_char: int) -> str:
    """As `Chunk.embedded_text`."""
    return f"{context}\n{text[start_char:end_char]}" if context else text[start_char:end_char]
