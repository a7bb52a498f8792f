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
from typing import TYPE_CHECKING

from rag_bot.conversations.exchange import SavedExchange
from rag_bot.conversations.wording import CODE, TABLE, code_indent, parts, rows
from rag_bot.records import (
    NO_CLAIM,
    PROSE,
    SUPPORTED,
    Answer,
    Citation,
    Place,
    Sentence,
    change_words,
    heading_path,
    support_words,
)

if TYPE_CHECKING:
    from rag_bot.conversations.database import Conversation

_LINE_END = re.compile(r"\r\n|\n|\r")
# In a line: what begins code, emphasis, links, HTML, tables, formulas; what GitHub makes links of; what ends a heading.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$@]|&(?=#?\w+;)|:(?=//)|(?<=www)\.|#(?=#*$)", re.IGNORECASE)
# At its beginning: headings, lists, rules, underlines of headings, and what may follow a mark like [1].
_OPENING = re.compile(r"[#+\-=(:]|(?<=\d)[.)](?=\s|$)")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PARTING = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?")


def conversation_markdown(conversation: Conversation, exchanges: Sequence[SavedExchange]) -> str:
    """Title, dates, then each question with its answer and the lines that it stands on."""
    counted = f"{len(exchanges)} question{'' if len(exchanges) == 1 else 's'}"
    dates = f"Begun {_day_time(conversation.created)}, last changed {_day_time(conversation.changed)}, {counted}."
    blocks = [f"# {_line(conversation.title)}", dates]
    for exchange in exchanges:
        blocks += _exchange(exchange)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _exchange(exchange: SavedExchange) -> Iterator[str]:
    answer = exchange.answer
    yield f"## {_line(exchange.question)}"
    yield _circumstances(exchange)
    if answer.reworded:
        yield f"Searched for: {_line(answer.reworded)}"
    if answer.notice:
        yield f"Notice: {_line(answer.notice)}"
    yield _said(answer)
    yield from (_citation(citation) for citation in answer.citations)
    if exchange.nearest:
        yield "The nearest passages, which may not answer it:"
        yield "\n".join(f"- {_place(place)}" for place in exchange.nearest)


def _circumstances(exchange: SavedExchange) -> str:
    """When and where it was asked, and who wrote the answer, if there is one."""
    answer, model = exchange.answer, _line(exchange.answer.model)
    where = f" in {_line(exchange.folder)}" if exchange.folder else ""
    if answer.abstained:
        return f"Asked {_day_time(exchange.asked)}{where}. The notes don't answer it."
    if answer.mode == PROSE:
        who = f"written by {model or 'a language model'}, each sentence checked against the notes"
    else:
        who = f"lines of the notes{f', after {model} was asked' if model else ''}"
    return f"Asked {_day_time(exchange.asked)}{where}. Mode: {_line(answer.mode)}, {who}."


def _said(answer: Answer) -> str:
    """The sentences with their marks. Quotes are not said twice: they stand below, with their places."""
    if answer.mode != PROSE and answer.citations:
        return ""
    draft = [f"⚠ not checked: {escaped(answer.draft)}"] if answer.draft.strip() else []
    said = "\n\n".join(filter(None, _laid_out(answer.sentences))) or escaped(answer.text)
    return "\n\n".join(part for part in (said, *draft) if part)


def _laid_out(sentences: Sequence[Sentence]) -> Iterator[str]:
    """The sentences as they were written, with tables as tables and code in fences."""
    for kind, some in parts(sentences):
        if kind == CODE:
            yield "\n".join(_fence([_code_line(one) for one in some]))
            yield _code_marks(some)
        elif kind == TABLE:
            yield _table(some)
        else:
            yield "".join(map(_sentence, some)).strip()


def _table(sentences: Sequence[Sentence]) -> str:
    """https://github.github.com/gfm/#tables-extension-: no cell has a border in it that is not escaped."""
    head, others = rows(sentences, _piece, escaped("|"))
    ruled = [head, ["---"] * len(head), *(row + [""] * (len(head) - len(row)) for row in others)]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _piece(sentence: Sentence, words: str, is_last: bool) -> str:
    """Words of a sentence in a cell; after the last ones, what the notes say to it."""
    marks = _marks(sentence) if is_last else ""
    return f"{_line(words)} {marks}".strip()


def _code_line(sentence: Sentence) -> str:
    """The line and nothing else, to be copied."""
    return f"{code_indent(sentence.before)}{_LINE_END.sub(' ', _UNSEEN.sub(' ', sentence.text))}"


def _code_marks(sentences: Sequence[Sentence]) -> str:
    """What the notes say to the lines above it, each with its number where they don't say the same of all."""
    numbered = enumerate(map(_marks, sentences), start=1)
    alike = [(marks, [number for number, _ in some]) for marks, some in groupby(numbered, itemgetter(1))]
    if len(alike) == 1:
        marks, _ = alike[0]
        return f"The code above: {marks}" if marks else ""
    return "\n".join(f"- {_line_numbers(lines)}: {marks}" for marks, lines in alike if marks)


def _line_numbers(lines: Sequence[int]) -> str:
    return f"Line {lines[0]}" if len(lines) == 1 else f"Lines {lines[0]} to {lines[-1]}"


def _marks(sentence: Sentence) -> str:
    """The numbers of its citations, and what the notes don't say of it, to stand after it."""
    numbers = [f"[{number}]" for number in sentence.citations]
    return " ".join([*numbers, _warning(sentence)]).removesuffix(": ").strip()


def _sentence(sentence: Sentence) -> str:
    """What parts it, a warning where it is not supported, the words, and the numbers of its citations."""
    parting = sentence.before if _PARTING.fullmatch(sentence.before) else f" {escaped(sentence.before)} "
    warning = _warning(sentence)
    marks = "".join(f" [{number}]" for number in sentence.citations)
    parting = _LINE_END.sub("\n", _UNSEEN.sub("", parting))
    return f"{parting}{warning}{escaped(sentence.text)}{marks}"


def _warning(sentence: Sentence) -> str:
    """What the notes don't say of a sentence."""
    if sentence.support in (SUPPORTED, NO_CLAIM):
        return ""
    said = _line("; ".join(sentence.reasons))
    return f"⚠ {support_words(sentence.support) or 'not checked'}{f' ({said})' if said else ''}: "


def _citation(citation: Citation) -> str:
    """Number and place, then the lines of the note in a fence inside a block quote."""
    quote = citation.quote
    stale = f" ({change_words(citation.change) or 'changed since'})" if citation.stale else ""
    place = f"[{citation.number}] {_line(quote.location)} — {_line(heading_path(quote.title, quote.headings))}{stale}"
    return f"{place}\n\n{fenced(quote.text)}"


def _place(place: Place) -> str:
    return f"{_line(place.location)} — {_line(place.name)}"


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
    lines = (_escaped_line(line.strip()) for line in _LINE_END.split(_UNSEEN.sub(" ", text)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _escaped_line(line: str) -> str:
    line = _SPECIAL.sub(r"\\\g<0>", line)
    opening = re.match(r"\d{0,9}", line)
    at = opening.end() if opening else 0
    return f"{line[:at]}\\{line[at:]}" if _OPENING.match(line, at) else line


def _line(text: str) -> str:
    """As `escaped`, on one line."""
    return escaped(" ".join(text.split()))


def _day_time(moment: str) -> str:
    try:
        return f"{datetime.datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"
    except ValueError:
        return _line(moment) or "at an unknown time"
