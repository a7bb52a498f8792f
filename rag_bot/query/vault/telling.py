"""A vault question -> what the catalogue says to it: a sentence with the total, and the lines it counted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from rag_bot.markdown import LineIndex
from rag_bot.query.open_index import Sources
from rag_bot.query.vault.asking import VaultQuestion
from rag_bot.query.vault.periods import Period
from rag_bot.query.vault.selecting import (
    dates_of,
    is_within,
    note_called,
    notes_about,
    tasks_about,
    terms_in,
    trimmed,
)
from rag_bot.records import MOST_LISTED, Chunk, Note, Quote
from rag_bot.text.sentences import trim

NAMED_TAGS = 12  # in a sentence; set by hand


@dataclass(frozen=True, slots=True)
class Telling:
    """What the catalogue says: `quotes` are the first of `total` lines, `notes` those they stand in, by path.

    `passages` are what a language model may write of; none where nothing is left to write.
    """

    statement: str
    total: int
    quotes: tuple[Quote, ...]
    notes: dict[str, Note]
    passages: tuple[Chunk, ...] = field(default=())


def tell_notes(sources: Sources, asked: VaultQuestion, allowed: set[str] | None) -> Telling | None:
    """The notes that meet all that is asked; None where words stand together in no note."""
    census = sources.catalogue.census
    paths, parts = allowed, list[str]()
    lines: dict[str, int] = {}
    first: set[str] = set()  # of the notes, what is named or tagged so comes before what only mentions it

    def narrow(found: Collection[str]) -> set[str]:
        return {*found} if paths is None else paths.intersection(found)

    if asked.tag:
        paths = narrow(census.tagged(asked.tag.strip("#/").lower()))
        parts.append(f"tagged #{asked.tag.strip('#/')}")
    if asked.untagged:
        paths = narrow(census.untagged())
        parts.append("without a tag")
    if asked.folder:
        paths = narrow(census.in_folder(asked.folder))
        parts.append(f"in the folder {asked.folder.strip('/')}")
    if asked.linked_to:
        target = note_called(sources, asked.linked_to)
        if target is None:
            return None
        name = target.rsplit("/", 1)[-1].rpartition(".")[0] or target
        links = census.linking_to(_spellings_of_link(name, sources.catalogue.find_note(target)))
        lines = dict(reversed(links))
        paths = narrow(lines) - {target}
        parts.append(f"with a link to {name}")
    if asked.period or asked.newest:
        dates = dates_of(sources, paths)
        if asked.period:
            dates = {path: day for path, day in dates.items() if is_within(day, asked.period)}
            parts.append(f"dated {_days(asked.period)}")
        paths = narrow(dates)
    details = ""
    if asked.topic:
        about, topic = notes_about(sources, asked.topic), trimmed(asked.topic)
        if not about.all and len(topic.split()) > 1:
            return None  # the words stand in no note together: near ones may answer all the same
        mentioning, tagged, inside = map(narrow, (about.mentioning, about.tagged, about.inside))
        paths, first = narrow(about.all), tagged | inside
        others = [f"{_are(len(tagged))} tagged #{topic.lower()}"] if tagged else []
        others += [f"{_are(len(inside))} in the folder {topic}"] if inside else []
        if others and paths:
            details = f" {len(mentioning):,} of them mention it, {', '.join(others)}."
        parts.append(f"about “{topic}”" if others else f"mentioning “{topic}”")
    total = census.count() if paths is None else len(paths)
    described = f"{_many(total, 'note')}{''.join(f' {part}' for part in parts)}"
    if asked.newest:
        ordered = sorted(paths or (), key=lambda path: (dates[path], path), reverse=True)
        shown, total = ordered[: asked.newest], min(total, asked.newest)
        statement = f"The newest {described.replace(_many(len(ordered), 'note'), _many(total, 'note'), 1)}, by date."
    else:
        first |= {path for path in paths or () if asked.topic and _is_named(sources, path, asked.topic)}
        shown = (
            census.first_paths(MOST_LISTED)
            if paths is None
            else sorted(paths, key=lambda path: (path not in first, path))[:MOST_LISTED]
        )
        statement = f"You have {described}.{details}" if total else f"You have no {described[2:]}."
    notes = {path: note for path in shown if (note := sources.catalogue.find_note(path))}
    wanted = terms_in(sources, trimmed(asked.topic)) if asked.topic else set()
    quotes = []
    for path, note in notes.items():
        if path in lines:
            quotes.append(quote_line(note, lines[path]))
        elif asked.tag:
            quotes.append(quote_line(note, _line_with(note, asked.tag) or _first_line(note)))
        else:
            quotes.append(quote_line(note, _line_about(sources, note, wanted)))
    return Telling(statement, total, tuple(quotes), notes)


def tell_tasks(sources: Sources, asked: VaultQuestion, allowed: set[str] | None, today: date) -> Telling | None:
    """The tasks; None where the question may mean something else and no task is about it."""
    census, day = sources.catalogue.census, today.isoformat()
    if not census.has_tasks():
        return None
    if asked.topic:
        tasks = tasks_about(sources, asked.topic, done=asked.done)
        tasks = [task for task in tasks if allowed is None or task.note_path in allowed]
    else:
        tasks = census.tasks(done=asked.done, paths=allowed)
    if period := asked.period:
        tasks = [task for task in tasks if (when := task.done if asked.done else task.due) and is_within(when, period)]
    overdue = [task for task in tasks if task.due and task.due < day and task.is_open]
    tasks = overdue if asked.overdue else tasks
    if not tasks and (asked.topic or not asked.is_plain):
        return None
    kind = "done" if asked.done else "overdue" if asked.overdue else "open"
    about = f" about “{trimmed(asked.topic)}”" if asked.topic else ""
    when = f"{'' if asked.done else ' due'} {_days(asked.period)}" if asked.period else ""
    statement = f"You have {_many(len(tasks), f'{kind} task')}{about}{when}."
    if tasks and not asked.done and not asked.overdue:
        due = [task for task in tasks if task.due >= day]
        statement += f" {_are(len(overdue))} overdue." if overdue else ""
        statement += f" The next is due {due[0].due}." if due else ""
    shown = tasks[:MOST_LISTED]
    notes = {path: note for path in {task.note_path for task in shown} if (note := sources.catalogue.find_note(path))}
    quotes = tuple(quote_line(notes[task.note_path], task.line, task.above) for task in shown)
    return Telling(statement, len(tasks), quotes, notes)


def tell_tags(sources: Sources, allowed: set[str] | None) -> Telling:
    """All tags, the most used first, each with a line that has it."""
    tags = sources.catalogue.census.tags(allowed)
    named = ", ".join(f"#{tag} ({count:,})" for tag, count, _ in tags[:NAMED_TAGS])
    more = f", and {len(tags) - NAMED_TAGS:,} more" if len(tags) > NAMED_TAGS else ""
    statement = f"You use {_many(len(tags), 'tag')}{f': {named}{more}' if tags else ''}."
    notes, quotes = dict[str, Note](), list[Quote]()
    for tag, _, path in tags[:MOST_LISTED]:
        note = notes.get(path) or sources.catalogue.find_note(path)
        if note:
            notes[path] = note
            quotes.append(quote_line(note, _line_with(note, tag) or _first_line(note)))
    return Telling(statement, len(tags), tuple(quotes), notes)


def quote_line(note: Note, line: int, above: Sequence[str] = ()) -> Quote:
    """A line of the file, without the white space around it."""
    index = LineIndex.of(note.text)
    start, end = trim(note.text, index.starts[line - 1], index.ends[line - 1])
    return Quote(note.text[start:end], note.path, note.title, tuple(above), (), start, end, line, line, 1.0)


def _first_line(note: Note) -> int:
    """The first line of a note's text that has something in it; its first line where none has."""
    return next((number for number, words in _lines(note) if words.strip(" #\t\r\n\ufeff-*")), 1)


def _lines(note: Note) -> Iterator[tuple[int, str]]:
    """The lines below the front matter with their numbers."""
    index = LineIndex.of(note.text)
    for number in range(note.body_start_line, len(index.starts) + 1):
        yield number, note.text[index.starts[number - 1] : index.ends[number - 1]]


def _line_with(note: Note, tag: str) -> int | None:
    """The first line in which a tag stands, in the front matter or with a "#"."""
    pattern = re.compile(rf"(?<![\w/-]){re.escape(tag.strip('#/'))}(?![\w-])", re.IGNORECASE)
    body = LineIndex.of(note.text).starts[note.body_start_line - 1] if note.body_start_line > 1 else 0
    for match in pattern.finditer(note.text):
        if match.start() < body or note.text[: match.start()].endswith("#"):
            return note.text.count("\n", 0, match.start()) + 1
    return None


def _line_about(sources: Sources, note: Note, wanted: Collection[tuple[str, ...]]) -> int:
    """The first line with most of these words; the first line of all where none has any."""
    beginnings = {spelling[:3] for spellings in wanted for spelling in spellings}  # spares most lines the stemming
    best, most = 0, 0
    for number, words in _lines(note) if wanted else ():
        folded = words.lower()
        if any(beginning in folded for beginning in beginnings):
            count = len(terms_in(sources, words).intersection(wanted))
            if count > most:
                best, most = number, count
    return best or _first_line(note)


def _is_named(sources: Sources, path: str, topic: str) -> bool:
    return bool(terms_in(sources, path).issuperset(terms_in(sources, topic)))


def _spellings_of_link(name: str, note: Note | None) -> Iterable[str]:
    """How links may spell a note: its file's name, its title, its aliases."""
    others = (note.title, *map(str, note.metadata.get("aliases", ()))) if note else ()
    return {spelling.casefold() for spelling in (name, *others)}


def _days(period: Period) -> str:
    if not period.last:
        return f"from {period.first} on"
    if not period.first:
        return f"up to {period.last}"
    return f"on {period.first}" if period.first == period.last else f"from {period.first} to {period.last}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'}"
