"""The page: its HTML, its scripts and styles, and what is done about what happens on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from markupsafe import Markup

from rag_bot.library import Library
from rag_bot.records import Filters
from rag_bot.ui.app_state import AppState
from rag_bot.ui.chat.events import ChatEvents
from rag_bot.ui.chat.scope import scope_bar, wire_scope
from rag_bot.ui.evaluation.evaluation_page import wire_evaluation
from rag_bot.ui.models.model_part import wire_models
from rag_bot.ui.models.model_view import answers_by
from rag_bot.ui.models.models import Choice
from rag_bot.ui.notes.note_list import Looked
from rag_bot.ui.notes.notes_page import NotesPage
from rag_bot.ui.notes.open_in import OpenIn
from rag_bot.ui.open_pages import MOST_PAGES, OpenPages
from rag_bot.ui.reports import Parts, Report, Reports
from rag_bot.ui.settings.settings_page import SettingsPage
from rag_bot.ui.switcher import KEYS, SINGLE, wire_switcher
from rag_bot.ui.syncing.folder_picker import FolderPicker, wire_sync
from rag_bot.ui.syncing.welcome import picker
from rag_bot.ui.templating import macros

_HERE = Path(__file__).parent
_SYSTEM_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
_SYSTEM_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]
PAGES = NOTES, EVALUATION, SETTINGS = "notes", "evaluation", "settings"
"""The pages that can take the conversation's place, as the address names them."""
_SCRIPTS = (
    *("connect", "aloud", "address", "keys", "chat", "scope", "panel", "copy", "quoted", "feedback"),
    *("folders", "notes", "evaluation", "settings"),
)
_STYLES = (
    *("reset", "frame", "side", "folders", "chat", "passages", "markdown", "feedback"),
    *("notes", "settings", "evaluation", "panel", "actions", "narrow", "keys"),
)
ICON = """<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E
%3Crect width='32' height='32' rx='8' fill='%231d6b5b'/%3E%3Cpath d='M9 11h14M9 16h14M9 21h8' stroke='white'
 stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E">"""


def mount(app: FastAPI, library: Library, state: AppState, root_path: str) -> tuple[str, set[str]]:
    """Puts Gradio at / of an app, which a browser may see under a `root_path`.

    Gives the HTML of the page, which goes into Gradio's document, and the kinds of components that Gradio needs.
    """
    page = Page(library, state)
    blocks = page.blocks()
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        root_path=root_path or None,
        footer_links=[],
        run_history=False,
        theme=_theme(),
        show_error=True,
        max_file_size=0,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
    )
    return page.html(), {block.get_block_name() for block in blocks.blocks.values()}


def files() -> dict[str, str]:
    """The page's script and styles, by name."""
    return {
        "rag-bot.js": f"(() => {{\n{_joined('scripts', _SCRIPTS, '.js')}ragBot.begin();\n}})();",
        "rag-bot.css": f"{_joined('styles', ['root'], '.css')}#page {{\n{_joined('styles', _STYLES, '.css')}}}",
    }


class Page:
    """The page as it is sent, and what is done about what happens on it."""

    def __init__(self, library: Library, state: AppState) -> None:
        self._library = library
        self._state = state
        self._settings = SettingsPage(state, library)
        self._pickers = FolderPicker("picker", state), FolderPicker("add-folder", state, title="Add a folder")

    def html(self) -> str:
        """All that is there before anything is known; scripts/connect.js puts into its parts what it is told."""
        script = Markup((_HERE / "scripts" / "looks.js").read_text(encoding="utf-8"))
        parts = {
            "scope": scope_bar(Filters()),
            "answers-by": answers_by(Choice(self._state.models.chosen)),
            **{shown.name: shown.shown(picker()) for shown in self._pickers},
        }
        return str(macros("page.html").page(script, parts, KEYS, SINGLE, PAGES, self._library.settings.uploads))

    def blocks(self) -> gr.Blocks:
        """What carries the reports: Gradio shows nothing of its own but what went wrong with them."""
        library, state = self._library, self._state
        reports = Reports(OpenPages(state.chats.reopened), self._refreshed)
        chats = ChatEvents(library, state)
        chats.wire(reports)
        wire_scope(reports, library)
        wire_models(reports, state.models)
        wire_switcher(reports, library, state.chats, PAGES)
        wire_sync(reports, state.sync)
        wire_evaluation(reports, state.evaluations)
        picker, add_folder = self._pickers
        picker.wire(reports, "welcome")
        for part in (add_folder, NotesPage(state), self._settings, OpenIn(library, is_local=state.is_local)):
            part.wire(reports)
        reports.on("app", "open_page", self._open_page)
        reports.on("app", "refresh", lambda _: None)
        with gr.Blocks(title="rag-bot", analytics_enabled=False) as blocks:
            reports.carry()
            blocks.unload(chats.leave)
        blocks.state_session_capacity = MOST_PAGES  # Gradio remembers each page too, however long it has been closed
        return blocks

    def _open_page(self, report: Report) -> None:
        """A look at the notes where the page shows them."""
        if report.shows.get("page") == NOTES:
            self._state.lists.look()

    def _refreshed(self, report: Report) -> tuple[Parts, Mapping[str, str]]:
        """The parts of the page that are no longer as the browser has them, often none, each with a mark of it.

        The browser sends the marks of what it shows, for answers may arrive in another order than they were made in.
        """
        shows, page = report.shows, report.shows.get("page")
        views = self._state.views(str(shows.get("search", ""))) | self._state.note_news(*report.page.note)
        if page == NOTES:
            views |= self._state.notes_views(Looked.told(**shows["list"]))
        elif page == EVALUATION:
            views |= self._state.evaluation_views(tuple(str(run) for run in shows["runs"][:2]))
        elif page == SETTINGS:
            views |= self._settings.views()
        marks = {
            part: hashlib.blake2b(str(view).encode(errors="replace"), digest_size=8).hexdigest()
            for part, view in views.items()
        }
        shown = shows.get("marks", {})
        changed = {part: view for part, view in views.items() if shown.get(part) != marks[part]}
        return changed, {part: marks[part] for part in changed}


def _joined(folder: str, names: Sequence[str], ending: str) -> str:
    return "".join((_HERE / folder / f"{name}{ending}").read_text(encoding="utf-8") for name in names)


def _theme() -> Any:
    """Fonts of the system, so that none is fetched; the colours that show before the styles do."""
    theme = gr.themes.Base(primary_hue="emerald", neutral_hue="stone", font=_SYSTEM_FONTS, font_mono=_SYSTEM_MONO)
    return theme.set(body_background_fill="#faf9f6", body_background_fill_dark="#17191b")
