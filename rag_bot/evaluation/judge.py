"""Does what was found hold the evidence? The judge that needs no model: places in the notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag_bot.evaluation.cases import Evidence
from rag_bot.library import Library
from rag_bot.markdown import LineIndex
from rag_bot.records import Chunk, Hit, Note, Quote, location, split_location

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence in its note. `bounds` are the places it stands at, as characters; none where it is missing.

    `lines` are the same places as first and last line. `passages` are the passages of the index that hold it.
    """

    evidence: Evidence
    note: Note | None
    bounds: tuple[Bounds, ...]
    lines: tuple[Bounds, ...]
    passages: tuple[str, ...]

    @property
    def location(self) -> str:
        """The first place, as `notes/a.md:12-15`; "" where it is missing."""
        return location(self.evidence.path, *self.lines[0]) if self.lines else ""

    @property
    def problem(self) -> str:
        """Why it is missing, in words; "" where it stands."""
        if self.note is None:
            return f"the note {self.evidence.path} is not indexed"
        return "" if self.bounds else f"the quote no longer stands in {self.evidence.path}"


class Judge:
    """Finds evidence in an index. Remembers the notes it has read, so it is for one run."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._notes: dict[str, tuple[Note | None, list[Chunk]]] = {}

    def locate(self, evidence: Evidence) -> Piece:
        """Where a piece of evidence stands now."""
        note, chunks = self._read(evidence.path)
        bounds = tuple(_occurrences(note.text, evidence.quote.strip())) if note else ()
        passages = tuple(
            chunk.location for chunk in chunks if any(_share(one, (chunk.start_char, chunk.end_char)) for one in bounds)
        )
        return Piece(evidence, note, bounds, tuple(_lines(note, one) for one in bounds if note), passages)

    def _read(self, path: str) -> tuple[Note | None, list[Chunk]]:
        if path not in self._notes:
            chunks = self._library.with_sources(lambda sources: sources.catalogue.chunks_of(path))
            self._notes[path] = (self._library.note(path), chunks)
        return self._notes[path]


def note_text(library: Library) -> Callable[[str], str | None]:
    """For `make_case`: the text of a note by its path."""

    def find(path: str) -> str | None:
        note = library.note(path)
        return note.text if note else None

    return find


def hit_holds(piece: Piece, hit: Hit) -> bool:
    """Whether a passage holds a piece of evidence: more than half of the shorter of the two lies in the other.

    So it counts where the piece stands in the passage or the passage in the piece, and of a piece that was cut in two
    the larger part. A passage that stands for copies holds what they hold.
    """
    return holds(piece, hit.chunk) or any(_copy_holds(piece, place) for place in hit.duplicates)


def holds(piece: Piece, place: Chunk | Quote) -> bool:
    """Whether a span of a note holds a piece, by the same rule."""
    span = (place.start_char, place.end_char)
    return place.note_path == piece.evidence.path and any(_share(one, span) for one in piece.bounds)


def quote_holds(piece: Piece, quote: Quote) -> bool:
    """Whether a quoted line holds a piece, or repeats its words from another note."""
    return holds(piece, quote) or (bool(piece.bounds) and _words(piece.evidence.quote) in _words(quote.text))


def supports(piece: Piece, quotes: Sequence[Quote]) -> bool:
    """Whether these lines together prove a piece: each of its letters and digits stands in one of them."""
    if any(piece.bounds and _words(piece.evidence.quote) in _words(quote.text) for quote in quotes):
        return True
    spans = [(quote.start_char, quote.end_char) for quote in quotes if quote.note_path == piece.evidence.path]
    return any(_covered(piece, one, spans) for one in piece.bounds)


def relevant_quotes(pieces: Sequence[Piece], quotes: Sequence[Quote]) -> list[bool]:
    """Which lines are good for something: they hold evidence, or a piece is proven with them and not without.

    After the "irrelevant" citations of ALCE (Gao et al. 2023, arXiv:2305.14627), where an entailment model judges.
    """
    proven = [piece for piece in pieces if supports(piece, quotes)]
    return [
        any(quote_holds(piece, quote) for piece in pieces)
        or any(not supports(piece, [*quotes[:place], *quotes[place + 1 :]]) for piece in proven)
        for place, quote in enumerate(quotes)
    ]


def _occurrences(text: str, quote: str) -> Iterator[Bounds]:
    start = text.find(quote) if quote else -1
    while start >= 0:
        yield start, start + len(quote)
        start = text.find(quote, start + len(quote))


def _share(one: Bounds, other: Bounds) -> bool:
    """Whether more than half of the shorter of two spans lies in both."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common * 2 > min(one[1] - one[0], other[1] - other[0])


def _covered(piece: Piece, bounds: Bounds, spans: Sequence[Bounds]) -> bool:
    text = piece.note.text if piece.note else ""
    return all(any(start <= place < end for start, end in spans) for place in range(*bounds) if text[place].isalnum())


def _copy_holds(piece: Piece, place: str) -> bool:
    """Whether a copy, of which only the place is known, holds a piece: one's lines are all among the other's."""
    path, first, last = split_location(place)
    span = (first, last)
    return path == piece.evidence.path and any(_within(span, one) or _within(one, span) for one in piece.lines)


def _within(inner: Bounds, outer: Bounds) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _lines(note: Note, bounds: Bounds) -> Bounds:
    span = LineIndex.of(note.text).span(*bounds)
    return span.start_line, span.end_line


def _words(text: str) -> str:
    return " ".join(text.split())
