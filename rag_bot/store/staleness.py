"""Is a note on disk still what was indexed? Asked at the moment it is cited."""

from __future__ import annotations

import hashlib

from rag_bot.errors import NoteUnreadable
from rag_bot.extraction import extract, is_extracted
from rag_bot.files import read_once
from rag_bot.records import DELETED, ELSEWHERE, REWRITTEN, UNREADABLE, Note

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1")  # that are not guessed, or what a guess ends with


def change_since(note: Note, quoted: str = "") -> str:
    """How the note's file differs from what was indexed: "" for not at all, "deleted", "rewritten" where the quoted
    words are no longer in it, "elsewhere" where they are, "unreadable" where nobody can tell.

    The whole file is read: its size and times can be the same after a change.
    """
    try:
        contents = read_once(note.file, note.path) or read_once(note.file, note.path)
    except (FileNotFoundError, NotADirectoryError):
        return DELETED
    except (OSError, NoteUnreadable):
        return UNREADABLE
    if contents is None:  # it is being written
        return UNREADABLE
    data = contents.data
    if hashlib.sha256(data).hexdigest() == note.content_hash:
        return ""
    if is_extracted(note.path):
        try:
            return ELSEWHERE if quoted in extract(note.path, data).text else REWRITTEN
        except NoteUnreadable:
            return UNREADABLE
    guessed = note.oddities.get("encoding", "cp1252").removeprefix("damaged ")
    forms = {quoted.encode(encoding, "replace") for encoding in (*_ENCODINGS, guessed)}
    return ELSEWHERE if any(form in data for form in forms) else REWRITTEN
