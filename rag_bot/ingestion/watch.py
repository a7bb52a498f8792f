"""Keeps the index equal to its folders while they change: a sync after each burst of changes, and one now and then.

The lock is held during a sync only, so other processes can sync as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rag_bot.errors import IndexUnusable, RagBotError, WriterBusy, reason_of
from rag_bot.ingestion.losses import OnLoss
from rag_bot.ingestion.sync import sync
from rag_bot.ingestion.walk import IGNORE_FILES
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.models import EmbeddingModel
from rag_bot.records import SyncReport
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.vectors import load_chroma

if TYPE_CHECKING:
    from watchfiles import Change

# All set by hand.
QUIET_MS = 200  # without a change, and a burst is over
LONGEST_BURST_MS = 5_000  # then a sync comes in between
REAPPEARS_SECONDS = 1.0  # some editors delete a note and write it anew
UNWATCHED_SECONDS = 30.0  # between syncs where the system announces no changes
_LOOK_MS = 250  # between looks at whether to stop
_LOOK_SECONDS = 5.0  # between looks at which folders there are
_BUSY_SECONDS = 0.5  # between attempts while another process writes

Identity = dict[Path, tuple[int, int]]
"""Device and inode of each folder that is there."""


class Watcher:
    """Syncs at the start, after changes, and every so often. `folders` are synced besides those known."""

    def __init__(
        self,
        index: Path,
        folders: Sequence[Path],
        model: EmbeddingModel,
        on_report: Callable[[SyncReport], None],
        on_error: Callable[[RagBotError], None],
        exclude: Sequence[str] = (),
        server: str = "",
        database: str = "",
    ) -> None:
        self._index = index
        self._folders = folders
        self._model = model
        self._on_report = on_report
        self._on_error = on_error
        self._exclude = exclude
        self._server = server
        self._database = database

    def run(self, stop: threading.Event, rescan_seconds: float) -> None:
        """Until `stop` is set. Raises what the first sync raises; later errors are reported, and tried again."""
        sync_now: Callable[[threading.Event], None] = self._first_sync
        while not stop.is_set():
            there = self._there()
            try:
                with closing(self._changes(there, stop)) as changes:
                    next(changes, None)  # from here on nothing is missed: not while a sync runs either
                    sync_now(stop)
                    sync_now = self._try_sync
                    self._follow(changes, there, stop, rescan_seconds)
            except OSError as error:  # too many folders for the system to watch, or one that went away meanwhile
                sync_now(stop)
                sync_now = self._try_sync
                seconds = min(UNWATCHED_SECONDS, rescan_seconds)
                looked = f"the folders are looked at every {seconds:.0f} s instead"
                text = f"Changes can't be watched ({reason_of(error)}); {looked}."
                self._on_error(RagBotError(text))
                stop.wait(seconds)

    def _changes(self, there: Identity, stop: threading.Event) -> Generator[set[tuple[Change, str]], None, None]:
        """Bursts of changes, and an empty set every moment without one."""
        from watchfiles import watch

        yield from watch(
            *there,
            watch_filter=lambda _, path: may_matter(Path(path), there),
            step=QUIET_MS,
            debounce=LONGEST_BURST_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            stop_event=stop,
            raise_interrupt=True,
        )

    def _follow(
        self,
        changes: Iterator[set[tuple[Change, str]]],
        there: Identity,
        stop: threading.Event,
        rescan_seconds: float,
    ) -> None:
        """Sync after each burst and when a rescan is due, until folders come or go."""
        synced = looked = time.monotonic()
        for burst in changes:
            if any(change.raw_str() == "deleted" and not Path(path).exists() for change, path in burst):
                stop.wait(REAPPEARS_SECONDS)
            if stop.is_set():
                return
            if burst or time.monotonic() - synced >= rescan_seconds:
                self._try_sync(stop)
                synced = time.monotonic()
            if burst or time.monotonic() - looked >= _LOOK_SECONDS:
                looked = time.monotonic()
                if self._there() != there:
                    return

    def _there(self) -> Identity:
        """A disk that was mounted anew has another identity, and has to be watched anew."""
        try:
            with closing(Catalogue.open(self._index)) as catalogue:
                folders = [root.folder for root in catalogue.roots()]
        except IndexUnusable:
            folders = list(self._folders)
        there = {}
        for folder in folders:
            with suppress(OSError):
                status = folder.stat()
                there[folder] = (status.st_dev, status.st_ino)
        return there

    def _first_sync(self, stop: threading.Event) -> None:
        """And load what the next ones need, so that the first save is found as soon as the others."""
        self._on_report(self._sync(self._folders, stop))
        load_chroma()
        self._model.encode_query("warm up")

    def _try_sync(self, stop: threading.Event) -> None:
        try:
            self._on_report(self._sync((), stop))
        except RagBotError as error:
            self._on_error(error)

    def _sync(self, folders: Sequence[Path], stop: threading.Event) -> SyncReport:
        """Waits for another writer to end."""
        while True:
            try:
                model = lambda: self._model  # noqa: E731
                return sync(
                    self._index,
                    folders,
                    model=model,
                    exclude=self._exclude,
                    server=self._server,
                    database=self._database,
                    on_loss=OnLoss.KEEP,
                )
            except WriterBusy:
                if stop.wait(_BUSY_SECONDS):
                    raise


def may_matter(path: Path, roots: Iterable[Path]) -> bool:
    """Whether a change of this path may change notes: hidden files and the temporary ones of editors don't.

    What is gone may have been a folder of notes.
    """
    parts = next((path.relative_to(root).parts for root in roots if path.is_relative_to(root)), path.parts)
    if any(part.startswith(".") and part not in IGNORE_FILES for part in parts):
        return False
    return path.name in IGNORE_FILES or path.name.lower().endswith(NOTE_SUFFIXES) or not path.is_file()
