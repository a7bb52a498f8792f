"""Library: an opened index of notes. Ingest, search and ask in one object; the Python API."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from rag_bot.errors import IndexUnusable, ModelError, RagBotError, UsageError
from rag_bot.files import FileHashes
from rag_bot.models import EmbeddingModel
from rag_bot.models.reader import DEFAULT_READER, check_packaged
from rag_bot.query.answer import answer, find
from rag_bot.query.arrivals import QUESTIONS
from rag_bot.query.open_index import OpenIndex, Sources
from rag_bot.query.why.trace import Trace
from rag_bot.records import Answer, Filters, Hit, Note, NoteState, Progress, Status, SyncReport, Turn, Verification
from rag_bot.settings import Settings, load_settings
from rag_bot.store.status import read_status

if TYPE_CHECKING:
    from rag_bot.llm import LanguageModel
    from rag_bot.store.catalogue import Root

_T = TypeVar("_T")


class Library:
    """The notes that were ingested into one index folder.

    Opens nothing until it is asked something. Safe to use from several threads; what another process ingests is seen by
    the next question.
    """

    def __init__(self, settings: Settings | None = None, **flags: Any) -> None:
        """Settings as they are, or those that `load_settings(**flags)` gives."""
        self._index = OpenIndex(settings or load_settings(**flags))

    @property
    def settings(self) -> Settings:
        return self._index.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        """Others for the same index; they count from the next question and the next sync on."""
        self._index.settings = settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        self._index.close()

    def ingest(
        self,
        folders: Sequence[Path | str] = (),
        *,
        dry_run: bool = False,
        on_loss: str = "ask",
        ray: str = "",
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> SyncReport:
        """Make the index equal to these folders; without any, to those of the settings and all ingested before.

        `ray` is the address of a Ray cluster that is to embed the passages: `auto`, `HOST:6379`, `ray://HOST:10001`.
        `on_loss` is what happens where a folder is gone or lost more than half of its notes: "ask" changes nothing and
        raises NotesLost, "remove" removes the notes, "keep" leaves them and syncs the rest.

        Raises:
            UsageError, NotesLost, WriterBusy, ModelError, IndexUnusable
        """
        from rag_bot.ingestion.losses import OnLoss
        from rag_bot.ingestion.sync import preview, sync

        index, wanted = self.settings.index, [Path(folder) for folder in folders] or self._usual_folders()
        if dry_run:
            return preview(
                index, wanted, model=self._prepared_model, exclude=self.settings.exclude, on_loss=OnLoss(on_loss)
            )
        return sync(
            index,
            wanted,
            model=self._prepared_model,
            exclude=self.settings.exclude,
            server=self.settings.vectors,
            database=self.settings.catalogue,
            ray=ray,
            on_loss=OnLoss(on_loss),
            on_progress=on_progress,
        )

    def forget(self, folder: Path | str) -> SyncReport:
        """Remove the notes of a folder that was ingested; the folder itself is not touched.

        Raises:
            UsageError, WriterBusy, IndexUnusable
        """
        from rag_bot.ingestion.sync import forget

        return forget(self.settings.index, Path(folder), self.settings.vectors)

    def watch(
        self,
        folders: Sequence[Path | str] = (),
        *,
        on_report: Callable[[SyncReport], None],
        on_error: Callable[[RagBotError], None],
        stop: threading.Event | None = None,
        rescan_seconds: float = 300.0,  # set by hand
    ) -> None:
        """Sync, and again whenever a note is saved, until `stop` is set. Returns at once only where it can't begin.

        Folders that lose most of their notes keep them, as with `on_loss="keep"`. Every `rescan_seconds` all folders
        are looked at, for changes that nobody announced.

        Raises:
            UsageError, ModelError, IndexUnusable: as the first sync raises them. Later errors go to `on_error`.
        """
        from rag_bot.ingestion.watch import Watcher

        wanted = [Path(folder) for folder in folders] or self._usual_folders()
        watcher = Watcher(
            self.settings.index,
            wanted,
            self._prepared_model(),
            on_report,
            on_error,
            self.settings.exclude,
            self.settings.vectors,
            self.settings.catalogue,
        )
        watcher.run(stop or threading.Event(), rescan_seconds)

    def verify(self, *, repair: bool = False, on_progress: Callable[[Progress], None] = lambda _: None) -> Verification:
        """Do folders, catalogue, Chroma and Tantivy agree? With `repair`, make them.

        Raises:
            WriterBusy: another process syncs.
            UsageError, ModelError, IndexUnusable: there is no index, or it can't be repaired.
        """
        from rag_bot.ingestion.repair import repair_index
        from rag_bot.ingestion.verify import verify
        from rag_bot.store.postgres import require_named

        require_named(self.settings.index, self.settings.catalogue)
        index, exclude, server = self.settings.index, self.settings.exclude, self.settings.vectors
        if repair:
            return repair_index(
                index, self._prepared_model, self.settings.notes, on_progress, exclude, server, self.settings.catalogue
            )
        return verify(index, exclude, server)

    def search(
        self,
        question: str,
        *,
        limit: int = 10,
        filters: Filters | None = None,
        earlier: Sequence[str] = (),
        today: date | str | None = None,
    ) -> list[Hit]:
        """The best passages for a question, best first. `earlier` are the questions before it, oldest first.

        Raises:
            UsageError: the question is empty or too long, or no note passes the filters.
            IndexUnusable: nothing has been ingested yet, or the index is damaged.
        """
        return self.search_timed(question, limit=limit, filters=filters, earlier=earlier, today=today)[0]

    def search_timed(
        self,
        question: str,
        *,
        limit: int = 10,
        filters: Filters | None = None,
        earlier: Sequence[str] = (),
        today: date | str | None = None,
    ) -> tuple[list[Hit], dict[str, float]]:
        """As `search`, with the milliseconds of each stage."""
        day = _day(today)
        return self.with_sources(
            lambda sources: find(sources, question, limit=limit, filters=filters, earlier=earlier, today=day)
        )

    def ask(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        earlier: Sequence[str] = (),
        llm: LanguageModel | None = None,
        today: date | str | None = None,
    ) -> Answer:
        """The lines of the notes that answer a question, or that they don't; with a model, what it writes of them.

        Without `llm` no model is asked, whatever the settings say. `today` is the day that it is asked on, as a date or
        in ISO 8601. Raises as `search`, with a model as `write`.
        """
        if llm:
            turns = [Turn(turn) for turn in earlier]
            return deque(self.write(question, llm=llm, filters=filters, turns=turns, today=today), maxlen=1)[0]
        day = _day(today)
        return self._in_turn(lambda sources: answer(sources, question, filters=filters, earlier=earlier, today=day))

    def write(
        self,
        question: str,
        *,
        llm: LanguageModel | None = None,
        filters: Filters | None = None,
        turns: Sequence[Turn] = (),
        today: date | str | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Answer]:
        """An answer in sentences by a language model, by default that of the settings, as it grows.

        Each sentence is checked against the notes before it is among the answer's `sentences`; what is not checked yet
        is its `draft`. The last answer is whole: it has no draft, and its `notice` says if it came otherwise than
        asked for. `turns` are those of the conversation before, oldest first; setting `stop` ends it.

        Raises:
            LlmError: the model of the settings cannot be asked. A model that fails later does not raise: quotes answer.
            ModelError: the CrossEncoder of the settings that checks as well cannot be loaded.
            UsageError, IndexUnusable: as `search` raises them.
        """
        from rag_bot.llm.opening import open_llm
        from rag_bot.query.prose.author import Author

        author = Author(llm or open_llm(self.settings), self.settings.generation, self._in_turn)
        return author.write(question, filters=filters, turns=turns, today=_day(today), stop=stop)

    def why(
        self,
        question: str,
        place: str,
        *,
        filters: Filters | None = None,
        earlier: Sequence[str] = (),
        today: date | str | None = None,
    ) -> Trace:
        """What became of a passage when a question is asked, and at which stage it was lost.

        `place` is a note, or lines of one: `notes/a.md:12-15`, a file on disk, the end of a path. Raises as `search`;
        UsageError also where several notes are called so.
        """
        from rag_bot.ingestion.states import why_absent
        from rag_bot.query.why.explain import explain

        absent = partial(why_absent, self.settings.index, exclude=self.settings.exclude)
        return self.with_sources(
            lambda sources: explain(
                sources,
                question,
                place,
                filters=filters,
                earlier=earlier,
                today=_day(today),
                why_absent=absent,
            )
        )

    def note(self, path: str) -> Note | None:
        """A note as it was indexed, by the path that citations give."""
        with self._index.catalogue() as catalogue:
            return catalogue.find_note(path)

    def roots(self) -> list[Root]:
        """The folders of notes, and what the paths of their notes begin with. Raises IndexUnusable without an index."""
        with self._index.catalogue() as catalogue:
            return catalogue.roots()

    def note_titles(self) -> list[tuple[str, str]]:
        """Path and title of every note, by path."""
        with self._index.catalogue() as catalogue:
            return catalogue.note_titles()

    def tags(self) -> list[tuple[str, int]]:
        """Every tag with the number of its notes, the most used first."""
        with self._index.catalogue() as catalogue:
            return [(tag, count) for tag, count, _ in catalogue.census.tags()]

    def note_states(self, on_left_out: Callable[[str, str, str], None] = lambda *_: None) -> tuple[NoteState, ...]:
        """How each note of the index and of its folders stands, by path.

        `on_left_out` is told of each file that is left out: its reason as in `LeftOut`, its note path, and its kind.
        Raises IndexUnusable without an index.
        """
        from rag_bot.ingestion.states import note_states

        return note_states(self.settings.index, self.settings.exclude, on_left_out)

    def with_sources(self, use: Callable[[Sources], _T]) -> _T:
        """What `use` returns, given the sources of one complete state. Raises as `OpenIndex.with_sources`."""
        return self._index.with_sources(use)

    def _in_turn(self, use: Callable[[Sources], _T]) -> _T:
        """As `with_sources`, once those who asked before are answered, or a processor is free."""
        with QUESTIONS.admitted():
            return self.with_sources(use)

    def generation(self) -> str:
        """Changes with every sync that changed something; "" where nothing is indexed yet."""
        return self._index.generation()

    def status(self, *, runs: int = 10) -> Status:
        """What the index holds, and its last syncs. Raises IndexUnusable where there is none."""
        with self._index.catalogue() as catalogue:
            status = read_status(catalogue, self.settings.index, self.settings.model, runs)
        try:
            if self.settings.reader == DEFAULT_READER:
                check_packaged(FileHashes(self.settings.cache))
        except ModelError as error:
            return replace(status, reader_trouble=str(error))
        return status

    def warm_up(self) -> None:
        """Load what a question needs, so that the first one is as fast as the next."""

        def use(sources: Sources) -> None:
            sources.vectors.query(sources.model.encode_query("warm up"), 1)
            if sources.reader:
                sources.reader.read("warm up", ["warm up"])

        self.with_sources(use)

    def _prepared_model(self) -> EmbeddingModel:
        return EmbeddingModel.prepare(self.settings.model, self.settings.cache, self.settings.chunk_tokens)

    def _usual_folders(self) -> list[Path]:
        """The folders of the settings that are not roots yet, and all roots: none means all roots."""
        if not self.settings.notes:
            return []
        try:
            with self._index.catalogue() as catalogue:
                return [*(root.folder for root in catalogue.roots()), *self.settings.notes]
        except IndexUnusable:
            return list(self.settings.notes)


def _day(today: date | str | None) -> date | None:
    """Raises UsageError for a text that is no day."""
    try:
        return date.fromisoformat(today) if isinstance(today, str) else today
    except ValueError as error:
        raise UsageError(f"today={today!r} is no day. Write it as in 2026-04-02.") from error
