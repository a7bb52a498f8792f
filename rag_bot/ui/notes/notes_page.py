"""The components of the page of notes: what the index holds, how it is kept in sync, and the list of all notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from rag_bot.ui.app_state import AppState
from rag_bot.ui.components import AT_ONCE, html
from rag_bot.ui.notes.note_list import ALL, filters
from rag_bot.ui.preference import remember_watching
from rag_bot.ui.templating import macros


class NotesPage:
    """Made inside the Blocks that it belongs to.

    `parts` are the components that change by themselves, by name, `looked_for` those that say which notes are listed.
    """

    def __init__(self, state: AppState, index: Path) -> None:
        self._state = state
        self._index = index
        html("notes-head", first=str(macros("base.html").page_head("Notes")))
        self.parts: dict[str, Any] = {"summary": html("summary")}
        with gr.Row(elem_id="syncing"):
            self._sync = gr.Button("Sync notes", elem_id="sync", min_width=0)
            self.parts["watch"] = gr.Checkbox(label="Keep in sync", container=False, elem_id="watch", min_width=0)
            self.parts["watching"] = html("watching")
        with gr.Accordion("Add a folder", open=False, elem_id="add"):
            self._path = gr.Textbox(
                label="Notes folder", placeholder="~/notes", lines=1, max_lines=1, elem_id="notes-folder"
            )
            self._add = gr.Button("Read this folder", elem_id="read-folder")
        self._query = gr.Textbox(
            placeholder="Search titles and paths", show_label=False, label="Search", container=False, elem_id="query"
        )
        self.parts["filter"] = gr.Radio(
            filters({}), value=ALL, show_label=False, label="State", container=False, elem_id="filter"
        )
        self.parts["rows"] = html("rows", first=str(macros("base.html").hint("Looking at your notes …")))
        self.looked_for = (self._query, self.parts["filter"])

    def wire(self, refreshing: dict[str, Any]) -> None:
        """Every command shows at once what it began; the page's timer shows what comes of it, and what others do."""
        commands = (
            (self._sync.click, lambda: self._state.sync.start() and None, None),
            (self._add.click, self._read_folder, self._path),
            (self._path.submit, self._read_folder, self._path),
            (self.parts["watch"].input, self._set_watching, self.parts["watch"]),
        )
        for event, command, inputs in commands:
            event(command, inputs, None, **AT_ONCE).then(**refreshing)
        gr.on([self._query.input, self.parts["filter"].input], trigger_mode="always_last", **refreshing)

    def _read_folder(self, folder: str) -> None:
        if folder.strip():
            self._state.sync.start([str(Path(folder.strip()).expanduser().absolute())])

    def _set_watching(self, on: bool) -> None:
        remember_watching(self._index, on)
        if on:
            self._state.watch.start()
        else:
            self._state.watch.stop()
