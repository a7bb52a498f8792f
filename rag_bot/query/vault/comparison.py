"""Two notes or more side by side: the lines that stand in only some of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_bot.markdown import Kind, Line, plain_text, quotable_lines, readable_text
from rag_bot.query.lines import blocks_of, span_of, text_of
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import quote_lines
from rag_bot.query.vault.digest import EMBED
from rag_bot.query.vault.selecting import note_called, notes_about
from rag_bot.query.vault.telling import Telling
from rag_bot.records import LISTED_AT_ONCE, Note

# All set by hand.
MOST_NOTES = 5  # that are compared at once
MOST_ALONE = 10  # lines of each note that have no counterpart
OPENING = 3  # words in which lines that are about the same thing begin alike: "The fee is 45 euros"
_BETWEEN = re.compile(
    r"\s*,?\s+(?:and|with|to|against|vs\.?|versus|und|mit|et|avec|[aà]|y|con)\s+(?:(?:the|my|die|der|le|la|el|mi)\s+)?",
    re.IGNORECASE,
)
# Must match what a line says something of: "Rent: 640", "rent:: 640", the first cell of a row.
_LABEL = re.compile(r"\s*\|?\s*([^|:\r\n]{1,40}?)\s*(?:::?(?=\s)|\|)")


def tell_comparison(sources: Sources, names: str, allowed: set[str] | None) -> Telling | None:
    """What does not stand in all of the notes that are called so; None where they are not two or more.

    Lines that begin alike come first and together, then of each note those of sections that others have as well.
    """
    by_name = sources.catalogue.find_by_name
    for parts in sorted(_names(names), key=lambda parts: not all(map(by_name, parts))):
        paths = [note_called(sources, name, allowed) for name in parts]
        if all(paths) and len({*paths}) == len(paths) <= MOST_NOTES:
            break
    else:
        return _no_such_note(sources, next(_names(names), []), allowed)
    notes = [note for path in paths if path and (note := sources.catalogue.find_note(path))]
    stated = [_statements(note) for note in notes]
    common = set[str].intersection(*({*lines} for lines in stated))
    own = [{words: line for words, line in lines.items() if words not in common} for lines in stated]
    named = [f"“{note.title}”" for note in notes]
    named = [f"{one.title}” ({one.path})" for one in notes] if len({*named}) < len(named) else named
    which = ("the first", "the second", "the third", "the fourth", "the fifth")
    only = ", ".join(f"only in {name}: {len(lines):,}" for name, lines in zip(which, own, strict=False))
    if notes[2:]:
        only = ", ".join(f"others in {name}: {len(lines):,}" for name, lines in zip(which, own, strict=False))
    has = f"{len(common) or 'no'} line{'' if len(common) == 1 else 's'} in common"
    statement = f"{', '.join(named[:-1])} and {named[-1]} have {has}; {only}."
    quotes = tuple(quote_lines(notes[place], line, line.span, 1.0) for place, line in _side_by_side(own))
    passages = tuple(chunk for note in notes for chunk in sources.catalogue.chunks_of(note.path))
    return Telling(statement, len(quotes), quotes, {note.path: note for note in notes}, passages)


def _no_such_note(sources: Sources, names: Sequence[str], allowed: set[str] | None) -> Telling | None:
    """That only some of these notes exist; None where none does, or where notes speak of what is missing."""
    missing = [name for name in names if not note_called(sources, name, allowed)]
    if not 0 < len(missing) < len(names) or any(notes_about(sources, name).mentioning for name in missing):
        return None
    return Telling(f"No note is called {' or '.join(f'“{name}”' for name in missing)}.", 0, (), {})


def _side_by_side(own: Sequence[dict[str, Line]]) -> list[tuple[int, Line]]:
    """The lines of each note, with its place: those whose label several notes have together, then the first others."""
    by_label: dict[str, dict[int, list[Line]]] = {}
    for place, lines in enumerate(own):
        for words, line in lines.items():
            by_label.setdefault(_label(words), {}).setdefault(place, []).append(line)
    shared = [found for found in by_label.values() if len(found) > 1]
    together = [(place, line) for found in shared for place, lines in found.items() for line in lines]
    headings = [{line.headings[-1:] for line in lines.values()} for lines in own]
    shown = {(place, line.span) for place, line in together}
    at_once, more = list[tuple[int, Line]](), list[tuple[int, Line]]()
    most = min(MOST_ALONE, max(1, (LISTED_AT_ONCE - len(together)) // len(own)))
    for place, lines in enumerate(own):
        others = {heading for at, found in enumerate(headings) if at != place for heading in found if heading}
        rest = [(place, line) for line in lines.values() if (place, line.span) not in shown]
        rest.sort(key=lambda pair: pair[1].headings[-1:] not in others)
        at_once += rest[:most]
        more += rest[most:MOST_ALONE]
    return together + at_once + more


def _label(words: str) -> str:
    match = _LABEL.match(words)
    return match[1] if match else " ".join(words.split()[:OPENING])


def _statements(note: Note) -> dict[str, Line]:
    """The lines of a note by their plain words: of paragraphs those of the file."""
    text, found = readable_text(note), dict[str, Line]()
    for block in blocks_of(note):
        if block.kind in (Kind.HEADING, Kind.FRONT_MATTER):
            continue
        lines = quotable_lines(text, (block,))
        if lines and block.kind is Kind.PARAGRAPH:
            numbers = range(block.span.start_line, block.span.end_line + 1)
            spans = [span_of(note, number, number) for number in numbers]
            lines = tuple(replace(lines[0], span=span) for span in spans)
        for line in lines:
            words = text_of(note, line.span)
            if not EMBED.fullmatch(words) and plain_text(words).strip():
                found[plain_text(words).lower()] = line
    return found


def _names(names: str) -> Iterator[list[str]]:
    """Each way to part the words into names; "Rules 2025 and 2026" is also "Rules 2025" and "Rules 2026"."""
    matches = list(_BETWEEN.finditer(names))
    ways = [_BETWEEN.split(names)] if len(matches) > 1 else []
    ways += [[names[: match.start()], names[match.end() :]] for match in matches]
    for first, *others in ways:
        yield [first, *others]
        yield [first, *(f"{first.rpartition(' ')[0]} {other}".strip() for other in others)]
