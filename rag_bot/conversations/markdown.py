"""A conversation -> Markdown to keep or to send: only its own marks are marks, whatever the texts in it contain.

What people and models wrote is escaped, and what notes say stands in fences, word for word: there is no link, image or
HTML in the page (https://spec.commonmark.org/0.31.2/#backslash-escapes, #fenced-code-blocks).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from rag_bot.conversations.exchange import Conversation, SavedExchange
from rag_bot.conversations.layout import CODE, TABLE, code_indent, parts, rows
from rag_bot.records import (
    NO_CLAIM,
    PROSE,
    REWORDED,
    SUPPORTED,
    Sentence,
    change_words,
    difference_words,
    filters_words,
    heading_path,
    marks_words,
    searched_words,
    support_words,
    verdict_words,
)

_LINE_END = re.compile(r"\r\n|\n|\r")
# Must match in a line: what begins code, emphasis, links, HTML, tables, formulas; what GitHub makes links of; and what
# ends a heading.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$@]|&(?=#?\w+;)|:(?=//)|(?<=www)\.|#(?=#*$)", re.IGNORECASE)
# Must match at its beginning: headings, lists, rules, underlines of headings, and what may follow a mark like [1].
_OPENING = re.compile(r"[#+\-=(:]|(?<=\d)[.)](?=\s|$)")
# Must match controls but for tabs and line ends, other separators of lines, and lone surrogates.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Must match all of what a sentence may have before it: white space, and the mark of a list.
_PARTING = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?")


def conversation_markdown(conversation: Conversation, exchanges: Sequence[SavedExchange]) -> str:
    """Title, dates, then each question with its answer and the lines that it stands on."""
    counted = f"{len(exchanges)} question{'' if len(exchanges) == 1 else 's'}"
    dates = f"Begun {_day_time(conversation.created)}, last changed {_day_time(conversation.changed)}, {counted}."
    blocks = [f"# {_in_a_line(conversation.title)}", dates]
    for exchange in exchanges:
        blocks += _exchange(exchange)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _exchange(exchange: SavedExchange) -> Iterator[str]:
    """The blocks of a question and its answer; some may be empty."""
    answer, model = exchange.answer, _in_a_line(exchange.answer.model)
    yield f"## {_in_a_line(exchange.question)}"
    if answer.abstained:
        origin = "The notes don't answer it."
    elif answer.mode == PROSE:
        author = f"written by {model or 'a language model'}, each sentence checked against the notes"
        origin = f"Mode: {_in_a_line(answer.mode)}, {author}."
    else:
        after = f", after {model} was asked" if model else ""
        origin = f"Mode: {_in_a_line(answer.mode)}, lines of the notes{after}."
    where = ", ".join(map(_in_a_line, filters_words(exchange.filters)))
    yield f"Asked {' '.join(filter(None, (_day_time(exchange.asked), where)))}. {origin}"
    yield "\n\n".join(map(_in_a_line, searched_words(answer)))
    if answer.notice:
        yield f"Notice: {_in_a_line(answer.notice)}"
    if not answer.abstained:  # its text is the verdict
        yield _in_a_line(verdict_words(answer))
    yield "\n\n".join(_in_a_line(difference_words(difference)) for difference in answer.differences)
    if answer.mode == PROSE or not answer.citations:  # quotes stand below, with their places, and only there
        yield "\n\n".join(filter(None, laid_out(answer.sentences))) or escaped(answer.text)
        yield f"⚠ not checked: {escaped(answer.draft)}" if answer.draft.strip() else ""
        yield marks_words(answer)
    for citation in answer.citations:
        quote = citation.quote
        name = _in_a_line(heading_path(quote.title, (*quote.headings, *quote.context)))
        change = f" ({change_words(citation.change) or 'changed since'})" if citation.stale else ""
        yield f"[{citation.number}] {_in_a_line(quote.located)} — {name}{change}"
        yield fenced(quote.text)
    if exchange.nearest:
        yield "The nearest passages, which may not answer it:"
        yield "\n".join(f"- {_in_a_line(place.located)} — {_in_a_line(place.name)}" for place in exchange.nearest)


def laid_out(sentences: Sequence[Sentence]) -> Iterator[str]:
    """The sentences as they were written, with tables as tables and code in fences."""
    for kind, group in parts(sentences):
        if kind == CODE:
            yield from _code(group)
        elif kind == TABLE:
            yield _table(group)
        else:
            yield "".join(map(_sentence, group)).strip()


def _sentence(sentence: Sentence) -> str:
    """What parts it, a warning where the notes don't say it, the words, the numbers of its citations, and whose words
    they are."""
    parting = sentence.before if _PARTING.fullmatch(sentence.before) else f" {escaped(sentence.before)} "
    parting = _LINE_END.sub("\n", _UNSEEN.sub("", parting))
    warning = f"{words}: " if (words := _warning(sentence)) else ""
    return f"{parting}{warning}{' '.join([escaped(sentence.text), *_remarks(sentence)])}"


def _table(sentences: Sequence[Sentence]) -> str:
    """https://github.github.com/gfm/#tables-extension-: no cell has a border in it that is not escaped."""

    def show(sentence: Sentence, words: str, is_last: bool) -> str:
        return f"{_in_a_line(words)} {_marks(sentence) if is_last else ''}".strip()

    head, others = rows(sentences, show, escaped("|"))
    ruled = [head, ["---"] * len(head), *(row + [""] * (len(head) - len(row)) for row in others)]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _code(sentences: Sequence[Sentence]) -> Iterator[str]:
    """The lines and nothing else, to be copied; below, what the notes say to them, by number unless it is all alike."""
    code = [f"{code_indent(line.before)}{_LINE_END.sub(' ', _UNSEEN.sub(' ', line.text))}" for line in sentences]
    yield "\n".join(_fence(code))
    numbered = enumerate(map(_marks, sentences), start=1)
    alike = [(marks, [number for number, _ in run]) for marks, run in groupby(numbered, itemgetter(1))]
    if len(alike) == 1:
        marks, _ = alike[0]
        yield f"The code above: {marks}" if marks else ""
        return
    lines = (
        f"- {f'Line {numbers[0]}' if len(numbers) == 1 else f'Lines {numbers[0]} to {numbers[-1]}'}: {marks}"
        for marks, numbers in alike
        if marks
    )
    yield "\n".join(lines)


def _marks(sentence: Sentence) -> str:
    """All that is said of a sentence, to stand after it."""
    return " ".join(filter(None, (*_remarks(sentence), _warning(sentence))))


def _remarks(sentence: Sentence) -> list[str]:
    """The numbers of its citations, and that it is in other words than these: nothing to be warned of."""
    numbers = [f"[{number}]" for number in sentence.citations]
    return [*numbers, f"({_mark(sentence)})"] if sentence.support == REWORDED else numbers


def _warning(sentence: Sentence) -> str:
    """That the notes don't say a sentence, and why; "" where there is nothing to be warned of."""
    return "" if sentence.support in (SUPPORTED, REWORDED, NO_CLAIM) else f"⚠ {_mark(sentence)}"


def _mark(sentence: Sentence) -> str:
    """What was found of a sentence, with the reasons."""
    reasons = _in_a_line("; ".join(sentence.reasons))
    return f"{support_words(sentence.support) or 'not checked'}{f', {reasons}' if reasons else ''}"


def fenced(text: str) -> str:
    """A block quote that holds the text as it stands: code, in a fence longer than any in the text."""
    return "\n".join(f"> {line}" if line else ">" for line in _fence(_LINE_END.split(text)))


def _fence(lines: Sequence[str]) -> list[str]:
    lines = [line.encode("utf-8", "replace").decode() for line in lines]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *lines, fence]


def escaped(text: str) -> str:
    """The text so that Markdown shows its words as they are, each line for itself."""
    lines = []
    for line in _LINE_END.split(_UNSEEN.sub(" ", text)):
        words = _SPECIAL.sub(r"\\\g<0>", line.strip())
        number = re.match(r"\d{0,9}", words)  # a list's: CommonMark allows nine digits
        start = number.end() if number else 0
        lines.append(f"{words[:start]}\\{words[start:]}" if _OPENING.match(words, start) else words)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _in_a_line(text: str) -> str:
    """As `escaped`, on one line."""
    return escaped(" ".join(text.split()))


def _day_time(moment: str) -> str:
    try:
        return f"{datetime.datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"
    except ValueError:
        return _in_a_line(moment) or "at an unknown time"
