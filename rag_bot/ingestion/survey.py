"""Looks at the folders and at what the catalogue knows of them, before a sync does anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

from rag_bot.errors import UsageError
from rag_bot.ingestion.exclusion import PRIVATE, UNREADABLE, Exclusion
from rag_bot.ingestion.plan import plan_sync
from rag_bot.ingestion.readers import why_no_text
from rag_bot.ingestion.roots import NEW, choose_roots, walk_root
from rag_bot.ingestion.walk import FoundFile, OnLeftOut
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.records import Failure, Filters, SyncPlan, Tally, left_out_words
from rag_bot.store.catalogue import Catalogue, ExcludedFile, KnownFile, Root


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies in the folders and what the catalogue knows of them, by note path.

    `requested` are the roots that a sync was asked for; `roots` are these and those that are not there now: their notes
    may have moved. `unseen` are known notes that could not be looked at: they are neither deleted nor moved, and go on
    answering. `withdrawn` are known notes that the settings exclude now, `excluded` files that were read before and are
    still kept out by `exclusion`, or still unreadable: these are among the `failed` as well. `tallies` count what is
    left out, by label of the root.
    """

    requested: tuple[Root, ...]
    roots: tuple[Root, ...]
    known: Mapping[str, KnownFile] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()
    found: Mapping[str, tuple[Root, FoundFile]] = field(default_factory=dict)
    failed: tuple[Failure, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    excluded: Mapping[str, ExcludedFile] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    exclusion: Exclusion = field(default_factory=Exclusion)

    def known_in(self, root: Root) -> list[str]:
        """The notes of a root that the catalogue knows."""
        return [path for path in self.known if path.startswith(f"{root.label}/")]


def survey_folders(
    index: Path,
    folders: Sequence[Path],
    catalogue: Catalogue | None,
    *,
    exclude: Sequence[str] = (),
    everything: bool = False,
    on_left_out: OnLeftOut = lambda *_: None,
) -> Survey:
    """Walk the folders, or all known roots without any; `everything` takes those along as well.

    `exclude` is the setting, `on_left_out` is told of each file that is left out: its reason, note path and kind.

    Raises:
        UsageError: a folder is missing, is none, or never had notes.
    """
    known_roots = catalogue.roots() if catalogue else []
    requested = choose_roots(folders, known_roots, index)
    others = [root for root in known_roots if root not in requested and (everything or not root.folder.is_dir())]
    exclusion = Exclusion.of(exclude)
    sights = [
        _look(
            root,
            [*known_roots, *requested],
            None if root.id == NEW else catalogue,
            exclusion,
            on_left_out,
            unreadable={} if everything or not catalogue else catalogue.failed(),
        )
        for root in (*requested, *others)
    ]
    for root, sight in zip((*requested, *others), sights, strict=True):
        is_around = any(other.folder.is_relative_to(root.folder) for other in known_roots)
        if not sight.found and root.id == NEW and not is_around:
            raise UsageError(
                f"There are no notes in {root.folder}: "
                f"no {', '.join(NOTE_SUFFIXES)} files outside of hidden and ignored folders"
                f"{''.join(f', {left_out_words(entry)}' for entry in sight.tally.entries())}."
            )
    known = {path: file for sight in sights for path, file in sight.known.items()}
    failed = tuple(failure for sight in sights for failure in sight.failed)
    places = {failure.path for failure in failed}.union(*(sight.away for sight in sights))
    unseen = frozenset(path for path in known if places and not places.isdisjoint(_with_folders(path)))
    if catalogue:
        for tag in exclusion.tags:  # to be read again, and then left out
            known |= {path: KnownFile(path, "", "") for path in catalogue.paths_matching(Filters(tag=tag)) & {*known}}
    return Survey(
        requested=tuple(requested),
        roots=(*requested, *others),
        known={path: file for path, file in known.items() if path not in unseen},
        unseen=unseen,
        found={path: file for sight in sights for path, file in sight.found.items()},
        failed=failed,
        withdrawn=frozenset().union(*(sight.withdrawn for sight in sights)) & {*known},
        excluded={path: file for sight in sights for path, file in sight.excluded.items()},
        tallies={root.label: sight.tally for root, sight in zip((*requested, *others), sights, strict=True)},
        exclusion=exclusion,
    )


def _with_folders(path: str) -> Iterator[str]:
    """The folders above a path, and the path."""
    return accumulate(path.split("/"), "{}/{}".format)


@dataclass(slots=True)
class _Sight:
    """One root, looked at. `away` are files that are not downloaded, `withdrawn` those that the settings exclude."""

    known: Mapping[str, KnownFile]
    found: dict[str, tuple[Root, FoundFile]] = field(default_factory=dict)
    excluded: dict[str, ExcludedFile] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)


def _look(
    root: Root,
    roots: Sequence[Root],
    catalogue: Catalogue | None,
    exclusion: Exclusion,
    on_left_out: OnLeftOut,
    unreadable: Mapping[str, str],
) -> _Sight:
    """The files of a root; with a catalogue, which knows it already, a root may be gone.

    `unreadable` says why files could not be read; those that have not changed since are not tried again.
    """
    sight = _Sight(catalogue.known_files(root) if catalogue else {})
    set_aside = catalogue.excluded_files(root) if catalogue else {}

    def leave_out(reason: str, path: str, kind: str = "") -> None:
        sight.tally.add(reason, path, kind)
        on_left_out(reason, path, kind)
        if reason == "placeholder":
            sight.away.add(path)
        if reason == "excluded":
            sight.withdrawn.add(path)

    if catalogue and not root.folder.is_dir():
        return sight
    try:
        for path, file in walk_root(root, roots, sight.failed.append, leave_out, exclusion):
            if path not in sight.known and (reason := why_no_text(root.folder / file.path)):
                leave_out(reason, path)
            elif path in set_aside and (
                kept_out := _still_excluded(set_aside[path], root, file, exclusion, unreadable)
            ):
                sight.excluded[path] = kept_out
                if kept_out.rule == UNREADABLE:
                    sight.failed.append(Failure(path, unreadable[path]))
                else:
                    leave_out(kept_out.reason, path)
            else:
                sight.found[path] = root, file
    except UsageError as error:
        if not catalogue:
            raise
        sight.failed.append(Failure(root.label, str(error)))
    return sight


def _still_excluded(
    before: ExcludedFile, root: Root, file: FoundFile, exclusion: Exclusion, unreadable: Mapping[str, str]
) -> ExcludedFile | None:
    """The file as it is now, if neither it nor the rule that keeps it out has changed."""
    rules = (PRIVATE, *exclusion.tags, *([UNREADABLE] if before.path in unreadable else []))
    if before.rule not in rules:
        return None
    is_same = file.stamp and file.stamp == before.stamp
    if is_same or content_hash(root.folder / file.path) == before.content_hash:
        return replace(before, stamp=file.stamp)
    return None


def content_hash(file: Path) -> str | None:
    """The SHA-256 of a file; None where it can't be read."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None


def plan_survey(survey: Survey, *, rebuild: bool) -> SyncPlan:
    """What a sync has to do; `rebuild` makes every known note a changed one. Files whose stamp differs are hashed."""

    def hash_of(path: str) -> str | None:
        root, file = survey.found[path]
        return content_hash(root.folder / file.path)

    return plan_sync(survey.known, {path: file for path, (_, file) in survey.found.items()}, hash_of, rebuild=rebuild)
