"""The sentences that a language model wrote -> the text, tables and code that it laid them out as."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from rag_bot.records import Sentence

TEXT, TABLE, CODE = "text", "table", "code"
"""What a model lays its sentences out as."""
_BORDER = "|"
_FEWEST_BORDERS = 3  # in the first row of a table: one at its beginning, one at its end, and one between two columns
# Must match what parts a line of code from what is before it: line ends, four spaces, and how much further in it is.
_CODE = re.compile(r"\n{1,2} {4}([ \t]*)")
_Show = Callable[[Sentence, str, bool], str]


def code_indent(before: str) -> str | None:
    """How far in a line of code stands, as white space; None where what `before` parts is no code.

    As in Markdown, code is what begins four spaces into its line (https://spec.commonmark.org/0.31.2/#indented-code).
    """
    code = _CODE.fullmatch(before)
    return code[1] if code else None


def parts(sentences: Sequence[Sentence]) -> Iterator[tuple[str, list[Sentence]]]:
    """The sentences in their order, by what they are part of: TEXT, a TABLE or CODE."""
    for kind, group in groupby(_lines(sentences), key=_kind):
        lines = list(group)
        if kind == TABLE:
            head = "".join(sentence.text for sentence in lines[0])
            is_table = len(lines) > 1 and head.endswith(_BORDER) and head.count(_BORDER) >= _FEWEST_BORDERS
            kind = TABLE if is_table else TEXT
        yield kind, [sentence for line in lines for sentence in line]


def rows(sentences: Sequence[Sentence], show: _Show, border: str = _BORDER) -> tuple[list[str], list[list[str]]]:
    """A table's head and its other rows, each as its cells, of which the head has as many as any.

    `show` is given a sentence, the words of it in a cell, and whether they are its last: it makes what stands there.
    `border` is how a border is shown that is no more than a mark, inside the last cell of a row.
    """
    head, *others = (_cells(line, show) for line in _lines(sentences))
    last = len(head) - 1
    return head, [row if len(row) <= len(head) else [*row[:last], f" {border} ".join(row[last:])] for row in others]


def _lines(sentences: Sequence[Sentence]) -> list[list[Sentence]]:
    """The sentences line by line; each sentence of code is a line."""
    lines: list[list[Sentence]] = []
    for sentence in sentences:
        if not lines or "\n" in sentence.before or code_indent(lines[-1][0].before) is not None:
            lines.append([])
        lines[-1].append(sentence)
    return lines


def _kind(line: Sequence[Sentence]) -> str:
    """What a line looks like by itself; rows without a head before them turn out to be text."""
    if code_indent(line[0].before) is not None:
        return CODE
    borders = sum(sentence.text.count(_BORDER) for sentence in line)
    return TABLE if line[0].text.startswith(_BORDER) and borders > 1 else TEXT


def _cells(line: Sequence[Sentence], show: _Show) -> list[str]:
    """A sentence may go through several cells, and a cell may hold several sentences."""
    cells = [""]
    for sentence in line:
        pieces = [piece.strip() for piece in sentence.text.split(_BORDER)]
        last = max((place for place, piece in enumerate(pieces) if piece), default=0)
        for place, piece in enumerate(pieces):
            cells += [""] * (place > 0)
            gap = " " if cells[-1] and piece else ""
            cells[-1] += gap + show(sentence, piece, place == last) if piece or place == last else ""
    return cells[1:-1] if line[-1].text.endswith(_BORDER) else cells[1:]
