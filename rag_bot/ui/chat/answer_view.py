"""Answers -> HTML: quotes as figures, prose above the lines it cites, and links that open a note at its lines.

Whatever comes from a note, a question or a model is escaped by the templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from rag_bot.records import PROSE, Answer, Citation, Place, change_words
from rag_bot.ui.chat.prose_view import prose, share_words
from rag_bot.ui.templating import macros

_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
"""What Markdown begins a point of a list with: a bullet or up to nine digits, and perhaps a box to tick."""


def waiting(doing: str = "Looking through your notes") -> Markup:
    return Markup(macros("chat.html").waiting(doing))


def notice(message: str) -> Markup:
    """Something that went not as hoped, in one line."""
    return Markup(macros("base.html").notice(message))


def place_link(place: Place) -> Markup:
    """Title and place of a passage, which open the note there."""
    return Markup(macros("base.html").place_link(place))


def whole_answer(answer: Answer, nearest: Sequence[Place]) -> Markup:
    """An answer that is whole, in either mode. `nearest` are the passages nearest to one that abstains."""
    html = macros("chat.html")
    if answer.abstained:
        return Markup(html.abstained(answer, nearest))
    figures, measured = _figures(answer.citations), _measured(answer)
    if answer.mode == PROSE:
        return Markup(html.prose_answer(answer, prose(answer), figures, measured))
    return Markup(html.quotes(answer, figures, measured))


def growing_prose(answer: Answer) -> Markup:
    """What a model has written so far."""
    begun = answer.sentences or answer.draft.strip()
    written = prose(answer) if begun else waiting(f"{answer.model} is reading")
    figures = _figures(answer.citations) if begun else ""
    return Markup(macros("chat.html").prose_answer(answer, written, figures, ""))


def bare(text: str) -> str:
    """A quote without the white space around it and the bullet before it; what is nothing but a bullet stays."""
    text = text.strip()
    marker = _MARKER.match(text)
    return text[marker.end() :] or text if marker else text


def _figures(citations: Sequence[Citation]) -> Markup:
    figures = Markup()
    for citation in citations:
        quote = citation.quote
        headings = [heading for heading in quote.headings if heading != quote.title]
        context = [part for part in (quote.title, *headings, *quote.context) if part]
        changed = change_words(citation.change) if citation.stale else ""
        figures += macros("chat.html").figure(citation.number, quote, context, _rows(quote.text), changed)
    return figures


def _rows(text: str) -> Iterator[tuple[str, str, str]]:
    """The quote as it stands, line by line: bullets are paler, and what wraps hangs below the words."""
    for line in _LINE_END.split(text):
        match = _MARKER.match(line)
        marker = match[0] if match else ""
        # in em, by eye: how wide each character is in the font of quotes
        hang = sum(0.25 if mark in " ." else 0.34 if mark in "-*+" else 1 if mark == "\t" else 0.5 for mark in marker)
        yield f"{hang:.2f}", marker, line[len(marker) :]


def _measured(answer: Answer) -> Markup:
    """How sure it is, how long it took, and who wrote it."""
    percent = min(99, max(1, round(answer.confidence * 100)))
    seconds = f"{answer.timings_ms.get('total', 0.0) / 1000:.1f}"
    usage = answer.usage
    cost = f"{usage.prompt_tokens:,} tokens read, {usage.answer_tokens:,} written" if usage else ""
    share = share_words(answer) if answer.mode == PROSE and answer.sentences else ""
    return Markup(macros("chat.html").measured(percent, seconds, answer.model, cost, share))
