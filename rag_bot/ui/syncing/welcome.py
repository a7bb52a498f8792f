"""What stands where the conversation will be: example questions, how far the first reading is, or where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from rag_bot.ui.phrases import many
from rag_bot.ui.syncing.folders import Folder, Listing, NoteCount
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot
from rag_bot.ui.syncing.overview import sync_result
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.templating import macros

_KINDS = "Markdown, text, PDF, office documents, web pages and more"


def welcome(snapshot: IndexSnapshot, sync: SyncState, known: Sequence[Folder] | None = ()) -> Markup:
    """Examples to click; or how far the first reading is; or the folders to begin with.

    `known` are those that were found on this machine, None while they are looked for.
    """
    html = macros("folders.html")
    if snapshot.notes:
        text = "Answers come from your own notes alone, with the lines where they stand."
        return html.welcome("Ask your notes", text, html.examples(snapshot.questions))
    if sync.running or snapshot.writer:
        text = "You can ask now: the answer comes as soon as the first are read."
        return html.welcome("Reading your notes", text, sync_result(sync))
    is_news = sync.folders or not snapshot.is_strange  # what the start says of a strange index stands there already
    problem = sync_result(sync) if (sync.error and is_news) or sync.question else Markup()
    if snapshot.problem and not snapshot.is_strange:
        return html.welcome("The index can't be read", snapshot.problem, problem)
    roots = snapshot.status.roots if snapshot.status else ()
    if sync.stopped:
        text = "What is read so far is kept for when you go on. Nothing can be asked before the first notes are read."
        folders = [Path(folder) for folder in sync.folders] or list(roots)
        return html.welcome("Reading was stopped", text, html.go_on(folders), wants_folder=True)
    rest = problem + html.known([_row(folder) for folder in known or ()], is_looking=known is None)
    if roots:  # folders are known, but no note of them is indexed
        names = ", ".join(root.name or str(root) for root in roots)
        unread = len(snapshot.status.failed) if snapshot.status else 0
        why = f"{many(unread, 'file')} could not be read." if unread else "Add notes there, or choose another folder."
        return html.welcome("No notes to ask", f"There are none in {names}. {why}", rest, wants_folder=True)
    if snapshot.problem:
        text = "The index that is there was made elsewhere, and is not opened. Read your notes again to make your own."
        return html.welcome("Where are your notes?", text, rest, wants_folder=True)
    text = f"Choose the folder they are in: {_KINDS}. They are only read, and nothing leaves this computer."
    return html.welcome("Where are your notes?", text, rest, wants_folder=True)


def picker(
    typed: str = "",
    *,
    problem: str = "",
    near: Path | None = None,
    listing: Listing | None = None,
    too_wide: Path | None = None,
) -> Markup:
    """Where a folder is typed, pasted or dropped, or found from the home on.

    `typed` stands in the field, `problem` says what is wrong with it, `near` is a folder to look in instead;
    `too_wide` is a folder that would be read with all there is in it, once that is agreed to.
    """
    html = macros("folders.html")
    shown = Markup()
    if too_wide:
        shown = html.too_wide(too_wide, "Your home folder" if too_wide == Path.home() else str(too_wide))
    elif listing:
        path = listing.folder.path
        steps = [(step.name or str(step), step) for step in reversed((path, *path.parents))]
        home = Path.home()
        if path.is_relative_to(home):
            steps = [("Home", home), *((name, step) for name, step in steps if home in step.parents)]
        rows = [_row(folder) for folder in listing.below]
        shown = html.listing(
            steps, count_words(listing.folder.count), rows, f"{listing.more:,}" if listing.more else ""
        )
    return html.picker(typed, problem, near, where(near) if near else "", shown)


def count_words(count: NoteCount | None) -> str:
    """Such as "138 notes" and "5,000+ notes"; "" for a count that nobody had the time for."""
    if count is None or (count.is_more and not count.notes):
        return ""
    if count.is_more:
        return f"{count.notes:,}+ notes"
    return many(count.notes, "note") if count.notes else "no notes"


def _row(folder: Folder) -> tuple[Folder, str, str]:
    """A folder, where it is for people, and what is known of it."""
    told = folder.trouble or " · ".join(filter(None, (count_words(folder.count), folder.why)))
    return folder, where(folder.path), told


def where(path: Path) -> str:
    """A path for people, and to be typed: `~/notes` for one within the home."""
    home = Path.home()
    return f"~/{path.relative_to(home)}".removesuffix("/.") if path.is_relative_to(home) else str(path)
