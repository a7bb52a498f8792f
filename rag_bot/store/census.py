"""What the notes are as a whole, by table: how many, their tags, their tasks, their days."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator

from rag_bot.databases import Database
from rag_bot.markdown import may_have_tasks, parse_note, tasks_in
from rag_bot.records import CLOSED, DateRange, Note, Task
from rag_bot.store.names import LANGUAGE_SHOWS_IN, PLACE


def enter_tasks(db: Database, note_id: int, note: Note) -> None:
    """Enter the tasks of a note."""
    if may_have_tasks(note.text):
        blocks = parse_note(note.path, note.text, body_start_line=note.body_start_line)
        db.executemany(
            "INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (note_id, task.line, task.mark, task.text, json.dumps(task.above), task.due, task.done)
                for task in tasks_in(note.path, note.text, blocks)
            ],
        )


class Census:
    """Questions about all notes to a catalogue that is open. Notes are given and named by their paths."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def count(self) -> int:
        """How many notes there are."""
        (count,) = self._db.execute(
            "SELECT (SELECT count(*) FROM note) - (SELECT count(*) FROM note INDEXED BY note_pending WHERE pending)"
        ).fetchone()
        return int(count)

    def first_paths(self, limit: int) -> list[str]:
        """The first notes by path."""
        sql = "SELECT path FROM note WHERE NOT pending ORDER BY path LIMIT ?"
        return [path for (path,) in self._db.execute(sql, (limit,))]

    def with_passages(self, keys: Collection[str]) -> set[str]:
        """The notes that have a passage with one of these keys."""
        sql = """SELECT DISTINCT path FROM chunk JOIN note ON note.id = note_id
                 WHERE NOT pending AND key IN (SELECT value FROM json_each(?))"""
        return {path for (path,) in self._db.execute(sql, (json.dumps(list(keys)),))}

    def dated(self, ranges: Iterable[DateRange]) -> set[str]:
        """The notes that are wholly of one of these times."""
        sql = """SELECT DISTINCT path FROM date JOIN note ON note.id = note_id
                 WHERE NOT pending AND start_line = 0 AND first >= ? AND last <= ?"""
        times = ((one.first.isoformat(), one.last.isoformat()) for one in ranges)
        return {path for time in times for (path,) in self._db.execute(sql, time)}

    def undated(self) -> set[str]:
        """The notes that are of no day or time as a whole."""
        sql = "SELECT path FROM note WHERE NOT pending AND id NOT IN (SELECT note_id FROM date WHERE start_line = 0)"
        return {path for (path,) in self._db.execute(sql)}

    def unlinked(self) -> set[str]:
        """The notes of whose names no link of another note has one."""
        sql = """SELECT path FROM note WHERE NOT pending AND NOT EXISTS (
                 SELECT 1 FROM name JOIN link ON link.name = name.name
                 WHERE name.note_id = note.id AND link.note_id <> note.id)"""
        return {path for (path,) in self._db.execute(sql)}

    def folders(self) -> list[str]:
        """The folders that notes lie in, those with the most notes first."""
        sql = """SELECT rtrim(path, replace(path, '/', '')) AS folder FROM note WHERE NOT pending
                 GROUP BY folder ORDER BY count(*) DESC, folder"""
        return [folder.rstrip("/") for (folder,) in self._db.execute(sql)]

    def newest(self, limit: int, paths: Collection[str] | None = None, *, oldest: bool = False) -> list[str]:
        """Of these notes, or of all, those that have a date, the newest first, or the oldest."""
        order = "min(first)" if oldest else "max(first) DESC"
        among, values = _among(paths)
        sql = f"""SELECT path FROM date JOIN note ON note.id = note_id WHERE NOT pending AND start_line = 0 {among}
                  GROUP BY path ORDER BY {order}, path LIMIT ?"""
        return [path for (path,) in self._db.execute(sql, (*values, limit))]

    def untagged(self) -> set[str]:
        """The notes without a tag."""
        sql = "SELECT path FROM note WHERE NOT pending AND id NOT IN (SELECT note_id FROM tag)"
        return {path for (path,) in self._db.execute(sql)}

    def tagged(self, tag: str) -> set[str]:
        """The notes with this tag, in lower case, or one below it."""
        sql = """SELECT path FROM tag JOIN note ON note.id = note_id
                 WHERE NOT pending AND (tag = ? OR (tag > ? AND tag < ?))"""
        return {path for (path,) in self._db.execute(sql, (tag, f"{tag}/", f"{tag}0"))}  # "0" comes after "/"

    def tags(self, paths: Collection[str] | None = None) -> list[tuple[str, int, str]]:
        """The tags of these notes, or of all: with how many notes have it and the first of them, most used first."""
        among, values = _among(paths)
        sql = f"""SELECT tag, count(*), min(path) FROM tag JOIN note ON note.id = note_id
                  WHERE NOT pending {among} GROUP BY tag ORDER BY count(*) DESC, tag"""
        return list(self._db.execute(sql, values))

    def in_folder(self, name: str) -> set[str]:
        """The notes below any folder of this name; only the case of ASCII letters does not matter."""
        escaped = name.strip("/").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        sql = "SELECT path FROM note WHERE NOT pending AND (path LIKE ? ESCAPE '\\' OR path LIKE ? ESCAPE '\\')"
        return {path for (path,) in self._db.execute(sql, (f"{escaped}/%", f"%/{escaped}/%"))}

    def tasks(self, *, done: bool, paths: Collection[str] | None = None) -> list[Task]:
        """The open tasks, or the done ones, of these notes or of all: what is due first comes first."""
        among, values = _among(paths)
        which = "mark = 'x'" if done else f"mark NOT IN {CLOSED}"
        sql = f"""SELECT path, line, mark, task.text, above, due, done FROM task JOIN note ON note.id = note_id
                  WHERE NOT pending AND {which} {among} ORDER BY due = '', due, path, line"""
        return [
            Task(path, line, mark, text, tuple(json.loads(above)), due, done_on)
            for path, line, mark, text, above, due, done_on in self._db.execute(sql, values)
        ]

    def beginnings(self, paths: Collection[str]) -> list[tuple[str, str]]:
        """These notes, each with the beginning of its text, in which its language shows."""
        sql = "SELECT path, substr(text, 1, ?) FROM note WHERE NOT pending AND path IN (SELECT value FROM json_each(?))"
        return list(self._db.execute(sql, (LANGUAGE_SHOWS_IN, json.dumps(list(paths)))))

    def has_tasks(self) -> bool:
        return self._db.execute("SELECT 1 FROM task LIMIT 1").fetchone() is not None

    def names(self, paths: Collection[str] | None = None) -> Iterator[tuple[str, str, str]]:
        """Path, title and metadata (JSON) of these notes, or of all."""
        among, values = _among(paths)
        yield from self._db.execute(f"SELECT path, title, metadata FROM note WHERE NOT pending {among}", values)

    def named(self, spellings: Collection[str], *, places: bool = False) -> set[str]:
        """The notes with a word, in one of these spellings, in their file name, title or aliases, or else in their
        folders and tags."""
        sql = f"""SELECT path FROM name_word JOIN note ON note.id = note_id
                  WHERE NOT pending AND part {"=" if places else ">"} ? AND word IN (SELECT value FROM json_each(?))"""
        return {path for (path,) in self._db.execute(sql, (PLACE, json.dumps(list(spellings))))}

    def with_field(self, name: str, paths: Collection[str]) -> set[str]:
        """Of these notes those with a field of this name: `name:: value` in a line, `name: value` in front matter."""
        sql = """SELECT path, metadata, instr(lower(text), ?) > 0 FROM note
                 WHERE NOT pending AND path IN (SELECT value FROM json_each(?))"""
        rows = self._db.execute(sql, (f"{name.lower()}::", json.dumps(list(paths))))
        return {
            path for path, metadata, in_text in rows if in_text or name.lower() in map(str.lower, json.loads(metadata))
        }


def _among(paths: Collection[str] | None) -> tuple[str, tuple[str, ...]]:
    """The condition that a note is one of these, and its value."""
    if paths is None:
        return "", ()
    return "AND path IN (SELECT value FROM json_each(?))", (json.dumps(list(paths)),)
