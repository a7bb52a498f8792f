"""Note -> the times it is of: by its path, its front matter, its headings, and the lines that begin with a date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from rag_bot.databases import Database
from rag_bot.markdown import Block, Kind, LineIndex, parse_note, plain_text
from rag_bot.records import AskedDate, DateRange, Note, NoteDate
from rag_bot.text.dates import find_dates, has_month, numeric_dates
from rag_bot.text.named_days import named_days

PATH, TITLE, HEADING, LINE = "path", "title", "heading", "line"
OF_ITS_OWN = "date"
"""The front matter's key for what a note is of; all others say when somebody wrote it."""
_KEYS = (OF_ITS_OWN, "datum", "fecha", "day", "created", "updated", "modified", "published", "lastmod", "erstellt")
_OWN_SOURCES = {source: rank for rank, source in enumerate((*_KEYS, PATH))}  # the first that is there counts
_WORD = re.compile(r"[^\W\d_]+")
_NEVER = date(1900, 1, 1)  # a base that shows which times have no year
_BEGINNING = 40  # characters of a line, among which a date that it begins with stands; set by hand
# What a line may have before its date: marks of lists, tasks, quotes, tables, links and emphasis.
_MARKS = re.compile(r"[\s>*+\-#|\[\]()_~=•]*(?:\[[ xX/-]\]\s*)?[\s*_\[(\"'#]*")


def path_dates(path: str) -> list[DateRange]:
    """The times in a path: of its file's name, else of it with its folders (`2026/03/14.md`)."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    for text in (stem, f"{folder}/{stem}"):
        dates = [one for one in _dates_in(text.replace("_", "-"), _NEVER) if not one.is_open_ended]
        if dates:
            return [dates[-1].ranges[0]]
    return []


def enter_dates(db: Database, note_id: int, note: Note) -> None:
    """Replace what is known of a note's times."""
    db.execute("DELETE FROM date WHERE note_id = ?", (note_id,))
    rows = [
        (note_id, one.range.first.isoformat(), one.range.last.isoformat(), one.start_line, one.end_line, one.source)
        for one in dates_of(note)
    ]
    db.executemany("INSERT INTO date VALUES (?, ?, ?, ?, ?, ?)", rows)


def dates_of(note: Note) -> list[NoteDate]:
    """All times that a note's path and text say, in the order path, front matter, text."""
    found = [NoteDate(one, 0, 0, PATH) for one in path_dates(note.path)]
    for key in _KEYS:
        found += [NoteDate(one.ranges[0], 0, 0, key) for one in _in_metadata(note, key)]
    if note.own_title:
        found += [NoteDate(one.ranges[0], 0, 0, TITLE) for one in _dates_in(note.own_title, _NEVER) if _has_year(one)]
    base = _base(found)
    blocks = parse_note(note.path, note.text, body_start_line=note.body_start_line)
    found += _in_headings(note, blocks, base)
    found += _at_beginnings(note, blocks, base)
    return list(dict.fromkeys(found))


def date_of(note: Note) -> str:
    """A note's own date as ISO 8601, as exact as it is said ("2026-03"): its front matter's, else its path's, or ""."""
    ranges = [one.ranges[0] for key in _KEYS for one in _in_metadata(note, key)] or path_dates(note.path)
    return _as_said(ranges[0].first.isoformat(), ranges[0].last.isoformat()) if ranges else ""


def entered_dates(db: Database) -> dict[int, str]:
    """What `date_of` says of the notes that have a date, by the id of the note."""
    found: dict[int, tuple[int, str]] = {}
    for note_id, first, last, source in db.execute(
        "SELECT note_id, first, last, source FROM date WHERE start_line = 0"
    ):
        rank = _OWN_SOURCES.get(source)
        if rank is not None and (note_id not in found or rank < found[note_id][0]):
            found[note_id] = rank, _as_said(first, last)
    return {note_id: said for note_id, (_, said) in found.items()}


def _as_said(first: str, last: str) -> str:
    """The beginning of a time as exactly as it was said: a day, a month, or a year."""
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    return first if days < 27 else first[:7] if days < 31 else first[:4]


def ranges_in(text: str, dates: Sequence[NoteDate], today: date) -> list[DateRange]:
    """The times that a text of a note with these dates names; those without a year are near the note's, or today."""
    base = _base(dates) or today
    named = [*_dates_in(text, base), *named_days(text, base, anywhere=True)]
    return [one for asked in named for one in asked.ranges]


def _base(dates: Sequence[NoteDate]) -> date | None:
    """The middle of the year that a note is of: the days without a year in it are mostly of that one."""
    return date(dates[0].range.first.year, 7, 1) if dates else None


def _dates_in(text: str, base: date) -> list[AskedDate]:
    """As numbers, else in words with a month's name: "March 14, 2026" but not "Monday"."""
    return numeric_dates(text, base) if not has_month(text) else find_dates(text, base, with_named_days=False)


def _in_metadata(note: Note, key: str) -> list[AskedDate]:
    value = note.metadata.get(key)
    return _dates_in(value[:_BEGINNING], _NEVER)[:1] if isinstance(value, str) else []


def _in_headings(note: Note, blocks: tuple[Block, ...], base: date | None) -> Iterator[NoteDate]:
    """The section below a heading, up to the next one that is not below it."""
    last_line = len(LineIndex.of(note.text).starts)
    headings = [block for block in blocks if block.kind is Kind.HEADING]
    for number, block in enumerate(headings):
        if one := _stated(block.plain or plain_text(note.text[block.span.start_char : block.span.end_char]), base):
            after = (other for other in headings[number + 1 :] if other.level <= block.level)
            end = next((other.span.start_line - 1 for other in after), last_line)
            yield NoteDate(one, block.span.start_line, end, HEADING)


def _at_beginnings(note: Note, blocks: tuple[Block, ...], base: date | None) -> Iterator[NoteDate]:
    """Lines of text, bullets with all below them, and rows of tables."""
    index = LineIndex.of(note.text)
    for number, block in enumerate(blocks):
        if block.kind not in (Kind.PARAGRAPH, Kind.ITEM, Kind.TABLE):
            continue
        end = block.span.end_line
        if block.kind is Kind.ITEM:
            end = max(end, *(child.span.end_line for child in _below(blocks, number)), end)
        for line in range(block.span.start_line, block.span.end_line + 1):
            start = index.starts[line - 1]
            text = note.text[start : min(index.ends[line - 1], start + _BEGINNING)]
            text = text[_MARKS.match(text).end() :]  # type: ignore[union-attr]  # it matches anything
            if any(map(str.isdigit, text)) and (one := _stated(text, base, at_beginning=True)):
                yield NoteDate(one, line, line if block.kind is Kind.TABLE else end, LINE)


def _below(blocks: tuple[Block, ...], item: int) -> Iterator[Block]:
    for number in range(item + 1, len(blocks)):
        parent = blocks[number].parent
        if parent is None or parent < item:
            return
        yield blocks[number]


def _stated(text: str, base: date | None, *, at_beginning: bool = False) -> DateRange | None:
    """The first date of a text that has a year or gets the base's; `at_beginning` only a weekday may precede it."""
    found = _dates_in(text, base or _NEVER)
    if not found or (at_beginning and _words_before(text[: found[0].start])):
        return None
    ranges = [one for one in found[0].ranges if base or one.first.year > _NEVER.year + 1]
    if at_beginning:  # "2000 m of cable", "Reports in February" are of no day or week
        ranges = [one for one in ranges if one.last - one.first < timedelta(7)]
    if base and len(ranges) > 1:
        ranges = sorted(ranges, key=lambda one: (one.first.year != base.year, abs(one.first - base)))
    return ranges[0] if ranges else None


def _has_year(one: AskedDate) -> bool:
    return all(each.first.year > _NEVER.year + 1 for each in one.ranges)


def _words_before(text: str) -> bool:
    return len(_WORD.findall(text)) > 1 or any(map(str.isdigit, text))
