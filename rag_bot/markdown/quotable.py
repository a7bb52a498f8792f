"""Blocks -> lines, the smallest things that can be quoted: sentences, bullets, table rows, pieces of code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rag_bot.markdown.blocks import Block, Kind, Line, LineIndex
from rag_bot.markdown.plain import plain_text
from rag_bot.text.sentences import LONGEST_SENTENCE, cut, sentences, trim

LONG_ITEM = 300  # characters; a longer list item is quoted by the sentence
_SHORT_CODE = 15  # lines
_LONGEST_UNIT = 2_000  # characters
_MARKS = "-*_=+#>|:.` \t\r\n\ufeff"
Spans = Iterable[tuple[int, int]]


def quotable_lines(text: str, blocks: Sequence[Block], start: int = 0, end: int | None = None) -> tuple[Line, ...]:
    """The quotable pieces of these blocks, in order, each inside its block. Rules and empty bullets give none.

    With `start` and `end`, those that begin between these characters.
    """
    lines, last = LineIndex.of(text), len(text) if end is None else end
    return tuple(
        unit
        for index, block in enumerate(blocks)
        if block.span.start_char < last and block.span.end_char > start
        for unit in _units_of_block(text, lines, index, block)
        if start <= unit.span.start_char < last
    )


def _units_of_block(text: str, lines: LineIndex, index: int, block: Block) -> Iterator[Line]:
    ancestors = block.ancestors
    spans: Spans = [(block.span.start_char, block.span.end_char)]
    match block.kind:
        case Kind.PARAGRAPH:
            spans = _sentences(text, block)
        case Kind.ITEM if block.span.end_char - block.span.start_char > LONG_ITEM:
            spans = _sentences(text, block)
        case Kind.CODE | Kind.HTML:
            spans = _code(text, lines, block)
        case Kind.FRONT_MATTER:
            spans = _lines(text, lines, block)
        case Kind.TABLE:
            spans, ancestors = _rows(text, lines, block)
    for start, end in _not_too_long(text, spans):
        if text[start:end].strip(_MARKS):
            yield Line(block.kind, lines.span(start, end), block.headings, ancestors, index)


def _not_too_long(text: str, spans: Spans) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        yield from cut(text, start, end, LONGEST_SENTENCE) if end - start > _LONGEST_UNIT else [(start, end)]


def _sentences(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Sentences without the quote marks before them."""
    for start, end in sentences(text, block.span.start_char, block.span.end_char):
        piece = text[start:end]
        yield start + len(piece) - len(piece.lstrip("> \t\r\n")), end


def _lines(text: str, lines: LineIndex, block: Block) -> list[tuple[int, int]]:
    """Each line of the block, without the white space around it; a blank one is empty."""
    numbers = range(block.span.start_line - 1, block.span.end_line)
    return [trim(text, lines.starts[number], lines.ends[number]) for number in numbers]


def _code(text: str, lines: LineIndex, block: Block) -> Spans:
    if block.span.end_line - block.span.start_line < _SHORT_CODE:
        return [(block.span.start_char, block.span.end_char)]
    runs = groupby(_lines(text, lines, block), key=lambda line: line[0] < line[1])
    pieces = (list(run) for filled, run in runs if filled)
    return [(run[0][0], run[-1][1]) for run in pieces]


def _rows(text: str, lines: LineIndex, block: Block) -> tuple[Spans, tuple[str, ...]]:
    """The rows below the header, which goes to the ancestors; the header alone if there is nothing below."""
    rows = _lines(text, lines, block)
    if len(rows) < 3:
        return rows[:1], block.ancestors
    header = table_header(text, block)
    return rows[2:], (*block.ancestors, header) if header else block.ancestors


def table_header(text: str, block: Block) -> str:
    """The plain texts of a table's column heads, joined by bars."""
    first = text[block.span.start_char : block.span.end_char].splitlines()[0]
    cells = (plain_text(cell) for cell in first.strip("|> \t").split("|"))
    return " | ".join(cell for cell in cells if cell)
