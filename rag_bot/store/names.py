"""What notes are called, by table: whole names as links spell them, and the words of names, folders and tags."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

from rag_bot.databases import Database
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.text.terms import ENGLISH, STOP_WORDS, detect, spellings, words_of

# The parts of a name are numbered: 0 is that of the file, 1 the title, and then come the aliases.
PLACE = -1  # the folders and tags of a note, which are no name
LANGUAGE_SHOWS_IN = 2_000  # characters at the beginning of a text; set by hand
LONGEST = 600  # characters of a name, a word or a tag: PostgreSQL's indexes take 2,704 bytes
_PENDING = "IN (SELECT id FROM note INDEXED BY note_pending WHERE pending)"
NOT_PENDING = f"AND note_id NOT {_PENDING}"


def enter_names(db: Database, note_id: int, path: str, title: str, metadata: Mapping[str, Any], beginning: str) -> None:
    """Replace what is known of a note's names; `beginning` is that of its text, in whose language they are stemmed."""
    db.execute("DELETE FROM name WHERE note_id = ?", (note_id,))
    db.execute("DELETE FROM name_word WHERE note_id = ?", (note_id,))
    languages = tuple(dict.fromkeys((ENGLISH, detect(words_of(beginning[:LANGUAGE_SHOWS_IN])))))
    file = PurePosixPath(path)
    places = " ".join((*file.parts[1:-1], *map(str, metadata.get("tags", ()))))
    names = dict[str, tuple[int, str]]()
    for part, name in enumerate((file.stem, title, *map(str, metadata.get("aliases", ())))):
        names.setdefault(folded(name), (part, name))
    db.executemany("INSERT INTO name VALUES (?, ?, ?)", [(name, note_id, part) for name, (part, _) in names.items()])
    rows = []
    for part, name in ((PLACE, places), *names.values()):
        words = words_of(unicodedata.normalize("NFC", name))
        spelled = {spellings(word, languages) for word in words if word not in STOP_WORDS} or {
            spellings(word, languages) for word in words
        }
        rows += [(spelling[:LONGEST], note_id, part, len(spelled)) for word in spelled for spelling in word]
    db.executemany("INSERT INTO name_word VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)


def folded(name: str) -> str:
    """A name in the form in which names are compared: NFC, without case, white space as one space, and not too long."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())[:LONGEST]


def link_name(target: str) -> str:
    """The name by which a link's target is looked up: its last part, without the suffix of a note."""
    name = folded(target.replace("\\", "/").rsplit("/", 1)[-1])
    stem, dot, suffix = name.rpartition(".")
    return stem if f"{dot}{suffix}" in NOTE_SUFFIXES else name


def paths_called(db: Database, name: str) -> list[str]:
    """The notes of this file name, title or alias: those of the file name first, the least deep of them first."""
    rows = db.execute(
        "SELECT note.path, part FROM name JOIN note ON note.id = note_id WHERE name.name = ? AND NOT pending",
        (link_name(name),),
    )
    return [path for path, _ in sorted(rows, key=lambda row: (row[1], row[0].count("/"), row[0]))]


def resolve(db: Database, target: str, source: str) -> str | None:
    """The path of the note that a link in the note `source` leads to, as Obsidian finds it; None where there is none.

    A path counts from the folder of the note, else as the end of a note's path; a name as file name, title or alias.
    Of several the one in the same folder is meant, then one of the same root.
    """
    if not target:
        return source
    folder, root = source.rpartition("/")[0], source.split("/", 1)[0]
    called, wanted = paths_called(db, target), _without_suffix(target)
    if "/" in wanted:
        relative, ending = _without_suffix(normpath(f"{folder}/{wanted}")), f"/{normpath(wanted).lstrip('./')}"
        exact = [path for path in called if _without_suffix(path) == relative]
        called = exact or [path for path in called if f"/{_without_suffix(path)}".endswith(ending)]
    return min(
        called, key=lambda path: (path.rpartition("/")[0] != folder, not path.startswith(f"{root}/")), default=None
    )


def _without_suffix(path: str) -> str:
    before, slash, _ = folded(path.replace("\\", "/")).rpartition("/")
    return f"{before}{slash}{link_name(path)}"


def count_word(db: Database, spelling: str) -> int:
    """In the names or places of how many notes a word stands, spelled so."""
    counted = "SELECT count(DISTINCT note_id) FROM name_word WHERE word = ?"
    sql = f"SELECT ({counted}) - ({counted} AND note_id {_PENDING})"  # few are pending: quicker than to look at each
    return int(db.execute(sql, (spelling, spelling)).fetchone()[0])


def has_word(db: Database, spelling: str) -> bool:
    """Whether a word stands in the names or places of some note, spelled so."""
    sql = f"SELECT 1 FROM name_word WHERE word = ? {NOT_PENDING} LIMIT 1"
    return db.execute(sql, (spelling,)).fetchone() is not None


def names_with(db: Database, beginning: str, limit: int) -> list[str]:
    """The first names, folded, of notes with a word in their names or places that begins so, by that word."""
    sql = f"""SELECT word, name FROM name_word JOIN name USING (note_id, part)
              WHERE word >= ? AND word < ? {NOT_PENDING} ORDER BY word"""
    first_words, last = dict[str, str](), ""
    for word, name in db.execute(sql, (beginning, f"{beginning}\U0010ffff")):
        if len(first_words) >= limit and word != last:
            break  # thousands of words may begin so: to group them all in SQL took up to five times as long
        first_words.setdefault(name, word)
        last = word
    return sorted(first_words, key=lambda name: (first_words[name], name))[:limit]
