"""What a language model wrote -> HTML: sentences as text, each with what the notes say to it.

A model's words are plain text in paragraphs and lists: nothing that it writes becomes a link, an image or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from rag_bot.records import NO_CLAIM, PARTLY, SUPPORTED, UNSUPPORTED, Answer, Citation, Sentence, support_words
from rag_bot.ui.quote_view import target
from rag_bot.ui.words import many

_BULLET = re.compile(r"\n[ \t]*[-*+•][ \t]*$")
_NUMBERED = re.compile(r"\n[ \t]*(\d{1,4})[.)][ \t]*$")
_SORTS = {UNSUPPORTED: "unsupported", PARTLY: "partly"}
_Item = tuple[str, list[Sentence]]
"""What begins a paragraph or a point of a list, and its sentences."""


def prose(answer: Answer) -> str:
    """The sentences as paragraphs and lists; what is not checked yet is dimmed and says so."""
    cited = {citation.number: citation for citation in answer.citations}
    kinds = groupby(_items(answer.sentences), key=lambda item: _kind(item[0]))
    blocks = "".join(_block(kind, list(items), cited) for kind, items in kinds)
    busy = ' aria-busy="true"' if answer.draft else ""
    return f'<div class="written"{busy}>{blocks}{_draft(answer.draft)}</div>'


def share_words(answer: Answer) -> str:
    """How many of the sentences that claim something the notes support."""
    claims = [sentence for sentence in answer.sentences if sentence.support != NO_CLAIM]
    supported = sum(sentence.support == SUPPORTED for sentence in claims)
    if not claims:
        return "no sentence claims anything"
    if supported == len(claims):
        return "its one sentence is supported" if supported == 1 else f"all {supported} sentences are supported"
    return f"{supported} of {many(len(claims), 'sentence')} supported"


def _items(sentences: Sequence[Sentence]) -> list[_Item]:
    """The sentences by paragraph and point."""
    items: list[_Item] = []
    for sentence in sentences:
        if not items or _kind(sentence.before) != "p" or "\n\n" in sentence.before:
            items.append((sentence.before, []))
        items[-1][1].append(sentence)
    return items


def _kind(before: str) -> str:
    if _BULLET.search(before):
        return "ul"
    return "ol" if _NUMBERED.search(before) else "p"


def _block(kind: str, items: list[_Item], cited: Mapping[int, Citation]) -> str:
    if kind == "p":
        return "".join(f'<p dir="auto">{_sentences(sentences, cited)}</p>' for _, sentences in items)
    numbered = _NUMBERED.search(items[0][0])
    start = f' start="{int(numbered[1])}"' if numbered else ""
    points = "".join(f'<li dir="auto">{_sentences(sentences, cited)}</li>' for _, sentences in items)
    return f"<{kind}{start}>{points}</{kind}>"


def _sentences(sentences: Sequence[Sentence], cited: Mapping[int, Citation]) -> str:
    first, *others = (_sentence(sentence, cited) for sentence in sentences)
    gaps = ("<br>" if "\n" in sentence.before else " " for sentence in sentences[1:])
    return first + "".join(gap + other for gap, other in zip(gaps, others, strict=True))


def _sentence(sentence: Sentence, cited: Mapping[int, Citation]) -> str:
    """The words, the numbers they stand on, and where they don't stand on them, that they don't and why."""
    sort, label = _SORTS.get(sentence.support, ""), support_words(sentence.support)
    marks = "".join(_cite(cited[number]) for number in sentence.citations if number in cited)
    words = f'<span class="words">{escape(sentence.text)}</span>'
    doubt = _doubt(sort, label, sentence.reasons) if label else ""
    return f'<span class="sentence {sort}">{words}{marks}{doubt}</span>'.replace(' ">', '">')


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


def _draft(draft: str) -> str:
    if not draft.strip():
        return ""
    checked = '<span class="checking" role="status">being checked</span>'
    return f'<p class="draft" dir="auto"><span class="words">{escape(draft.strip())}</span> {checked}</p>'
