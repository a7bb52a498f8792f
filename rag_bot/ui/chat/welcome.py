"""What stands where the conversation will be."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag_bot.ui.phrases import many
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot
from rag_bot.ui.syncing.overview import sync_result
from rag_bot.ui.syncing.sync_job import SyncState


def welcome(glance: IndexSnapshot, state: SyncState) -> str:
    """Examples to click; or how far the first reading is; or how to begin."""
    if glance.notes:
        return _invitation(glance.questions)
    if state.running or glance.writer:
        return _page("Reading your notes", "You can ask as soon as they are read.", sync_result(state))
    problem = sync_result(state) if state.error else ""
    if glance.problem:
        return _page("The index can't be read", glance.problem, problem)
    if glance.status and glance.status.roots:
        return _emptied(glance, f"{_form(state)}{problem}")
    return _page(
        "Where are your notes?",
        "Name a folder of Markdown or text files. They are only read, and nothing leaves this machine.",
        f"{_form(state)}{problem}",
    )


def still_reading(state: SyncState) -> str:
    """The answer to a question asked too early."""
    far = f": {state.done:,} of {state.total:,}" if state.total else ""
    return f"Still reading your notes{far}. Ask again in a moment."


def _form(state: SyncState) -> str:
    """Asks for a folder; one that could not be read stands there to be mended."""
    wrong = state.folders[0] if state.error and state.folders else ""
    return (
        '<form class="read" data-read><input name="folder" placeholder="~/notes" aria-label="Notes folder"'
        f' autocomplete="off" spellcheck="false" required value="{escape(wrong)}">'
        '<button type="submit">Read this folder</button></form>'
    )


def _emptied(glance: IndexSnapshot, rest: str) -> str:
    """Folders are known, but no note of them is indexed."""
    roots = glance.status.roots if glance.status else ()
    names = ", ".join(root.name or str(root) for root in roots)
    unread = len(glance.status.failed) if glance.status else 0
    why = f"{many(unread, 'file')} could not be read." if unread else "Add notes there, or name another folder."
    return _page("No notes to ask", f"There are none in {names}. {why}", rest)


def _invitation(questions: Sequence[str]) -> str:
    chips = "".join(f'<button type="button" data-ask="{escape(q)}" dir="auto">{escape(q)}</button>' for q in questions)
    text = "Answers come from your own notes alone, with the lines where they stand."
    return _page("Ask your notes", text, f'<div class="chips">{chips}</div>')


def _page(title: str, text: str, rest: str) -> str:
    return f'<div class="welcome"><h1>{escape(title)}</h1><p>{escape(text)}</p>{rest}</div>'
