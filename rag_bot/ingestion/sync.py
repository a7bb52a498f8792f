"""Makes the index equal to the folders: plan, read, chunk, embed what is new, then switch in one transaction.

The order of the steps is what keeps a crash harmless. Vectors are kept as they come; keys go into Chroma and Tantivy
before the catalogue knows them and leave only after it has forgotten them; readers ask the catalogue what counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

import numpy as np

from rag_bot.embedding import EmbeddingModel
from rag_bot.errors import NoteUnreadable
from rag_bot.ingestion.chunking import CHUNKER_VERSION, chunk_note
from rag_bot.ingestion.readers import read_note
from rag_bot.ingestion.roots import NEW, choose_roots
from rag_bot.ingestion.survey import Survey, plan_survey, survey_folders
from rag_bot.records import Chunk, Failure, Note, Progress, SyncPlan, SyncReport
from rag_bot.store.catalogue import Catalogue, KnownFile, Root
from rag_bot.store.lock import writer_lock
from rag_bot.store.schema import FILE_NAME, explained
from rag_bot.store.vectors import VectorIndex
from rag_bot.store.words import WordIndex
from rag_bot.store.writer import CatalogueWriter, MovedNote

FLUSH_CHUNKS = 256  # chunks held in memory, and embedded in one go: sorting them by length saves padding
ENTRY_BATCH = 2000  # passages entered into Chroma and Tantivy in one go

OnProgress = Callable[[Progress], None]


def sync(
    index: Path,
    folders: Sequence[Path],
    *,
    model_name: str,
    cache: Path,
    on_progress: OnProgress = lambda _: None,
) -> SyncReport:
    """Sync these folders, or all that were ingested before, into the index.

    Raises:
        UsageError: a folder is missing, no folder, or holds no notes.
        WriterBusy: another process writes to this index.
        ModelError, IndexUnusable: the model or the index can't be used; what was indexed before still answers.
    """
    began, started = time.perf_counter(), f"{datetime.now().astimezone():%Y-%m-%dT%H:%M:%S%z}"
    _check_folders(index, folders)
    with writer_lock(index), explained(index), closing(CatalogueWriter.open(index)) as catalogue:
        catalogue.drop_pending()
        model = EmbeddingModel.prepare(model_name, cache)
        survey, plan = _look(index, folders, catalogue, model)
        run = _Run(index, catalogue, model, survey, plan, on_progress)
        run.apply()
        done = _without(plan, {failure.path for failure in run.failed})
        report = SyncReport(done, tuple(run.failed), run.embedded, run.reused, time.perf_counter() - began)
        catalogue.record_run(started, report.seconds, count_plan(done), report.failed)
        return report


def preview(index: Path, folders: Sequence[Path], *, model_name: str, cache: Path) -> SyncReport:
    """What `sync` would do, touching nothing."""
    began = time.perf_counter()
    if not (index / FILE_NAME).is_file():
        survey = survey_folders(index, folders, None)
        return SyncReport(plan_survey(survey, rebuild=False), survey.failed, seconds=time.perf_counter() - began)
    with closing(Catalogue.open(index)) as catalogue:
        survey, plan = _look(index, folders, catalogue, EmbeddingModel.prepare(model_name, cache))
        return SyncReport(plan, survey.failed, seconds=time.perf_counter() - began)


def _look(index: Path, folders: Sequence[Path], catalogue: Catalogue, model: EmbeddingModel) -> tuple[Survey, SyncPlan]:
    """What is there and what to do: where model or chunker have changed, everything in every root."""
    rebuild = catalogue.meta().get("built_with") not in (None, _built_with(model))
    survey = survey_folders(index, [] if rebuild else folders, catalogue, also=folders if rebuild else ())
    return survey, plan_survey(survey, rebuild=rebuild)


def count_plan(plan: SyncPlan) -> dict[str, int]:
    """How many notes the plan adds, changes, moves, deletes and leaves."""
    return {name: len(getattr(plan, name)) for name in ("added", "changed", "moved", "deleted", "unchanged")}


def _without(plan: SyncPlan, failed: set[str]) -> SyncPlan:
    """What was done of a plan: notes that could not be read were neither added nor changed."""
    added, changed = ([path for path in paths if path not in failed] for paths in (plan.added, plan.changed))
    return replace(plan, added=tuple(added), changed=tuple(changed))


def _check_folders(index: Path, folders: Sequence[Path]) -> None:
    """Refuse wrong folders before an index is made for them."""
    if not (index / FILE_NAME).is_file():
        survey_folders(index, folders, None)
    elif folders:
        choose_roots(folders, (), index)


def _built_with(model: EmbeddingModel) -> str:
    return f"{model.info.fingerprint} chunker {CHUNKER_VERSION}"


@dataclass(slots=True)
class _Run:
    """One sync being applied, with what it counts."""

    index: Path
    catalogue: CatalogueWriter
    model: EmbeddingModel
    survey: Survey
    plan: SyncPlan
    on_progress: OnProgress
    failed: list[Failure] = field(default_factory=list)
    embedded: int = 0
    reused: int = 0
    buffer: list[tuple[Root, Note, tuple[Chunk, ...]]] = field(default_factory=list)

    def apply(self) -> None:
        self.failed.extend(self.survey.failed)
        if self.plan.is_empty and self.catalogue.meta().get("dirty") != "1":
            self._touch_unchanged()
            return
        with self.catalogue.transaction():
            self.catalogue.set_meta(dirty="1")
        prepared = self._prepare_notes()
        self._enter_new_keys()
        self._switch(prepared)
        self._remove_old_keys()

    def _prepare_notes(self) -> set[str]:
        """Read, chunk and embed what is new or changed; the paths for which that succeeded."""
        self._add_roots()
        prepared: set[str] = set()
        wanted = [*self.plan.added, *self.plan.changed]
        for done, path in enumerate(wanted):
            self.on_progress(Progress("notes", done, len(wanted)))
            if note := self._read(path):
                self._buffer(self.survey.found[path][0], note)
                prepared.add(path)
        self._flush()
        self.on_progress(Progress("notes", len(wanted), len(wanted)))
        return prepared

    def _add_roots(self) -> None:
        """Enter new roots, and use their entries from here on."""
        entered = {
            root: self.catalogue.add_root(root.folder, root.label) for root in self.survey.roots if root.id == NEW
        }
        found = {path: (entered.get(root, root), file) for path, (root, file) in self.survey.found.items()}
        self.survey = Survey(self.survey.roots, self.survey.known, found, self.survey.failed)

    def _read(self, path: str) -> Note | None:
        root, file = self.survey.found[path]
        try:
            return read_note(root.folder, file.path, label=root.label)
        except NoteUnreadable as error:
            self.failed.append(Failure(path, str(error).removeprefix(f"{path} ")))
            return None

    def _buffer(self, root: Root, note: Note) -> None:
        chunks = chunk_note(
            note,
            count_tokens=self.model.count_tokens,
            max_tokens=self.model.chunk_tokens,
            fingerprint=self.model.info.fingerprint,
        )
        self.buffer.append((root, note, chunks))
        if sum(len(chunks) for *_, chunks in self.buffer) >= FLUSH_CHUNKS:
            self._flush()

    def _flush(self) -> None:
        """Embed what is not embedded yet and keep it, with the notes as pending."""
        texts = {chunk.key: chunk.embedded_text for *_, chunks in self.buffer for chunk in chunks}
        stored = self.catalogue.keys_with_vectors(list(texts))
        missing = [key for key in texts if key not in stored]
        for some in _batches(missing, FLUSH_CHUNKS):
            vectors = self.model.encode_documents([texts[key] for key in some])
            with self.catalogue.transaction():
                self.catalogue.add_vectors(some, vectors)
        with self.catalogue.transaction():
            for entry in self.buffer:
                self.catalogue.add_pending(*entry)
        self.embedded += len(missing)
        self.reused += sum(len(chunks) for *_, chunks in self.buffer) - len(missing)
        self.buffer.clear()

    def _enter_new_keys(self) -> None:
        """Put the keys that become live into Chroma and Tantivy; doing it twice does no harm."""
        words, done = WordIndex.open(self.index), 0
        with closing(VectorIndex(self.index, self.model.info.fingerprint)) as vectors:
            for entries in self.catalogue.pending_entries(ENTRY_BATCH):
                vectors.upsert([key for key, *_ in entries], np.stack([vector for *_, vector in entries]))
                words.update((key, text) for key, text, _ in entries)
                done += len(entries)
                self.on_progress(Progress("index", done, max(done, self.embedded)))

    def _switch(self, prepared: set[str]) -> None:
        """The one transaction that makes the new state the state."""
        replaced = [*self.plan.deleted, *(path for path in self.plan.changed if path in prepared)]
        with self.catalogue.transaction():
            self.catalogue.apply(replaced, [self._moved(move.before, move.after) for move in self.plan.moved])
            self.catalogue.set_meta(
                built_with=_built_with(self.model),
                model=self.model.info.name,
                fingerprint=self.model.info.fingerprint,
                generation=str(time.time_ns()),
            )
        self._touch_unchanged()

    def _moved(self, before: str, after: str) -> MovedNote:
        root, file = self.survey.found[after]
        known = self.survey.known[before]
        return MovedNote(
            before, root, KnownFile(after, file.size, file.mtime_ns, known.content_hash), PurePosixPath(after).stem
        )

    def _touch_unchanged(self) -> None:
        """Remember new times of files that were written without a change, so that they are not read again."""
        found, known = self.survey.found, self.survey.known
        touched = [
            KnownFile(path, found[path][1].size, found[path][1].mtime_ns, known[path].content_hash)
            for path in self.plan.unchanged
            if found[path][1].mtime_ns != known[path].mtime_ns
        ]
        if touched:
            with self.catalogue.transaction():
                self.catalogue.touch(touched)

    def _remove_old_keys(self) -> None:
        """Take out of all three what no note has any more."""
        keys = self.catalogue.unreferenced_keys()
        if keys:
            with closing(VectorIndex(self.index, self.model.info.fingerprint)) as vectors:
                vectors.delete(keys)
                vectors.drop_others()
            WordIndex.open(self.index).update((), removed=keys)
        with self.catalogue.transaction():
            self.catalogue.remove_vectors(keys)
            self.catalogue.set_meta(dirty="0")


def _batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
