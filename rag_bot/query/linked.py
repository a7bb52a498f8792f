"""What passages embed, or only point to: the passages of other notes are read as if they stood there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from rag_bot.markdown import Line, LineIndex, part_of, plain_text, without_note_links
from rag_bot.query.lines import blocks_of, lines_in, text_of
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import TermWeights
from rag_bot.query.reading import context_of
from rag_bot.records import Chunk, Hit, Note
from rag_bot.store.links import NoteLink

# All set by hand: what is shown stays within what a reader of the note would click.
MOST_LINKED = 6  # passages that a question is taken to
MOST_LINKS = 50  # of a passage that are looked at
PASSAGES_OF_LINKED = 3  # of one note or section
LEAST_OF_QUESTION, MOST_NEW_WORDS = 0.5, 2  # "Wi-Fi password: see [[Router]]" points where the password is asked for


def linked_hits(
    sources: Sources, terms: TermWeights, hits: Sequence[Hit], allowed: Collection[str] | None
) -> list[Hit]:
    """The passages that these hits embed, and those that lines about the question point to and say no more.

    Each has `above` what stands above it there, and may be one of the hits, read there as well. What these embed is
    taken along; nothing is taken twice. `allowed` are the paths of notes that pass the filters, None for all.
    """
    found, seen = list[Hit](), set[tuple[str, int, int]]()
    reading = list(hits)
    for hit in reading:  # which grows by what is found
        links = sources.catalogue.links_from(hit.note.path, hit.chunk.start_line, hit.chunk.end_line)[:MOST_LINKS]
        lines = list(lines_in(hit)) if links and len(found) < MOST_LINKED else []
        for link in links:
            line = _line_of(link, hit, lines)
            if line is None or not (link.is_embed or _points(hit, line, terms)):
                continue
            path = sources.catalogue.resolve_link(link)
            if path is None or (allowed is not None and path not in allowed):
                continue
            said = plain_text(without_note_links(text_of(hit.note, line.span)))
            above = " > ".join(part for part in (hit.above, context_of(hit.note, line), said) if part)
            for note, chunk in passages_of_link(sources, path, link):
                if _place(chunk) not in seen and len(found) < MOST_LINKED:
                    seen.add(_place(chunk))
                    found.append(replace(hit, note=note, chunk=chunk, duplicates=(), above=above))
                    reading.append(found[-1])
    return found


def _points(hit: Hit, line: Line, terms: TermWeights) -> bool:
    """Whether a line has the words of the question, and next to nothing more than its link."""
    text = text_of(hit.note, line.span)
    new_words = terms.words_in(without_note_links(text)) - terms.weights.keys()
    return terms.share(text, context_of(hit.note, line)) >= LEAST_OF_QUESTION and len(new_words) <= MOST_NEW_WORDS


def passages_of_link(sources: Sources, path: str, link: NoteLink) -> Iterator[tuple[Note, Chunk]]:
    """The first passages of what a link aims at, each cut down to it; of the whole note where it has no such part."""
    note = sources.catalogue.find_note(path)
    part = part_of(note.text, blocks_of(note), link.anchor) if note and link.anchor else None
    chunks = sources.catalogue.chunks_of(path) if note else []
    if note and part:
        chunks = [chunk for chunk in chunks if chunk.start_char < part.end_char and part.start_char < chunk.end_char]
    for chunk in chunks[:PASSAGES_OF_LINKED]:
        assert note
        if part:
            start, end = max(chunk.start_char, part.start_char), min(chunk.end_char, part.end_char)
            span = LineIndex.of(note.text).span(start, end)
            chunk = replace(
                chunk,
                text=note.text[start:end],
                start_char=start,
                end_char=end,
                start_line=span.start_line,
                end_line=span.end_line,
            )
        yield note, chunk


def _place(chunk: Chunk) -> tuple[str, int, int]:
    return chunk.note_path, chunk.start_char, chunk.end_char


def _line_of(link: NoteLink, hit: Hit, lines: Sequence[Line]) -> Line | None:
    """The line in which a link stands; of several on one line of the file the first that has its target."""
    same = [line for line in lines if line.span.start_line <= link.line <= line.span.end_line]
    return max(same, key=lambda line: link.target in text_of(hit.note, line.span), default=None)
