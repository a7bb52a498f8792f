"""The thumbs below an answer, and what they ask, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from rag_bot.conversations import SavedExchange
from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.markdown import plain_text
from rag_bot.records import Citation, Place, filters_words
from rag_bot.ui.chat.answer_view import place_link
from rag_bot.ui.chat.chats import Exchange
from rag_bot.ui.phrases import cut
from rag_bot.ui.templating import macros

_LONGEST_QUOTE = 220  # characters that are shown where one ticks it; set by hand
_LONGEST_KEPT = 90  # characters of it where it is said to be kept; set by hand
_LABELS = {
    False: ("This answer is right", "This answer is wrong"),
    True: ("Right, the notes don't answer this", "Wrong, the notes do answer this"),
}
"""Of the two thumbs, by whether the answer was that the notes hold none."""


def block(
    key: str,
    given: SavedExchange,
    case: Case | None,
    verdict: str,
    problem: str,
    picker: Markup,
    lines: Sequence[tuple[Citation, Evidence]],
) -> Markup:
    """Both thumbs, how they stand, what was kept, and what is asked after a thumb.

    `case` is what was kept of the answer, `verdict` the thumb that it stands for: "up", "down" or "". `lines` are those
    that the answer cites; where they are several and right, it may have been only one of them.
    """
    kept = _kept(case) if case else ""
    labels, pressed = _LABELS[given.answer.abstained], "down" if picker else verdict
    which = []
    if case and pressed == "up" and len(lines) > 1:
        is_one = len(case.evidence) == 1
        which = [(citation, is_one and evidence in case.evidence) for citation, evidence in lines]
    return macros("feedback.html").thumbs(key, labels, pressed, problem, kept, which, picker)


def _kept(case: Case) -> str:
    """What was kept, in words."""
    where = "".join(f" {words}" for words in filters_words(case.filters))
    if not case.answerable:
        return f"your notes{where} don't answer this"
    quotes = [" ".join(plain_text(piece.quote).split()) for piece in case.evidence]
    paths = ", ".join(dict.fromkeys(piece.path for piece in case.evidence))
    if len(quotes) == 1:
        return f"the answer is “{cut(quotes[0], _LONGEST_KEPT)}” in {paths}"
    return f"the answer stands in {len(quotes)} lines of {paths}"


def lost(key: str) -> Markup:
    """For an answer that the app no longer knows, since it was started again."""
    return macros("feedback.html").lost(key)


def picker(given: SavedExchange, nearest: Sequence[Place]) -> Markup:
    """Asks where the right answer stands: among what is cited, in a note that one opens, or nowhere."""
    citations = []
    for citation in given.answer.citations:
        words = " ".join(citation.quote.text.split())
        citations.append((citation, cut(words, _LONGEST_QUOTE)))
    links = [place_link(place) for place in nearest]
    return macros("feedback.html").picker(citations, links, not given.answer.abstained)


def pick_bar(exchange: Exchange, lines: int) -> Markup:
    """Asks in an opened note for the lines that answer a question; `lines` is how many it has."""
    return macros("feedback.html").line_picker(exchange, lines)
