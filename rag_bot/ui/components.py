"""The one Gradio component that the page is made of, and how events behave."""

from __future__ import annotations

from typing import Any

import gradio as gr

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
ANSWERS: dict[str, Any] = {**QUIET, "concurrency_limit": None}
"""Pages do not wait for each other's answers."""


def html(name: str, *events: str, first: str = "") -> Any:
    """HTML that reports what happens in it, by the scripts beside this module, as these events, such as "ask"."""
    named = ", ".join(f'"{event}"' for event in events)  # Gradio knows an event by its name in the script
    connect = f"ragBot.connect(element, props, watch, trigger); // {named}"
    return gr.HTML(first, elem_id=name, js_on_load=connect, apply_default_css=False)
