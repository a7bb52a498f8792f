"""The parts of the page that choose a folder of notes to be read, decide about lost notes, and stop a sync."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from rag_bot.errors import UsageError
from rag_bot.output import nesting_words
from rag_bot.ui.app_state import AppState
from rag_bot.ui.reports import Parts, Report, Reports
from rag_bot.ui.syncing.folders import answering, check_folder, is_too_wide, list_folder, nearest_folder, read_path
from rag_bot.ui.syncing.sync_job import SyncJob
from rag_bot.ui.syncing.welcome import picker, where
from rag_bot.ui.templating import macros

_BUSY = "Notes are being read already. Choose this folder again when that is through."


class FolderPicker:
    """`name` is the id of the part that it is shown in, for a page may have several.

    With a `title` it is folded below that until it is opened.
    """

    def __init__(self, name: str, state: AppState, *, title: str = "") -> None:
        self.name = name
        self._state = state
        self._title = title

    def wire(self, reports: Reports, *others: str) -> None:
        """`others` are parts that also name a folder to be read; what is wrong with it shows here."""
        reports.on(self.name, "browse", self._browse, refreshes=False)
        for part in (self.name, *others):
            reports.on(part, "read_folder", self._read)

    def shown(self, picker: Markup) -> Markup:
        return macros("folders.html").folded(self._title, picker) if self._title else picker

    def _browse(self, report: Report) -> Parts:
        """The folders in the one that is named, or in the home."""
        typed, path = report.text("folder"), Path.home()
        try:
            path = read_path(typed) if typed else path
            return self._parts(picker(where(path), listing=list_folder(path)))
        except UsageError as error:
            return self._parts(picker(typed, problem=str(error), near=nearest_folder(path.parent)))

    def _read(self, report: Report) -> Parts:
        """Begins to read the folder, unless it is none, too wide to be read without a word, or read with another one.

        That it lies around others that are read is told.
        """
        typed, path = report.text("folder"), Path.home()
        try:
            path = read_path(typed)
            check_folder(path)
            real = answering(path, path.resolve)
        except UsageError as error:
            return self._parts(picker(typed, problem=str(error), near=nearest_folder(path)))
        if is_too_wide(path) and not report.text("sure"):
            return self._parts(picker(where(path), too_wide=path))
        status = self._state.snapshots.now().status
        roots = status.roots if status else ()
        words = nesting_words(real, roots)
        if any(root in real.parents for root in roots):
            return self._parts(picker(where(path), problem=words))
        is_begun = self._state.sync.start([str(path)])
        return self._parts(picker(problem=words) if is_begun else picker(where(path), problem=_BUSY))

    def _parts(self, picker: Markup) -> Parts:
        return {self.name: self.shown(picker)}


def wire_sync(reports: Reports, sync: SyncJob) -> None:
    """What becomes of lost notes is decided, and a sync is stopped."""

    def decide(report: Report) -> None:
        """About the folder that is named, or else as the question was that the sync stopped with."""
        on_loss, folder = report.text("answer"), report.text("folder")
        if folder:
            sync.start([folder], on_loss=on_loss)
        else:
            sync.answer(on_loss)

    reports.on("overview", "decide", decide)
    for part in ("overview", "welcome"):
        reports.on(part, "stop", lambda _: sync.cancel())
