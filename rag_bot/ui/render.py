"""Answers -> HTML. Everything that comes from a note or a question is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from rag_bot.records import Answer, Citation, Hit, Quote, change_words

_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")


def exchange(question: str, answer_html: str) -> str:
    """A question and what it got."""
    return (
        f'<section class="exchange"><h3 class="question" dir="auto">{escape(question)}</h3>'
        f'<div class="answer">{answer_html}</div></section>'
    )


def waiting() -> str:
    return '<p class="waiting" role="status">Looking through your notes <i></i><i></i><i></i></p>'


def notice(message: str) -> str:
    """Something that went not as hoped, in one line."""
    return f'<p class="notice" role="status">{escape(message)}</p>'


def growing_answer(answer: Answer) -> Iterator[str]:
    """The answer's HTML, each time with one more quote; the last is all of it."""
    if answer.abstained:
        yield f'<p class="abstained">This is not in your notes.</p>{_nearest(answer)}'
        return
    html = ""
    for citation in answer.citations:
        html += _quote(citation)
        yield html
    yield html + _measured(answer)


def _quote(citation: Citation) -> str:
    quote, number = citation.quote, citation.number
    target = _target(quote.note_path, quote.start_line, quote.end_line)
    stale = f' <span class="stale">{escape(change_words(citation.change))}</span>' if citation.stale else ""
    return f"""<figure class="quote" style="--n:{number}">
<a class="number" href="#" {target} aria-label="Citation {number}: show it in the note">{number}</a>
<figcaption class="context" dir="auto">{_context(quote)}</figcaption>
<blockquote dir="auto">{_verbatim(quote.text)}</blockquote>
<p class="source"><a class="place" href="#" {target} dir="auto">{escape(quote.location)}</a>{stale}</p></figure>"""


def _target(path: str, start_line: int, end_line: int) -> str:
    return f'data-note="{escape(path)}" data-start="{start_line}" data-end="{end_line}"'


def _context(quote: Quote) -> str:
    """Title > headings > bullets above; a heading that repeats the title is left out."""
    headings = [heading for heading in quote.headings if heading != quote.title]
    parts = [quote.title, *headings, *quote.context]
    return '<span class="arrow"> › </span>'.join(f"<bdi>{escape(part)}</bdi>" for part in parts if part)


def _verbatim(text: str) -> str:
    """The quote as it stands, line by line; bullets are paler and what wraps hangs below the words."""
    return "".join(_row(line) for line in _LINE_END.split(text))


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
    rows = "".join(f"<li>{_hit(hit)}</li>" for hit in answer.nearest)
    return f'<p class="hint">The nearest passages, which do not answer it:</p><ul class="nearest">{rows}</ul>'


def _hit(hit: Hit) -> str:
    chunk = hit.chunk
    headings = [heading for heading in chunk.headings if heading != hit.note.title]
    title = " › ".join([hit.note.title, *headings])
    return (
        f'<a href="#" {_target(chunk.note_path, chunk.start_line, chunk.end_line)}><b dir="auto">{escape(title)}</b>'
        f'<span class="place" dir="auto">{escape(chunk.location)}</span></a>'
    )


def _measured(answer: Answer) -> str:
    percent = min(99, max(1, round(answer.confidence * 100)))
    milliseconds = answer.timings_ms.get("total", 0.0)
    return (
        '<p class="measured"><span title="The estimated probability that the notes answer this question">'
        f"Confidence {percent}%</span> · {milliseconds / 1000:.1f} s</p>"
    )
