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
from rag_bot.ingestion.walk import NOTE_SUFFIXES, FoundFile
from rag_bot.records import Failure, SyncPlan
from rag_bot.store.catalogue import Catalogue, KnownFile, Root


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies in the folders and what the catalogue knows of them, by note path."""

    roots: tuple[Root, ...]
    known: Mapping[str, KnownFile]
    found: Mapping[str, tuple[Root, FoundFile]]
    failed: tuple[Failure, ...]


def survey_folders(
    index: Path, folders: Sequence[Path], catalogue: Catalogue | None, *, also: Sequence[Path] = ()
) -> Survey:
    """Walk the folders (all known roots without any, and `also` these)."""
    known_roots = catalogue.roots() if catalogue else []
    roots = choose_roots(folders, known_roots, index)
    roots += [root for root in (choose_roots(also, known_roots, index) if also else []) if root not in roots]
    failed: list[Failure] = []
    found: dict[str, tuple[Root, FoundFile]] = {}
    known: dict[str, KnownFile] = {}
    for root in roots:
        remembered = catalogue.known_files(root) if catalogue and root.id != NEW else {}
        files = {
            path: (root, file)
            for path, file in walk_root(root, [*known_roots, *roots], failed.append)
            if path in remembered or looks_like_text(root.folder / file.path)
        }
        _refuse_empty(root, files, remembered)
        found |= files
        known |= remembered
    return Survey(tuple(roots), _without_unseen(known, failed), found, tuple(failed))


def _without_unseen(known: Mapping[str, KnownFile], failed: Sequence[Failure]) -> dict[str, KnownFile]:
    """Without notes that could not be looked at: they are neither deleted nor moved, and go on answering."""
    unseen = tuple(failure.path for failure in failed)
    return {
        path: file for path, file in known.items() if not any(path == u or path.startswith(f"{u}/") for u in unseen)
    }


def _refuse_empty(root: Root, files: Mapping[str, object], known: Mapping[str, object]) -> None:
    if files:
        return
    if known:
        raise UsageError(
            f"{root.folder} holds no notes any more, but {len(known)} are indexed and still answer. "
            "Is its disk mounted?"
        )
    raise UsageError(
        f"There are no notes in {root.folder}: "
        f"no {', '.join(NOTE_SUFFIXES)} files outside of hidden and ignored folders."
    )


def plan_survey(survey: Survey, *, rebuild: bool) -> SyncPlan:
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
