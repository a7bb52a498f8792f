"""Blocks -> atoms: the blocks that fit into a chunk whole, and the pieces of those that do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag_bot.ingestion.context import Context, Contexts, TokenCounts
from rag_bot.markdown import Block, Kind, LineIndex, quotable_lines
from rag_bot.text.sentences import cut, cut_point, trim

LONGEST_CHUNK = 2_000  # characters: to a tokenizer one giant word may be one token; set by hand
Piece = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Atom:
    """What packing moves as one: a whole block or a piece of one. `context` is for a chunk that starts here."""

    block: int
    start: int
    end: int
    tokens: int
    context: Context
    is_heading: bool = False
    ends_in_colon: bool = False


@dataclass(frozen=True, slots=True)
class MeasuredNote:
    """A note's blocks with what is known of each: its place, its tokens, the headings it cannot be parted from."""

    text: str
    blocks: Sequence[Block]
    places: Sequence[tuple[str, ...]]
    headers: Mapping[int, tuple[str, ...]]  # the places of a table's later rows, by block
    contexts: Contexts
    max_tokens: int

    @property
    def counts(self) -> TokenCounts:
        return self.contexts.counts

    def text_of(self, index: int) -> str:
        span = self.blocks[index].span
        return self.text[span.start_char : span.end_char]

    def is_long(self, index: int) -> bool:
        span = self.blocks[index].span
        return span.end_char - span.start_char > LONGEST_CHUNK

    def tokens(self, index: int) -> int:
        """A long block is over any budget; it is not worth counting."""
        return self.max_tokens + 1 if self.is_long(index) else self.counts[self.text_of(index)]


def atoms_of(measured: MeasuredNote) -> list[Atom]:
    """The note as atoms, in order, each small enough for a chunk with its context and the headings above it."""
    rooms = list(_rooms(measured))
    too_large = [index for index, room in enumerate(rooms) if not _fits(measured, index, room)]
    pieces = _split(measured, too_large, rooms)
    atoms = []
    for index, block in enumerate(measured.blocks):
        if index in pieces:
            atoms += [_piece_atom(measured, index, piece) for piece in pieces[index]]
        else:
            span, context = block.span, measured.contexts.of(measured.places[index])
            is_heading, ends_in_colon = block.kind is Kind.HEADING, measured.text_of(index).endswith((":", "：", ":**"))
            place = (index, span.start_char, span.end_char, measured.tokens(index), context)
            atoms.append(Atom(*place, is_heading, ends_in_colon))
    return atoms


def _piece_atom(measured: MeasuredNote, index: int, piece: Piece) -> Atom:
    start, end = piece
    later = start > measured.blocks[index].span.start_char
    place = measured.headers.get(index, measured.places[index]) if later else measured.places[index]
    return Atom(index, start, end, measured.counts[measured.text[start:end]], measured.contexts.of(place))


def _rooms(measured: MeasuredNote) -> Iterator[tuple[int, int]]:
    """For each block the tokens and characters left beside its context and the headings right above it.

    Headings of more than a third of a chunk count as none: set by hand.
    """
    heading_tokens, heading_start = 0, None
    for index, block in enumerate(measured.blocks):
        places = (measured.places[index], measured.headers.get(index, measured.places[index]))
        context = max(measured.contexts.of(place).tokens for place in places)
        start = block.span.start_char if heading_start is None else heading_start
        yield measured.max_tokens - context - heading_tokens, LONGEST_CHUNK - (block.span.start_char - start)
        tokens = measured.tokens(index)
        if block.kind is not Kind.HEADING or heading_tokens + tokens > measured.max_tokens // 3:
            heading_tokens, heading_start = 0, None
        else:
            heading_tokens, heading_start = heading_tokens + tokens, start
        if heading_start is not None and block.span.end_char - heading_start > LONGEST_CHUNK // 3:
            heading_tokens, heading_start = 0, None


def _fits(measured: MeasuredNote, index: int, room: tuple[int, int]) -> bool:
    span = measured.blocks[index].span
    return measured.tokens(index) <= room[0] and span.end_char - span.start_char <= room[1]


def _split(measured: MeasuredNote, indexes: Sequence[int], rooms: Sequence[tuple[int, int]]) -> dict[int, list[Piece]]:
    """Pieces that fit: at units, else at lines, else at white space. One batch of counts a round."""
    waiting = _at_units(measured, indexes)
    done: dict[int, list[Piece]] = {index: [] for index in indexes}
    at_lines = True
    while waiting:
        measured.counts.prepare(measured.text[a:b] for _, (a, b) in waiting if b - a <= LONGEST_CHUNK)
        large = []
        for index, piece in waiting:
            fits = _piece_fits(measured, piece, rooms[index])
            if fits:
                done[index].append(piece)
            else:
                large.append((index, piece))
        waiting = [(index, part) for index, piece in large for part in _parts(measured.text, piece, at_lines)]
        at_lines = False
    return {index: sorted(pieces) for index, pieces in done.items()}


def _piece_fits(measured: MeasuredNote, piece: Piece, room: tuple[int, int]) -> bool:
    start, end = piece
    if end - start <= 1:
        return True  # nothing smaller exists
    return end - start <= room[1] and measured.counts[measured.text[start:end]] <= room[0]


def _at_units(measured: MeasuredNote, indexes: Sequence[int]) -> list[tuple[int, Piece]]:
    """A block from the start of each of its units to the next: nothing between them is left out."""
    starts: dict[int, list[int]] = {index: [] for index in indexes}
    for line in quotable_lines(measured.text, [measured.blocks[index] for index in indexes]):
        starts[indexes[line.block]].append(line.span.start_char)
    return [
        (index, piece)
        for index, unit_starts in starts.items()
        for piece in _parted(measured.text, measured.blocks[index], unit_starts[1:])
    ]


def _parted(text: str, block: Block, at: Sequence[int]) -> Iterator[Piece]:
    for a, b in pairwise([block.span.start_char, *at, block.span.end_char]):
        start, end = trim(text, a, b)
        if start < end:
            yield start, end


def _parts(text: str, piece: Piece, at_lines: bool) -> Iterator[Piece]:
    """The lines of the piece if it has some, else its halves."""
    start, end = piece
    if at_lines and len(lines := list(_lines(text, start, end))) > 1:
        yield from lines
    elif end - start > LONGEST_CHUNK:
        yield from cut(text, start, end, LONGEST_CHUNK // 2)
    else:
        yield from halves(text, start, end)


def _lines(text: str, start: int, end: int) -> Iterator[Piece]:
    span = LineIndex.of(text).span(start, end)
    lines = LineIndex.of(text)
    for number in range(span.start_line - 1, span.end_line):
        a, b = trim(text, max(start, lines.starts[number]), min(end, lines.ends[number]))
        if a < b:
            yield a, b


def halves(text: str, start: int, end: int) -> Iterator[Piece]:
    """Two pieces, parted at white space if there is some before the middle."""
    middle = cut_point(text, start, (start + end) // 2)
    for a, b in (trim(text, start, middle), trim(text, middle, end)):
        if a < b:
            yield a, b
