"""The page: Gradio components and what happens between them. The HTML itself comes from the modules beside this one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from rag_bot.library import Library
from rag_bot.ui.note_list import ALL
from rag_bot.ui.notes_page import filters
from rag_bot.ui.preference import remember_watching
from rag_bot.ui.talk import EVERYWHERE, Talk
from rag_bot.ui.views import Sources, Views

_HERE = Path(__file__).parent
_SYSTEM_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
_SYSTEM_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]
_CONNECT = """ragBot.connect(element, props, watch, {
  ask: (data) => trigger("ask", data), open: (data) => trigger("open_note", data),
  read: (data) => trigger("read_folder", data), decide: (data) => trigger("decide", data) });"""
_SHOW_NOTES, _SHOW_CHAT = "() => { ragBot.showNotes(true); }", "() => { ragBot.showNotes(false); }"
_ICON = """<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E
%3Crect width='32' height='32' rx='8' fill='%231d6b5b'/%3E%3Cpath d='M9 11h14M9 16h14M9 21h8' stroke='white'
 stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E">"""
_BRAND = '<p class="brand">rag-bot</p><button type="button" data-menu aria-label="Menu">☰</button>'
_QUIET = {"show_progress": "hidden", "api_visibility": "private"}
_AT_ONCE = {**_QUIET, "queue": False}
_TICK_SECONDS = 1.5


def mount(app: FastAPI, library: Library, sources: Sources) -> None:
    """Puts the page at / of an app."""
    gr.mount_gradio_app(
        app,
        Page(library, sources).blocks,
        path="/",
        footer_links=[],
        run_history=False,
        theme=_theme(),
        css=(_HERE / "style.css").read_text(encoding="utf-8"),
        head=f"{_ICON}<script>{(_HERE / 'script.js').read_text(encoding='utf-8')}</script>",
        show_error=True,
        max_file_size=0,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
    )


class Page:
    """The components, and the functions that they call."""

    def __init__(self, library: Library, sources: Sources) -> None:
        self._library = library
        self._sources = sources
        self._talk = Talk(library, sources)
        with gr.Blocks(title="rag-bot", analytics_enabled=False, fill_width=True) as self.blocks:
            self._lay_out()
            self._wire()

    def _lay_out(self) -> None:
        self._history = gr.State(())
        self._notes_open = gr.State(False)
        self._timer = gr.Timer(_TICK_SECONDS)
        self._parts: dict[str, Any] = {}
        with gr.Row(elem_id="app"):
            with gr.Column(elem_id="side", min_width=0):
                self._lay_out_side()
            with gr.Column(elem_id="main", min_width=0):
                with gr.Column(elem_id="scroll"):
                    self._parts["welcome"] = _html("welcome")
                    self._conversation = _html("conversation")
                self._question = gr.Textbox(
                    placeholder="Ask your notes …",
                    show_label=False,
                    label="Question",
                    container=False,
                    lines=1,
                    max_lines=6,
                    autofocus=True,
                    submit_btn=True,
                    elem_id="question",
                )
                with gr.Column(elem_id="notes-page"):
                    self._lay_out_notes()
            self._panel = _html("panel")
        self._seen = gr.Textbox("{}", visible="hidden", elem_id="seen")

    def _lay_out_side(self) -> None:
        gr.HTML(_BRAND, elem_id="brand", apply_default_css=False)
        with gr.Column(elem_id="menu"):
            self._new_chat = gr.Button("New chat", elem_id="new-chat")
            self._show_notes = gr.Button("Notes", elem_id="show-notes")
            self._folder = gr.Dropdown(
                [("All notes", EVERYWHERE)], value=EVERYWHERE, label="Search in", elem_id="folder"
            )
            self._parts["overview"] = _html("overview")
            self._sync = gr.Button("Sync notes", elem_id="sync")
            self._parts["watch"] = gr.Checkbox(label="Keep in sync", container=False, elem_id="watch")
            self._parts["watching"] = _html("watching")
            with gr.Accordion("Add a folder", open=False, elem_id="add"):
                self._path = gr.Textbox(
                    label="Notes folder", placeholder="~/notes", lines=1, max_lines=1, elem_id="notes-folder"
                )
                self._add = gr.Button("Read this folder", elem_id="read-folder")

    def _lay_out_notes(self) -> None:
        with gr.Row(elem_id="notes-head"):
            gr.HTML("<h1>Notes</h1>", apply_default_css=False)
            self._show_chat = gr.Button("Back to the chat", elem_id="show-chat")
        self._parts["summary"] = _html("summary")
        self._query = gr.Textbox(
            placeholder="Search titles and paths", show_label=False, label="Search", container=False, elem_id="query"
        )
        self._parts["filter"] = gr.Radio(
            filters({}), value=ALL, show_label=False, label="State", container=False, elem_id="filter"
        )
        self._parts["rows"] = _html("rows", '<p class="hint">Looking at your notes …</p>')

    def _wire(self) -> None:
        talk = [self._question, self._history, self._conversation]
        asked = [self._question, self._history, self._folder]
        gr.on([self._question.submit], self._talk.ask, asked, talk, **_QUIET)
        self._parts["welcome"].ask(self._talk.ask_example, [self._history, self._folder], talk, **_QUIET)
        gr.on([self._new_chat.click], lambda: ("", (), "", ""), None, [*talk, self._panel], **_AT_ONCE)
        for shown in (self._conversation, self._parts["rows"], self._panel):
            shown.open_note(self._talk.open_note, None, self._panel, **_AT_ONCE)
        gr.on([self.blocks.load, self._folder.focus], self._talk.folders, None, self._folder, **_QUIET)
        self._wire_syncing()
        self._wire_notes()

    def _wire_syncing(self) -> None:
        """Every command shows at once what it began; the timer shows what comes of it, and what others do."""
        gr.on([self.blocks.load, self._timer.tick], **self._refreshing())
        commands = (
            (self._sync.click, lambda: self._sources.sync.start() and None, None),
            (self._add.click, self._read_folder, self._path),
            (self._path.submit, self._read_folder, self._path),
            (self._parts["welcome"].read_folder, self._read_named, None),
            (self._parts["overview"].decide, self._decide, None),
            (self._parts["watch"].input, self._set_watching, self._parts["watch"]),
        )
        for happens, command, given in commands:
            happens(command, given, None, **_AT_ONCE).then(**self._refreshing())

    def _wire_notes(self) -> None:
        query, state = self._query, self._parts["filter"]
        self._show_notes.click(None, js=_SHOW_NOTES)
        self._show_notes.click(self._open_notes, None, self._notes_open, **_AT_ONCE).then(**self._refreshing())
        for leaves in (self._show_chat, self._new_chat):
            leaves.click(None, js=_SHOW_CHAT)
            leaves.click(lambda: False, None, self._notes_open, **_AT_ONCE)
        gr.on([query.input, state.input], trigger_mode="always_last", **self._refreshing())

    def _refreshing(self) -> dict[str, Any]:
        """What an event needs to refresh the page."""
        look = [self._seen, self._notes_open, self._query, self._parts["filter"]]
        show = [self._seen, *self._parts.values()]
        return {"fn": self._refresh, "inputs": look, "outputs": show, **_AT_ONCE}

    def _refresh(self, seen: str, notes_open: bool, query: str, state: str) -> Any:
        """The parts of the page that are no longer as the browser has them, often none.

        It sends marks of what it shows, for answers may arrive in another order than they were made in.
        """
        views = self._sources.views() | (self._sources.notes_views(query, state) if notes_open else {})
        marks = {name: _mark(value) for name, value in views.items()}
        shown = json.loads(seen or "{}")
        changed = {name: value for name, value in views.items() if shown.get(name) != marks[name]}
        if not changed:
            return gr.skip()
        return [json.dumps(shown | marks), *(_update(name, changed) for name in self._parts)]

    def _open_notes(self) -> bool:
        self._sources.lists.look()
        return True

    def _read_folder(self, folder: str) -> None:
        if folder.strip():
            self._sources.sync.start([str(Path(folder.strip()).expanduser().absolute())])

    def _read_named(self, event: gr.EventData) -> None:
        self._read_folder(str(event._data["folder"]))

    def _decide(self, event: gr.EventData) -> None:
        """About the folder that is named, or else as the question was that the sync stopped with."""
        answer, folder = str(event._data["answer"]), event._data.get("folder")
        if folder:
            self._sources.sync.start([str(folder)], on_loss=answer)
        else:
            self._sources.sync.answer(answer)

    def _set_watching(self, on: bool) -> None:
        remember_watching(self._library.settings.index, on)
        if on:
            self._sources.watch.start()
        else:
            self._sources.watch.stop()


def _mark(value: Any) -> str:
    return hashlib.blake2b(repr(value).encode(errors="replace"), digest_size=8).hexdigest()


def _update(name: str, changed: Views) -> Any:
    if name not in changed:
        return gr.skip()
    return gr.Radio(changed[name]) if name == "filter" else changed[name]


def _theme() -> Any:
    """Fonts of the system, so that none is fetched; the colours that show before style.css does."""
    theme = gr.themes.Base(primary_hue="emerald", neutral_hue="stone", font=_SYSTEM_FONTS, font_mono=_SYSTEM_MONO)
    return theme.set(body_background_fill="#faf9f6", body_background_fill_dark="#17191b")


def _html(name: str, first: str = "") -> Any:
    """HTML that reports what was clicked in it as the events 'ask', 'open_note', 'read_folder' and 'decide'."""
    return gr.HTML(first, elem_id=name, js_on_load=_CONNECT, apply_default_css=False)
