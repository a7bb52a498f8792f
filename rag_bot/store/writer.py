"""What only a sync does to the catalogue: prepare notes as pending, then make them the state in one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag_bot.markdown import readable_text
from rag_bot.records import Chunk, Failure, LeftOut, Note
from rag_bot.store.catalogue import WAITING, Catalogue, ExcludedFile, KnownFile, Root
from rag_bot.store.census import enter_tasks
from rag_bot.store.links import enter_links
from rag_bot.store.names import LANGUAGE_SHOWS_IN, LONGEST, enter_names
from rag_bot.store.note_dates import enter_dates, path_dates
from rag_bot.store.postgres import DatabaseUnusable
from rag_bot.store.schema import open_for_writing

KEPT_RUNS = 1_000  # syncs in the history; set by hand
RETIRED_VECTORS = 20_000  # some 30 MB; set by hand
_ON_THE_WAY = "//"  # what the path of no note begins with

# The order of a CROSS JOIN is kept: few notes are pending, and without this SQLite would go through all chunks.
_PENDING_CHUNKS = (
    "FROM (SELECT id FROM note INDEXED BY note_pending WHERE pending) AS n CROSS JOIN chunk ON note_id = n.id"
)

Entry = tuple[str, str, NDArray[np.float32]]
"""Key, embedded text and vector of a passage, as the search indexes take them."""


@dataclass(frozen=True, slots=True)
class MovedNote:
    """A note under its new path, with its file's new stamp and its name as title (unless the text gives one)."""

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
            with suppress(DatabaseUnusable):  # which has then rolled back by itself
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def set_meta(self, **values: str) -> None:
        self._db.executemany(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            list(values.items()),
        )

    def set_waiting(self, label: str, notes: int) -> None:
        """Remember how many notes of a root are still to be read."""
        self._db.execute("DELETE FROM meta WHERE name = ?", (WAITING + label,))
        if notes:
            self.set_meta(**{WAITING + label: str(notes)})

    def add_root(self, folder: Path, label: str) -> Root:
        return Root(self._insert("INSERT INTO root (folder, label) VALUES (?, ?)", str(folder), label), folder, label)

    def remove_root(self, root: Root) -> None:
        """Forget a folder that has no notes any more."""
        self._db.execute("DELETE FROM root WHERE id = ?", (root.id,))

    def begin_run(self, started: str) -> int:
        """Enter a sync into the history; it counts as killed until it is ended."""
        run = self._insert("INSERT INTO run (started) VALUES (?)", started)
        self._db.execute("DELETE FROM run WHERE id <= ?", (run - KEPT_RUNS,))
        return run

    def end_run(
        self,
        run: int,
        seconds: float,
        counts: Mapping[str, int],
        failed: Sequence[Failure],
        error: str = "",
        left_out: Mapping[str, Sequence[LeftOut]] | None = None,
    ) -> None:
        """Enter how a sync ended; `left_out` by label of the root."""
        entries = [{"root": label, **asdict(entry)} for label, group in (left_out or {}).items() for entry in group]
        failures = json.dumps([{"path": failure.path, "error": failure.error} for failure in failed])
        self._db.execute(
            "UPDATE run SET seconds = ?, counts = ?, failed = ?, error = ?, left_out = ? WHERE id = ?",
            (seconds, json.dumps(counts), failures, error, json.dumps(entries), run),
        )

    def replace_excluded(self, root: Root, files: Iterable[ExcludedFile]) -> None:
        """Remember these as the files of a root that were read and are kept out of the index."""
        self._db.execute("DELETE FROM excluded WHERE root_id = ?", (root.id,))
        rows = [(file.path, root.id, file.stamp, file.content_hash, file.rule) for file in files]
        self._db.executemany("DELETE FROM excluded WHERE path = ?", [row[:1] for row in rows])
        self._db.executemany("INSERT INTO excluded VALUES (?, ?, ?, ?, ?)", rows)

    def drop_run(self, run: int) -> None:
        """What nobody could have done is no sync."""
        self._db.execute("DELETE FROM run WHERE id = ?", (run,))

    def copy_run(self, row: Sequence[object]) -> None:
        """Enter a sync of another catalogue: started, seconds, counts, failed, error as they are stored."""
        self._db.execute("INSERT INTO run (started, seconds, counts, failed, error) VALUES (?, ?, ?, ?, ?)", list(row))

    def mistrust(self, paths: Iterable[str]) -> None:
        """Let the next sync prepare these notes anew, as if they had changed."""
        self._db.executemany(
            "UPDATE note SET stamp = '', content_hash = '' WHERE path = ?", [(path,) for path in paths]
        )

    def keys_with_vectors(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that are embedded already."""
        return {key for (key,) in self._select_in("SELECT key FROM vector WHERE key IN (%s)", keys)}

    def add_vectors(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        self._db.executemany(
            """INSERT INTO vector (key, vector) VALUES (?, ?)
               ON CONFLICT (key) DO UPDATE SET vector = excluded.vector, retired = NULL""",
            rows,
        )

    def drop_pending(self) -> None:
        """Forget what an interrupted sync prepared. Its vectors stay and are used again."""
        self._db.execute("DELETE FROM note WHERE pending")

    def add_pending(self, root: Root, note: Note, chunks: Sequence[Chunk], synced: str = "") -> None:
        """Prepare a note that was read at this time; readers don't see it until `apply`."""
        note_id = self._insert_note(root, note, synced)
        self._db.executemany(
            "INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [_chunk_row(note_id, chunk) for chunk in chunks]
        )
        tags = {str(tag)[:LONGEST] for tag in note.metadata.get("tags", ())}
        self._db.executemany("INSERT INTO tag VALUES (?, ?)", [(tag, note_id) for tag in tags])
        enter_tasks(self._db, note_id, note)
        enter_names(self._db, note_id, note.path, note.title, note.metadata, note.text)
        enter_links(self._db, note_id, note)
        enter_dates(self._db, note_id, note)

    def pending_entries(self, batch: int) -> Iterator[list[Entry]]:
        """What pending notes have and live ones have not, in batches."""
        yield from self._entries(
            f"""{_PENDING_CHUNKS}
                WHERE NOT EXISTS (SELECT 1 FROM chunk AS other JOIN note AS live ON live.id = other.note_id
                                  WHERE other.key = chunk.key AND NOT live.pending)""",
            batch,
        )

    def all_entries(self, batch: int, *, pending_only: bool = False) -> Iterator[list[Entry]]:
        """What live and pending notes have, in batches."""
        yield from self._entries(_PENDING_CHUNKS if pending_only else "FROM chunk", batch)

    def _entries(self, source: str, batch: int) -> Iterator[list[Entry]]:
        sql = f"""SELECT chunk.key, chunk.note_id, chunk.context, chunk.start_char, chunk.end_char {source}
                  ORDER BY chunk.note_id, chunk.ordinal"""
        first: dict[str, Any] = {}
        for row in self._db.execute(sql):
            first.setdefault(row[0], row)
        rows = list(first.values())
        for start in range(0, len(rows), batch):
            some = rows[start : start + batch]
            notes = self._notes_by_id({row[1] for row in some})
            vectors = self.vectors([row[0] for row in some])
            yield [
                (key, _embedded(readable_text(notes[id_]), *span), vectors[key])
                for key, id_, *span in some
                if key in vectors
            ]

    def apply(self, replaced: Iterable[str], moved: Sequence[MovedNote]) -> list[str]:
        """Make the pending state the state: drop the replaced paths, rename the moved, turn the pending live.

        Call it inside `transaction`. Moves go in two steps, so that notes which swap names never collide on the way.
        Returns the keys that no note has any more.
        """
        dropped = list(dict.fromkeys(replaced))
        sql = "SELECT key FROM chunk JOIN note ON note.id = note_id WHERE NOT pending AND path IN (%s)"
        keys = {key for (key,) in self._select_in(sql, dropped)}
        self._db.executemany("DELETE FROM note WHERE path = ? AND NOT pending", [(path,) for path in dropped])
        self._db.executemany(
            "UPDATE note SET path = ? WHERE path = ? AND NOT pending",
            [(f"{_ON_THE_WAY}{move.file.path}", move.before) for move in moved],
        )
        self._db.executemany(
            """UPDATE note SET path = ?, root_id = ?, stamp = ?,
               title = CASE own_title WHEN '' THEN ? ELSE title END WHERE path = ?""",
            [
                (move.file.path, move.root.id, move.file.stamp, move.title, f"{_ON_THE_WAY}{move.file.path}")
                for move in moved
            ],
        )
        for move in moved:
            note_id, title, text, metadata = self._db.execute(
                "SELECT id, title, substr(text, 1, ?), metadata FROM note WHERE path = ? AND NOT pending",
                (LANGUAGE_SHOWS_IN, move.file.path),
            ).fetchone()
            enter_names(self._db, note_id, move.file.path, title, json.loads(metadata), text)
            if path_dates(move.before) != path_dates(move.file.path) and (note := self.find_note(move.file.path)):
                enter_dates(self._db, note_id, note)
        self._db.execute("UPDATE note SET pending = FALSE WHERE pending")
        return sorted(keys - {key for (key,) in self._select_in("SELECT key FROM chunk WHERE key IN (%s)", list(keys))})

    def touch(self, files: Iterable[KnownFile]) -> None:
        """Remember the new stamps of files whose content stayed the same."""
        self._db.executemany(
            "UPDATE note SET stamp = ? WHERE path = ? AND NOT pending", [(file.stamp, file.path) for file in files]
        )

    def orphaned_keys(self) -> list[str]:
        """Keys with a vector that is not retired, though no note has them: left by a sync that was killed."""
        return [
            key
            for (key,) in self._db.execute(
                """SELECT key FROM vector
                   WHERE retired IS NULL AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.key = vector.key)"""
            )
        ]

    def retire_vectors(self, keys: Sequence[str], run: int) -> None:
        """Keep the newest of the vectors that no note has, for notes that are edited back or restored."""
        self._db.executemany("UPDATE vector SET retired = ? WHERE key = ?", [(run, key) for key in keys])
        kept = "SELECT key FROM vector WHERE retired IS NOT NULL ORDER BY retired DESC, key LIMIT ?"
        self._db.execute(f"DELETE FROM vector WHERE retired IS NOT NULL AND key NOT IN ({kept})", (RETIRED_VECTORS,))

    def revive_vectors(self, keys: Sequence[str]) -> None:
        """These are in use again."""
        self._db.executemany(
            "UPDATE vector SET retired = NULL WHERE key = ? AND retired IS NOT NULL", [(key,) for key in keys]
        )

    def remove_retired(self) -> None:
        """Keep no vector that no note has."""
        self._db.execute("DELETE FROM vector WHERE retired IS NOT NULL")

    def remove_vectors(self, keys: Sequence[str]) -> None:
        self._db.executemany("DELETE FROM vector WHERE key = ?", [(key,) for key in keys])

    def checkpoint(self) -> None:
        """Bring what was written into the one file."""
        if isinstance(self._db, sqlite3.Connection):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _insert_note(self, root: Root, note: Note, synced: str) -> int:
        return self._insert(
            """INSERT INTO note (root_id, path, pending, title, own_title, text, metadata, body_start_line,
               content_hash, size, mtime_ns, stamp, synced, places, oddities)
               VALUES (?, ?, TRUE, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
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
            note.stamp,
            synced,
            json.dumps([astuple(landmark) for landmark in note.places]),
            json.dumps(dict(note.oddities)),
        )

    def _insert(self, sql: str, *values: object) -> int:
        """The id that a new row gets."""
        ((id_,),) = self._db.execute(f"{sql} RETURNING id", values)
        return int(id_)


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


def _embedded(text: str, context: str, start_char: int, end_char: int) -> str:
    """As `Chunk.embedded_text`."""
    return f"{context}\n{text[start_char:end_char]}" if context else text[start_char:end_char]
