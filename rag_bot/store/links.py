"""The links between notes, by table. What they lead to is looked up when it is asked for: notes are renamed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_bot.databases import Database
from rag_bot.markdown import links_in, parse_note
from rag_bot.records import Note
from rag_bot.store.names import link_name, resolve

_COLUMNS = "note.path, line, target, anchor, is_embed FROM link JOIN note ON note.id = note_id WHERE NOT pending"


@dataclass(frozen=True, slots=True)
class NoteLink:
    """A link as the note `path` has it: `line` from 1, `target` as written, `anchor` a heading, `^block` or ""."""

    path: str
    line: int
    target: str
    anchor: str
    is_embed: bool


def enter_links(db: Database, note_id: int, note: Note) -> None:
    """Store what a new note links to."""
    if "[[" in note.text or "](" in note.text:
        links = links_in(note.text, parse_note(note.path, note.text, body_start_line=note.body_start_line))
        db.executemany(
            "INSERT INTO link VALUES (?, ?, ?, ?, ?, ?)",
            [(note_id, link.line, link_name(link.target), link.target, link.anchor, link.is_embed) for link in links],
        )


def links_from(db: Database, path: str, first_line: int, last_line: int) -> list[NoteLink]:
    """The links on these lines of a note, by line."""
    sql = f"SELECT {_COLUMNS} AND note.path = ? AND line BETWEEN ? AND ? ORDER BY line, link.rowid"
    return [_link(row) for row in db.execute(sql, (path, first_line, last_line))]


def links_to(db: Database, path: str) -> list[NoteLink]:
    """The links of other notes that lead to this one, by note and line."""
    names = db.execute(
        "SELECT name FROM name JOIN note ON note.id = note_id WHERE note.path = ? AND NOT pending", (path,)
    ).fetchall()
    rows = [row for name in names for row in db.execute(f"SELECT {_COLUMNS} AND link.name = ?", name)]
    links = sorted({_link(row) for row in rows if row[0] != path}, key=lambda link: (link.path, link.line, link.target))
    return [link for link in links if resolve(db, link.target, link.path) == path]


def _link(row: Sequence[object]) -> NoteLink:
    path, line, target, anchor, is_embed = row
    return NoteLink(str(path), int(str(line)), str(target), str(anchor), bool(is_embed))
