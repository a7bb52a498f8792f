"""The page: Gradio components and what happens between them. The HTML itself comes from the modules beside this one."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from rag_bot.errors import IndexUnusable, RagBotError
from rag_bot.ingestion.staleness import change_since
from rag_bot.library import Library
from rag_bot.records import Filters, Note, Status
from rag_bot.ui.examples import example_questions
from rag_bot.ui.note_view import heading_lines, render_missing, render_note
from rag_bot.ui.overview import overview
from rag_bot.ui.render import exchange, growing_answer, notice, waiting
from rag_bot.ui.sync_job import SyncJob
from rag_bot.ui.welcome import still_reading, welcome

_HERE = Path(__file__).parent
_LOG = logging.getLogger(__name__)
_SYSTEM_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
_SYSTEM_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]
_EVERYWHERE = ""
_CONNECT = """ragBot.connect(element, props, watch, {
  ask: (data) => trigger("ask", data), open: (data) => trigger("open_note", data),
  read: (data) => trigger("read_folder", data) });"""
_ICON = """<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E
%3Crect width='32' height='32' rx='8' fill='%231d6b5b'/%3E%3Cpath d='M9 11h14M9 16h14M9 21h8' stroke='white'
 stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E">"""
_BRAND = '<p class="brand">rag-bot</p><button type="button" data-menu aria-label="Menu">☰</button>'
_QUIET = {"show_progress": "hidden", "api_visibility": "private"}

History = tuple[str, ...]
"""The finished exchanges of a session, as HTML."""


def mount(app: FastAPI, library: Library, job: SyncJob) -> None:
    """Puts the page at / of an app."""
    gr.mount_gradio_app(
        app,
        Page(library, job).blocks,
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

    def __init__(self, library: Library, job: SyncJob) -> None:
        self._library = library
        self._job = job
        with gr.Blocks(title="rag-bot", analytics_enabled=False, fill_width=True) as self.blocks:
            self._lay_out()
            self._wire()

    def _lay_out(self) -> None:
        self._history = gr.State(())
        self._timer = gr.Timer(1.0)
        with gr.Row(elem_id="app"):
            with gr.Column(elem_id="side", min_width=0):
                self._lay_out_side()
            with gr.Column(elem_id="main", min_width=0):
                with gr.Column(elem_id="scroll"):
                    self._welcome = _html("welcome")
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
            self._panel = _html("panel")

    def _lay_out_side(self) -> None:
        gr.HTML(_BRAND, elem_id="brand", apply_default_css=False)
        with gr.Column(elem_id="menu"):
            self._new_chat = gr.Button("New chat", elem_id="new-chat")
            self._folder = gr.Dropdown(
                [("All notes", _EVERYWHERE)], value=_EVERYWHERE, label="Search in", elem_id="folder"
            )
            self._overview = _html("overview")
            self._sync = gr.Button("Sync notes", elem_id="sync")
            with gr.Accordion("Add a folder", open=False, elem_id="add"):
                self._path = gr.Textbox(
                    label="Notes folder", placeholder="~/notes", lines=1, max_lines=1, elem_id="notes-folder"
                )
                self._add = gr.Button("Read this folder", elem_id="read-folder")

    def _wire(self) -> None:
        state = [self._overview, self._welcome, self._timer]
        talk = [self._question, self._history, self._conversation]
        asked = [self._question, self._history, self._folder]
        gr.on([self._question.submit], self._ask, asked, talk, **_QUIET).then(self._show_state, None, state, **_QUIET)
        self._welcome.ask(self._ask_example, [self._history, self._folder], talk, **_QUIET)
        self._new_chat.click(lambda: ("", (), "", ""), None, [*talk, self._panel], queue=False, **_QUIET)
        for shown in (self._conversation, self._panel):
            shown.open_note(self._open_note, None, self._panel, queue=False, **_QUIET)
        self._welcome.read_folder(self._start_named, None, state, **_QUIET)
        self._sync.click(self._start_sync, None, state, **_QUIET)
        gr.on([self._add.click, self._path.submit], self._start_reading, self._path, state, **_QUIET)
        self._timer.tick(self._show_state, None, state, **_QUIET)
        self.blocks.load(self._show_state, None, state, **_QUIET)
        gr.on([self.blocks.load, self._folder.focus], self._folders, None, self._folder, **_QUIET)

    def _ask(self, question: str, history: History, folder: str) -> Iterator[tuple[Any, History, str]]:
        """Clears the field, once, for the next question is typed there meanwhile; then shows the answer as it grows."""
        field: Any = ""
        question = question.strip()
        for answer_html in self._answer(question, folder) if question else ():
            whole = (*history, exchange(question, answer_html))
            yield field, whole, "".join(whole)
            field = gr.skip()
        if not question:
            yield field, history, "".join(history)

    def _ask_example(self, history: History, folder: str, event: gr.EventData) -> Iterator[tuple[Any, History, str]]:
        yield from self._ask(str(event._data["question"]), history, folder)

    def _answer(self, question: str, folder: str) -> Iterator[str]:
        yield waiting()
        try:
            yield from growing_answer(self._library.ask(question, filters=Filters(folder=folder or None)))
        except IndexUnusable as error:
            yield notice(still_reading(self._job.state) if self._job.state.running else str(error))
        except RagBotError as error:
            yield notice(str(error))
        except Exception as error:  # noqa: BLE001 - the outermost edge
            _LOG.exception("A question failed")
            yield notice(f"Something went wrong ({type(error).__name__}); the terminal says more.")

    def _open_note(self, event: gr.EventData) -> str:
        asked = event._data
        note = self._library.note(str(asked["note"]))
        if note is None:
            return render_missing(str(asked["note"]))
        paths = [path for path, _ in self._library.note_titles()]
        start, end = asked.get("start"), asked.get("end")
        cited = range(int(start), int(end) + 1) if start and end else heading_lines(note, asked.get("heading") or "")
        change = change_since(note, _text_of(note, cited))
        return f"{render_note(note, paths, cited=cited, change=change)}<!--{time.monotonic_ns()}-->"

    def _show_state(self) -> tuple[str, str, Any]:
        """Side, welcome, and the timer, which ticks as long as there is something to watch."""
        state, status = self._job.state, self._status()
        titles = self._library.note_titles() if status else []
        greeting = welcome(status.notes if status else 0, example_questions(titles), state)
        return overview(status, state), greeting, gr.Timer(active=state.running)

    def _start_sync(self) -> tuple[str, str, Any]:
        self._job.start()
        return self._show_state()

    def _start_reading(self, folder: str) -> tuple[str, str, Any]:
        if folder.strip():
            self._job.start([str(Path(folder.strip()).expanduser().absolute())])
        return self._show_state()

    def _start_named(self, event: gr.EventData) -> tuple[str, str, Any]:
        return self._start_reading(str(event._data["folder"]))

    def _folders(self) -> Any:
        """The folders of the notes, to search in one of them."""
        paths = [path for path, _ in self._library.note_titles()] if self._status() else []
        folders = sorted({str(parent) for path in paths for parent in list(Path(path).parents)[:-1]})
        return gr.Dropdown([("All notes", _EVERYWHERE), *((folder, folder) for folder in folders)])

    def _status(self) -> Status | None:
        try:
            return self._library.status()
        except RagBotError:
            return None


def _text_of(note: Note, lines: range) -> str:
    """The text of lines counted from 1."""
    return "".join(note.text.splitlines(keepends=True)[lines.start - 1 : lines.stop - 1]).strip() if lines else ""


def _theme() -> Any:
    """Fonts of the system, so that none is fetched; the colours that show before style.css does."""
    theme = gr.themes.Base(primary_hue="emerald", neutral_hue="stone", font=_SYSTEM_FONTS, font_mono=_SYSTEM_MONO)
    return theme.set(body_background_fill="#faf9f6", body_background_fill_dark="#17191b")


def _html(name: str) -> Any:
    """HTML that reports what was clicked in it as the events 'ask', 'open_note' and 'read_folder'."""
    return gr.HTML("", elem_id=name, js_on_load=_CONNECT, apply_default_css=False)
