"""The lines of a note: those of a passage, and how far the quote of one reaches.

A line alone often does not answer, but with what belongs to it: a bullet's children, what a colon announces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_bot.markdown import (
    Block,
    Kind,
    Line,
    LineIndex,
    Span,
    entries,
    parse_note,
    quotable_lines,
    readable_text,
)
from rag_bot.records import Hit, Note
from rag_bot.text.sentences import announces, asks, trim

LONGEST_QUOTE = 12  # lines of the file; set by hand
# Lines of the file, fences included: code so short after a paragraph belongs to its last sentence, colon or not.
# Set by hand.
SHORT_CODE = 7


def blocks_of(note: Note) -> tuple[Block, ...]:
    """The note's blocks, parsed the way it was parsed for its chunks."""
    return parse_note(note.path, note.text, body_start_line=note.body_start_line)


def text_of(note: Note, span: Span) -> str:
    """What of the note is read there: without comments and machine text."""
    return readable_text(note)[span.start_char : span.end_char]


def span_of(note: Note, first: int, last: int) -> Span:
    """These lines of the file, without the white space around them."""
    index = LineIndex.of(note.text)
    start, end = trim(note.text, index.starts[first - 1], index.ends[last - 1])
    return index.span(start, end) if start < end else Span(start, end, first, last)


def lines_in(hit: Hit) -> Iterator[Line]:
    """The lines that begin in a passage, in order; of front matter whole entries."""
    note, start, end = hit.note, hit.chunk.start_char, hit.chunk.end_char
    blocks = blocks_of(note)
    if blocks[0].kind is Kind.FRONT_MATTER and start < blocks[0].span.end_char:
        front_matter = entries(readable_text(note), quotable_lines(readable_text(note), blocks[:1]))
        yield from (line for line in front_matter if start <= line.span.start_char < end)
        start = blocks[0].span.end_char
    yield from quotable_lines(readable_text(note), blocks, start, end)


def with_what_follows(note: Note, line: Line) -> Span:
    """The span to quote for a line: with a bullet's children, the answer to a question, what a colon announces.

    At most `LONGEST_QUOTE` lines of the file, a longer line or piece of code cut after them.
    """
    start, end = line.span, line.span
    last = start.start_line + LONGEST_QUOTE - 1
    if end.end_line > last:
        index = LineIndex.of(note.text)
        end = index.span(start.start_char, index.ends[last - 1])
    blocks = blocks_of(note)
    for follower in _followers(note, blocks, line):
        if blocks[follower].span.end_line > last:
            break
        end = blocks[follower].span
    return Span(start.start_char, end.end_char, start.start_line, end.end_line)


def _followers(note: Note, blocks: Sequence[Block], line: Line) -> Iterator[int]:
    """Indexes of the blocks after the line's that belong to it, in order and without a gap."""
    block, after = blocks[line.block], range(line.block + 1, len(blocks))
    if line.span.end_char < block.span.end_char or not after:
        return
    following, text = blocks[after[0]], text_of(note, line.span)
    if block.kind is Kind.HEADING:
        for index in after:
            if blocks[index].kind is Kind.HEADING:
                return
            yield index
    elif block.kind is Kind.ITEM:
        children = list(children_of(blocks, line.block))
        yield from children or (_answers(note, blocks, line.block) if announces(text) else ())
    elif announces(text) and following.kind is not Kind.HEADING:
        before = note.text[block.span.start_char : line.span.start_char]
        if following.kind is Kind.PARAGRAPH and asks(text) and before.strip():
            return  # a paragraph that only ends in a question; the next one is another matter
        yield after[0]
        if following.kind is Kind.ITEM:
            yield from _rest_of_list(blocks, after[0])
    elif block.kind is Kind.PARAGRAPH and following.kind is Kind.CODE and _line_count(following) <= SHORT_CODE:
        yield after[0]


def _line_count(block: Block) -> int:
    return block.span.end_line - block.span.start_line + 1


def children_of(blocks: Sequence[Block], item: int) -> Iterator[int]:
    """Indexes of the blocks below an item, in order."""
    for index in range(item + 1, len(blocks)):
        parent = blocks[index].parent
        while parent is not None and parent > item:
            parent = blocks[parent].parent
        if parent != item:
            return
        yield index


def _answers(note: Note, blocks: Sequence[Block], item: int) -> Iterator[int]:
    """In flat notes: the bullets after a question, up to the next one that asks or announces."""
    for index in range(item + 1, len(blocks)):
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
