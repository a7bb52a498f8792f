"""Going somewhere by a few letters: the dialog that finds notes, conversations and pages; and the list of all keys."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from urllib.parse import urlencode

from markupsafe import Markup

from rag_bot.conversations.titles import folded
from rag_bot.errors import RagBotError
from rag_bot.library import Library
from rag_bot.ui.chat.chats import Chats
from rag_bot.ui.phrases import when
from rag_bot.ui.reports import Parts, Report, Reports
from rag_bot.ui.templating import macros

_MOST_NOTES, _MOST_CONVERSATIONS = 12, 6  # that are listed; set by hand: what fits on a screen without scrolling
_LONGEST = 200  # characters of a search that are looked at, as many as the field takes
KEYS = (
    ((("Ctrl", "K"),), "Go to a note, a conversation or a page"),
    ((("/",),), "Ask a question"),
    ((("n",),), "New chat"),
    ((("→",), ("j",)), "Next citation of the last answer; Enter opens it"),
    ((("←",), ("k",)), "Citation before"),
    ((("↑",),), "In the empty question: change the last question"),
    ((("Esc",),), "Close what is open"),
    ((("?",),), "Show these keys"),
)
"""What the overview shows: the ways to press a key, each a combination, and what it does. scripts/keys.js does it."""
SINGLE = ("/", "n", "j", "k", "?")
"""The keys that are characters, which can be turned off: those who dictate text press them by accident."""

Target = tuple[str, str, str]
"""What it is called, where it stands, and its address, as scripts/address.js has it behind the #."""


class NoteNames:
    """The titles and paths of all notes, read anew after each sync that changed something."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._generation = ""
        self._names: list[tuple[str, str, str, str]] = []  # folded title and path, title, path

    def find(self, words: str) -> list[tuple[str, str]]:
        """Title and path of the notes with all these words, those first that begin so or have them in the title."""
        try:
            generation = self._library.generation()
            if generation != self._generation:
                titles = self._library.note_titles()
                self._names = [(folded(title), folded(path), title, path) for path, title in titles]
                self._generation = generation
        except RagBotError:
            return []
        sought = folded(words[:_LONGEST])
        wanted = sought.split()
        if not wanted:
            return []

        def rank(name: tuple[str, str, str, str]) -> tuple[bool, bool, int, str]:
            title, path = name[:2]
            return not title.startswith(sought), not all(word in title for word in wanted), len(title), path

        fitting = [name for name in self._names if all(word in name[0] or word in name[1] for word in wanted)]
        return [name[2:] for name in heapq.nsmallest(_MOST_NOTES, fitting, key=rank)]


def targets(words: str, names: NoteNames, chats: Chats, pages: Sequence[str]) -> Markup:
    """What can be gone to by these words; by none, the last conversations and all pages."""
    wanted = folded(words[:_LONGEST]).split()
    found: list[Target] = [(page.capitalize(), "", urlencode({"page": page})) for page in pages]
    shown_pages = [page for page in found if all(word in folded(page[0]) for word in wanted)]
    notes: list[Target] = [(title, path, urlencode({"note": path})) for title, path in names.find(words)]
    try:
        listed = chats.list(words[:_LONGEST])[:_MOST_CONVERSATIONS]
    except RagBotError:
        listed = ()
    conversations: list[Target] = [(one.title, when(one.changed), urlencode({"c": one.key})) for one in listed]
    groups = (("Pages", shown_pages), ("Notes", notes), ("Conversations", conversations))
    return macros("keys.html").targets(groups if wanted else groups[::-1])


def wire_switcher(reports: Reports, library: Library, chats: Chats, pages: Sequence[str]) -> None:
    """The dialog that goes to what is typed; `pages` as the address names them."""
    names = NoteNames(library)

    def find(report: Report) -> Parts:
        """With a number of the search's own, so that the browser hears of it even if it finds the same again."""
        found = targets(report.text("words"), names, chats, pages)
        return {"targets-found": macros("keys.html").numbered(report.text("number")[:_LONGEST], found)}

    reports.on("keys", "find", find, refreshes=False)
