"""Does what was found hold the evidence? Told without a model, by places in the notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag_bot.evaluation.cases import Evidence
from rag_bot.library import Library
from rag_bot.markdown import LineIndex
from rag_bot.records import Chunk, Excerpt, Hit, Note, Quote, location, split_location

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LocatedEvidence:
    """A piece of evidence in its note, by the note's whole path.

    `bounds` are the places it stands at, as characters; none where it is missing.

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


class EvidenceFinder:
    """Finds evidence in an index. Remembers the notes it has read, so it is for one run."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._labels = library.with_sources(lambda sources: [root.label for root in sources.catalogue.roots()])
        self._notes: dict[str, tuple[Note | None, list[Chunk]]] = {}

    def locate(self, evidence: Evidence) -> LocatedEvidence:
        """Where a piece of evidence stands now."""
        written, quote = evidence.path, evidence.quote.strip()
        if written not in self._notes:
            paths = (written, *(f"{label}/{written}" for label in self._labels))
            note = next((note for path in paths if (note := self._library.note(path))), None)
            path = note.path if note else written
            chunks = self._library.with_sources(lambda sources: sources.catalogue.chunks_of(path))
            self._notes[written] = (note, chunks)
        note, chunks = self._notes[written]
        evidence = replace(evidence, path=note.path if note else written)
        bounds: list[Bounds] = []
        lines: list[Bounds] = []
        if note and quote:
            index = LineIndex.of(note.text)
            start = note.text.find(quote)
            while start >= 0:
                bounds.append((start, start + len(quote)))
                span = index.span(*bounds[-1])
                lines.append((span.start_line, span.end_line))
                start = note.text.find(quote, start + len(quote))
        passages = tuple(
            chunk.location
            for chunk in chunks
            if any(_share(place, (chunk.start_char, chunk.end_char)) for place in bounds)
        )
        return LocatedEvidence(evidence, note, tuple(bounds), tuple(lines), passages)


def text_finder(library: Library) -> Callable[[str], str | None]:
    """For `make_case`: finds the text of a note by its path."""

    def find(path: str) -> str | None:
        note = library.note(path)
        return note.text if note else None

    return find


def hit_holds(piece: LocatedEvidence, hit: Hit) -> bool:
    """Whether a passage holds a piece of evidence: more than half of the shorter of the two lies in the other.

    So it counts where the piece stands in the passage or the passage in the piece, and of a piece that was cut in two
    the larger part. A passage that stands for copies holds what they hold; of these only the lines are known, and
    those of the one must be all among the other's.
    """
    if holds(piece, hit.chunk):
        return True
    for duplicate in hit.duplicates:
        path, first, last = split_location(duplicate)
        copy = (first, last)
        if path == piece.evidence.path and any(_within(copy, own) or _within(own, copy) for own in piece.lines):
            return True
    return False


def holds(piece: LocatedEvidence, place: Chunk | Quote | Excerpt) -> bool:
    """Whether a span of a note holds a piece, by the same rule."""
    span = (place.start_char, place.end_char)
    return place.note_path == piece.evidence.path and any(_share(bounds, span) for bounds in piece.bounds)


def quote_holds(piece: LocatedEvidence, quote: Quote) -> bool:
    """Whether a quoted line holds a piece, or repeats its words from another note."""
    return holds(piece, quote) or (bool(piece.bounds) and _words(piece.evidence.quote) in _words(quote.text))


def supports(piece: LocatedEvidence, quotes: Sequence[Quote]) -> bool:
    """Whether these lines together prove a piece: each of its letters and digits stands in one of them."""
    if any(piece.bounds and _words(piece.evidence.quote) in _words(quote.text) for quote in quotes):
        return True
    spans = [(quote.start_char, quote.end_char) for quote in quotes if quote.note_path == piece.evidence.path]
    text = piece.note.text if piece.note else ""
    return any(
        all(any(first <= at < last for first, last in spans) for at in range(start, end) if text[at].isalnum())
        for start, end in piece.bounds
    )


def relevant_quotes(pieces: Sequence[LocatedEvidence], quotes: Sequence[Quote]) -> list[bool]:
    """Which lines are good for something: they hold evidence, or a piece is proven with them and not without.

    After the "irrelevant" citations of ALCE (Gao et al. 2023, arXiv:2305.14627), where an entailment model judges.
    """
    proven = [piece for piece in pieces if supports(piece, quotes)]
    return [
        any(quote_holds(piece, quote) for piece in pieces)
        or any(not supports(piece, [*quotes[:number], *quotes[number + 1 :]]) for piece in proven)
        for number, quote in enumerate(quotes)
    ]


def _share(span: Bounds, other: Bounds) -> bool:
    """Whether more than half of the shorter of two spans lies in both."""
    common = min(span[1], other[1]) - max(span[0], other[0])
    return common * 2 > min(span[1] - span[0], other[1] - other[0])


def _within(inner: Bounds, outer: Bounds) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _words(text: str) -> str:
    return " ".join(text.split())
