"""Answers -> HTML: quotes where they stand; prose above the lines it cites, each sentence with what they say to it.

Whatever comes from a note, a question or a model is escaped by the templates. What a model writes is plain text in
paragraphs, lists, tables and code: nothing of it becomes a link, an image or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from rag_bot.conversations.layout import CODE, TABLE, TEXT, code_indent, parts, rows
from rag_bot.records import (
    NO_CLAIM,
    PROSE,
    QUOTES,
    REWORDED,
    SUPPORTED,
    UNSUPPORTED,
    Answer,
    Citation,
    Place,
    Sentence,
    change_words,
    difference_words,
    marks_words,
    searched_words,
    support_words,
    verdict_words,
)
from rag_bot.ui.chat.excerpt_view import excerpts
from rag_bot.ui.copying import all_quoted
from rag_bot.ui.notes.links import LinkTargets
from rag_bot.ui.phrases import many
from rag_bot.ui.templating import macros

_ANSWERS = "Your notes answer this."  # the verdict on lines that do, which is not said elsewhere
_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
"""What Markdown begins a point of a list with: a bullet or up to nine digits, and perhaps a box to tick."""
_BULLET = re.compile(r"\n[ \t]*[-*+•][ \t]*$")  # what a point of a list begins with, before its first sentence
_NUMBERED = re.compile(r"\n[ \t]*(\d{1,4})[.)][ \t]*$")
_SORTS = {UNSUPPORTED: "unsupported", REWORDED: "reworded"}  # classes in the styles
_Cited = Mapping[int, Citation]


def waiting(doing: str = "Looking through your notes", *, is_news: bool = False) -> Markup:
    """`is_news` is what is read aloud when it begins, in place of the usual."""
    return macros("chat.html").waiting(doing, is_news)


def notice(message: str) -> Markup:
    """Something that went not as hoped, in one line."""
    return macros("base.html").notice(message)


def place_link(place: Place) -> Markup:
    """Title and place of a passage, which open the note there."""
    return macros("base.html").place_link(place)


def whole_answer(answer: Answer, nearest: Sequence[Place], targets: LinkTargets | None = None) -> Markup:
    """An answer that is whole, in either mode. `nearest` are the passages nearest to one that abstains.

    `targets` are what the links and images of its passages can lead to.
    """
    html, verdict = macros("chat.html"), verdict_words(answer) or (_ANSWERS if answer.mode == QUOTES else "")
    searched = searched_words(answer)
    if answer.abstained:
        return html.abstained(answer, searched, verdict, nearest)
    if answer.mode == PROSE:
        figures, measured = _figures(answer.citations), _measured(answer)
        return html.prose_answer(answer, searched, verdict, prose(answer), figures, measured)
    if answer.statement:
        at_once = len(answer.sentences) - 1  # without the statement
        first, others = answer.citations[:at_once], answer.citations[at_once:]
        left = answer.total - len(answer.citations)
        folded, measured = _figures(others), _measured(answer)
        return html.listed(answer, searched, verdict, _figures(first), folded, len(others), left, measured)
    shown = excerpts(answer, targets) or _figures(answer.citations)  # saved ones of earlier versions have no excerpts
    differences = map(difference_words, answer.differences)
    return html.quotes(answer, searched, verdict, differences, shown, _measured(answer))


def growing_prose(answer: Answer) -> Markup:
    """What a model has written so far."""
    begun = answer.sentences or answer.draft.strip()
    written = prose(answer) if begun else waiting(f"{answer.model} is reading")
    figures = _figures(answer.citations) if begun else ""
    searched, verdict = searched_words(answer), verdict_words(answer)
    return macros("chat.html").prose_answer(answer, searched, verdict, written, figures, "")


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
        rows, copied = _rows(quote.text), all_quoted([citation])
        figures += macros("chat.html").figure(citation.number, quote, context, rows, changed, copied)
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
    """How long it took, who wrote it, and what its marks mean."""
    seconds = f"{answer.timings_ms.get('total', 0.0) / 1000:.1f}"
    usage = answer.usage
    cost = f"{usage.prompt_tokens:,} tokens read, {usage.answer_tokens:,} written" if usage else ""
    share = share_words(answer) if answer.mode == PROSE and answer.sentences else ""
    return macros("chat.html").measured(seconds, answer.model, cost, share, marks_words(answer))


def prose(answer: Answer) -> Markup:
    """The sentences as they were laid out; what is not checked yet is dimmed and says so."""
    cited = {citation.number: citation for citation in answer.citations}
    views = {TEXT: _paragraphs_and_lists, TABLE: _table, CODE: _code}
    blocks = Markup()
    for kind, sentences in parts(answer.sentences):
        blocks += views[kind](sentences, cited)
    return macros("chat.html").prose(blocks, answer.draft.strip(), busy=bool(answer.draft))


def share_words(answer: Answer) -> str:
    """How many of the sentences that claim something are in the notes' words, and how many the notes don't say."""
    claims = [sentence.support for sentence in answer.sentences if sentence.support != NO_CLAIM]
    if not claims:
        return "no sentence claims anything"
    words = {SUPPORTED: "in their words", **{support: support_words(support) for support in (REWORDED, UNSUPPORTED)}}
    counts = [f"{claims.count(support)} {words[support]}" for support in words if support in claims]
    return f"{many(len(claims), 'sentence')}: {', '.join(counts)}"


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
    return macros("chat.html").table(cells[0], cells[1:])


def _code(sentences: Sequence[Sentence], cited: _Cited) -> Markup:
    """Line by line, as far in as it was written."""
    lines = [(code_indent(line.before), _piece(line, line.text, _marks(line, cited))) for line in sentences]
    return macros("chat.html").code(lines)


def _piece(sentence: Sentence, text: str, marks: Markup) -> Markup:
    """A part of the sentence's words, shown as supported as the sentence is; the last part has its marks."""
    return macros("chat.html").piece(text, _SORTS.get(sentence.support, ""), marks)


def _marks(sentence: Sentence, cited: _Cited) -> Markup:
    """The numbers that the sentence stands on, and where it doesn't stand on them, that it doesn't and why."""
    citations = [cited[number] for number in sentence.citations if number in cited]
    reasons = [reason if reason.endswith((".", "!", "?")) else f"{reason}." for reason in sentence.reasons]
    label = support_words(sentence.support)
    return macros("chat.html").marks(citations, _SORTS.get(sentence.support, ""), label, reasons)
