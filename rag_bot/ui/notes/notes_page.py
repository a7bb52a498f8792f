"""What happens on the page of notes: how the index is kept as the notes are."""

from __future__ import annotations

from rag_bot.ui.app_state import AppState
from rag_bot.ui.notes.upkeep_job import COMMANDS, REMOVE, WRITING
from rag_bot.ui.reports import Report, Reports


class NotesPage:
    """Every command shows at once what it began; when the page is refreshed it shows what comes of it."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def wire(self, reports: Reports) -> None:
        for part in ("summary", "upkeep"):
            reports.on(part, "upkeep", self._do)
        reports.on("upkeep", "keep_in_sync", self._keep_in_sync)
        if self._state.library.settings.uploads:
            reports.on("uploads", "uploaded", self._read_uploaded)

    def _do(self, report: Report) -> None:
        """A sync, or one of the `COMMANDS`; one at a time, for there is one writer."""
        command, folder = report.text("command"), report.text("folder")
        upkeep, sync = self._state.upkeep, self._state.sync
        if command == "clear":
            upkeep.clear()
        elif command == "sync" and not upkeep.state.running:
            upkeep.clear()
            sync.start()
        elif command in COMMANDS and not (sync.state.running or upkeep.state.running):
            if command in WRITING:
                self._state.watch.stop()  # which goes on when this is done
            upkeep.start(command, folder if command == REMOVE else "")

    def _read_uploaded(self, _: Report) -> None:
        if not self._state.watch.state.on:
            self._state.sync.start()

    def _keep_in_sync(self, report: Report) -> None:
        self._state.watch.turn(on=report.is_told("on"))
