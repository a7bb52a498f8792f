"""A note as a whole in its own lines: all of a short one, the beginnings of the sections of a longer one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from rag_bot.markdown import Block, Kind, Line, LineIndex, readable_text
from rag_bot.query.lines import LONGEST_QUOTE, blocks_of, span_of, text_of
from rag_bot.query.linked import passages_of_link
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import quote_lines
from rag_bot.query.vault.selecting import note_called, notes_about, trimmed
from rag_bot.query.vault.telling import Telling
from rag_bot.records import Note, Quote

# All set by hand.
LINES_OF_SUMMARY = 24  # of the file: a note with more is shown by the beginnings of its sections
LEAST_OF_SECTION, MOST_SECTIONS = 3, 12  # lines of each, of a long note
_NO_TEXT = (Kind.HEADING, Kind.FRONT_MATTER)
# Must match a line that is nothing but a picture or an embed, whatever marks stand before it.
EMBED = re.compile(r"[\s>*+-]*+!(?:\[\[[^\]\r\n]++\]\]|\[[^\]\r\n]*+\]\([^\r\n]*+\))[\s.]*+")


def tell_summary(sources: Sources, name: str, allowed: set[str] | None, *, is_plain: bool = True) -> Telling | None:
    """The note that is called so, or of a long one the beginning of each section.

    Where none is, that is said; None where notes that mention the name may be meant. A question that may mean something
    else, not `is_plain`, has to give a note's very name.
    """
    same = sources.catalogue.find_by_name(name) or sources.catalogue.find_by_name(trimmed(name))
    same = [path for path in same if allowed is None or path in allowed]
    path = same[0] if len(same) == 1 else note_called(sources, name, allowed) if same or is_plain else None
    note = path and sources.catalogue.find_note(path)
    if not note:
        if not is_plain or notes_about(sources, name).mentioning:
            return None
        return Telling(f"No note is called “{name}”.", 0, (), {})
    others = [one for one in same if one != note.path]
    also = f"; {', '.join(others)} {'are' if others[1:] else 'is'} called so too" if others else ""
    named = f"“{note.title}” ({note.path}{also})"
    sections = _sections(note)
    if not sections:
        return Telling(f"{named} is empty.", 0, (), {note.path: note})
    lines = sum(map(_line_count, (block for blocks in sections for block in blocks)))
    is_short = lines <= LINES_OF_SUMMARY
    shown = sections if is_short else sections[:MOST_SECTIONS]
    most = lines if is_short else min(LONGEST_QUOTE, max(LEAST_OF_SECTION, LINES_OF_SUMMARY // len(shown)))
    notes, quotes = {note.path: note}, list[Quote]()
    for blocks in shown:
        for quoted, quote in _parts(sources, note, _beginning(blocks, most), max(most, LONGEST_QUOTE)):
            if allowed is None or quoted.path in allowed:
                notes[quoted.path] = quoted
                quotes.append(quote)
    left = len(sections) - len(shown)
    which = "in its own words" if is_short else "is long: this is how each of its sections begins"
    which = f"is long: this is how the first {len(shown)} of its {len(sections)} sections begin" if left else which
    statement = f"{named} {which}:" if quotes else f"{named} has nothing but pictures."
    return Telling(
        statement, len(quotes), tuple(quotes), notes, tuple(sources.catalogue.chunks_of(note.path)), is_whole=True
    )


def _sections(note: Note) -> list[list[Block]]:
    """The blocks that have text by the headings above them; headings and properties only where a note has no more."""
    blocks = [block for block in blocks_of(note) if text_of(note, block.span).strip()]
    told = [block for block in blocks if block.kind not in _NO_TEXT] or blocks
    return [list(section) for _, section in groupby(told, key=lambda block: block.headings)]


def _beginning(blocks: Sequence[Block], most: int) -> Iterator[Block]:
    """The first blocks, until there are so many lines."""
    lines = 0
    for block in blocks:
        if lines >= most:
            return
        lines += _line_count(block)
        yield block


def _parts(sources: Sources, note: Note, blocks: Iterator[Block], most: int) -> Iterator[tuple[Note, Quote]]:
    """These blocks of one section, those that follow each other as one quote; what a line embeds in its place.

    Pictures are left out. Of a block at most its first lines, of what is embedded the first `LONGEST_QUOTE`.
    """
    index, text = LineIndex.of(note.text), readable_text(note)
    begun: tuple[Block, int] | None = None
    end = 0
    for block in blocks:
        last = min(block.span.end_line, block.span.start_line + most - 1)
        for number in range(block.span.start_line, last + 1):
            words = text[index.starts[number - 1] : index.ends[number - 1]]
            if not EMBED.fullmatch(words):
                begun, end = begun or (block, number), number
                continue
            if begun:
                yield note, _quote(note, *begun, end)
                begun = None
            for link in sources.catalogue.links_from(note.path, number, number):
                path = sources.catalogue.resolve_link(link) if link.is_embed else None
                for other, chunk in list(passages_of_link(sources, path, link))[:1] if path else ():
                    first = next(one for one in blocks_of(other) if one.span.end_line >= chunk.start_line)
                    stop = min(chunk.end_line, chunk.start_line + LONGEST_QUOTE - 1)
                    yield other, _quote(other, first, chunk.start_line, stop)
        if begun and last < block.span.end_line:
            yield note, _quote(note, *begun, end)
            begun = None
    if begun:
        yield note, _quote(note, *begun, end)


def _quote(note: Note, block: Block, first: int, last: int) -> Quote:
    """Lines of a note as one quote, which begins in this block."""
    span = span_of(note, first, last)
    return quote_lines(note, Line(block.kind, span, block.headings, block.ancestors, 0), span, 1.0)


def _line_count(block: Block) -> int:
    return block.span.end_line - block.span.start_line + 1
