"""The page: Gradio components and what happens between them. The HTML itself comes from the modules beside this one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from rag_bot.library import Library
from rag_bot.ui.app_state import AppState, OpenedNote
from rag_bot.ui.chat.chats import Chat
from rag_bot.ui.chat.events import ChatEvents, ChatsPart
from rag_bot.ui.chat.scope import ScopePart
from rag_bot.ui.components import ANSWERS, AT_ONCE, html
from rag_bot.ui.evaluation.evaluation_page import EvaluationPage
from rag_bot.ui.evaluation.evaluations import Chosen
from rag_bot.ui.hidden_characters import show_hidden
from rag_bot.ui.models.model_part import ModelPart
from rag_bot.ui.notes.note_list import Looked
from rag_bot.ui.notes.notes_page import NotesPage
from rag_bot.ui.notes.open_in import OpenInPart
from rag_bot.ui.settings.settings_page import SettingsPage
from rag_bot.ui.switcher import Switcher
from rag_bot.ui.syncing.folder_picker import FolderPicker, wire_sync
from rag_bot.ui.templating import macros

_HERE = Path(__file__).parent
_SYSTEM_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
_SYSTEM_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]
NOTES, EVALUATION, SETTINGS = "notes", "evaluation", "settings"
"""The pages that can take the conversation's place, as the address names them."""
_SCRIPTS = (
    *("connect", "aloud", "address", "keys", "chat", "scope", "panel", "copy", "quoted", "feedback"),
    *("folders", "notes", "evaluation", "settings"),
)
FIRST_SCRIPT = _HERE / "scripts" / "looks.js"
"""What runs before anything of the page is painted."""
_STYLES = (
    *("frame", "side", "folders", "chat", "passages", "markdown", "feedback"),
    *("notes", "settings", "evaluation", "panel", "actions", "narrow", "keys"),
)
_INSIDE = ".gradio-container.gradio-container .contain"
"""Where all styles but those of root.css hold; with this before them they weigh more than Gradio's own."""
ICON = """<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E
%3Crect width='32' height='32' rx='8' fill='%231d6b5b'/%3E%3Cpath d='M9 11h14M9 16h14M9 21h8' stroke='white'
 stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E">"""
_TICK_SECONDS = 1.5  # between two looks at what has changed; set by hand


def mount(app: FastAPI, library: Library, state: AppState, root_path: str) -> set[str]:
    """Puts the page at / of an app, which a browser may see under a `root_path`. Gives the kinds of its components."""
    blocks = Page(library, state).blocks
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
    return {block.get_block_name() for block in blocks.blocks.values()}


def files() -> dict[str, str]:
    """What the page has beside its components, by name: the script that they report by, and the styles.

    Given to Gradio, both would be sent twice, run twice, and the styles be written anew by the browser, thrice as long.
    """
    return {
        "rag-bot.js": f"(() => {{\n{_joined('scripts', _SCRIPTS, '.js')}}})();",
        "rag-bot.css": f"{_joined('styles', ['root'], '.css')}{_INSIDE} {{\n{_joined('styles', _STYLES, '.css')}}}",
    }


class Page:
    """The components, and what happens between them; `_parts` are those that change by themselves, by name."""

    def __init__(self, library: Library, state: AppState) -> None:
        self._state = state
        self._events = ChatEvents(library, state)
        self._parts: dict[str, Any] = {}
        self._pages: dict[str, Any] = {}
        with gr.Blocks(title="rag-bot", analytics_enabled=False, fill_width=True) as self.blocks:
            self._chat = gr.State(Chat())
            self._open_page = gr.State("")
            self._timer = gr.Timer(_TICK_SECONDS)
            with gr.Row(elem_id="app"):
                with gr.Column(elem_id="side", min_width=0):
                    self._lay_out_side()
                with gr.Column(elem_id="main", min_width=0):
                    self._lay_out_main(library)
                    self._open_in = OpenInPart(library, is_local=state.is_local)
                    html("floating", first=str(macros("actions.html").floating()))
                self._panel = html("panel", "open_note", "vote")
                self._opened = gr.State(("", ""))
                self._parts["note_news"] = html("note-news")
                self._chats.lay_out_dialog()
                self._voted = html("voted")
                self._current = html("current", "open_page", "refresh")
                self._switcher = Switcher(library, state.chats, (NOTES, EVALUATION, SETTINGS))
            for part in (self._chats, self._model, self._notes, self._evaluation, self._settings):
                self._parts |= part.parts
            self._shown_marks = gr.Textbox("{}", visible=False)  # which a browser keeps and makes nothing of
            refreshing = self._wire_refreshing()
            self._wire_conversation(refreshing)
            opened = [self._open_page, *self._pages.values()]
            paging = self._current.open_page(self._show_page, None, opened, trigger_mode="always_last", **AT_ONCE)
            paging.then(**refreshing)
            self._open_in.wire()
            self._switcher.wire()
            for part in (self._notes, self._evaluation, self._settings, self._model):
                part.wire(refreshing)

    def _lay_out_side(self) -> None:
        """The conversations, the other pages, and how the notes are."""
        side = macros("base.html")
        html("brand", first=str(side.brand()))
        with gr.Column(elem_id="menu"):
            html("new-chat", first=str(side.new_chat()))
            self._chats = ChatsPart(self._events)
            html("pages", first=str(side.pages()))
            self._parts["overview"] = html("overview", "decide", "stop")

    def _lay_out_main(self, library: Library) -> None:
        """The conversation with the question's field below it, and the pages that can take its place."""
        with gr.Column(elem_id="scroll"):
            html("chat-title", first=str(macros("base.html").chat_title()))
            self._parts["welcome"] = html("welcome", "ask", "read_folder", "stop")
            self._picker = FolderPicker("picker", self._state)
            self._conversation = html("conversation", "ask_again", "revise", "show_version", "vote")
        with gr.Column(elem_id="field", min_width=0):
            with gr.Row(elem_id="asking"):
                self._scope = ScopePart(library)
                self._model = ModelPart(self._state.models)
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
            self._stop = gr.Button("Stop", elem_id="stop", min_width=0)
        with self._page(NOTES):
            self._notes = NotesPage(self._state, library)
        with self._page(EVALUATION):
            self._evaluation = EvaluationPage(self._state.evaluations)
        with self._page(SETTINGS):
            self._settings = SettingsPage(self._state, library)

    def _page(self, name: str) -> Any:
        """What can take the conversation's place; a browser makes nothing of it until it is opened."""
        self._pages[name] = gr.Column(elem_id=f"{name}-page", elem_classes="page", visible=False)
        return self._pages[name]

    def _wire_conversation(self, refreshing: dict[str, Any]) -> None:
        """Questions, and the conversations that they make. Another conversation ends what still grows."""
        outputs = [self._question, self._chat, self._conversation, self._current]
        opened = outputs[1:]
        asks = [
            self._question.submit(
                self._events.ask,
                [self._question, self._chat, self._scope.bar],
                outputs,
                js="(question, chat) => [question, chat, ragBot.scopeJson()]",
                **ANSWERS,
            ),
            self._parts["welcome"].ask(self._events.ask_example, self._chat, outputs, **ANSWERS),
            self._conversation.ask_again(self._events.ask_again, self._chat, outputs, **ANSWERS),
            self._conversation.revise(self._events.revise, self._chat, outputs, **ANSWERS),
        ]
        self._stop.click(self._events.stop, None, None, **AT_ONCE)
        self.blocks.unload(self._events.leave)
        self._scope.wire()
        self._panel.open_note(
            self._events.open_note, self._chat, [self._panel, self._opened], trigger_mode="always_last", **AT_ONCE
        )
        for shown in (self._conversation, self._panel):
            shown.vote(self._events.vote, self._chat, self._voted, **AT_ONCE)

        def opens(event: Callable[..., Any], command: Callable[..., Any], inputs: Any, js: str | None = None) -> None:
            event(command, inputs, opened, js=js, cancels=asks, trigger_mode="always_last", **AT_ONCE)

        opens(self._conversation.show_version, self._events.show_version, self._chat)
        opens(self.blocks.load, self._events.open, self._current, "() => ragBot.wanted()")
        self._chats.wire(self._chat, opened, opens, refreshing)
        welcome, overview = self._parts["welcome"], self._parts["overview"]
        self._picker.wire(refreshing, [welcome])
        wire_sync(self._state.sync, refreshing, decide=overview.decide, stops=(welcome.stop, overview.stop))

    def _show_page(self, event: gr.EventData) -> list[Any]:
        """The page that is open now, which is made if it was not yet, after a look at the notes where it shows them."""
        if event.page == NOTES:
            self._state.lists.look()
        return [event.page, *(gr.Column(visible=True) if name == event.page else gr.skip() for name in self._pages)]

    def _wire_refreshing(self) -> dict[str, Any]:
        """Has the page refreshed from time to time. Gives what an event needs to have it refreshed at once.

        That asks for it by the script: Gradio's part in the browser counts every input and output of every event.
        """
        look = (self._open_page, self._opened, self._notes.looked, self._evaluation.chosen, self._chats.search)
        refresh: dict[str, Any] = {
            "fn": self._refresh,
            "inputs": [self._shown_marks, *look],
            "outputs": [self._shown_marks, *self._parts.values()],
            **AT_ONCE,
        }
        gr.on([self.blocks.load, self._timer.tick], **refresh)
        self._current.refresh(trigger_mode="always_last", **refresh)
        return {"fn": None, "js": "() => ragBot.report.refresh()", **AT_ONCE}

    def _refresh(
        self, shown_marks: str, page: str, opened: OpenedNote, looked: Looked, chosen: Chosen, search: str
    ) -> Any:
        """The parts of the page that are no longer as the browser has them, often none.

        It sends marks of what it shows, for answers may arrive in another order than they were made in.
        """
        views = self._state.views(search or "")  # None while the browser still makes the field
        views |= self._state.note_news(opened)
        if page == NOTES:
            views |= self._state.notes_views(looked)
        elif page == EVALUATION:
            views |= self._state.evaluation_views(tuple(chosen))
        elif page == SETTINGS:
            views |= self._settings.views()
        marks = {
            name: hashlib.blake2b(repr(value).encode(errors="replace"), digest_size=8).hexdigest()
            for name, value in views.items()
        }
        shown = json.loads(shown_marks or "{}")
        changed = {name: value for name, value in views.items() if shown.get(name) != marks[name]}
        if not changed:
            return gr.skip()
        updates = (_shown(changed[name]) if name in changed else gr.skip() for name in self._parts)
        return [json.dumps(shown | marks), *updates]


def _joined(folder: str, names: Sequence[str], ending: str) -> str:
    return "".join((_HERE / folder / f"{name}{ending}").read_text(encoding="utf-8") for name in names)


def _shown(value: Any) -> Any:
    return show_hidden(value) if isinstance(value, str) else value


def _theme() -> Any:
    """Fonts of the system, so that none is fetched; the colours that show before the styles do."""
    theme = gr.themes.Base(primary_hue="emerald", neutral_hue="stone", font=_SYSTEM_FONTS, font_mono=_SYSTEM_MONO)
    return theme.set(body_background_fill="#faf9f6", body_background_fill_dark="#17191b")
