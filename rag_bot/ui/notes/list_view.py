"""The HTML of the list of notes: how it is narrowed, and its rows as a tree or as a table."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from markupsafe import Markup

from rag_bot.records import NoteState
from rag_bot.ui.notes.note_list import (
    ALL,
    STATES,
    TABLE,
    FolderLine,
    Leaf,
    Looked,
    NoteList,
    folder_of,
    sort_notes,
    tree_lines,
)
from rag_bot.ui.notes.text_search import MOST_PASSAGES, FoundText, TextSearch
from rag_bot.ui.phrases import many, size, when
from rag_bot.ui.templating import macros

_KEPT = 32  # lists as HTML that are remembered, each for what is looked for on some page; set by hand
STATE_WORDS: Mapping[str, tuple[str, str]] = {
    ALL: ("All", ""),
    "indexed": ("Up to date", "These are searched as they stand in their files."),
    "changed": ("Changed", "These were edited since they were read. Until the next sync, their earlier text answers."),
    "new": ("New", "These are in your folders and were not read yet. The next sync adds them."),
    "deleted": ("Deleted", "The files of these are gone, but they still answer. The next sync takes them out."),
    "unreadable": ("Unreadable", "These could not be read; each says why. Mend them, then sync."),
}
"""The name of each state, and what it means for its notes."""
COLUMNS = {"title": "", "folder": "", "date": "-", "size": "-", "passages": "-", "state": "-", "synced": "-"}
"""Those of the table; with a "-" a column is sorted the largest first, when it is clicked for the first time."""


@dataclass(frozen=True, slots=True)
class Row:
    """A note as it is listed. `found` is the line on which the words stand, "" where its name has them."""

    note: NoteState
    state: str
    folder: str
    date: str
    is_edited: bool
    size: str
    synced: str
    line: int = 0
    found: str = ""


class ListViews:
    """The lists as HTML. Those that were shown last are remembered until the notes are others."""

    def __init__(self, search: TextSearch) -> None:
        self._search = search
        self._shown = lru_cache(_KEPT)(_list_views)

    def of(self, notes: NoteList, looked: Looked, *, has_looked: bool = True) -> dict[str, Markup]:
        """The parts "filter" and "rows"."""
        if not has_looked:
            hint = macros("base.html").hint("Looking at your notes …", role="status")
            return {"filter": Markup(), "rows": hint}
        found = self._search.find(looked.query)
        return self._shown(_Identity(notes), looked, _Identity(found), datetime.date.today())


@dataclass(frozen=True, slots=True, eq=False)
class _Identity:
    """A value that is the same only as itself: comparing long lists takes as long as showing them."""

    value: NoteList | FoundText

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.value is self.value


def _list_views(notes: _Identity, looked: Looked, found: _Identity, today: datetime.date) -> dict[str, Markup]:
    del today  # of another day, times are told otherwise
    assert isinstance(notes.value, NoteList)
    assert isinstance(found.value, FoundText)
    return list_views(notes.value, looked, found.value)


def list_views(notes: NoteList, looked: Looked, found: FoundText) -> dict[str, Markup]:
    """The parts "filter" and "rows" as they have to look; `found` is what the notes' texts have of the query."""
    matching = notes.find(looked.query, looked.state, found.passages)
    return {"filter": _filter(notes, looked, len(matching), found), "rows": _rows(matching, looked, found)}


def _filter(notes: NoteList, looked: Looked, count: int, found: FoundText) -> Markup:
    counts = notes.counts()
    states = [
        (state, STATE_WORDS[state][0], f"{counts[state]:,}")
        for state in (ALL, *STATES)
        if counts[state] or state in (ALL, looked.state)
    ]
    words = f"{many(count, 'note')} found" if looked.query.strip() else ""
    if found.is_cut:
        words += f". More than {MOST_PASSAGES:,} passages have these words; another word finds fewer"
    meaning = STATE_WORDS[looked.state][1] if counts.get(looked.state) else ""
    return macros("note_list.html").filter(states, looked, words, meaning)


def _rows(matching: list[NoteState], looked: Looked, found: FoundText) -> Markup:
    html = macros("note_list.html")
    if not matching:
        return html.nothing(looked.is_narrowed)
    if looked.view == TABLE:
        listed = sort_notes(matching, looked.sort)
        rows = [_row(note, found) for note in listed[: looked.shown]]
        return html.table(rows, _columns(looked.sort)) + html.more(len(listed) - looked.shown)
    lines = tree_lines(matching, looked)
    shown = [(line, _row(line.note, found) if isinstance(line, Leaf) else None) for line in lines[: looked.shown]]
    return html.tree(shown, _more_words) + html.more(len(lines) - looked.shown)


def _columns(sort: str) -> list[tuple[str, str, str]]:
    """Of each column its name, how it is sorted by now as `aria-sort` has it, and how after a click on its name."""
    columns = []
    for column, sign in COLUMNS.items():
        first, second = f"{sign}{column}", column if sign else f"-{column}"
        order = "" if sort not in (first, second) else "descending" if sort.startswith("-") else "ascending"
        columns.append((column, order, second if sort == first else first))
    return columns


def _row(note: NoteState, found: FoundText) -> Row:
    line, text = found.line(note.path) or (0, "")
    return Row(
        note=note,
        state=STATE_WORDS[note.state][0],
        folder=folder_of(note.path),
        date=note.date or note.edited,
        is_edited=not note.date,
        size=size(note.size) if note.size else "",
        synced=when(note.synced),
        line=line,
        found=text,
    )


def _more_words(folder: FolderLine) -> str:
    """How a folder is called where it is read aloud."""
    return f"{PurePosixPath(folder.path).name}, {many(folder.notes, 'note')}"
