"""How each note stands: what the index has of it, what its folder has now; and why a file is not among the notes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path, PurePosixPath

from rag_bot.ingestion.readers import looks_like_text
from rag_bot.ingestion.survey import plan_survey, survey_folders
from rag_bot.ingestion.walk import IGNORE_FILES, parts_of_pages
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.records import Absence, NoteState
from rag_bot.store.catalogue import Catalogue, Root
from rag_bot.store.locations import find_path, roots_around, similar_path
from rag_bot.store.schema import explained


def note_states(index: Path) -> tuple[NoteState, ...]:
    """All notes of the index and of its folders, by path. Files whose stamp changed are read, nothing is written.

    Raises:
        IndexUnusable: there is no index, or none that can be read.
    """
    with closing(Catalogue.open(index)) as catalogue, explained(index), catalogue.snapshot():
        if not catalogue.roots():
            return ()
        survey = survey_folders(index, (), catalogue)
        indexed = catalogue.passages_by_note()
        failed = [failure for run in catalogue.runs(1, succeeded=True) for failure in run.failed]
    plan = plan_survey(survey, rebuild=False)
    waiting = {*plan.added, *plan.changed}  # some since the last sync could not read them
    errors = {failure.path: failure.error for failure in failed if failure.path in waiting}
    errors |= {failure.path: failure.error for failure in survey.failed}
    states = {
        **dict.fromkeys((*plan.deleted, *(move.before for move in plan.moved)), "deleted"),
        **dict.fromkeys((*plan.added, *(move.after for move in plan.moved)), "new"),
        **dict.fromkeys(plan.changed, "changed"),
        **dict.fromkeys(errors, "unreadable"),
    }
    return tuple(
        NoteState(
            path=path,
            title=indexed[path][0] if path in indexed else PurePosixPath(path).stem,
            state=states.get(path, "indexed"),
            passages=indexed[path][1] if path in indexed else 0,
            synced=indexed[path][2] if path in indexed else "",
            error=errors.get(path, ""),
        )
        for path in sorted({*indexed, *states})
    )


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
    path = find_path(written, list(states), roots)
    if path and states[path].state == "unreadable":
        message = f"{path} cannot be read: {states[path].error}"
        return Absence("unreadable", message, "mend it, then `rag-bot ingest`")
    if path and states[path].state == "new":
        return Absence("new", f"{path} is on disk but not indexed yet", "run `rag-bot ingest`")
    file = next(_files(written, roots), None)
    if not file:
        similar = similar_path(written, list(states))
        remedy = f"did you mean {similar}" if similar else "write its path as `rag-bot search` shows it"
        return Absence("missing", f"there is no note and no file {written}", remedy)
    if around := roots_around(file, roots):
        return _left_out(*around[0])
    message = f"{file} lies in no folder that is ingested"
    return Absence("outside", message, "run `rag-bot ingest` with its folder, if that is to be searched")


def _files(written: str, roots: Sequence[Root]) -> Iterator[Path]:
    """The files on disk that may be meant: as it is written, by a note's path, and below a root."""
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
    for folder in relative.parents:
        if folder.name in parts_of_pages(beside.name for beside in (root.folder / folder.parent).iterdir()):
            page = f"{root.label}/{folder.as_posix().removesuffix('_files')}"
            return Absence("page", f"{named} is a piece of the saved page {page}", "ask about the page")
    if not file.name.lower().endswith(NOTE_SUFFIXES):
        known = ", ".join(NOTE_SUFFIXES)
        return Absence("suffix", f"{named} is no note by its name", f"notes end with {known}")
    if not os.path.realpath(file).startswith(os.path.realpath(root.folder) + os.sep):
        return Absence("link", f"{named} is a link out of the folder", "ingest the folder that it leads to")
    if not looks_like_text(file):
        return Absence("binary", f"{named} does not look like text", "save it as text, then `rag-bot ingest`")
    ignore_files = [root.folder / above / name for above in relative.parents for name in IGNORE_FILES]
    if rules := [str(path) for path in ignore_files if path.is_file()]:
        return Absence("ignored", f"{named} is left out by {' or '.join(rules)}", "change the rule there")
    return Absence("linked-folder", f"{named} lies in a folder that is only a link", "ingest that folder itself")
