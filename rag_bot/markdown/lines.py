"""Blocks -> lines, the smallest things that can be quoted: sentences, bullets, table rows, pieces of code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rag_bot.markdown.blocks import Block, Kind, Line, LineIndex
from rag_bot.markdown.plain import plain_text
from rag_bot.markdown.readable import BLANK
from rag_bot.text.sentences import LONGEST_SENTENCE, cut, sentences, trim

LONG_ITEM = 300  # characters; a longer list item is quoted by the sentence; set by hand
_SHORT_CODE = 15  # lines of code or HTML that are quoted as one; set by hand
_LONGEST_LINE = 2_000  # characters; set by hand
# Rules, empty bullets, what is left of a picture and the like are made of nothing else.
_MARKS = f"-*_=+#<>|:.`$!()%\"' \t\r\n{BLANK}\ufeff"
# Must match all marks of block quotes and white space that a sentence may begin with, form feeds too, and the mark of a
# definition; possessive.
_QUOTE_MARKS = re.compile(r"[>\s]*+(?::\s++)?+")
_PART_OF_HTML = re.compile(r"<(?:tr|li|p|h[1-6]|dt|dd|details|summary)\b", re.IGNORECASE)
# A bar that parts cells; one with a backslash before it stands in a cell.
_CELL_END = re.compile(r"(?<!\\)\|")
Spans = Iterable[tuple[int, int]]


def quotable_lines(text: str, blocks: Sequence[Block], start: int = 0, end: int | None = None) -> tuple[Line, ...]:
    """The quotable pieces of these blocks, in order, each inside its block. Rules and empty bullets give none.

    With `start` and `end`, those that begin between these characters.
    """
    index, last = LineIndex.of(text), len(text) if end is None else end
    return tuple(
        line
        for number, block in enumerate(blocks)
        if block.span.start_char < last and block.span.end_char > start
        for line in _lines_of_block(text, index, number, block)
        if start <= line.span.start_char < last
    )


def _lines_of_block(text: str, index: LineIndex, number: int, block: Block) -> Iterator[Line]:
    ancestors = block.ancestors
    spans: Spans = [(block.span.start_char, block.span.end_char)]
    match block.kind:
        case Kind.PARAGRAPH:
            spans = _sentences(text, block)
        case Kind.ITEM if block.span.end_char - block.span.start_char > LONG_ITEM:
            spans = _sentences(text, block)
        case Kind.CALLOUT:
            spans = ()
        case Kind.HTML if len(starts := _parts_of_html(text, block)) > 2:
            spans = (trim(text, start, end) for start, end in pairwise(starts))
        case Kind.CODE | Kind.HTML:
            spans = _code(text, index, block)
        case Kind.FRONT_MATTER:
            spans = _text_lines(text, index, block)
        case Kind.TABLE:
            spans, ancestors = _rows(text, index, block)
    for span in spans:
        too_long = span[1] - span[0] > _LONGEST_LINE
        for start, end in cut(text, *span, LONGEST_SENTENCE) if too_long else [span]:
            words = plain_text(text[start:end]) if block.kind is Kind.HTML else text[start:end]
            if words.strip(_MARKS):
                yield Line(block.kind, index.span(start, end), block.headings, ancestors, number)


def _sentences(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Sentences without the quote marks before them."""
    for start, end in sentences(text, block.span.start_char, block.span.end_char):
        marks = _QUOTE_MARKS.match(text, start, end)
        yield marks.end() if marks else start, end


def _text_lines(text: str, index: LineIndex, block: Block) -> list[tuple[int, int]]:
    """Each line of the text in the block, without the white space around it; a blank one is empty."""
    numbers = range(block.span.start_line - 1, block.span.end_line)
    return [trim(text, index.starts[number], index.ends[number]) for number in numbers]


def _code(text: str, index: LineIndex, block: Block) -> Spans:
    """The whole if it is short, else what stands between blank lines, of that so many whole lines as can be quoted."""
    whole = (block.span.start_char, block.span.end_char)
    if block.span.end_line - block.span.start_line < _SHORT_CODE and whole[1] - whole[0] <= _LONGEST_LINE:
        return [whole]
    spans: list[tuple[int, int]] = []
    goes_on = False
    for start, end in _text_lines(text, index, block):
        if goes_on and start < end and end - spans[-1][0] <= _LONGEST_LINE:
            spans[-1] = (spans[-1][0], end)
        elif start < end:
            spans.append((start, end))
        goes_on = start < end
    return spans


def _parts_of_html(text: str, block: Block) -> list[int]:
    """Where the rows, points and paragraphs of HTML begin, and the ends of the block."""
    start, end = block.span.start_char, block.span.end_char
    return sorted({start, end, *(match.start() for match in _PART_OF_HTML.finditer(text, start, end))})


def _rows(text: str, index: LineIndex, block: Block) -> tuple[Spans, tuple[str, ...]]:
    """The rows below the header, which goes to the ancestors; the header alone if there is nothing below."""
    rows = _text_lines(text, index, block)
    if len(rows) < 3:
        return rows[:1], block.ancestors
    header = table_header(text, block)
    return rows[2:], (*block.ancestors, header) if header else block.ancestors


def table_header(text: str, block: Block) -> str:
    """The plain texts of a table's column heads, joined by bars."""
    first = text[block.span.start_char : block.span.end_char].splitlines()[0]
    return " | ".join(cell for cell in table_cells(first) if cell)


def table_cells(row: str) -> list[str]:
    """The plain texts of a row's cells, empty ones too."""
    return [plain_text(cell) for cell in _CELL_END.split(row.strip("> \t").removeprefix("|").removesuffix("|"))]
