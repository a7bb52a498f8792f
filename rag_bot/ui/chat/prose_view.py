"""What a language model wrote -> HTML: sentences as text, each with what the notes say to it.

A model's words are plain text in paragraphs, lists, tables and code: nothing that it writes becomes a link, an image
or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

from rag_bot.conversations.layout import CODE, TABLE, parts
from rag_bot.records import NO_CLAIM, SUPPORTED, Answer, Citation, Sentence
from rag_bot.ui.chat.laid_out import code, table
from rag_bot.ui.chat.sentence_view import sentence_html
from rag_bot.ui.words import many

_BULLET = re.compile(r"\n[ \t]*[-*+•][ \t]*$")
_NUMBERED = re.compile(r"\n[ \t]*(\d{1,4})[.)][ \t]*$")
_Item = tuple[str, list[Sentence]]
"""What begins a paragraph or a point of a list, and its sentences."""


def prose(answer: Answer) -> str:
    """The sentences as they were laid out; what is not checked yet is dimmed and says so."""
    cited = {citation.number: citation for citation in answer.citations}
    views = {TABLE: table, CODE: code}
    blocks = "".join(views.get(kind, _text)(some, cited) for kind, some in parts(answer.sentences))
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


def _text(sentences: Sequence[Sentence], cited: Mapping[int, Citation]) -> str:
    """Paragraphs and lists."""
    kinds = groupby(_items(sentences), key=lambda item: _kind(item[0]))
    return "".join(_block(kind, list(items), cited) for kind, items in kinds)


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
    first, *others = (sentence_html(sentence, cited) for sentence in sentences)
    gaps = ("<br>" if "\n" in sentence.before else " " for sentence in sentences[1:])
    return first + "".join(gap + other for gap, other in zip(gaps, others, strict=True))


def _draft(draft: str) -> str:
    if not draft.strip():
        return ""
    checked = '<span class="checking" role="status">being checked</span>'
    return f'<p class="draft" dir="auto"><span class="words">{escape(draft.strip())}</span> {checked}</p>'
