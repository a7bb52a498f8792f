"""What stands where the conversation will be."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag_bot.ui.overview import sync_result
from rag_bot.ui.sync_job import SyncState

_FORM = """<form class="read" data-read><input name="folder" placeholder="~/notes" aria-label="Notes folder"
 autocomplete="off" spellcheck="false" required><button type="submit">Read this folder</button></form>"""


def welcome(notes: int, questions: Sequence[str], state: SyncState) -> str:
    """Examples to click; or how far the first reading is; or how to begin."""
    if notes:
        return _invitation(questions)
    if state.running:
        return _page("Reading your notes", "You can ask as soon as they are read.", sync_result(state))
    problem = sync_result(state) if state.error else ""
    return _page(
        "Where are your notes?",
        "Name a folder of Markdown or text files. They are only read, and nothing leaves this machine.",
        f"{_FORM}{problem}",
    )


def still_reading(state: SyncState) -> str:
    """The answer to a question asked too early."""
    far = f": {state.done:,} of {state.total:,}" if state.total else ""
    return f"Still reading your notes{far}. Ask again in a moment."


def _invitation(questions: Sequence[str]) -> str:
    chips = "".join(f'<button type="button" data-ask="{escape(q)}" dir="auto">{escape(q)}</button>' for q in questions)
    text = "Answers are lines of your own notes, word for word, with the place where they stand."
    return _page("Ask your notes", text, f'<div class="chips">{chips}</div>')


def _page(title: str, text: str, rest: str) -> str:
    return f'<div class="welcome"><h1>{escape(title)}</h1><p>{escape(text)}</p>{rest}</div>'
