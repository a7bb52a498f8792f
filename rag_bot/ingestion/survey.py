"""Looks at the folders and at what the catalogue knows of them, before a sync does anything."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_bot.errors import UsageError
from rag_bot.ingestion.plan import plan_sync
from rag_bot.ingestion.readers import looks_like_text
from rag_bot.ingestion.roots import NEW, choose_roots, walk_root
from rag_bot.ingestion.walk import FoundFile
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.records import Failure, SyncPlan
from rag_bot.store.catalogue import Catalogue, KnownFile, Root


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies in the folders and what the catalogue knows of them, by note path.

    `requested` are the roots that a sync was asked for; `roots` are these and those that are not there now: their notes
    may have moved. `unseen` are known notes that could not be looked at: they are neither deleted nor moved, and go on
    answering.
    """

    requested: tuple[Root, ...]
    roots: tuple[Root, ...]
    known: Mapping[str, KnownFile]
    unseen: frozenset[str]
    found: Mapping[str, tuple[Root, FoundFile]]
    failed: tuple[Failure, ...]

    def known_in(self, root: Root) -> list[str]:
        """The notes of a root that the catalogue knows."""
        return [path for path in self.known if path.startswith(f"{root.label}/")]


def survey_folders(
    index: Path, folders: Sequence[Path], catalogue: Catalogue | None, *, everything: bool = False
) -> Survey:
    """Walk the folders, or all known roots without any; `everything` takes those along as well.

    Raises:
        UsageError: a folder is missing, is none, or never had notes.
    """
    known_roots = catalogue.roots() if catalogue else []
    requested = choose_roots(folders, known_roots, index)
    others = [root for root in known_roots if root not in requested and (everything or not root.folder.is_dir())]
    failed: list[Failure] = []
    found: dict[str, tuple[Root, FoundFile]] = {}
    known: dict[str, KnownFile] = {}
    for root in (*requested, *others):
        remembered = catalogue.known_files(root) if catalogue and root.id != NEW else {}
        files = _files_of(root, [*known_roots, *requested], remembered, failed)
        if not files and root.id == NEW and not any(other.folder.is_relative_to(root.folder) for other in known_roots):
            raise UsageError(
                f"There are no notes in {root.folder}: "
                f"no {', '.join(NOTE_SUFFIXES)} files outside of hidden and ignored folders."
            )
        found |= files
        known |= remembered
    places = [failure.path for failure in failed]
    unseen = frozenset(path for path in known if any(path == place or path.startswith(f"{place}/") for place in places))
    known = {path: file for path, file in known.items() if path not in unseen}
    return Survey(tuple(requested), (*requested, *others), known, unseen, found, tuple(failed))


def _files_of(
    root: Root, roots: Sequence[Root], remembered: Mapping[str, object], failed: list[Failure]
) -> dict[str, tuple[Root, FoundFile]]:
    if root.id != NEW and not root.folder.is_dir():
        return {}
    try:
        return {
            path: (root, file)
            for path, file in walk_root(root, roots, failed.append)
            if path in remembered or looks_like_text(root.folder / file.path)
        }
    except UsageError as error:
        if root.id == NEW:
            raise
        failed.append(Failure(root.label, str(error)))
        return {}


def plan_survey(survey: Survey, *, rebuild: bool) -> SyncPlan:
    """What a sync has to do; `rebuild` makes every known note a changed one. Files whose stamp differs are hashed."""

    def content_hash(path: str) -> str | None:
        root, file = survey.found[path]
        try:
            with (root.folder / file.path).open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            return None

    return plan_sync(
        survey.known, {path: file for path, (_, file) in survey.found.items()}, content_hash, rebuild=rebuild
    )
