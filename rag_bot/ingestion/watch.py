"""Keeps the index equal to its folders while they change: a sync after each burst of changes, and one now and then.

The lock is held during a sync only, so other processes can sync as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from rag_bot.embedding import EmbeddingModel
from rag_bot.errors import IndexUnusable, RagBotError, WriterBusy
from rag_bot.ingestion.losses import OnLoss
from rag_bot.ingestion.sync import sync
from rag_bot.ingestion.walk import IGNORE_FILES, NOTE_SUFFIXES
from rag_bot.records import SyncReport
from rag_bot.store.catalogue import Catalogue

QUIET_MS = 200  # without a change, and a burst is over
LONGEST_BURST_MS = 5_000  # then a sync comes in between
REAPPEARS_SECONDS = 1.0  # some editors delete a note and write it anew
_LOOK_SECONDS = 5.0  # at which folders there are
_BUSY_SECONDS = 0.5

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
    ) -> None:
        self._index = index
        self._folders = folders
        self._model = model
        self._on_report = on_report
        self._on_error = on_error

    def run(self, stop: threading.Event, rescan_seconds: float) -> None:
        """Until `stop` is set. Raises what the first sync raises; later errors are reported, and tried again."""
        self._on_report(self._sync(self._folders, stop))
        due = time.monotonic() + rescan_seconds
        while not stop.is_set():
            changed = self._wait_for_change(stop, due)
            if stop.is_set():
                return
            if changed or time.monotonic() >= due:
                self._try_sync(stop)
                due = time.monotonic() + rescan_seconds

    def _wait_for_change(self, stop: threading.Event, due: float) -> bool:
        """True after a burst of changes, or where folders came or went; False when a rescan is due."""
        from watchfiles import Change, watch

        there = self._there()
        timeout_ms = int(_LOOK_SECONDS * 1000)
        try:
            for changes in watch(
                *there,
                watch_filter=lambda _, path: may_matter(Path(path), there),
                step=QUIET_MS,
                debounce=LONGEST_BURST_MS,
                rust_timeout=timeout_ms,
                yield_on_timeout=True,
                stop_event=stop,
                raise_interrupt=True,
            ):
                if changes:
                    if any(change is Change.deleted and not Path(path).exists() for change, path in changes):
                        stop.wait(REAPPEARS_SECONDS)
                    return True
                if self._there() != there:
                    return True
                if time.monotonic() >= due:
                    return False
        except OSError as error:  # too many folders for the system to watch, or one that went away meanwhile
            self._on_error(RagBotError(f"Changes can't be watched ({error}); all folders are looked at now and then."))
            stop.wait(max(0.0, due - time.monotonic()))
        return False

    def _there(self) -> Identity:
        """A disk that was mounted anew has another identity, and has to be watched anew."""
        found = {}
        for folder in self._roots():
            try:
                status = folder.stat()
            except OSError:
                continue
            found[folder] = (status.st_dev, status.st_ino)
        return found

    def _roots(self) -> list[Path]:
        try:
            with closing(Catalogue.open(self._index)) as catalogue:
                return [root.folder for root in catalogue.roots()]
        except IndexUnusable:
            return list(self._folders)

    def _try_sync(self, stop: threading.Event) -> None:
        try:
            self._on_report(self._sync((), stop))
        except RagBotError as error:
            self._on_error(error)

    def _sync(self, folders: Sequence[Path], stop: threading.Event) -> SyncReport:
        """Waits for another writer to end."""
        while True:
            try:
                return sync(self._index, folders, model=lambda: self._model, on_loss=OnLoss.KEEP)
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
