"""Answers -> HTML. Everything that comes from a note or a question is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from rag_bot.records import Answer, Citation, Quote, change_words
from rag_bot.ui.exchange import Place

_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")


def exchange(question: str, answer_html: str, feedback_html: str = "") -> str:
    """A question, what it got, and what a person may say of that."""
    return (
        f'<section class="exchange"><h3 class="question" dir="auto">{escape(question)}</h3>'
        f'<div class="answer">{answer_html}</div>{feedback_html}</section>'
    )


def waiting() -> str:
    return '<p class="waiting" role="status">Looking through your notes <i></i><i></i><i></i></p>'


def notice(message: str) -> str:
    """Something that went not as hoped, in one line."""
    return f'<p class="notice" role="status">{escape(message)}</p>'


def growing_answer(answer: Answer) -> Iterator[str]:
    """The answer's HTML, each time with one more quote; the last is all of it."""
    html = _searched(answer)
    if answer.abstained:
        yield f'{html}<p class="abstained">This is not in your notes.</p>{_nearest(answer)}'
        return
    for citation in answer.citations:
        html += _quote(citation)
        yield html
    yield html + _measured(answer)


def _searched(answer: Answer) -> str:
    """What was searched for, where that is not what was asked."""
    return f'<p class="searched" dir="auto">Searched for: {escape(answer.reworded)}</p>' if answer.reworded else ""


def _quote(citation: Citation) -> str:
    quote, number = citation.quote, citation.number
    place = target(quote.note_path, quote.start_line, quote.end_line)
    stale = f' <span class="stale">{escape(change_words(citation.change))}</span>' if citation.stale else ""
    return f"""<figure class="quote" style="--n:{number}">
<a class="number" href="#" {place} aria-label="Citation {number}: show it in the note">{number}</a>
<figcaption class="context" dir="auto">{_context(quote)}</figcaption>
<blockquote dir="auto">{_verbatim(quote.text)}</blockquote>
<p class="source"><a class="place" href="#" {place} dir="auto">{escape(quote.location)}</a>{stale}</p></figure>"""


def target(path: str, start_line: int, end_line: int) -> str:
    """The attributes of a link that opens a note at these lines."""
    return f'data-note="{escape(path)}" data-start="{start_line}" data-end="{end_line}"'


def _context(quote: Quote) -> str:
    """Title > headings > bullets above; a heading that repeats the title is left out."""
    headings = [heading for heading in quote.headings if heading != quote.title]
    parts = [quote.title, *headings, *quote.context]
    return '<span class="arrow"> › </span>'.join(f"<bdi>{escape(part)}</bdi>" for part in parts if part)


def _verbatim(text: str) -> str:
    """The quote as it stands, line by line; bullets are paler and what wraps hangs below the words."""
    return "".join(_row(line) for line in _LINE_END.split(text))


def bare(text: str) -> str:
    """A quote without the white space around it and the bullet before it; what is nothing but a bullet stays."""
    text = text.strip()
    marker = _MARKER.match(text)
    return text[marker.end() :] or text if marker else text


def _row(line: str) -> str:
    marker = _MARKER.match(line)
    if not marker:
        return f'<span class="row">{escape(line)}</span>'
    hang = sum(0.25 if mark in " ." else 0.34 if mark in "-*+" else 1 if mark == "\t" else 0.5 for mark in marker[0])
    words = escape(line[marker.end() :])
    return (
        f'<span class="row" style="--hang:{hang:.2f}em"><span class="marker">{escape(marker[0])}</span>{words}</span>'
    )


def _nearest(answer: Answer) -> str:
    if not answer.nearest:
        return ""
    rows = "".join(f"<li>{place_link(Place.of(hit))}</li>" for hit in answer.nearest)
    return f'<p class="hint">The nearest passages, which do not answer it:</p><ul class="nearest">{rows}</ul>'


def place_link(place: Place) -> str:
    """Title and place of a passage, which open the note there."""
    return (
        f'<a href="#" {target(place.path, place.start_line, place.end_line)}><b dir="auto">{escape(place.title)}</b>'
        f'<span class="place" dir="auto">{escape(place.location)}</span></a>'
    )


def _measured(answer: Answer) -> str:
    percent = min(99, max(1, round(answer.confidence * 100)))
    milliseconds = answer.timings_ms.get("total", 0.0)
    return (
        '<p class="measured"><span title="The estimated probability that the notes answer this question">'
        f"Confidence {percent}%</span> · {milliseconds / 1000:.1f} s</p>"
    )
