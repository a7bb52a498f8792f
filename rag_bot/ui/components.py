"""The one Gradio component that the page is made of, how events behave, and what they report."""

from __future__ import annotations

from typing import Any

import gradio as gr

QUIET: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": [], "api_visibility": "private"}
"""No part of the page is told how far an event is: with each event, Gradio would tell all parts that any can change."""
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
ANSWERS: dict[str, Any] = {**QUIET, "concurrency_limit": None}
"""Pages do not wait for each other's answers."""
_MOST_DIGITS = 9  # of the number of a line; a note has at most 64 million characters


def html(name: str, *events: str, first: str = "") -> Any:
    """HTML that reports what happens in it, by the scripts beside this module, as these events, such as "ask"."""
    named = ", ".join(f'"{event}"' for event in events)  # Gradio knows an event by its name in the script
    connect = f"ragBot.connect(element, props, watch, trigger); // {named}"
    return gr.HTML(first, elem_id=name, js_on_load=connect, apply_default_css=False)


def line_number(reported: object) -> int:
    """A line that the page reports, as a number or its digits; 0 for all else, which anybody can send."""
    digits = str(reported)
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else 0
