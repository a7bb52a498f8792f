"""The excerpts of an answer as HTML: the best one whole, the others in one line each, to open."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from rag_bot.markdown import format_of, table_cells
from rag_bot.records import Answer, Citation, Excerpt, Quote, change_words
from rag_bot.ui.copying import Copy, all_quoted
from rag_bot.ui.notes.links import LinkTargets
from rag_bot.ui.notes.marked_view import Mark, code_marked, is_rows, plain_marked, render_marked
from rag_bot.ui.phrases import quote_words
from rag_bot.ui.templating import macros

_LONGEST_BEGINNING = 200  # characters of a folded excerpt's first cited line; more than fit; set by hand


def excerpts(answer: Answer, targets: LinkTargets | None = None) -> Markup:
    """All excerpts; open besides the first are those in which lines differ from others that are cited.

    Without `targets`, links lead only to the web.
    """
    targets = targets or LinkTargets(())
    cited = {citation.number: citation for citation in answer.citations}
    differing = {number for difference in answer.differences for number in difference.citations}
    html = Markup()
    for position, excerpt in enumerate(answer.excerpts, start=1):
        citations = [cited[number] for number in excerpt.citations if number in cited]
        inside = _inside(excerpt, citations, targets)
        if position == 1:
            html += macros("excerpts.html").whole(position, *inside)
        else:
            key = f"{answer.question} {excerpt.location}"
            begins = quote_words(citations[0].quote, _LONGEST_BEGINNING) if citations else ""
            is_open = not differing.isdisjoint(excerpt.citations)
            html += macros("excerpts.html").folded(position, key, is_open, citations, begins, *inside)
    return html


def _inside(
    excerpt: Excerpt, citations: Sequence[Citation], targets: LinkTargets
) -> tuple[list[str], str, Markup, list[tuple[str, Quote]], list[str], Copy]:
    """What it stands under, its date, its text, its places, what is doubtful of the note or has become of it, and what
    is copied of it."""
    header = excerpt.context[-1] if excerpt.context and is_rows(excerpt.text) else ""
    heads = {header} | {" | ".join(filter(None, table_cells(line))) for line in excerpt.text.splitlines()}
    above = [part for part in excerpt.context if part not in heads]
    headings = [heading for heading in excerpt.headings if heading != excerpt.title]
    context = [part for part in (excerpt.title, *headings, *above) if part]
    date = "" if excerpt.date in excerpt.title else excerpt.date
    changes = dict.fromkeys(change_words(citation.change) for citation in citations if citation.stale)
    return (
        context,
        date,
        _body(excerpt, citations, header, targets),
        _places(citations),
        [*excerpt.doubts, *filter(None, changes)],
        all_quoted(citations),
    )


def _body(excerpt: Excerpt, citations: Sequence[Citation], header: str, targets: LinkTargets) -> Markup:
    """The text with its cited lines marked; numbers of lines that are not in it stand below."""
    marks, below = [], Markup()
    for citation in citations:
        start, end = (char - excerpt.start_char for char in (citation.quote.start_char, citation.quote.end_char))
        badge = macros("base.html").cite(citation)
        if start >= 0 and excerpt.text[start:end] == citation.quote.text:
            marks.append(Mark(start, end, badge))
        else:
            below += badge
    if excerpt.is_code:
        body = code_marked(excerpt.text, marks)
    elif format_of(excerpt.note_path).is_markdown:
        body = render_marked(excerpt.text, marks, header, targets.of(excerpt.note_path))
    else:
        body = plain_marked(excerpt.text, marks)
    return Markup('<div class="markdown">{}</div>{}').format(body, below)


def _places(citations: Sequence[Citation]) -> list[tuple[str, Quote]]:
    """The place of each citation in the order of the note: path and lines, and of further ones the lines."""
    quotes = {citation.quote.location: citation.quote for citation in citations}
    ordered = sorted(quotes.values(), key=lambda quote: quote.start_line)
    path = f"{ordered[0].note_path}:" if ordered else ""
    return [(quote.located.removeprefix(path if place else ""), quote) for place, quote in enumerate(ordered)]
