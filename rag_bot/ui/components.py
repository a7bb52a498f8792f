"""The one Gradio component that the page is made of, and how events behave."""

from __future__ import annotations

from typing import Any

import gradio as gr

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
ANSWERS: dict[str, Any] = {**QUIET, "concurrency_limit": None}
"""Pages do not wait for each other's answers."""
_EVENTS = (
    *("ask", "ask_again", "revise", "open_note", "vote", "open_chat", "rename", "delete", "consent"),
    *("read_folder", "decide", "choose", "compare", "stop"),
)
_NAMED = ", ".join(f'"{name}"' for name in _EVENTS)  # Gradio knows an event by its name in the script
_CONNECT = f"ragBot.connect(element, props, watch, trigger); // {_NAMED}"


def html(name: str, first: str = "") -> Any:
    """HTML that reports what was clicked in it as an event of its own name, such as "ask", "open_note" and "vote"."""
    return gr.HTML(first, elem_id=name, js_on_load=_CONNECT, apply_default_css=False)
