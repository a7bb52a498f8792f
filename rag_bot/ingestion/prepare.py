"""Prepares the notes of a plan: reads and chunks them, embeds what has no vector yet, and keeps all that as pending.

Nothing of it answers before the sync switches to it. What is kept is not prepared again after a crash.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag_bot.errors import ContentUnreadable, NoteGone, NoteUnreadable
from rag_bot.failpoints import reach
from rag_bot.ingestion.chunking import CHUNKER_VERSION, chunk_note
from rag_bot.ingestion.exclusion import UNREADABLE
from rag_bot.ingestion.readers import read_note
from rag_bot.ingestion.survey import Survey
from rag_bot.models import CHUNK_WINDOW, EmbeddingModel, Vectors
from rag_bot.records import Chunk, Failure, Note, Progress, SyncPlan
from rag_bot.store.catalogue import ExcludedFile, Root
from rag_bot.store.writer import CatalogueWriter

FLUSH_CHUNKS = 256  # held in memory, and embedded in one go; set by hand
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
class Preparation:
    """The notes that a plan has to be read for, and what became of them.

    `rebuild` prepares every note anew, from the catalogue where its file can't be read. A plan that prepares no notes
    needs no model. `embed` is who embeds the passages, by default the model itself.
    """

    catalogue: CatalogueWriter
    model: EmbeddingModel | None
    survey: Survey
    plan: SyncPlan
    on_progress: OnProgress = lambda _: None
    rebuild: bool = False
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

    def parts(self) -> list[list[str]]:
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

    def prepare(self, paths: Sequence[str], done: int, total: int) -> set[str]:
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
