"""Citations -> excerpts: the paragraph, list or table in which the cited lines stand, whole, grouped by note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from rag_bot.files import is_named_conflict_copy
from rag_bot.markdown import Block, Kind, LineIndex, Span
from rag_bot.query.lines import blocks_of, children_of
from rag_bot.records import INDEXED, Citation, Excerpt, Note
from rag_bot.store.note_dates import date_of

# Lines of the file, and characters, beyond the quotes themselves: what a screen shows beside others. Set by hand.
LONGEST_EXCERPT, MOST_CHARACTERS = 14, 2_000


def excerpts_of(citations: Sequence[Citation], notes: Mapping[str, Note]) -> tuple[Excerpt, ...]:
    """The parts of the notes to show, each with the citations in it: the first citation's, then others of its note.

    Excerpts of one note that overlap or follow each other are one.
    """
    by_note: dict[str, list[tuple[Span, Citation]]] = {}
    for citation in citations:
        note = notes[citation.quote.note_path]
        by_note.setdefault(note.path, []).append((_around(note, citation), citation))
    return tuple(excerpt for path, pieces in by_note.items() for excerpt in _joined(notes[path], pieces))


def _joined(note: Note, pieces: Sequence[tuple[Span, Citation]]) -> list[Excerpt]:
    """The excerpts of one note in the order of their best citations."""
    groups: list[list[tuple[Span, Citation]]] = []
    for span, citation in sorted(pieces, key=lambda piece: piece[0].start_char):
        end = max(other.end_char for other, _ in groups[-1]) if groups else 0
        if groups and not note.text[end : span.start_char].strip():
            groups[-1].append((span, citation))
        else:
            groups.append([(span, citation)])
    excerpts = []
    copied = ("conflict-copy",) if is_named_conflict_copy(PurePosixPath(note.path).name) else ()
    for group in groups:
        start, end = min(span.start_char for span, _ in group), max(span.end_char for span, _ in group)
        line = LineIndex.of(note.text).starts[min(span.start_line for span, _ in group) - 1]
        if not note.text[line:start].strip():
            start = line  # how far in a point of a list stands shows its depth
        span = LineIndex.of(note.text).span(start, end)
        first = group[0][1].quote
        excerpts.append(
            Excerpt(
                note_path=note.path,
                title=note.title,
                headings=first.headings,
                context=tuple(part for part in first.context if part not in note.text[start:end]),
                text=note.text[start:end],
                start_char=start,
                end_char=end,
                start_line=span.start_line,
                end_line=span.end_line,
                citations=tuple(sorted(citation.number for _, citation in group)),
                date=date_of(note),
                is_code=_is_inside_code(note, start),
                place=note.place(span.start_line, span.end_line),
                doubts=tuple(INDEXED[reason][0] for reason in INDEXED if reason in note.oddities or reason in copied),
            )
        )
    return sorted(excerpts, key=lambda excerpt: excerpt.citations[0])


def _is_inside_code(note: Note, start: int) -> bool:
    return any(
        block.kind is Kind.CODE and block.span.start_char < start < block.span.end_char for block in blocks_of(note)
    )


def _around(note: Note, citation: Citation) -> Span:
    """The whole of what a quote stands in, as far as that is short: from whole lists down to the quote itself."""
    blocks, quote = blocks_of(note), citation.quote
    own = Span(quote.start_char, quote.end_char, quote.start_line, quote.end_line)
    inside = [
        number
        for number, block in enumerate(blocks)
        if block.span.start_char < quote.end_char and quote.start_char < block.span.end_char
    ]
    if not inside:
        return own
    for first, last in _widenings(blocks, inside[0], inside[-1]):
        start, end = blocks[first].span, blocks[last].span
        span = Span(
            min(start.start_char, own.start_char),
            max(end.end_char, own.end_char),
            min(start.start_line, own.start_line),
            max(end.end_line, own.end_line),
        )
        is_short = span.end_char - span.start_char <= MOST_CHARACTERS
        if is_short and span.end_line - span.start_line < LONGEST_EXCERPT:
            return span
    return own


def _widenings(blocks: Sequence[Block], first: int, last: int) -> list[tuple[int, int]]:
    """From wide to narrow: the blocks from the first to the last one to show."""
    block = blocks[first]
    if block.kind is Kind.FRONT_MATTER:
        return []
    widenings = [(first, last)]
    if block.kind is Kind.CODE and first and blocks[first - 1].kind in (Kind.PARAGRAPH, Kind.ITEM):
        return [(first - 1, last), *widenings]
    if block.kind is Kind.ITEM or block.parent is not None:
        top = first
        while blocks[top].parent is not None:
            top = blocks[top].parent or 0
            widenings.append((top, max(last, *children_of(blocks, top))))
        start = top
        while start and _in_list(blocks[start - 1]):
            start -= 1
        end = last
        while end + 1 < len(blocks) and _in_list(blocks[end + 1]):
            end += 1
        widenings.append((start, end))
    elif block.kind is Kind.HEADING:
        return widenings
    return widenings[::-1]


def _in_list(block: Block) -> bool:
    return block.kind is Kind.ITEM or block.parent is not None
