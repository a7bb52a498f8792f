"""How each note stands: what the index has of it, what its folder has now; and why a file is not among the notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rag_bot.ingestion.survey import plan_survey, survey_folders
from rag_bot.ingestion.walk import IGNORE_FILES, OnLeftOut
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.records import Absence, NoteState
from rag_bot.store.catalogue import Catalogue, Root
from rag_bot.store.locations import find_path, plain_path, roots_around, similar_path
from rag_bot.store.schema import explained

_ABSENCES = {
    "placeholder": ("is not downloaded from its cloud drive", "make it available offline there, then `rag-bot ingest`"),
    "binary": ("does not look like text", "save it as text, then `rag-bot ingest`"),
    "too-large": ("is too large for a note", "split it, then `rag-bot ingest`"),
    "format": ("is no note by its name", f"notes end with {', '.join(NOTE_SUFFIXES)}"),
    "page-part": ("is a piece of a saved page", "ask about the page"),
    "media": ("is a picture, sound or video", "write down what it shows"),
    "link": ("is a link that leads", "ingest the folder that it leads to"),
    "private": ("says that it is private", "take `private` out of its front matter, if it is to be searched"),
    "excluded": ("is excluded by the setting `exclude`", "change that, if it is to be searched"),
    "ignored": ("is left out", "change the rule there"),
}
"""Of the reasons for which a file is not read, the parts of a sentence."""


def note_states(
    index: Path, exclude: Sequence[str] = (), on_left_out: OnLeftOut = lambda *_: None
) -> tuple[NoteState, ...]:
    """All notes of the index and of its folders, by path, without those that the setting excludes. Nothing is written.

    Files whose stamp changed are read. `on_left_out` is told of each file that is left out: its reason as in
    `LeftOut`, its note path and its kind.

    Raises:
        IndexUnusable: there is no index, or none that can be read.
    """
    with closing(Catalogue.open(index)) as catalogue, explained(index), catalogue.snapshot():
        if not catalogue.roots():
            return ()
        survey = survey_folders(index, (), catalogue, exclude=exclude, on_left_out=on_left_out)
        indexed = {note.path: note for note in catalogue.indexed_notes()}
        failed = catalogue.failed()
    plan = plan_survey(survey, rebuild=False)
    waiting = {*plan.added, *plan.changed}  # some since the last sync could not read them
    errors = {path: error for path, error in failed.items() if path in waiting}
    errors |= {failure.path: failure.error for failure in survey.failed}
    states = {
        **dict.fromkeys((*plan.deleted, *(move.before for move in plan.moved)), "deleted"),
        **dict.fromkeys((*plan.added, *(move.after for move in plan.moved)), "new"),
        **dict.fromkeys(plan.changed, "changed"),
        **dict.fromkeys(errors, "unreadable"),
    }
    for path, state in states.items():
        known = indexed.get(path) or NoteState(path, PurePosixPath(path).stem, state)
        indexed[path] = replace(known, state=state, error=errors.get(path, ""))
    return tuple(indexed[path] for path in sorted(indexed))


def why_absent(index: Path, written: str, exclude: Sequence[str] = ()) -> Absence:
    """Why no indexed note is called this: a note path, a file on disk, or the end of a path.

    All folders are looked at, as the next sync would.

    Raises:
        UsageError: several notes that are not indexed yet end like this.
        IndexUnusable: there is no index, or none that can be read.
    """
    with closing(Catalogue.open(index)) as catalogue, explained(index), catalogue.snapshot():
        roots = catalogue.roots()
    reasons: dict[str, tuple[str, str]] = {}
    may_be_meant = {*plain_path(written).split("/")}

    def remember(reason: str, path: str, kind: str) -> None:
        if reason in _ABSENCES and plain_path(path).rpartition("/")[2] in may_be_meant:
            reasons[path] = reason, kind

    states = {state.path: state for state in note_states(index, exclude, remember)}
    path = find_path(written, list(states), roots)
    if path and states[path].state == "unreadable":
        message = f"{path} cannot be read ({states[path].error.rstrip('.')})"
        return Absence("unreadable", message, "mend it, then `rag-bot ingest`")
    if path and states[path].state == "new":
        return Absence("new", f"{path} is on disk but not indexed yet", "run `rag-bot ingest`")
    if left_out := find_path(written, list(reasons), roots):
        return _left_out(left_out, *reasons[left_out], roots)
    file = next(_files(written, roots), None)
    if not file:
        similar = similar_path(written, list(states))
        remedy = f"did you mean {similar}" if similar else "write its path as `rag-bot search` shows it"
        return Absence("missing", f"there is no note and no file {written}", remedy)
    if around := roots_around(file, roots):
        return _beside_notes(*around[0], reasons)
    message = f"{file} lies in no folder that is ingested"
    return Absence("outside", message, "run `rag-bot ingest` with its folder, if that is to be searched")


def _files(written: str, roots: Sequence[Root]) -> Iterator[Path]:
    """The files on disk that may be meant: as it is written, by a note's path, and below a root."""
    path = Path(written).expanduser()
    below = [root.folder / path for root in roots]
    named = [root.folder / written.removeprefix(f"{root.label}/") for root in roots if written.startswith(root.label)]
    return (file for file in (path, *named, *below) if file.exists())


def _left_out(path: str, reason: str, kind: str, roots: Sequence[Root]) -> Absence:
    """Why the walk left this file out."""
    message, remedy = _ABSENCES[reason]
    if reason == "ignored":
        root = next(root for root in roots if path.startswith(f"{root.label}/"))
        folders = PurePosixPath(path.removeprefix(f"{root.label}/")).parents
        rules = [root.folder / above / name for above in folders for name in IGNORE_FILES]
        message = f"is left out by {' or '.join(str(file) for file in rules if file.is_file())}"
    return Absence(reason, f"{path} {message}{f' {kind}' if kind and reason == 'link' else ''}", remedy)


def _beside_notes(root: Root, relative: Path, reasons: Mapping[str, tuple[str, str]]) -> Absence:
    """Why the walk did not come to a file inside a root."""
    file, named = root.folder / relative, f"{root.label}/{relative.as_posix()}"
    if not file.is_file():
        return Absence("no-file", f"{named} is no file", "name a note")
    if hidden := next((part for part in relative.parts if part.startswith(".")), ""):
        return Absence("hidden", f"{named} is hidden, since {hidden} begins with a dot", "rename or move it")
    for above in (f"{root.label}/{folder.as_posix()}" for folder in relative.parents):
        if above in reasons:
            return _left_out(named, *reasons[above], [root])
    return Absence("missing", f"{named} is no note", "name a note")
