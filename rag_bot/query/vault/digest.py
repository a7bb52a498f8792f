"""A note as a whole, or two of them side by side, in their own lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from rag_bot.markdown import Kind, Line, plain_text, quotable_lines
from rag_bot.query.lines import blocks_of, text_of
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import quote_lines
from rag_bot.query.vault.selecting import note_called
from rag_bot.query.vault.telling import Telling
from rag_bot.records import Note

MOST_POINTS = 12  # lines of a note that tell what is in it; set by hand
_BETWEEN = re.compile(
    r"\s*,?\s+(?:and|with|to|against|vs\.?|versus|und|mit|et|avec|[aà]|y|con)\s+(?:(?:the|my|die|der|le|la|el|mi)\s+)?",
    re.IGNORECASE,
)


def tell_summary(sources: Sources, name: str, allowed: set[str] | None) -> Telling | None:
    """The first line of each part of the note that is called so; None where none is."""
    path = note_called(sources, name, allowed)
    note = path and sources.catalogue.find_note(path)
    if not note:
        return None
    points = main_points(note)
    statement = f"“{note.title}” ({note.path}) in its own words:"
    return _telling(sources, statement, [(note, line) for line in points], [note])


def tell_comparison(sources: Sources, names: str, allowed: set[str] | None) -> Telling | None:
    """What stands in only one of the two notes that are called so; None where they are not two.

    Where they have no line in common, the main points of both.
    """
    for first_name, second_name in _two_names(names):
        first, second = note_called(sources, first_name, allowed), note_called(sources, second_name, allowed)
        if first and second and first != second:
            break
    else:
        return None
    one, other = sources.catalogue.find_note(first), sources.catalogue.find_note(second)
    if not (one and other):
        return None
    own, others = _statements(one), _statements(other)
    common = own.keys() & others.keys()
    if common:
        lines = []
        matcher = SequenceMatcher(None, list(own), list(others), autojunk=False)
        for same, start, end, other_start, other_end in matcher.get_opcodes():
            pairs = zip_longest(list(own.values())[start:end], list(others.values())[other_start:other_end])
            for line, other_line in pairs if same != "equal" else ():
                lines += [(one, line)] if line else []
                lines += [(other, other_line)] if other_line else []
        only = f"only in the first: {len(own) - len(common):,}, only in the second: {len(others) - len(common):,}"
        statement = f"“{one.title}” and “{other.title}” have {_lines(len(common))} in common; {only}."
    else:
        lines = [(note, line) for note in (one, other) for line in main_points(note)]
        statement = f"“{one.title}” and “{other.title}” have no line in common. This is in them:"
    return _telling(sources, statement, lines, [one, other])


def main_points(note: Note) -> list[Line]:
    """The first line of each paragraph, list and table; of a long note only that of each section."""
    blocks = blocks_of(note)
    lines: list[Line] = []
    for line in quotable_lines(note.text, blocks):
        block = blocks[line.block]
        before = blocks[lines[-1].block] if lines else None
        in_same_list = (
            before is not None and before.kind is block.kind is Kind.ITEM and before.headings == block.headings
        )
        is_callout = note.text.startswith("[!", line.span.start_char)  # its kind and title
        goes_on = is_callout or (lines and (lines[-1].block == line.block or in_same_list))
        if line.kind not in (Kind.HEADING, Kind.FRONT_MATTER, Kind.HTML) and block.parent is None and not goes_on:
            lines.append(line)
    if len(lines) > MOST_POINTS:
        lines = list({line.headings: line for line in reversed(lines)}.values())[::-1]
    return lines[:MOST_POINTS]


def _statements(note: Note) -> dict[str, Line]:
    """The lines of a note by their plain words."""
    lines = quotable_lines(note.text, blocks_of(note))
    told = (line for line in lines if line.kind not in (Kind.HEADING, Kind.FRONT_MATTER))
    return {plain_text(text_of(note, line.span)).lower(): line for line in told}


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"


def _two_names(names: str) -> Iterator[tuple[str, str]]:
    """Each way to part the words into two names; "Rules 2025 and 2026" is also "Rules 2025" and "Rules 2026"."""
    for match in _BETWEEN.finditer(names):
        first, second = names[: match.start()], names[match.end() :]
        yield first, second
        yield first, f"{first.rpartition(' ')[0]} {second}".strip()


def _telling(sources: Sources, statement: str, lines: Sequence[tuple[Note, Line]], notes: Sequence[Note]) -> Telling:
    quotes = tuple(quote_lines(note, line, line.span, 1.0) for note, line in lines)
    passages = tuple(chunk for note in notes for chunk in sources.catalogue.chunks_of(note.path))
    return Telling(statement, len(quotes), quotes, {note.path: note for note in notes}, passages)
