"""The page: Gradio components and what happens between them. The HTML itself comes from the modules beside this one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from rag_bot.library import Library
from rag_bot.ui.chat.chats_part import ChatsPart
from rag_bot.ui.chat.exchange import Chat
from rag_bot.ui.chat.talk import EVERYWHERE, Talk
from rag_bot.ui.components import ANSWERS, AT_ONCE, QUIET, html
from rag_bot.ui.evaluation.evaluation_page import EvaluationPage
from rag_bot.ui.evaluation.evaluations import Chosen
from rag_bot.ui.legible import legible
from rag_bot.ui.models.model_part import ModelPart
from rag_bot.ui.notes.note_list import ALL
from rag_bot.ui.notes.notes_page import filters
from rag_bot.ui.syncing.sync_part import SyncPart
from rag_bot.ui.views import Sources, Views

_HERE = Path(__file__).parent
_SYSTEM_FONTS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
_SYSTEM_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]
CHAT, NOTES, EVALUATION = "chat", "notes", "evaluation"
_ICON = """<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E
%3Crect width='32' height='32' rx='8' fill='%231d6b5b'/%3E%3Cpath d='M9 11h14M9 16h14M9 21h8' stroke='white'
 stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E">"""
_BRAND = '<p class="brand">rag-bot</p><button type="button" data-menu aria-label="Menu">☰</button>'
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
        self._chat = gr.State(Chat())
        self._open = gr.State(CHAT)
        self._timer = gr.Timer(_TICK_SECONDS)
        self._parts: dict[str, Any] = {}
        with gr.Row(elem_id="app"):
            with gr.Column(elem_id="side", min_width=0):
                self._lay_out_side()
            with gr.Column(elem_id="main", min_width=0):
                with gr.Column(elem_id="scroll"):
                    self._parts["welcome"] = html("welcome")
                    self._conversation = html("conversation")
                self._lay_out_field()
                with gr.Column(elem_id="notes-page", elem_classes="page"):
                    self._lay_out_notes()
                with gr.Column(elem_id="evaluation-page", elem_classes="page"):
                    self._evaluation = EvaluationPage(self._sources.evaluations)
            self._panel = html("panel")
            self._chats.lay_out_dialog()
            self._voted = html("voted")
            self._current = html("current")
        for part in (self._chats, self._model, self._syncing, self._evaluation):
            self._parts |= part.parts
        self._seen = gr.Textbox("{}", visible="hidden", elem_id="seen")
        self._wanted = gr.Textbox("", visible="hidden", elem_id="wanted")

    def _lay_out_side(self) -> None:
        gr.HTML(_BRAND, elem_id="brand", apply_default_css=False)
        with gr.Column(elem_id="menu"):
            self._new_chat = gr.Button("New chat", elem_id="new-chat")
            with gr.Row(elem_id="pages"):
                self._show_notes = gr.Button("Notes", elem_id="show-notes", min_width=0)
                self._show_evaluation = gr.Button("Evaluation", elem_id="show-evaluation", min_width=0)
            self._model = ModelPart(self._sources.models)
            self._folder = gr.Dropdown(
                [("All notes", EVERYWHERE)], value=EVERYWHERE, label="Search in", elem_id="folder"
            )
            self._chats = ChatsPart(self._sources.chats, self._talk)
            self._syncing = SyncPart(self._sources, self._library.settings.index)

    def _lay_out_field(self) -> None:
        with gr.Column(elem_id="field", min_width=0):
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
            self._model.lay_out_badge()

    def _lay_out_notes(self) -> None:
        with gr.Row(elem_id="notes-head", elem_classes="head"):
            gr.HTML("<h1>Notes</h1>", apply_default_css=False)
            self._show_chat = gr.Button("Back to the chat", elem_id="show-chat", elem_classes="leave")
        self._parts["summary"] = html("summary")
        self._query = gr.Textbox(
            placeholder="Search titles and paths", show_label=False, label="Search", container=False, elem_id="query"
        )
        self._parts["filter"] = gr.Radio(
            filters({}), value=ALL, show_label=False, label="State", container=False, elem_id="filter"
        )
        self._parts["rows"] = html("rows", '<p class="hint">Looking at your notes …</p>')

    def _wire(self) -> None:
        self._wire_talk()
        for shown in (self._conversation, self._parts["rows"], self._parts["result"], self._panel):
            shown.open_note(self._talk.open_note, self._chat, self._panel, **AT_ONCE)
        for shown in (self._conversation, self._panel):
            shown.vote(self._talk.vote, self._chat, self._voted, **AT_ONCE)
        gr.on([self.blocks.load, self._folder.focus], self._talk.folders, None, self._folder, **QUIET)
        gr.on([self.blocks.load, self._timer.tick], **self._refreshing())
        self._syncing.wire(self._parts["welcome"], self._refreshing())
        self._model.wire(self._refreshing())
        self._wire_pages()

    def _wire_talk(self) -> None:
        """Questions, and the conversations that they make. Another conversation ends what still grows."""
        talk = [self._question, self._chat, self._conversation, self._current]
        opened = [*talk[1:], self._panel]
        asks = [
            self._question.submit(self._talk.ask, [*talk[:2], self._folder], talk, **ANSWERS),
            self._parts["welcome"].ask(self._talk.ask_example, [self._chat, self._folder], talk, **ANSWERS),
            self._conversation.ask_again(self._talk.ask_again, self._chat, talk, **ANSWERS),
            self._conversation.revise(self._talk.revise, self._chat, talk, **ANSWERS),
        ]
        self._stop.click(self._talk.stop, None, None, **AT_ONCE)
        self.blocks.unload(self._talk.leave)

        def opens(happens: Callable[..., Any], what: Callable[..., Any], given: Any, js: str | None = None) -> None:
            happens(what, given, opened, js=js, cancels=asks, **AT_ONCE)

        opens(self.blocks.load, self._talk.open, self._wanted, "() => ragBot.wanted()")
        opens(self._new_chat.click, self._talk.open, self._wanted, "() => ragBot.newChat()")
        self._chats.wire(self._chat, opened, opens, self._refreshing())

    def _wire_pages(self) -> None:
        query, state = self._query, self._parts["filter"]
        opened = (
            (self._show_notes.click, NOTES, self._sources.lists.look),
            (self._show_evaluation.click, EVALUATION, None),
            *((leaves.click, CHAT, None) for leaves in (self._show_chat, self._evaluation.leave, self._new_chat)),
            (self._parts["chats"].open_chat, CHAT, None),
        )
        for happens, page, look in opened:
            happens(None, js=f"() => {{ ragBot.showPage('{page}'); }}")
            happens(partial(_open, page, look), None, self._open, **AT_ONCE).then(**self._refreshing())
        self._evaluation.wire(self._show_evaluation.click, self._refreshing())
        gr.on([query.input, state.input], trigger_mode="always_last", **self._refreshing())

    def _refreshing(self) -> dict[str, Any]:
        """What an event needs to refresh the page."""
        look = [
            *(self._seen, self._open, self._query, self._parts["filter"], self._evaluation.chosen),
            self._chats.search,
        ]
        show = [self._seen, *self._parts.values()]
        return {"fn": self._refresh, "inputs": look, "outputs": show, **AT_ONCE}

    def _refresh(self, seen: str, page: str, query: str, state: str, chosen: Chosen, search: str) -> Any:
        """The parts of the page that are no longer as the browser has them, often none.

        It sends marks of what it shows, for answers may arrive in another order than they were made in.
        """
        views = self._sources.views(search)
        if page == NOTES:
            views |= self._sources.notes_views(query, state)
        elif page == EVALUATION:
            views |= self._sources.evaluation_views(tuple(chosen))
        marks = {name: _mark(value) for name, value in views.items()}
        shown = json.loads(seen or "{}")
        changed = {name: value for name, value in views.items() if shown.get(name) != marks[name]}
        if not changed:
            return gr.skip()
        return [json.dumps(shown | marks), *(_update(name, changed) for name in self._parts)]


def _open(page: str, look: Callable[[], object] | None) -> str:
    """The page that is open now, after a look at what it shows."""
    if look:
        look()
    return page


def _mark(value: Any) -> str:
    return hashlib.blake2b(repr(value).encode(errors="replace"), digest_size=8).hexdigest()


def _update(name: str, changed: Views) -> Any:
    if name not in changed:
        return gr.skip()
    if name == "answers_by":
        choices, chosen = changed[name]
        return gr.Dropdown(choices, value=chosen)
    value = changed[name]
    if name == "filter":
        return gr.Radio(value)
    return legible(value) if isinstance(value, str) else value


def _theme() -> Any:
    """Fonts of the system, so that none is fetched; the colours that show before style.css does."""
    theme = gr.themes.Base(primary_hue="emerald", neutral_hue="stone", font=_SYSTEM_FONTS, font_mono=_SYSTEM_MONO)
    return theme.set(body_background_fill="#faf9f6", body_background_fill_dark="#17191b")
