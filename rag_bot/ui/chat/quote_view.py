"""Lines of a note -> HTML: a quote as a figure, and links that open a note at its lines."""

from __future__ import annotations

import re
from html import escape

from rag_bot.records import Citation, Place, Quote, change_words

_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")


def figure(citation: Citation) -> str:
    """A citation: its number, where the lines stand, and the lines as they stand there."""
    quote, number = citation.quote, citation.number
    place = target(quote.note_path, quote.start_line, quote.end_line)
    stale = f' <span class="stale">{escape(change_words(citation.change))}</span>' if citation.stale else ""
    return f"""<figure class="quote" data-number="{number}" style="--n:{number}">
<a class="number" href="#" {place} aria-label="Citation {number}: show it in the note">{number}</a>
<figcaption class="context" dir="auto">{_context(quote)}</figcaption>
<blockquote dir="auto">{_verbatim(quote.text)}</blockquote>
<p class="source"><a class="place" href="#" {place} dir="auto">{escape(quote.location)}</a>{stale}</p></figure>"""


def target(path: str, start_line: int, end_line: int) -> str:
    """The attributes of a link that opens a note at these lines."""
    return f'data-note="{escape(path)}" data-start="{start_line}" data-end="{end_line}"'


def place_link(place: Place) -> str:
    """Title and place of a passage, which open the note there."""
    return (
        f'<a href="#" {target(place.path, place.start_line, place.end_line)}><b dir="auto">{escape(place.name)}</b>'
        f'<span class="place" dir="auto">{escape(place.location)}</span></a>'
    )


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
