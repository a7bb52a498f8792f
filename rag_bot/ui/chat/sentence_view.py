"""A sentence that a language model wrote -> HTML: its words as text, and what the notes say to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from rag_bot.records import PARTLY, UNSUPPORTED, Citation, Sentence, support_words
from rag_bot.ui.chat.quote_view import target

_SORTS = {UNSUPPORTED: "unsupported", PARTLY: "partly"}


def sentence_html(sentence: Sentence, cited: Mapping[int, Citation]) -> str:
    """The words, the numbers they stand on, and where they don't stand on them, that they don't and why."""
    return piece_html(sentence, sentence.text, marks_html(sentence, cited))


def piece_html(sentence: Sentence, text: str, marks: str = "") -> str:
    """A part of the sentence's words, shown as supported as the sentence is; the last part has its marks."""
    sort = _SORTS.get(sentence.support, "")
    words = f'<span class="words">{escape(text)}</span>'
    return f'<span class="sentence {sort}">{words}{marks}</span>'.replace(' ">', '">')


def marks_html(sentence: Sentence, cited: Mapping[int, Citation]) -> str:
    """The numbers of its citations, and its label where it has one."""
    label = support_words(sentence.support)
    numbers = "".join(_cite(cited[number]) for number in sentence.citations if number in cited)
    return numbers + (_doubt(_SORTS.get(sentence.support, ""), label, sentence.reasons) if label else "")


def _cite(citation: Citation) -> str:
    quote, number = citation.quote, citation.number
    return (
        f'<a class="cite" href="#" data-cites="{number}" {target(quote.note_path, quote.start_line, quote.end_line)} '
        f'aria-label="Citation {number}: show it in the note" title="{escape(quote.location)}">{number}</a>'
    )


def _doubt(sort: str, label: str, reasons: Sequence[str]) -> str:
    """A label after the sentence; its reasons are heard with it, and seen when it is pointed at or has the focus."""
    said = "".join(f"<span>{escape(reason)}</span>" for reason in _ended(reasons))
    why = f'<span class="reasons">{said}</span>' if said else ""
    return f' <span class="doubt {sort}" tabindex="0" role="note">{label}{why}</span>'


def _ended(reasons: Sequence[str]) -> Iterator[str]:
    for reason in reasons:
        yield reason if reason.endswith((".", "!", "?")) else f"{reason}."
