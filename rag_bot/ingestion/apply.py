"""Carries out the plan of a sync: prepare the notes, enter what is new, then switch in one transaction.

The order of the steps is what keeps a crash harmless. Vectors are kept as they come; Chroma's graph is changed in a
copy; words go into Tantivy, and all of it into a server, before the catalogue knows them and leave only after it has
forgotten them; readers ask the catalogue what counts.

Many new notes, as at a first ingest, are switched to in parts, the newest notes first: they answer while the rest is
read. Each of these states is that of a folder with fewer notes, and the catalogue knows how many are still waiting.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from rag_bot.errors import IndexUnusable
from rag_bot.failpoints import reach
from rag_bot.ingestion.exclusion import UNREADABLE
from rag_bot.ingestion.prepare import Preparation, built_with
from rag_bot.ingestion.roots import NEW
from rag_bot.ingestion.survey import Survey
from rag_bot.records import Progress
from rag_bot.store.catalogue import KnownFile
from rag_bot.store.checksums import find_damaged, looks_intact, recorded_checksums, take_checksums
from rag_bot.store.consistency import Consistency, Mismatch, compare_in_children
from rag_bot.store.indexes import FORMAT, SearchIndexes, next_folder, remove_first_version, remove_other_folders
from rag_bot.store.late import Late
from rag_bot.store.place import VectorsPlace
from rag_bot.store.rescue import write_roots
from rag_bot.store.server import find_lost, remove_collection, remove_other_collections, require_server
from rag_bot.store.writer import CatalogueWriter, MovedNote

ENTRY_BATCH = 2000  # passages entered into Chroma and Tantivy in one go; set by hand


@dataclass(slots=True)
class PlannedSync:
    """One plan being applied. `run` is the sync's number in the history.

    `server` is the URL of the Chroma server that is to have the vectors; where they are elsewhere, they move there.
    `new_indexes` only makes the search indexes anew, as a rebuild does with all. `forget` keeps no vectors of what is
    deleted.
    """

    index: Path
    notes: Preparation
    run: int
    server: str = ""
    new_indexes: bool = False
    forget: bool = False

    @property
    def catalogue(self) -> CatalogueWriter:
        return self.notes.catalogue

    @property
    def survey(self) -> Survey:
        return self.notes.survey

    def apply(self) -> None:
        self.notes.failed.extend(self.survey.failed)
        require_server(self.server)  # before hours of embedding, which a retry would find done
        before, trouble = self.catalogue.meta(), self._find_trouble()
        was_dirty, is_first_version = before.get("dirty") == "1", "generation" in before and "store" not in before
        if self.notes.plan.is_empty and not (self.notes.rebuild or self.new_indexes or was_dirty or trouble):
            self._add_roots()
            self._touch_unchanged()
            with self.catalogue.transaction():
                self._remember_excluded()
                self._remember_waiting([])
            remove_other_folders(self.index, before.get("store", ""))
            return
        with self.catalogue.transaction():
            self.catalogue.set_meta(dirty="1")
        reach("marked-dirty")
        self._add_roots()
        extra = [*trouble.vectors.extra, *trouble.words.extra] if trouble else []  # of an interrupted sync
        with self._only_what_answers(), closing(self._open_indexes(trouble, may_wait=not was_dirty)) as indexes:
            parts = self.notes.parts()
            total = sum(map(len, parts))
            for number, part in enumerate(parts, 1):
                done = sum(map(len, parts[: number - 1]))
                prepared = self.notes.prepare(part, done, total)
                is_last = number == len(parts)
                self._enter(indexes, is_last=is_last)
                reach("before-switch")
                unwanted = self._switch(
                    prepared, indexes, waiting=parts[number:], mend=was_dirty and is_last, extra=extra
                )
                reach("switched")
                indexes.remove(unwanted)
            indexes.seal(self.catalogue.generation())
        remove_other_collections(self.index, indexes.place, VectorsPlace.read(before.get("vectors", "")))
        if is_first_version:
            remove_first_version(self.index)
        reach("old-store-removed")
        checksums = take_checksums(indexes.folder, recorded_checksums(self.catalogue.meta()))
        reach("before-seal")
        with self.catalogue.transaction():
            self.catalogue.set_meta(dirty="0", seal=json.dumps(checksums))
        self.catalogue.checkpoint()

    @contextmanager
    def _only_what_answers(self) -> Iterator[None]:
        """However this ends, other folders of search indexes go: one that filled the disk, above all."""
        try:
            yield
        finally:
            with suppress(IndexUnusable, sqlite3.Error):
                remove_other_folders(self.index, self.catalogue.meta().get("store", ""))

    def _find_trouble(self) -> Consistency | None:
        """What an interrupted sync or damaged files left behind; None if all is as the last sync left it."""
        meta = self.catalogue.meta()
        if self.notes.rebuild or self.new_indexes or "generation" not in meta:
            return None
        if "store" not in meta or meta.get("format") != FORMAT:
            return Consistency.of_damaged("of an earlier version")
        place = VectorsPlace.read(meta.get("vectors", ""))
        if place != VectorsPlace.of_store(self.index, meta["store"], self.server):
            return Consistency.of_damaged("elsewhere, or those of an index that this one was copied from")
        folder, checksums, killed = self.index / meta["store"], recorded_checksums(meta), meta.get("dirty") == "1"
        if lost := not killed and place.url and find_lost(place, meta["generation"], self.catalogue.counts()[2]):
            return Consistency.of_damaged(lost)
        if not killed and looks_intact(folder, checksums):
            return None
        if damaged := find_damaged(folder, checksums, killed=killed):
            return Consistency.of_damaged(", ".join(damaged))
        return compare_in_children(self.index) if killed else Consistency(Mismatch(), Mismatch())

    def _add_roots(self) -> None:
        """Enter new roots, and use their entries from here on."""
        if all(root.id != NEW for root in self.survey.roots):
            return
        entered = {
            root: self.catalogue.add_root(root.folder, root.label) for root in self.survey.roots if root.id == NEW
        }
        found = {path: (entered.get(root, root), file) for path, (root, file) in self.survey.found.items()}
        self.notes.survey = replace(self.survey, found=found)
        write_roots(self.index, self.catalogue.roots())

    def _open_indexes(self, trouble: Consistency | None, *, may_wait: bool) -> SearchIndexes:
        """Those in use, or the next ones where these can't be mended or everything is made anew.

        With `may_wait` the graph of a large library in its folder is not loaded for a few changes.
        """
        used = self.catalogue.meta().get("store", "")
        replaced = (
            self.notes.rebuild or self.new_indexes or not used or (trouble is not None and bool(trouble.trouble()))
        )
        name = next_folder(self.index, used) if replaced else used
        place = VectorsPlace.of_store(self.index, name, self.server)
        if replaced:
            remove_collection(place)  # what a killed rebuild left there
        fingerprint = self.notes.model.info.fingerprint if self.notes.model else self.catalogue.meta()["fingerprint"]
        folder = self.index / name
        if replaced or place.url:
            return SearchIndexes(folder, fingerprint, place)
        return SearchIndexes(
            folder,
            fingerprint,
            place,
            answers=True,
            late=Late.read(self.catalogue.meta()),
            passages=self.catalogue.counts()[1] if may_wait else 0,
        )

    def _enter(self, indexes: SearchIndexes, *, is_last: bool) -> None:
        """Put the keys that become live into Chroma and Tantivy; doing it twice does no harm."""
        if indexes.folder.name == self.catalogue.meta().get("store"):
            batches = self.catalogue.pending_entries(ENTRY_BATCH)
        else:
            batches = self.catalogue.all_entries(ENTRY_BATCH, pending_only=self.notes.rebuild)
        done = 0
        for entries in batches:
            indexes.enter(entries)
            done += len(entries)
            if is_last:
                self.notes.on_progress(Progress("index", done, max(done, self.notes.embedded)))

    def _switch(
        self,
        prepared: set[str],
        indexes: SearchIndexes,
        *,
        waiting: Sequence[Sequence[str]],
        mend: bool,
        extra: Sequence[str],
    ) -> list[str]:
        """The one transaction that makes the new state the state; the keys that the search indexes have for no note.

        `waiting` are the parts still to be read. `mend` looks for keys that a killed sync left; `extra` are those found
        in the search indexes.
        """
        outdated = {*self.survey.known, *self.survey.unseen} & {*prepared, *self.notes.gone}
        replaced = [*self.notes.plan.deleted, *outdated]
        with self.catalogue.transaction():
            unused = self.catalogue.apply(
                replaced, [self._moved(move.before, move.after) for move in self.notes.plan.moved]
            )
            self._remove_emptied_roots()
            if mend:
                unused = sorted({*unused, *self.catalogue.orphaned_keys()})
            self._remember_excluded()
            if self._withdraws():
                self.catalogue.remove_vectors(unused)
                self.catalogue.remove_retired()
            else:
                self.catalogue.retire_vectors(unused, self.run)
            if self.notes.model:
                info = self.notes.model.info
                self.catalogue.set_meta(
                    built_with=built_with(self.notes.model), model=info.name, fingerprint=info.fingerprint
                )
            self._remember_waiting(waiting)
            # A rebuild's folder never had them.
            unwanted = [] if self.notes.rebuild else sorted({*unused, *extra} - self.catalogue.known_keys(extra))
            indexes.leave(unwanted, self.catalogue.vectors, at_once=self._withdraws())
            self.catalogue.set_meta(
                store=indexes.folder.name,
                vectors=str(indexes.place),
                late=str(indexes.late),
                format=FORMAT,
                generation=str(time.time_ns()),
            )
            reach("in-switch")
        indexes.answers = True
        self._touch_unchanged()
        write_roots(self.index, self.catalogue.roots())
        return unwanted

    def _withdraws(self) -> bool:
        """Whether this sync takes out what its user no longer wants in the index, and not only what has changed."""
        set_aside = any(file.rule != UNREADABLE for file in self.notes.set_aside.values())
        return self.forget or bool(self.survey.withdrawn) or set_aside

    def _remove_emptied_roots(self) -> None:
        """A folder that is gone, and whose notes have all moved or been removed, is no root any more."""
        for root in self.catalogue.roots():
            wanted = root.folder.is_dir() and not (self.forget and root in self.survey.roots)
            if not wanted and not self.catalogue.known_files(root):
                self.catalogue.remove_root(root)

    def _moved(self, before: str, after: str) -> MovedNote:
        root, file = self.survey.found[after]
        known = self.survey.known[before]
        return MovedNote(before, root, KnownFile(after, file.stamp, known.content_hash), PurePosixPath(after).stem)

    def _remember_excluded(self) -> None:
        """The files that are kept out of the index, so that they are not read again before they change."""
        files = {**self.survey.excluded, **self.notes.set_aside}
        for root in self.catalogue.roots():
            is_seen = root.label in self.survey.tallies and root.folder.is_dir()
            of_root = {path: file for path, file in files.items() if path.startswith(f"{root.label}/")}
            if is_seen and of_root != self.catalogue.excluded_files(root):
                self.catalogue.replace_excluded(root, of_root.values())

    def _remember_waiting(self, parts: Sequence[Sequence[str]]) -> None:
        """How many notes of each folder are in the parts that are still to be read."""
        labels = [self.survey.found[path][0].label for part in parts for path in part]
        for root in self.survey.roots:
            self.catalogue.set_waiting(root.label, labels.count(root.label))

    def _touch_unchanged(self) -> None:
        """Remember new stamps of files that were written without a change, so that they are not read again."""
        found, known = self.survey.found, self.survey.known
        touched = [
            KnownFile(path, found[path][1].stamp, known[path].content_hash)
            for path in self.notes.plan.unchanged
            if found[path][1].stamp != known[path].stamp
        ]
        if touched:
            with self.catalogue.transaction():
                self.catalogue.touch(touched)
