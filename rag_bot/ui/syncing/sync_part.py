"""What is indexed and how it is kept in sync, in the side bar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from rag_bot.ui.app_state import AppState
from rag_bot.ui.components import AT_ONCE, html
from rag_bot.ui.preference import remember_watching


class SyncPart:
    """Made inside the side bar. `parts` are the components that change by themselves, by name."""

    def __init__(self, state: AppState, index: Path) -> None:
        self._state = state
        self._index = index
        self.parts: dict[str, Any] = {"overview": html("overview")}
        self._sync = gr.Button("Sync notes", elem_id="sync")
        self.parts["watch"] = gr.Checkbox(label="Keep in sync", container=False, elem_id="watch")
        self.parts["watching"] = html("watching")
        with gr.Accordion("Add a folder", open=False, elem_id="add"):
            self._path = gr.Textbox(
                label="Notes folder", placeholder="~/notes", lines=1, max_lines=1, elem_id="notes-folder"
            )
            self._add = gr.Button("Read this folder", elem_id="read-folder")

    def wire(self, welcome: Any, refreshing: dict[str, Any]) -> None:
        """Every command shows at once what it began; the page's timer shows what comes of it, and what others do."""
        commands = (
            (self._sync.click, lambda: self._state.sync.start() and None, None),
            (self._add.click, self._read_folder, self._path),
            (self._path.submit, self._read_folder, self._path),
            (welcome.read_folder, self._read_named, None),
            (self.parts["overview"].decide, self._decide, None),
            (self.parts["watch"].input, self._set_watching, self.parts["watch"]),
        )
        for event, command, inputs in commands:
            event(command, inputs, None, **AT_ONCE).then(**refreshing)

    def _read_folder(self, folder: str) -> None:
        if folder.strip():
            self._state.sync.start([str(Path(folder.strip()).expanduser().absolute())])

    def _read_named(self, event: gr.EventData) -> None:
        self._read_folder(str(event.folder))

    def _decide(self, event: gr.EventData) -> None:
        """About the folder that is named, or else as the question was that the sync stopped with."""
        on_loss, folder = str(event.answer), getattr(event, "folder", None)
        if folder:
            self._state.sync.start([str(folder)], on_loss=on_loss)
        else:
            self._state.sync.answer(on_loss)

    def _set_watching(self, on: bool) -> None:
        remember_watching(self._index, on)
        if on:
            self._state.watch.start()
        else:
            self._state.watch.stop()
