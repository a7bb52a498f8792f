"""How far a quote reaches: a line alone often does not answer, but with what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_bot.markdown import (
    Block,
    Kind,
    Line,
    LineIndex,
    Span,
    announces,
    asks,
    entries,
    is_plain,
    parse,
    quotable_lines,
)
from rag_bot.records import Hit, Note

LONGEST_QUOTE = 12  # lines
SHORT_CODE = 7  # lines, fences included: code after a paragraph belongs to its last sentence, colon or not


def blocks_of(note: Note) -> tuple[Block, ...]:
    """The note's blocks, parsed the way it was parsed for its chunks."""
    return parse(note.text, body_start_line=note.body_start_line, plain=is_plain(note.path))


def text_of(note: Note, span: Span) -> str:
    return note.text[span.start_char : span.end_char]


def lines_in(hit: Hit) -> Iterator[Line]:
    """The lines that begin in a passage, in order; of front matter whole entries."""
    note, start, end = hit.note, hit.chunk.start_char, hit.chunk.end_char
    blocks = blocks_of(note)
    if blocks[0].kind is Kind.FRONT_MATTER and start < blocks[0].span.end_char:
        found = entries(note.text, quotable_lines(note.text, blocks[:1]))
        yield from (line for line in found if start <= line.span.start_char < end)
        start = blocks[0].span.end_char
    yield from quotable_lines(note.text, blocks, start, end)


def with_what_follows(note: Note, line: Line) -> Span:
    """The span to quote for a line: with a bullet's children, the answer to a question, what a colon announces.

    At most `LONGEST_QUOTE` lines, a longer line or piece of code cut after them.
    """
    blocks = blocks_of(note)
    end = _cut(note, line.span)
    for index in _followers(note, blocks, line):
        if blocks[index].span.end_line - line.span.start_line >= LONGEST_QUOTE:
            break
        end = blocks[index].span
    return Span(line.span.start_char, end.end_char, line.span.start_line, end.end_line)


def _cut(note: Note, span: Span) -> Span:
    last = span.start_line + LONGEST_QUOTE - 1
    if span.end_line <= last:
        return span
    lines = LineIndex.of(note.text)
    return lines.span(span.start_char, lines.ends[last - 1])


def _followers(note: Note, blocks: Sequence[Block], line: Line) -> Iterator[int]:
    """Indexes of the blocks after the line's that belong to it, in order and without a gap."""
    block = blocks[line.block]
    leads_on = announces(text_of(note, line.span))
    after = range(line.block + 1, len(blocks))
    if line.span.end_char < block.span.end_char:
        return
    if block.kind is Kind.HEADING:
        yield from _section(blocks, after)
    elif block.kind is Kind.ITEM:
        children = list(_while_inside(blocks, line.block, after))
        yield from children or (_siblings(note, blocks, line.block, after) if leads_on else ())
    elif leads_on and after and not _is_rhetorical(note, line, block, blocks[after[0]]):
        yield after[0]
        if blocks[after[0]].kind is Kind.ITEM:
            yield from _rest_of_list(blocks, after[0])
    elif block.kind is Kind.PARAGRAPH and after and _is_short_code(blocks[after[0]]):
        yield after[0]


def _is_rhetorical(note: Note, line: Line, block: Block, following: Block) -> bool:
    """Whether what follows is another matter: a heading, or a paragraph after one that only ends in a question."""
    ends_paragraph = asks(text_of(note, line.span)) and bool(
        note.text[block.span.start_char : line.span.start_char].strip()
    )
    return following.kind is Kind.HEADING or (ends_paragraph and following.kind is Kind.PARAGRAPH)


def _is_short_code(block: Block) -> bool:
    lines = block.span.end_line - block.span.start_line + 1
    return block.kind is Kind.CODE and lines <= SHORT_CODE


def _section(blocks: Sequence[Block], after: range) -> Iterator[int]:
    for index in after:
        if blocks[index].kind is Kind.HEADING:
            return
        yield index


def _while_inside(blocks: Sequence[Block], item: int, after: range) -> Iterator[int]:
    """The blocks below an item."""
    for index in after:
        parent = blocks[index].parent
        while parent is not None and parent > item:
            parent = blocks[parent].parent
        if parent != item:
            return
        yield index


def _siblings(note: Note, blocks: Sequence[Block], item: int, after: range) -> Iterator[int]:
    """In flat notes: the bullets after a question, up to the next one that asks or announces."""
    for index in after:
        block = blocks[index]
        if block.kind is not Kind.ITEM or block.parent != blocks[item].parent:
            return
        if announces(text_of(note, block.span)):
            return
        yield index


def _rest_of_list(blocks: Sequence[Block], first: int) -> Iterator[int]:
    for index in range(first + 1, len(blocks)):
        inside = blocks[index].kind is Kind.ITEM and blocks[index].level >= blocks[first].level
        if not inside and blocks[index].parent is None:
            return
        yield index
