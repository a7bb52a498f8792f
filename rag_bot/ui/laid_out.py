"""Tables and code that a language model wrote, told from its prose and shown as such, each sentence with its marks.

They are made of elements without a meaning of their own: what a model writes cannot become others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rag_bot.conversations.wording import code_indent
from rag_bot.records import Citation, Sentence
from rag_bot.ui.sentence_view import marks_html, piece_html

TEXT, TABLE, CODE = "text", "table", "code"
_Line = list[Sentence]
_BORDER = "|"
_FEWEST_BORDERS = 3  # in the first row of a table, which has one at its beginning and one at its end


def parts(sentences: Sequence[Sentence]) -> Iterator[tuple[str, list[Sentence]]]:
    """The sentences in their order, by what they are part of."""
    for kind, lines in groupby(_lines(sentences), key=_kind):
        some = list(lines)
        is_table = kind == TABLE and len(some) > 1 and _is_head(some[0])
        yield TEXT if kind == TABLE and not is_table else kind, [sentence for line in some for sentence in line]


def table(sentences: Sequence[Sentence], cited: Mapping[int, Citation]) -> str:
    """Rows of cells; the first row is the head, and has as many as any."""
    head, *rows = (_cells(line, cited) for line in _lines(sentences))
    body = "".join(_row(_at_most(len(head), row), "cell") for row in rows)
    return f'<div class="table" role="table">{_row(head, "columnheader")}{body}</div>'


def code(sentences: Sequence[Sentence], cited: Mapping[int, Citation]) -> str:
    """Line by line, as far in as it was written."""
    lines = (
        f"<div>{code_indent(line.before)}{piece_html(line, line.text, marks_html(line, cited))}</div>"
        for line in sentences
    )
    return f'<div class="code" role="group" aria-label="Code" dir="ltr">{"".join(lines)}</div>'


def _lines(sentences: Sequence[Sentence]) -> list[_Line]:
    lines: list[_Line] = []
    for sentence in sentences:
        if not lines or "\n" in sentence.before:
            lines.append([])
        lines[-1].append(sentence)
    return lines


def _kind(line: _Line) -> str:
    if code_indent(line[0].before) is not None:
        return CODE
    borders = sum(sentence.text.count(_BORDER) for sentence in line)
    return TABLE if line[0].text.startswith(_BORDER) and borders > 1 else TEXT


def _is_head(line: _Line) -> bool:
    text = "".join(sentence.text for sentence in line)
    return text.endswith(_BORDER) and text.count(_BORDER) >= _FEWEST_BORDERS


def _row(cells: Sequence[str], role: str) -> str:
    inside = "".join(f'<div role="{role}" dir="auto">{cell}</div>' for cell in cells)
    return f'<div role="row">{inside}</div>'


def _at_most(count: int, cells: Sequence[str]) -> Sequence[str]:
    """A border inside the last cell is a mark like any other."""
    return cells if len(cells) <= count else [*cells[: count - 1], f" {_BORDER} ".join(cells[count - 1 :])]


def _cells(line: _Line, cited: Mapping[int, Citation]) -> list[str]:
    """A sentence may go through several cells, and a cell may hold several sentences."""
    cells = [""]
    for sentence in line:
        first, *others = sentence.text.split(_BORDER)
        pieces = [first.strip(), *(piece.strip() for piece in others)]
        last = max((place for place, piece in enumerate(pieces) if piece), default=0)
        for place, piece in enumerate(pieces):
            cells += [""] * (place > 0)
            marks = marks_html(sentence, cited) if place == last else ""
            gap = " " if cells[-1] and piece else ""
            cells[-1] += gap + piece_html(sentence, piece, marks) if piece or marks else ""
    return cells[1:-1] if line[-1].text.endswith(_BORDER) else cells[1:]
