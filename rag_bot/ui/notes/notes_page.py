"""The components of the page of notes: what the index holds, how it is kept as the notes are, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from rag_bot.library import Library
from rag_bot.ui.app_state import AppState
from rag_bot.ui.components import AT_ONCE, html
from rag_bot.ui.notes.note_list import Looked
from rag_bot.ui.notes.upkeep_job import COMMANDS, REMOVE, WRITING
from rag_bot.ui.syncing.folder_picker import FolderPicker
from rag_bot.ui.templating import macros


class NotesPage:
    """Made inside the Blocks that it belongs to.

    `parts` are the components that change by themselves, by name; `looked` is which notes the page looks for.
    """

    def __init__(self, state: AppState, library: Library) -> None:
        self._state = state
        self.looked = gr.State(Looked())
        html("notes-head", first=str(macros("base.html").page_head("Notes")))
        self.parts: dict[str, Any] = {"summary": html("summary", "upkeep")}
        self._picker = FolderPicker("add-folder", state, title="Add a folder")
        if library.settings.uploads:
            self.parts["uploads"] = html("uploads", "uploaded")
        self.parts["upkeep"] = html("upkeep", "upkeep", "keep_in_sync")
        self._find = html("find", "look", first=str(macros("note_list.html").search()))
        self.parts |= {"filter": html("filter"), "rows": html("rows")}

    def wire(self, refreshing: dict[str, Any]) -> None:
        """Every command shows at once what it began; the page's timer shows what comes of it, and what others do."""
        self._find.look(self._look, None, self.looked, trigger_mode="always_last", **AT_ONCE).then(**refreshing)
        commands: list[tuple[Any, Callable[..., None]]] = [
            (self.parts["summary"].upkeep, self._do),
            (self.parts["upkeep"].upkeep, self._do),
            (self.parts["upkeep"].keep_in_sync, self._keep_in_sync),
        ]
        if "uploads" in self.parts:
            commands.append((self.parts["uploads"].uploaded, self._read_uploaded))
        for event, command in commands:
            event(command, None, None, **AT_ONCE).then(**refreshing)
        self._picker.wire(refreshing)

    def _look(self, event: gr.EventData) -> Looked:
        told = event.query, event.state, event.view, event.sort, event.toggled, event.more
        return Looked.told(*told)

    def _do(self, event: gr.EventData) -> None:
        """A sync, or one of the `COMMANDS`; one at a time, for there is one writer."""
        command, folder = str(event.command), str(event.folder)
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

    def _read_uploaded(self) -> None:
        if not self._state.watch.state.on:
            self._state.sync.start()

    def _keep_in_sync(self, event: gr.EventData) -> None:
        self._state.watch.turn(on=event.on is True)
