"""The thumbs below an answer, and what they ask, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from rag_bot.conversations import SavedExchange
from rag_bot.evaluation.cases import Case
from rag_bot.records import Place
from rag_bot.ui.chat.answer_view import place_link
from rag_bot.ui.chat.chats import Exchange
from rag_bot.ui.templating import macros

_LONGEST_QUOTE = 220  # characters that are shown where one ticks it; set by hand
_LABELS = {
    False: ("This answer is right", "This answer is wrong"),
    True: ("Right, the notes don't answer this", "Wrong, the notes do answer this"),
}
"""Of the two thumbs, by whether the answer was that the notes hold none."""


def block(key: str, given: SavedExchange, case: Case | None, verdict: str, problem: str, picker: Markup) -> Markup:
    """Both thumbs, how they stand, and what is asked after a thumb down.

    `case` is what was kept of the answer, `verdict` the thumb that it stands for: "up", "down" or "".
    """
    kept = ""
    if case and case.answerable:
        kept = f"the answer stands in {', '.join(dict.fromkeys(piece.path for piece in case.evidence))}"
    elif case:
        kept = "your notes don't answer this"
    labels, pressed = _LABELS[given.answer.abstained], "down" if picker else verdict
    return macros("feedback.html").thumbs(key, labels, pressed, problem, kept, picker)


def lost(key: str) -> Markup:
    """For an answer that the app no longer knows, since it was started again."""
    return macros("feedback.html").lost(key)


def picker(given: SavedExchange, nearest: Sequence[Place]) -> Markup:
    """Asks where the right answer stands: among what is cited, in a note that one opens, or nowhere."""
    citations = []
    for citation in given.answer.citations:
        words = " ".join(citation.quote.text.split())
        citations.append((citation, words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]} …"))
    links = [place_link(place) for place in nearest]
    return macros("feedback.html").picker(citations, links, not given.answer.abstained)


def pick_bar(exchange: Exchange, lines: int) -> Markup:
    """Asks in an opened note for the lines that answer a question; `lines` is how many it has."""
    return macros("feedback.html").line_picker(exchange, lines)
