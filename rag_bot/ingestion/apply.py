"""Carries out the plan of a sync: read, chunk, embed what is new, then switch in one transaction.

The order of the steps is what keeps a crash harmless. Vectors are kept as they come; keys go into Chroma and Tantivy
before the catalogue knows them and leave only after it has forgotten them; readers ask the catalogue what counts.

Many new notes, as at a first ingest, are switched to in parts, the newest notes first: they answer while the rest is
read. Each of these states is that of a folder with fewer notes, and the catalogue knows how many are still waiting.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from rag_bot.errors import ContentUnreadable, NoteGone, NoteUnreadable
from rag_bot.failpoints import reach
from rag_bot.ingestion.chunking import CHUNKER_VERSION, chunk_note
from rag_bot.ingestion.exclusion import UNREADABLE
from rag_bot.ingestion.readers import read_note
from rag_bot.ingestion.roots import NEW
from rag_bot.ingestion.survey import Survey
from rag_bot.models import CHUNK_WINDOW, EmbeddingModel, Vectors
from rag_bot.records import Chunk, Failure, Note, Progress, SyncPlan
from rag_bot.store.bm25 import FORMAT as WORDS_FORMAT
from rag_bot.store.catalogue import ExcludedFile, KnownFile, Root
from rag_bot.store.checksums import find_damaged, looks_intact, recorded_checksums, take_checksums
from rag_bot.store.consistency import Consistency, Mismatch, compare_in_children
from rag_bot.store.indexes import SearchIndexes, next_folder, remove_first_version, remove_other_folders
from rag_bot.store.late import Late
from rag_bot.store.place import VectorsPlace
from rag_bot.store.rescue import write_roots
from rag_bot.store.server import find_lost, remove_collection, remove_other_collections, require_server
from rag_bot.store.writer import CatalogueWriter, MovedNote

# Chunks held in memory, and embedded in one go: sorted by length they need less padding; set by hand.
FLUSH_CHUNKS = 256
ENTRY_BATCH = 2000  # passages entered into Chroma and Tantivy in one go; set by hand
# New notes that are switched to first, a minute's work on two cores; each part has twice as many as the one before, so
# that ten thousand notes are switched to eight times. Set by hand.
FIRST_PART = 64

OnProgress = Callable[[Progress], None]
Embed = Callable[[Iterable[Sequence[str]]], Iterator[Vectors]]
"""Gives the unit vectors of each batch of texts, in the order of the batches; it may take some of these ahead."""


def built_with(model: EmbeddingModel) -> str:
    """What decides how notes are cut and embedded; where that changes, all notes are prepared anew."""
    tokens = "" if model.chunk_window == CHUNK_WINDOW else f" window {model.chunk_window}"
    return f"{model.info.fingerprint} chunker {CHUNKER_VERSION}{tokens}"


_Chunked = tuple[Root, Note, tuple[Chunk, ...]]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts to embed, by key; and the notes that are whole with them, whose other keys have vectors."""

    texts: dict[str, str]
    notes: Sequence[_Chunked] = ()
    stored: Sequence[str] = ()


@dataclass(slots=True)
class PlannedSync:
    """One plan being applied, with what it counts. `run` is the sync's number in the history.

    `server` is the URL of the Chroma server that is to have the vectors; where they are elsewhere, they move there.
    `rebuild` prepares every note anew into new search indexes, from the catalogue where its file can't be read;
    `new_indexes` only makes the search indexes anew. `forget` keeps no vectors of what is deleted. A plan that prepares
    no notes needs no model. `embed` is who embeds the passages, by default the model itself.
    """

    index: Path
    catalogue: CatalogueWriter
    model: EmbeddingModel | None
    survey: Survey
    plan: SyncPlan
    run: int
    on_progress: OnProgress
    server: str = ""
    rebuild: bool = False
    new_indexes: bool = False
    forget: bool = False
    embed: Embed | None = None
    failed: list[Failure] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    set_aside: dict[str, ExcludedFile] = field(default_factory=dict)
    embedded: int = 0
    reused: int = 0
    _given_out: set[str] = field(default_factory=set)
    _began: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%S%z"))

    @property
    def reads_notes(self) -> bool:
        """Whether there may be something to embed."""
        return self.rebuild or bool(self.plan.added or self.plan.changed)

    def apply(self) -> None:
        self.failed.extend(self.survey.failed)
        require_server(self.server)  # before hours of embedding, which a retry would find done
        before, trouble = self.catalogue.meta(), self._find_trouble()
        was_dirty, is_first_version = before.get("dirty") == "1", "generation" in before and "store" not in before
        if self.plan.is_empty and not (self.rebuild or self.new_indexes or was_dirty or trouble):
            self._add_roots()
            self._touch_unchanged()
            with self.catalogue.transaction():
                self._remember_excluded()
                self._remember_waiting([])
            return
        with self.catalogue.transaction():
            self.catalogue.set_meta(dirty="1")
        reach("marked-dirty")
        self._add_roots()
        with closing(self._open_indexes(trouble, may_wait=not was_dirty)) as indexes:
            parts = self._parts()
            total = sum(map(len, parts))
            for number, part in enumerate(parts, 1):
                done = sum(map(len, parts[: number - 1]))
                prepared = self._prepare_notes(part, done, total)
                is_last = number == len(parts)
                self._enter(indexes, is_last=is_last)
                reach("before-switch")
                unused = self._switch(prepared, indexes, waiting=parts[number:], mend=was_dirty and is_last)
                reach("switched")
            if not self.rebuild:
                extra = [*trouble.vectors.extra, *trouble.words.extra] if trouble else []  # of an interrupted sync
                unwanted = sorted({*unused, *extra} - self.catalogue.known_keys(extra))
                indexes.remove(unwanted, at_once=self._withdraws())
            indexes.settle(self.catalogue.vectors)
            indexes.seal(self.catalogue.generation())
        remove_other_folders(self.index, indexes.folder.name)
        remove_other_collections(self.index, indexes.place, VectorsPlace.read(before.get("vectors", "")))
        if is_first_version:
            remove_first_version(self.index)
        reach("old-store-removed")
        checksums = take_checksums(indexes.folder, recorded_checksums(self.catalogue.meta()))
        reach("before-seal")
        with self.catalogue.transaction():
            self.catalogue.set_meta(dirty="0", seal=json.dumps(checksums))
            self._remember_late(indexes)
        self.catalogue.checkpoint()

    def _find_trouble(self) -> Consistency | None:
        """What an interrupted sync or damaged files left behind; None if all is as the last sync left it."""
        meta = self.catalogue.meta()
        if self.rebuild or self.new_indexes or "generation" not in meta:
            return None
        if "store" not in meta or meta.get("words") != WORDS_FORMAT:
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

    def _parts(self) -> list[list[str]]:
        """The notes to prepare, in the portions that are switched to: one, unless many are added and nothing else."""
        plan = self.plan
        if self.rebuild or plan.changed or plan.moved or plan.deleted or len(plan.added) <= FIRST_PART:
            # A rebuild takes along the notes that are kept though their files can't be looked at now.
            known = {*self.survey.known, *self.survey.unseen} if self.rebuild else set()
            return [[*plan.added, *plan.changed, *sorted(known - {*plan.deleted, *plan.changed})]]
        added = sorted(plan.added, key=lambda path: (-self.survey.found[path][1].mtime_ns, path))
        parts, start = [], 0
        while start < len(added):
            parts.append(added[start : 2 * start + FIRST_PART])
            start += len(parts[-1])
        return parts

    def _prepare_notes(self, paths: Sequence[str], done: int, total: int) -> set[str]:
        """Read, chunk and embed these notes, of a total of which some are done; the paths for which that succeeded."""
        prepared: set[str] = set()
        waiting: deque[_Batch] = deque()

        def texts() -> Iterator[list[str]]:
            for notes in self._portions(paths, done, total):
                for batch in self._batches(notes):
                    waiting.append(batch)
                    yield list(batch.texts.values())

        for vectors in (self.embed or self._embed)(texts()):
            batch = waiting.popleft()
            self._keep(batch, vectors)
            prepared.update(note.path for _, note, _ in batch.notes)
        self.on_progress(Progress("notes", done + len(paths), total))
        reach("notes-pending")
        return prepared

    def _portions(self, paths: Sequence[str], done: int, total: int) -> Iterator[list[_Chunked]]:
        """These notes, where they can be read and are not left out, by so many chunks as are held in memory."""
        to_read = {*self.plan.added, *self.plan.changed}
        portion: list[_Chunked] = []
        for number, path in enumerate(paths, done):
            self.on_progress(Progress("notes", number, total))
            entry = self._read(path) if path in to_read else self._remembered(path)
            if entry and not self._leaves_out(*entry):
                portion.append((*entry, self._chunks(entry[1])))
                if sum(len(chunks) for *_, chunks in portion) >= FLUSH_CHUNKS:
                    yield portion
                    portion = []
        if portion:
            yield portion

    def _batches(self, notes: Sequence[_Chunked]) -> Iterator[_Batch]:
        """What is not embedded yet, nor given out to be; the notes come with the last of their passages."""
        texts = {chunk.key: chunk.embedded_text for *_, chunks in notes for chunk in chunks}
        stored = self.catalogue.keys_with_vectors(list(texts))
        missing = [key for key in texts if key not in stored and key not in self._given_out]
        self._given_out.update(missing)
        self.embedded += len(missing)
        self.reused += sum(len(chunks) for *_, chunks in notes) - len(missing)
        parts = [missing[start : start + FLUSH_CHUNKS] for start in range(0, len(missing), FLUSH_CHUNKS)] or [[]]
        for part in parts[:-1]:
            yield _Batch({key: texts[key] for key in part})
        yield _Batch({key: texts[key] for key in parts[-1]}, notes, sorted(stored))

    def _embed(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        for texts in batches:
            assert self.model
            yield self.model.encode_passages(texts)

    def _keep(self, batch: _Batch, vectors: Vectors) -> None:
        """The vectors, and the notes as pending."""
        keys = list(batch.texts)
        if keys:
            with self.catalogue.transaction():
                self.catalogue.add_vectors(keys, vectors)
            reach("vectors-kept")
        self._given_out.difference_update(keys)
        if batch.notes:
            with self.catalogue.transaction():
                self.catalogue.revive_vectors(batch.stored)
                for entry in batch.notes:
                    self.catalogue.add_pending(*entry, synced=self._began)

    def _add_roots(self) -> None:
        """Enter new roots, and use their entries from here on."""
        if all(root.id != NEW for root in self.survey.roots):
            return
        entered = {
            root: self.catalogue.add_root(root.folder, root.label) for root in self.survey.roots if root.id == NEW
        }
        found = {path: (entered.get(root, root), file) for path, (root, file) in self.survey.found.items()}
        self.survey = replace(self.survey, found=found)
        write_roots(self.index, self.catalogue.roots())

    def _read(self, path: str) -> tuple[Root, Note] | None:
        """None where that fails: what a file said before it was changed so that it can't be read answers no more."""
        root, file = self.survey.found[path]
        try:
            return root, read_note(root.folder, file.path, label=root.label)
        except NoteGone:
            self.gone.append(path)
        except NoteUnreadable as error:
            self.failed.append(Failure(path, str(error).removeprefix(f"{path} ")))
            if isinstance(error, ContentUnreadable):
                self.set_aside[path] = ExcludedFile(path, error.stamp, error.content_hash, UNREADABLE)
                known = self.survey.known.get(path)
                if known and known.content_hash != error.content_hash:
                    self.gone.append(path)
                    return None
            if self.rebuild:
                return self._remembered(path)
        return None

    def _leaves_out(self, root: Root, note: Note) -> bool:
        """Whether the note is kept out of the index. Of its text nothing is written, but what it is known by again."""
        rule = self.survey.exclusion.rule_for(note)
        if rule:
            file = ExcludedFile(note.path, note.stamp, note.content_hash, rule)
            self.set_aside[note.path] = file
            self.gone.append(note.path)
            self.survey.tallies[root.label].add(file.reason, note.path)
        return bool(rule)

    def _remembered(self, path: str) -> tuple[Root, Note] | None:
        """A note as it was indexed before. It has no stamp, so that it is read again as soon as that is possible."""
        note = self.catalogue.find_note(path)
        root = note and next(root for root in self.catalogue.roots() if root.label == note.label)
        return (root, replace(note, stamp="")) if note and root else None

    def _chunks(self, note: Note) -> tuple[Chunk, ...]:
        assert self.model
        return chunk_note(
            note,
            count_tokens=self.model.count_tokens,
            max_tokens=self.model.chunk_tokens,
            fingerprint=self.model.info.fingerprint,
        )

    def _open_indexes(self, trouble: Consistency | None, *, may_wait: bool) -> SearchIndexes:
        """Those in use, or the next ones where these can't be mended or everything is made anew.

        With `may_wait` the graph of a large library in its folder is not loaded for a few changes.
        """
        used = self.catalogue.meta().get("store", "")
        replaced = self.rebuild or self.new_indexes or not used or (trouble is not None and bool(trouble.trouble()))
        name = next_folder(self.index, used) if replaced else used
        place = VectorsPlace.of_store(self.index, name, self.server)
        if replaced:
            remove_collection(place)  # what a killed rebuild left there
        fingerprint = self.model.info.fingerprint if self.model else self.catalogue.meta()["fingerprint"]
        folder = self.index / name
        if replaced or place.url:
            return SearchIndexes(folder, fingerprint, place)
        late, passages = Late.read(self.catalogue.meta()), self.catalogue.counts()[1] if may_wait else 0
        return SearchIndexes(folder, fingerprint, place, late, passages)

    def _enter(self, indexes: SearchIndexes, *, is_last: bool) -> None:
        """Put the keys that become live into Chroma and Tantivy; doing it twice does no harm."""
        if indexes.folder.name == self.catalogue.meta().get("store"):
            batches = self.catalogue.pending_entries(ENTRY_BATCH)
        else:
            batches = self.catalogue.all_entries(ENTRY_BATCH, pending_only=self.rebuild)
        done = 0
        for entries in batches:
            indexes.enter(entries)
            done += len(entries)
            if is_last:
                self.on_progress(Progress("index", done, max(done, self.embedded)))

    def _switch(
        self, prepared: set[str], indexes: SearchIndexes, *, waiting: Sequence[Sequence[str]], mend: bool
    ) -> list[str]:
        """The one transaction that makes the new state the state; the keys that no note has any more.

        `waiting` are the parts still to be read. `mend` looks for keys that a killed sync left.
        """
        outdated = {*self.survey.known, *self.survey.unseen} & {*prepared, *self.gone}
        replaced = [*self.plan.deleted, *outdated]
        with self.catalogue.transaction():
            unused = self.catalogue.apply(replaced, [self._moved(move.before, move.after) for move in self.plan.moved])
            self._remove_emptied_roots()
            if mend:
                unused = sorted({*unused, *self.catalogue.orphaned_keys()})
            self._remember_excluded()
            excluded = {**self.survey.excluded, **self.set_aside}.values()
            if self.forget or self.survey.withdrawn or any(file.rule != UNREADABLE for file in excluded):
                self.catalogue.remove_vectors(unused)
                self.catalogue.remove_retired()
            else:
                self.catalogue.retire_vectors(unused, self.run)
            if self.model:
                info = self.model.info
                self.catalogue.set_meta(
                    built_with=built_with(self.model), model=info.name, fingerprint=info.fingerprint
                )
            self._remember_waiting(waiting)
            self.catalogue.set_meta(
                store=indexes.folder.name,
                vectors=str(indexes.place),
                words=WORDS_FORMAT,
                generation=str(time.time_ns()),
            )
            self._remember_late(indexes)
            reach("in-switch")
        self._touch_unchanged()
        write_roots(self.index, self.catalogue.roots())
        return unused

    def _remember_late(self, indexes: SearchIndexes) -> None:
        """What the graph does not know yet, and whether it is another one than before, which readers load anew."""
        self.catalogue.set_meta(late=str(indexes.late))
        if indexes.is_written:
            self.catalogue.set_meta(graph=str(time.time_ns()))

    def _withdraws(self) -> bool:
        """Whether this sync takes out what its user no longer wants in the index, and not only what has changed."""
        set_aside = any(file.rule != UNREADABLE for file in self.set_aside.values())
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
        files = {**self.survey.excluded, **self.set_aside}
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
            for path in self.plan.unchanged
            if found[path][1].stamp != known[path].stamp
        ]
        if touched:
            with self.catalogue.transaction():
                self.catalogue.touch(touched)
