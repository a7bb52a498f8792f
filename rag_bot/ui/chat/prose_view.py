"""What a language model wrote -> HTML: sentences as text, each with what the notes say to it.

A model's words are plain text in paragraphs, lists, tables and code: nothing that it writes becomes a link, an image
or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from rag_bot.conversations.wording import CODE, TABLE, TEXT, code_indent, parts, rows
from rag_bot.records import NO_CLAIM, PARTLY, SUPPORTED, UNSUPPORTED, Answer, Citation, Sentence, support_words
from rag_bot.ui.templating import macros
from rag_bot.ui.words import many

_BULLET = re.compile(r"\n[ \t]*[-*+•][ \t]*$")  # what a point of a list begins with, before its first sentence
_NUMBERED = re.compile(r"\n[ \t]*(\d{1,4})[.)][ \t]*$")
_SORTS = {UNSUPPORTED: "unsupported", PARTLY: "partly"}  # classes in style.css
_Cited = Mapping[int, Citation]


def prose(answer: Answer) -> Markup:
    """The sentences as they were laid out; what is not checked yet is dimmed and says so."""
    cited = {citation.number: citation for citation in answer.citations}
    views = {TEXT: _paragraphs_and_lists, TABLE: _table, CODE: _code}
    blocks = Markup()
    for kind, sentences in parts(answer.sentences):
        blocks += views[kind](sentences, cited)
    return Markup(macros("chat.html").prose(blocks, answer.draft.strip(), busy=bool(answer.draft)))


def share_words(answer: Answer) -> str:
    """How many of the sentences that claim something the notes support."""
    claims = [sentence for sentence in answer.sentences if sentence.support != NO_CLAIM]
    supported = sum(sentence.support == SUPPORTED for sentence in claims)
    if not claims:
        return "no sentence claims anything"
    if supported == len(claims):
        return "its one sentence is supported" if supported == 1 else f"all {supported} sentences are supported"
    return f"{supported} of {many(len(claims), 'sentence')} supported"


def _paragraphs_and_lists(sentences: Sequence[Sentence], cited: _Cited) -> Markup:
    items: list[tuple[str, list[Sentence]]] = []  # what begins a paragraph or a point of a list, and its sentences
    for sentence in sentences:
        if not items or _tag(sentence.before) != "p" or "\n\n" in sentence.before:
            items.append((sentence.before, []))
        items[-1][1].append(sentence)
    html = Markup()
    for tag, group in groupby(items, key=lambda item: _tag(item[0])):
        befores, contents = zip(*group, strict=True)
        shown = [_flowing(content, cited) for content in contents]
        if tag == "p":
            html += macros("chat.html").paragraphs(shown)
        else:
            number = _NUMBERED.search(befores[0])
            html += macros("chat.html").points(tag, int(number[1]) if number else None, shown)
    return html


def _tag(before: str) -> str:
    """The element that a sentence begins or goes on with, by what parts it from the one before."""
    if _BULLET.search(before):
        return "ul"
    return "ol" if _NUMBERED.search(before) else "p"


def _flowing(sentences: Sequence[Sentence], cited: _Cited) -> Markup:
    html = Markup()
    for sentence in sentences:
        gap = Markup("<br>") if "\n" in sentence.before else Markup(" ")
        html += (gap if html else "") + _piece(sentence, sentence.text, _marks(sentence, cited))
    return html


def _table(sentences: Sequence[Sentence], cited: _Cited) -> Markup:
    """Rows of cells; the first row is the head."""

    def show(sentence: Sentence, words: str, is_last: bool) -> str:
        marks = _marks(sentence, cited) if is_last else Markup()
        return _piece(sentence, words, marks) if words or marks else ""

    head, others = rows(sentences, show)
    cells = [[Markup(cell) for cell in row] for row in (head, *others)]  # joined from what `show` made
    return Markup(macros("chat.html").table(cells[0], cells[1:]))


def _code(sentences: Sequence[Sentence], cited: _Cited) -> Markup:
    """Line by line, as far in as it was written."""
    lines = [(code_indent(line.before), _piece(line, line.text, _marks(line, cited))) for line in sentences]
    return Markup(macros("chat.html").code(lines))


def _piece(sentence: Sentence, text: str, marks: Markup) -> Markup:
    """A part of the sentence's words, shown as supported as the sentence is; the last part has its marks."""
    return Markup(macros("chat.html").piece(text, _SORTS.get(sentence.support, ""), marks))


def _marks(sentence: Sentence, cited: _Cited) -> Markup:
    """The numbers that the sentence stands on, and where it doesn't stand on them, that it doesn't and why."""
    citations = [cited[number] for number in sentence.citations if number in cited]
    reasons = [reason if reason.endswith((".", "!", "?")) else f"{reason}." for reason in sentence.reasons]
    label = support_words(sentence.support)
    return Markup(macros("chat.html").marks(citations, _SORTS.get(sentence.support, ""), label, reasons))
