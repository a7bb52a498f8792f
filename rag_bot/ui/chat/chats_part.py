"""The saved conversations in the side bar: the list, its search, and what can be done with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from rag_bot.ui.chat.chat_list import DIALOG
from rag_bot.ui.chat.chats import Chats
from rag_bot.ui.chat.exchange import Chat
from rag_bot.ui.chat.talk import Talk
from rag_bot.ui.components import AT_ONCE, html


class ChatsPart:
    """Made inside the side bar. `parts` are the components that change by themselves, by name."""

    def __init__(self, chats: Chats, talk: Talk) -> None:
        self._chats = chats
        self._talk = talk
        self.search = gr.Textbox(
            placeholder="Search conversations",
            show_label=False,
            label="Search conversations",
            container=False,
            lines=1,
            max_lines=1,
            elem_id="chat-search",
        )
        self.parts = {"chats": html("chats")}

    def lay_out_dialog(self) -> None:
        """What is asked before a conversation is renamed or deleted; not inside the side bar, which can be hidden."""
        self._dialog = html("dialog", DIALOG)

    def wire(self, chat: Any, shown: list[Any], opened: Callable[..., Any], refreshing: dict[str, Any]) -> None:
        """`chat` is the page's conversation, `shown` what another one changes; `opened` wires an opening."""
        self.search.input(trigger_mode="always_last", **refreshing)
        opened(self.parts["chats"].open_chat, self._talk.open_named, None)
        self._dialog.rename(self._rename, None, None, **AT_ONCE).then(**refreshing)
        self._dialog.delete(self._delete, chat, shown, **AT_ONCE).then(**refreshing)

    def _rename(self, event: gr.EventData) -> None:
        self._chats.rename(str(event._data["key"]), str(event._data["title"]))

    def _delete(self, chat: Chat, event: gr.EventData, request: gr.Request) -> Any:
        """The conversation that was open when it was deleted gives way to a new one."""
        key = str(event._data["key"])
        if key == chat.key:
            self._talk.leave(request, to_its_end=True)
        self._chats.delete(key)
        return self._talk.open("", request) if key == chat.key else gr.skip()
