"""Compares folders, catalogue, Chroma and Tantivy, and says in words what is wrong. Changes nothing."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from rag_bot.errors import IndexUnusable, RagBotError
from rag_bot.ingestion.chunking import chunk_key
from rag_bot.ingestion.exclusion import UNREADABLE
from rag_bot.ingestion.survey import plan_survey, survey_folders
from rag_bot.records import Problem, Verification
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.checksums import find_damaged, recorded_checksums
from rag_bot.store.consistency import Mismatch, compare_in_children, find_unsound
from rag_bot.store.lock import writer_lock
from rag_bot.store.ownership import require_own
from rag_bot.store.place import VectorsPlace
from rag_bot.store.postgres import CatalogueLost
from rag_bot.store.schema import FILE_NAME, has_catalogue, is_lost
from rag_bot.store.server import find_lost, require_named

FOLDERS, CATALOGUE, CHROMA, TANTIVY, FILES = "folders", "catalogue", "chroma", "tantivy", "files"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, and how deep it goes.

    `unreadable` files are known to be so since the last sync, which is nothing wrong. `lost` says that the catalogue
    can't be read at all, `unsound` names notes whose passages or vectors are damaged, `new_indexes` says that the
    search indexes have to be made anew.
    """

    problems: tuple[Problem, ...] = ()
    notes: int = 0
    passages: int = 0
    unreadable: int = 0
    lost: bool = False
    unsound: tuple[str, ...] = ()
    bad_keys: tuple[str, ...] = ()
    new_indexes: bool = False


def verify(index: Path, exclude: Sequence[str] = (), server: str = "") -> Verification:
    """Look at everything, but for what the setting excludes; no sync can run meanwhile. `server` is `vectors`.

    Raises:
        IndexUnusable: there is no index, or it is of a newer version.
        WriterBusy: another process syncs.
    """
    began = time.perf_counter()
    require_index(index)
    with writer_lock(index) if os.access(index, os.W_OK) else nullcontext():
        found = diagnose(index, exclude, server)
    seconds = time.perf_counter() - began
    return Verification(found.problems, found.notes, found.passages, seconds, unreadable=found.unreadable)


def require_index(index: Path) -> None:
    """Raises IndexUnusable where nothing was ever indexed by this user."""
    require_own(index)
    if not has_catalogue(index) and not is_lost(index):
        raise IndexUnusable(f"There is no index in {index} yet. Run `rag-bot ingest FOLDER` with your notes' folder.")


def diagnose(index: Path, exclude: Sequence[str] = (), server: str = "") -> Diagnosis:
    """Everything that is wrong. The caller sees to it that nobody writes."""
    if is_lost(index):
        what = "is empty" if (index / FILE_NAME).is_file() else "is missing"
        return Diagnosis((Problem(CATALOGUE, f"{FILE_NAME} {what}"),), lost=True)
    try:
        with closing(Catalogue.open(index)) as catalogue:
            if errors := catalogue.structure_errors():
                return Diagnosis(tuple(Problem(CATALOGUE, error) for error in errors), lost=True)
            return _diagnose(index, catalogue, exclude, server)
    except sqlite3.DatabaseError as error:
        return Diagnosis((Problem(CATALOGUE, str(error)),), lost=True)
    except CatalogueLost:
        return Diagnosis((Problem(CATALOGUE, "its database no longer has it"),), lost=True)
    except IndexUnusable as error:
        if isinstance(error.__cause__, sqlite3.DatabaseError):
            return Diagnosis((Problem(CATALOGUE, str(error.__cause__)),), lost=True)
        raise


def _diagnose(index: Path, catalogue: Catalogue, exclude: Sequence[str], server: str) -> Diagnosis:
    meta, (notes, passages, _) = catalogue.meta(), catalogue.counts()
    found = Diagnosis(notes=notes, passages=passages)
    if "store" not in meta:
        text = "the first ingest has not finished; `rag-bot ingest` finishes it"
        return replace(found, problems=(Problem(CATALOGUE, text),))
    place = VectorsPlace.read(meta.get("vectors", ""))
    require_named(place, server)
    killed, problems = meta.get("dirty") == "1", list[Problem]()
    if killed:
        problems.append(Problem(CATALOGUE, "the last sync was interrupted; `rag-bot ingest` finishes it"))
    lost = find_lost(place, meta["generation"], catalogue.counts()[2]) if place.url and not killed else ""
    damaged = find_damaged(index / meta["store"], recorded_checksums(meta), killed=killed)  # before they are opened
    with ThreadPoolExecutor(1) as beside:  # this process needs as long for its part as the others for theirs
        comparing = beside.submit(compare_in_children, index)
        unsound = find_unsound(catalogue, lambda chunk: chunk_key(meta["fingerprint"], chunk.embedded_text))
        differences = [*_differences(index, catalogue, exclude)]
        consistency = comparing.result()
    if unsound.notes:
        text = f"{len(unsound.notes):,} notes have damaged passages or vectors{_named(unsound.notes)}"
        problems.append(Problem(CATALOGUE, text))
    problems += [Problem(FILES, f"{meta['store']}/{name}: {what}") for name, what in damaged.items()]
    problems += [Problem(CHROMA, lost)] if lost else []
    problems += [*_mismatches(CHROMA, consistency.vectors), *_mismatches(TANTIVY, consistency.words)]
    problems += differences
    return replace(
        found,
        problems=tuple(problems),
        unreadable=sum(
            file.rule == UNREADABLE for root in catalogue.roots() for file in catalogue.excluded_files(root).values()
        ),
        unsound=unsound.notes,
        bad_keys=unsound.keys,
        new_indexes=bool(damaged or lost or consistency.trouble()),
    )


def _mismatches(part: str, mismatch: Mismatch) -> Iterator[Problem]:
    if mismatch.missing:
        yield Problem(part, f"lacks {len(mismatch.missing):,} of the catalogue's passages")
    if mismatch.extra:
        yield Problem(part, f"has {len(mismatch.extra):,} passages of no note")
    if mismatch.broken:
        yield Problem(part, mismatch.broken)


def _differences(index: Path, catalogue: Catalogue, exclude: Sequence[str]) -> Iterator[Problem]:
    """By content: every note is read."""
    roots = catalogue.roots()
    present = [root for root in roots if root.folder.is_dir()]
    for root in [root for root in roots if root not in present]:
        yield Problem(FOLDERS, f"{root.folder} is not there; {len(catalogue.known_files(root)):,} notes of it answer")
    if not present:
        return
    try:
        survey = survey_folders(index, [root.folder for root in present], catalogue, exclude=exclude)
    except RagBotError as error:
        yield Problem(FOLDERS, str(error))
        return
    of_present = {path for root in present for path in survey.known_in(root)}
    known = {path: replace(file, stamp="") for path, file in survey.known.items() if path in of_present}
    plan = plan_survey(replace(survey, known=known), rebuild=False)
    changes: dict[str, Sequence[str]] = {
        "new": plan.added,
        "changed": plan.changed,
        "renamed": [move.before for move in plan.moved],
        "deleted": plan.deleted,
    }
    for name, paths in changes.items():
        if paths:
            text = f"{len(paths):,} {name} since the last sync{_named(paths)}; `rag-bot ingest` brings that in"
            yield Problem(FOLDERS, text)
    for failure in survey.failed:
        if failure.path in survey.excluded:
            continue  # as the last sync said
        yield Problem(FOLDERS, f"{failure.path}: {failure.error}")


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 3:,} more" if len(paths) > 3 else ""
    return f": {', '.join(paths[:3])}{more}"
