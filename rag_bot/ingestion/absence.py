"""Why is a file not among the indexed notes?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from rag_bot.ingestion.readers import looks_like_text
from rag_bot.ingestion.states import note_states
from rag_bot.ingestion.walk import IGNORE_FILES, NOTE_SUFFIXES
from rag_bot.records import Absence, NoteState
from rag_bot.store.catalogue import Catalogue, Root
from rag_bot.store.locations import find_path, roots_around, similar_path
from rag_bot.store.schema import explained


def why_absent(index: Path, written: str) -> Absence:
    """Why no indexed note is called this: a note path, a file on disk, or the end of a path.

    All folders are looked at, as the next sync would.

    Raises:
        UsageError: several notes that are not indexed yet end like this.
        IndexUnusable: there is no index, or none that can be read.
    """
    with closing(Catalogue.open(index)) as catalogue, explained(index), catalogue.snapshot():
        roots = catalogue.roots()
    states = {state.path: state for state in note_states(index)}
    found = find_path(written, list(states), roots)
    if found and states[found].state in ("new", "unreadable"):
        return _waiting(states[found])
    file = next(_files(written, roots), None)
    if not file:
        return _missing(written, list(states))
    below = roots_around(file, roots)
    return _left_out(*below[0]) if below else _outside(file)


def _waiting(state: NoteState) -> Absence:
    if state.error:
        return Absence("unreadable", f"{state.path} cannot be read: {state.error}", "mend it, then `rag-bot ingest`")
    return Absence("new", f"{state.path} is on disk but not indexed yet", "run `rag-bot ingest`")


def _missing(written: str, paths: Sequence[str]) -> Absence:
    meant = similar_path(written, paths)
    remedy = f"did you mean {meant}?" if meant else "write its path as `rag-bot search` shows it"
    return Absence("missing", f"there is no note and no file {written}", remedy.rstrip("?"))


def _outside(file: Path) -> Absence:
    said = f"{file} lies in no folder that is ingested"
    return Absence("outside", said, "run `rag-bot ingest` with its folder, if that is to be searched")


def _files(written: str, roots: Sequence[Root]) -> Iterator[Path]:
    """The files on disk that may be meant: as it is written, below a root, and by a note's path."""
    path = Path(written).expanduser()
    below = [root.folder / path for root in roots]
    named = [root.folder / written.removeprefix(f"{root.label}/") for root in roots if written.startswith(root.label)]
    return (file for file in (path, *named, *below) if file.exists())


def _left_out(root: Root, relative: Path) -> Absence:
    """Why the walk passes over a file inside a root."""
    file, named = root.folder / relative, f"{root.label}/{relative.as_posix()}"
    if not file.is_file():
        return Absence("no-file", f"{named} is no file", "name a note")
    if hidden := next((part for part in relative.parts if part.startswith(".")), ""):
        return Absence("hidden", f"{named} is hidden, since {hidden} begins with a dot", "rename or move it")
    if not file.name.lower().endswith(NOTE_SUFFIXES):
        known = ", ".join(NOTE_SUFFIXES)
        return Absence("suffix", f"{named} is no note by its name", f"notes end with {known}")
    if not os.path.realpath(file).startswith(os.path.realpath(root.folder) + os.sep):
        return Absence("link", f"{named} is a link out of the folder", "ingest the folder that it leads to")
    if not looks_like_text(file):
        return Absence("binary", f"{named} does not look like text", "save it as text, then `rag-bot ingest`")
    if rules := _ignore_files(root, relative):
        return Absence("ignored", f"{named} is left out by {' or '.join(rules)}", "change the rule there")
    return Absence("linked-folder", f"{named} lies in a folder that is only a link", "ingest that folder itself")


def _ignore_files(root: Root, relative: Path) -> list[str]:
    """The ignore files above a note."""
    folders = [root.folder / above for above in relative.parents]
    return [str(folder / name) for folder in folders for name in IGNORE_FILES if (folder / name).is_file()]
