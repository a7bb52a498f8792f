"""Tables and code that a language model wrote, shown as such, each sentence with its marks.

They are made of elements without a meaning of their own: what a model writes cannot become others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_bot.conversations.layout import code_indent, rows
from rag_bot.records import Citation, Sentence
from rag_bot.ui.chat.sentence_view import marks_html, piece_html


def table(sentences: Sequence[Sentence], cited: Mapping[int, Citation]) -> str:
    """Rows of cells; the first row is the head."""

    def show(sentence: Sentence, piece: str, is_last: bool) -> str:
        marks = marks_html(sentence, cited) if is_last else ""
        return piece_html(sentence, piece, marks) if piece or marks else ""

    head, others = rows(sentences, show)
    body = "".join(_row(row, "cell") for row in others)
    return f'<div class="table" role="table">{_row(head, "columnheader")}{body}</div>'


def code(sentences: Sequence[Sentence], cited: Mapping[int, Citation]) -> str:
    """Line by line, as far in as it was written."""
    lines = (
        f"<div>{code_indent(line.before)}{piece_html(line, line.text, marks_html(line, cited))}</div>"
        for line in sentences
    )
    return f'<div class="code" role="group" aria-label="Code" dir="ltr">{"".join(lines)}</div>'


def _row(cells: Sequence[str], role: str) -> str:
    inside = "".join(f'<div role="{role}" dir="auto">{cell}</div>' for cell in cells)
    return f'<div role="row">{inside}</div>'
