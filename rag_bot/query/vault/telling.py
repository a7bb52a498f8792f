"""A vault question -> what the catalogue says to it: a sentence with the total, and the lines it counted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath

from rag_bot.markdown import Kind, Line, LineIndex
from rag_bot.query.lines import span_of
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import quote_lines
from rag_bot.query.vault.selecting import (
    day_of,
    note_called,
    notes_about,
    similar_tags,
    tasks_about,
    terms_in,
    trimmed,
)
from rag_bot.query.vault.vault_question import VaultQuestion
from rag_bot.records import MOST_LISTED, AskedDate, Chunk, DateRange, Note, Quote
from rag_bot.store.note_dates import date_of
from rag_bot.text.terms import detect, words_of

NAMED_TAGS, NAMED_FOLDERS = 50, 15  # in a sentence; set by hand
MOST_READ = 2_000  # notes whose language is told for one question; set by hand


@dataclass(frozen=True, slots=True)
class Telling:
    """What the catalogue says: `quotes` are the first of `total` lines, `notes` those they stand in, by path.

    `passages` are what a language model may write of; none where nothing is left to write. `is_whole` says that the
    quotes are to be read one after the other, as a note is, `is_number` that nobody asked to see them.
    """

    statement: str
    total: int
    quotes: tuple[Quote, ...]
    notes: dict[str, Note]
    passages: tuple[Chunk, ...] = field(default=())
    is_whole: bool = False
    is_number: bool = False


@dataclass(slots=True)
class _Selection:
    """The notes that meet what was asked so far; `paths` are None for all. `described` says what, for the statement.

    `first` come before others in a list, `others` may be meant as well and come last; `lines` are those to cite, else
    those about the topic, else those with the `tag`. `unknown` says what is named but does not exist.
    """

    paths: set[str] | None
    described: list[str] = field(default_factory=list)
    details: str = ""
    first: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    lines: dict[str, int] = field(default_factory=dict)
    tag: str = ""
    unknown: str = ""

    def among(self, found: Collection[str]) -> set[str]:
        return {*found} if self.paths is None else self.paths.intersection(found)

    def narrow(self, found: Collection[str], words: str) -> None:
        self.paths = self.among(found)
        self.described.append(words)


def tell_notes(sources: Sources, asked: VaultQuestion, allowed: set[str] | None) -> Telling | None:
    """The notes that meet all that is asked; None where it names no note, or words that stand in no note together."""
    selection = _select(sources, asked, allowed)
    if selection is None:
        return None
    if selection.unknown:
        return Telling(selection.unknown, 0, (), {})
    paths, census = selection.paths, sources.catalogue.census
    total = census.count() if paths is None else len(paths)
    described = "".join(f" {words}" for words in selection.described)
    if asked.newest and total:
        shown = census.newest(asked.newest, paths, oldest=asked.oldest)
        age = "oldest" if asked.oldest else "newest"
        undated = f"None of your notes{described} has a date, so none is the {age}."
        total = len(shown)
        statement = f"Your {age} {'note' if total == 1 else f'{total:,} notes'}{described}, by date."
        statement = statement if shown else undated
        newest = sources.catalogue.find_note(shown[0]) if total == 1 else None
        if newest:
            statement = f"Your {age} note{described} is of {date_of(newest)}."
    elif total:
        statement = f"You have {_many(total, 'note')}{described}.{selection.details}"
        if paths is None:
            shown = census.first_paths(MOST_LISTED)
        else:
            shown = sorted(paths, key=lambda path: (path not in selection.first, path)) + sorted(selection.others)
            shown = shown[:MOST_LISTED]
    else:
        shown, statement = [], f"You have no note{described}."
    if not shown and not asked.is_plain:
        return None
    notes = {path: note for path in shown if (note := sources.catalogue.find_note(path))}
    wanted = terms_in(sources, trimmed(asked.topic)) if asked.topic else set()
    quotes = []
    for path, note in notes.items():
        line = selection.lines.get(path) or _line_about(sources, note, wanted)
        line = line or (selection.tag and _line_with(note, selection.tag)) or _first_line(note)
        quotes.append(quote_line(note, line))
    return Telling(statement, total, tuple(quotes), notes, is_number=asked.only_counts and not selection.described)


def _select(sources: Sources, asked: VaultQuestion, allowed: set[str] | None) -> _Selection | None:
    """One condition after the other; None as `tell_notes`."""
    census, selection = sources.catalogue.census, _Selection(allowed)
    if asked.tag:
        _narrow_to_tags(sources, selection, asked.tag)
    for is_asked, lacking, words in (
        (asked.untagged, census.untagged, "without a tag"),
        (asked.unlinked, census.unlinked, "that no other note links to"),
        (asked.undated, census.undated, "without a date"),
    ):
        if is_asked:
            selection.narrow(lacking(), words)
    if asked.folder:
        name, found_in = asked.folder.strip("/"), census.in_folder(asked.folder)
        if not asked.is_plain:  # "how many bees do I have" may be no question for notes in the folder Bees
            mentioning = notes_about(sources, name).mentioning
            if 2 * len(mentioning & found_in) < len(mentioning):
                return None
        if not found_in:
            names = dict.fromkeys(PurePosixPath(path).name for path in census.folders() if "/" in path)
            more = ", …" if len(names) > NAMED_FOLDERS else ""
            selection.unknown = (
                f"There is no folder “{name}”; your folders: {', '.join([*names][:NAMED_FOLDERS])}{more}."
            )
        selection.narrow(found_in, f"in the folder {name}")
    if asked.linked_to:
        target = note_called(sources, asked.linked_to)
        if not target:
            selection.unknown = f"No note is called “{asked.linked_to}”."
            return selection
        selection.lines = {link.path: link.line for link in reversed(sources.catalogue.links_to(target))}
        selection.narrow(selection.lines, f"with a link to {PurePosixPath(target).stem}")
    if asked.linked_from:
        source = note_called(sources, asked.linked_from)
        note = sources.catalogue.find_note(source) if source else None
        if not note:
            selection.unknown = f"No note is called “{asked.linked_from}”."
            return None if notes_about(sources, asked.linked_from).mentioning else selection
        links = sources.catalogue.links_from(note.path, 1, len(LineIndex.of(note.text).starts))
        paths_to = {path for link in links if (path := sources.catalogue.resolve_link(link))}
        selection.narrow(paths_to - {note.path}, f"that {PurePosixPath(note.path).stem} links to")
    if asked.time:
        found = [(one, census.dated([one])) for one in asked.time.ranges]
        time = _matched(asked.time, [one for one, paths in found if selection.among(paths)])
        selection.narrow(
            {path for _, paths in found for path in paths}, time.name if time.is_open_ended else f"of {time.name}"
        )
    if asked.sort and not _narrow_to_sort(sources, selection, asked.sort, is_plain=asked.is_plain):
        return None
    if asked.topic and not _narrow_to_topic(sources, selection, asked.topic, only_mentioned=asked.mention):
        return None
    if asked.language:
        paths = census.first_paths(MOST_READ + 1) if selection.paths is None else selection.paths
        if len(paths) > MOST_READ:
            return None
        spoken = {path for path, text in census.beginnings(paths) if detect(words_of(text)) == asked.language}
        selection.narrow(spoken, f"in {asked.language.title()}")
        selection.others = set()
    return selection


def _narrow_to_tags(sources: Sources, selection: _Selection, named: str) -> None:
    """To those with a tag, or with several: "a and b", "a or b"."""
    census, tags = sources.catalogue.census, [tag.strip("#/") for tag in re.split(r" (?:and|or) ", named)]
    selection.tag = tags[0]
    having = [census.tagged(tag.lower()) for tag in tags]
    for tag, paths in zip(tags, having, strict=True):
        if not paths:
            near = similar_tags(sources, tag)
            has = f"; {', '.join(f'#{other} has {count:,}' for other, count in near)}" if near else ""
            selection.unknown = f"No note is tagged #{tag}{has}."
            return
    joined = re.sub(r"(?<!\S)(?!(?:and|or) )#?", "#", named)
    found = set.union(*having) if " or " in named else set.intersection(*having)
    selection.narrow(found, f"tagged {joined}")


def _narrow_to_sort(sources: Sources, selection: _Selection, sort: str, *, is_plain: bool) -> bool:
    """To those that are filed under the word, else to those named so; whether there are any. Where the question may
    mean something else, not `is_plain`, only to several filed ones: what a single note lists may be meant.
    """
    about, sort = notes_about(sources, sort), trimmed(sort)
    found = about.filed or about.named
    if not found or (not is_plain and len(about.filed) < 2):
        return False
    ways = [f"tagged #{about.tag}"] if about.tagged else []
    ways += [f"in the folder {sort}"] if about.inside else []
    ways += [f"with the field {sort}"] if about.with_field else []
    selection.narrow(found, " or ".join(ways) or f"named “{sort}”")
    selection.tag = selection.tag or about.tag
    return True


def _narrow_to_topic(sources: Sources, selection: _Selection, topic: str, *, only_mentioned: bool) -> bool:
    """To those that are filed under the topic or named so, or mention it where none is filed; False where the notes
    have some of its words at most.
    """
    about, topic = notes_about(sources, topic), trimmed(topic)
    if not about.mentioning and not about.filed and len(topic.split()) > 1:
        return False  # lines that have some of the words may answer all the same
    selection.first = selection.among(about.named)
    if only_mentioned or not selection.among(about.filed):
        selection.narrow(about.mentioning, f"mentioning “{topic}”")
        return True
    by_way = (
        (f"tagged #{about.tag}", about.tagged),
        (f"in the folder {topic}", about.inside),
        (f"with the field {topic}", about.with_field),
        ("named so", about.named),
    )
    ways = [f"{_are(len(found))} {way}" for way, paths in by_way if (found := selection.among(paths))]
    selection.tag = selection.tag or about.tag
    others = selection.among(about.mentioning)
    selection.narrow(about.filed | about.named, f"about “{topic}”")
    selection.others = others - selection.among(others)
    more = f" {len(selection.others):,} more mention{'s' if len(selection.others) == 1 else ''} it."
    selection.details = f" {', '.join(ways)}.{more if selection.others else ''}"
    return True


def _matched(time: AskedDate, ranges: Sequence[DateRange]) -> AskedDate:
    """A time that may be understood in several ways: as those of them that were found, if any were."""
    return replace(time, ranges=tuple(ranges)) if ranges else time


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
    time = asked.time
    if time:
        days = [(task, day_of(task.done if asked.done else task.due)) for task in tasks]
        days = [(task, day) for task, day in days if day and time.overlaps(day)]
        time = _matched(time, [one for one in time.ranges if any(one.overlaps(day) for _, day in days if day)])
        tasks = [task for task, _ in days]
    if asked.undated:
        tasks = [task for task in tasks if not task.due]
    overdue = [task for task in tasks if task.due and task.due < day and task.is_open]
    tasks = overdue if asked.overdue else tasks
    if not tasks and (asked.topic or not asked.is_plain):
        return None
    kind = "done" if asked.done else "overdue" if asked.overdue else "open"
    about = f" about “{trimmed(asked.topic)}”" if asked.topic else ""
    when = f"{'' if asked.done else ' due'} {_on(time)}" if time else " without a due date" if asked.undated else ""
    statement = f"You have {_many(len(tasks), f'{kind} task')}{about}{when}."
    if tasks and not asked.done and not asked.overdue:
        due = [task for task in tasks if task.due >= day]
        statement += f" {_are(len(overdue))} overdue." if overdue else ""
        statement += f" The next is due {due[0].due}." if due and not time else ""
    shown = tasks[:MOST_LISTED]
    notes = {path: note for path in {task.note_path for task in shown} if (note := sources.catalogue.find_note(path))}
    quotes = tuple(quote_line(notes[task.note_path], task.line, task.above) for task in shown)
    return Telling(statement, len(tasks), quotes, notes)


def tell_tags(sources: Sources, allowed: set[str] | None, *, used_once: bool = False) -> Telling:
    """All tags, or those of one note only, the most used first, each with a line that has it."""
    tags = [tag for tag in sources.catalogue.census.tags(allowed) if tag[1] == 1 or not used_once]
    named = ", ".join(f"#{tag} ({count:,})" for tag, count, _ in tags[:NAMED_TAGS])
    more = f", and {len(tags) - NAMED_TAGS:,} more" if len(tags) > NAMED_TAGS else ""
    which = " in only one note" if used_once else ""
    statement = f"You use {_many(len(tags), 'tag')}{which}{f': {named}{more}' if tags else ''}."
    notes, quotes = dict[str, Note](), list[Quote]()
    for tag, count, path in tags[:MOST_LISTED]:
        note = notes.get(path) or sources.catalogue.find_note(path)
        if note:
            notes[path] = note
            line = _line_with(note, tag) or _first_line(note)
            quotes.append(quote_line(note, line, [f"#{tag} ({count:,})"]))
    return Telling(statement, len(tags), tuple(quotes), notes)


def quote_line(note: Note, line: int, above: Sequence[str] = ()) -> Quote:
    """A line of the file, without the white space around it."""
    span = span_of(note, line, line)
    return quote_lines(note, Line(Kind.PARAGRAPH, span, tuple(above), (), 0), span, 1.0)


# Must match a line that says nothing by itself: a heading, a rule, a fence, a field, a row, a picture, a comment.
_SAYS_NOTHING = re.compile(
    r"\W*$|#{1,6}\s|```|~~~|[\s>*+-]*(?:\[?[\w-]+(?: [\w-]+){0,3}::|\||!\[\[?[^\]]*\][^\s]*\s*$|%%|<!--|\[![\w-]+\])"
)


def _first_line(note: Note) -> int:
    """The first line of a note's text that says something, else that has something in it, else its first line."""
    written = [(number, words.strip()) for number, words in _lines(note) if words.strip(" #\t\r\n\ufeff-*")]
    said = (number for number, words in written if not _SAYS_NOTHING.match(words))
    return next(said, written[0][0] if written else 1)


def _lines(note: Note) -> Iterator[tuple[int, str]]:
    """The lines below the front matter with their numbers."""
    index = LineIndex.of(note.text)
    for number in range(note.body_start_line, len(index.starts) + 1):
        yield number, note.text[index.starts[number - 1] : index.ends[number - 1]]


def _line_with(note: Note, tag: str) -> int | None:
    """The first line in which a tag stands, in the front matter or with a "#"."""
    pattern = re.compile(rf"(?<![\w/-]){re.escape(tag.strip('#/'))}(?![\w-])", re.IGNORECASE)
    index = LineIndex.of(note.text)
    for match in pattern.finditer(note.text):
        line = index.span(*match.span()).start_line
        if line < note.body_start_line or note.text[match.start() - 1 : match.start()] == "#":
            return line
    return None


def _line_about(sources: Sources, note: Note, wanted: Collection[tuple[str, ...]]) -> int:
    """The first line with most of these words, one that says something before others; 0 where none has any."""
    beginnings = {spelling[:3] for spellings in wanted for spelling in spellings}  # spares most lines the stemming
    best, most = 0, (0, False)
    for number, words in _lines(note) if wanted else ():
        folded = words.lower()
        if any(beginning in folded for beginning in beginnings):
            count = len(terms_in(sources, words).intersection(wanted))
            worth = (count, not _SAYS_NOTHING.match(words.strip()))
            if count and worth > most:
                best, most = number, worth
    return best


def _on(time: AskedDate) -> str:
    is_open = time.is_open_ended or time.ranges[0].first != time.ranges[0].last
    return time.name if is_open else f"on {time.name}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}" if count else f"no {noun}"


def _are(count: int) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'}"
