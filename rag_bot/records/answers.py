"""What is found for a question, and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rag_bot.records.dates import AskedDate, DateRange, day_words
from rag_bot.records.notes import Chunk, Note, location, with_place

SUPPORTED, REWORDED, UNSUPPORTED, NO_CLAIM = "supported", "reworded", "not", "none"
"""What the lines that a model was given say to its sentence: that, in nearly these words; nothing against it, but in
other words; not that, for something definite is missing or contradicted; nothing, for it claims nothing."""
EARLIER_SUPPORTS = {"partly": REWORDED, "": NO_CLAIM}
"""What earlier versions saved in the place of two of these."""
ANSWERED, CLOSEST, NONE = "answered", "closest", "none"
"""The verdicts: the shown lines state it; the notes come near, here are the lines; the notes don't speak of it."""
QUOTES, PROSE = "quotes", "prose"
"""The modes of an answer: lines of the notes, or sentences that a language model wrote."""
MULTILINGUAL_MODEL = "intfloat/multilingual-e5-small"
"""The smallest embedding model that is well known to find notes in another language than the question's."""
DELETED, REWRITTEN, ELSEWHERE, UNREADABLE = "deleted", "rewritten", "elsewhere", "unreadable"
"""What a note's file has become since it was indexed."""
MOST_LISTED, LISTED_AT_ONCE = 1_000, 20
"""Of what a question about all notes asks for, so many are cited, so many of these are shown at first; set by hand."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Restricts a search to a folder (as in note paths, or below a root), to notes that carry a tag, and to a time.

    A note passes that has a date from `since` to `until`, both included; one without any date does not.
    """

    folder: str | None = None
    tag: str | None = None
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return bool(self.folder or self.tag or self.since or self.until)


ALL_NOTES = Filters()


@dataclass(frozen=True, slots=True)
class SearchRanks:
    """Where the two searches ranked a chunk. Ranks count from 1; None where that search did not return the chunk.

    `dense_score` is the cosine of question and chunk, `word_score` the BM25 score.
    """

    dense_rank: int | None = None
    dense_score: float | None = None
    word_rank: int | None = None
    word_score: float | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a question. `score` is the fused score in [0, 1]; `duplicates` are the copies left out.

    `above` is what stands above it in the note that embeds it or points to it, where it was found by way of that.
    """

    chunk: Chunk
    note: Note
    score: float
    rank: int
    why: SearchRanks
    duplicates: tuple[str, ...] = ()
    above: str = ""

    @property
    def place(self) -> str:
        return self.note.place(self.chunk.start_line, self.chunk.end_line)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands that was found: what is kept of a hit where the note itself is not.

    Here as in quotes and excerpts `place` says where in a file that is no text ("page 3"), "" in notes that are.
    """

    path: str
    title: str
    headings: tuple[str, ...]
    start_line: int
    end_line: int
    score: float = 0.0
    place: str = ""

    @classmethod
    def of(cls, hit: Hit) -> Place:
        chunk, title = hit.chunk, hit.note.title
        return cls(chunk.note_path, title, chunk.headings, chunk.start_line, chunk.end_line, hit.score, hit.place)

    @property
    def location(self) -> str:
        return location(self.path, self.start_line, self.end_line)

    @property
    def located(self) -> str:
        return with_place(self.location, self.place)

    @property
    def name(self) -> str:
        return heading_path(self.title, self.headings)


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines of a note, verbatim: `text == note.text[start_char:end_char]`. `context` are the bullets above the line."""

    text: str
    note_path: str
    title: str
    headings: tuple[str, ...]
    context: tuple[str, ...]
    start_char: int
    end_char: int
    start_line: int
    end_line: int
    score: float
    place: str = ""

    @property
    def location(self) -> str:
        return location(self.note_path, self.start_line, self.end_line)

    @property
    def located(self) -> str:
        return with_place(self.location, self.place)


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered quote. `stale` says that the file is no longer what was indexed.

    `change` says how: "deleted", "rewritten" (these lines are no longer in it), "elsewhere" (they still are),
    "unreadable", or "".
    """

    number: int
    quote: Quote
    change: str = ""

    @property
    def stale(self) -> bool:
        return bool(self.change)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a note that is shown whole: a paragraph, a list, a table, code with what announces it.

    `text == note.text[start_char:end_char]`. `citations` are the numbers of those that stand in it; `context` is what
    stands above it in lists and tables, `date` the note's own (ISO 8601), "" where it has none. `is_code` says that it
    is from the midst of a piece of code, without the fence that begins it; `doubts` why the note may mislead, in words.
    """

    note_path: str
    title: str
    headings: tuple[str, ...]
    context: tuple[str, ...]
    text: str
    start_char: int
    end_char: int
    start_line: int
    end_line: int
    citations: tuple[int, ...]
    date: str = ""
    is_code: bool = False
    place: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        return location(self.note_path, self.start_line, self.end_line)

    @property
    def located(self) -> str:
        return with_place(self.location, self.place)

    @property
    def name(self) -> str:
        return heading_path(self.title, self.headings)


@dataclass(frozen=True, slots=True)
class Difference:
    """Citations that say the same but for a number, name or date, the newest note's first.

    For each citation `words` are those that the others lack, and `dates` the date of its note, "" without one.
    """

    citations: tuple[int, ...]
    words: tuple[str, ...]
    dates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and the numbers of the citations it stands on.

    `support` says what the notes' lines say to a sentence that a model wrote: "supported", "reworded", "not", or "none"
    for one that claims nothing ("Your notes say:"). A quote supports itself. `reasons` are what speaks against full
    support, for people. `before` is what parts it from the sentence before: " ", a blank line, a list's bullet.
    """

    text: str
    citations: tuple[int, ...]
    support: str = SUPPORTED
    reasons: tuple[str, ...] = ()
    before: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model's answer cost, in its tokens; counted by the model's server where it says so."""

    prompt_tokens: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation and what was answered."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question got. `verdict` is "answered", "closest" or "none".

    `confidence` in [0, 1] is the estimated probability that the shown lines answer it. `excerpts` show the citations
    where they stand, grouped by note, the best first; `differences` are citations that contradict each other.
    `unmentioned` are the question's words that stand nowhere in the notes, `missing` those that the lines lack
    although the question hangs on them. `unread_language` is that of the question ("German") where it may have found
    nothing for hardly any note is in it; `is_filtered` says that not all notes were searched. `dates` are the times
    that the question asks for, `no_notes_of` names those of which there are no notes ("7 May 2026").
    `searched_for` is the question with the subject of those before it and with its misspelt words mended. `mode` is
    "quotes", or "prose" for what the language model `model` wrote. `notice` says why it is not what was asked for: the
    model failed or was stopped, or nothing that it wrote is supported. `draft` is what a model has begun and nobody
    has checked yet; an answer that is whole has none.

    A question about the notes as a whole ("How many notes ...?") has a `statement`, which says in one sentence or two
    what the index counted; the citations are then what was counted, the first `MOST_LISTED` of `total`, and behind
    that what may be meant as well (notes that only mention what others are tagged by).
    """

    question: str
    text: str
    citations: tuple[Citation, ...]
    verdict: str
    confidence: float
    mode: str
    sentences: tuple[Sentence, ...]
    nearest: tuple[Hit, ...]
    timings_ms: Mapping[str, float]
    searched_for: str = ""
    model: str = ""
    notice: str = ""
    draft: str = ""
    statement: str = ""
    total: int = 0
    usage: Usage | None = None
    excerpts: tuple[Excerpt, ...] = ()
    differences: tuple[Difference, ...] = ()
    unmentioned: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unread_language: str = ""
    is_filtered: bool = False
    dates: tuple[AskedDate, ...] = ()
    no_notes_of: tuple[str, ...] = ()

    @property
    def abstained(self) -> bool:
        return self.verdict == NONE

    @property
    def remembered(self) -> str:
        """What later questions of a conversation may build on: no numbers, and nothing that the notes don't say."""
        text = " ".join(sentence.text for sentence in self.sentences if sentence.support != UNSUPPORTED)
        return text or self.text

    @property
    def reworded(self) -> str:
        """What was searched for where that is not the question itself, else ""."""
        return "" if self.searched_for == self.question else self.searched_for


def heading_path(title: str, headings: Sequence[str]) -> str:
    """`Title › Heading › Heading`; a heading that repeats the title is left out."""
    return " › ".join(part for part in (title, *(heading for heading in headings if heading != title)) if part)


def verdict_words(answer: Answer) -> str:
    """What a reader is told above the lines: what was counted, or the verdict; "" where the lines answer."""
    if answer.statement:
        return answer.statement
    if answer.verdict == ANSWERED:
        return ""
    these = "these notes" if answer.is_filtered else "your notes"
    named = ", ".join(f"“{word}”" for word in answer.unmentioned)
    nowhere = [f"None of your notes is of {name}." for name in answer.no_notes_of]
    nowhere += [f"Your notes don't mention {named}."] if named else []
    unmentioned = " ".join(nowhere)
    if (language := answer.unread_language) and not answer.no_notes_of:
        found = "Nothing was found." if answer.verdict == NONE else "These lines may not answer it."
        return (
            f"{found} You ask in {language}, but few of your notes are in {language}. To search across languages"
            f' set model = "{MULTILINGUAL_MODEL}" in rag-bot.toml, and run `rag-bot ingest`.'
        )
    if answer.verdict == NONE:
        return " ".join(part for part in (f"This is not in {these}.", unmentioned) if part)
    lacking = [f"“{word}”" for word in answer.missing if word not in answer.unmentioned]
    missing = f"The first lines say nothing of {', '.join(lacking)}." if lacking else ""
    closest = f"{these.capitalize()} come near this; these lines may not answer it."
    return " ".join(part for part in (closest, unmentioned, missing) if part)


def filters_words(filters: Filters) -> tuple[str, ...]:
    """What a search is restricted to, a phrase for each: "in notes/Work", "tagged #garden", "since 1 March 2026"."""
    folder = (f"in {filters.folder}",) if filters.folder else ()
    tag = (f"tagged #{filters.tag.lstrip('#')}",) if filters.tag else ()
    time = (_time_words(filters),) if filters.since or filters.until else ()
    return (*folder, *tag, *time)


def filters_sentence(filters: Filters) -> str:
    """What an answer is told to be limited by; "" where it is not."""
    words = ", ".join(filters_words(filters))
    return f"Only notes {words} were searched." if words else ""


def _time_words(filters: Filters) -> str:
    """A time with an end on both sides, or on one, to the day."""
    since, until = filters.since, filters.until
    if since and until:
        name = str(DateRange(since, until))
        return f"from {name}" if " to " in name else f"of {name}"
    return f"since {day_words(since)}" if since else f"until {day_words(until)}" if until else ""


def searched_words(answer: Answer) -> tuple[str, ...]:
    """What was searched for where the question doesn't say it itself, a sentence for each: the subject that it was
    given, words that were mended, and the days that its times are."""
    told = (f"Searched for: {answer.reworded}",) if answer.reworded else ()
    times = ((asked.words.strip(), asked.name) for asked in answer.dates)
    taken = [f"“{words}” is taken as {name}." for words, name in times if words and name.lower() not in words.lower()]
    return (*told, *taken)


def difference_words(difference: Difference) -> str:
    """How citations differ, in one sentence: `Your notes differ: 7.50 [1] (2026), 6.90 [2] (2025).`"""
    parts = (
        f"{words or 'without it'} [{number}]" + (f" ({date})" if date else "")
        for number, words, date in zip(difference.citations, difference.words, difference.dates, strict=False)
    )
    return f"Your notes differ: {', '.join(parts)}."


def change_words(change: str) -> str:
    """A citation's `change` for people, as a part of a sentence."""
    return {
        DELETED: "the note is no longer there",
        REWRITTEN: "these lines have changed since they were indexed",
        ELSEWHERE: "the note has changed since it was indexed; these lines are still in it",
        UNREADABLE: "the note cannot be read now",
    }.get(change, "")


def support_words(support: str) -> str:
    """The mark of a sentence that the lines do not say, or not in these words; "" where there is nothing to mark."""
    return {UNSUPPORTED: "not in these lines", REWORDED: "in the model's words"}.get(support, "")


def marks_words(answer: Answer) -> str:
    """What the marks of an answer say, in one sentence; "" where it has none."""
    if not any(support_words(sentence.support) for sentence in answer.sentences):
        return ""
    reworded, missing = support_words(REWORDED), support_words(UNSUPPORTED)
    return (
        f"A number alone: the lines say it in nearly these words; “{reworded}”: no contradiction was found, but"
        f" compare it with the lines; “{missing}”: something in it is missing there or contradicted."
    )
