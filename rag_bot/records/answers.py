"""What is found for a question, and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag_bot.records.notes import Chunk, Note, location

SUPPORTED, PARTLY, UNSUPPORTED, NO_CLAIM = "supported", "partly", "not", ""
"""What the notes say to a sentence."""
QUOTES, PROSE = "quotes", "prose"
"""The modes of an answer: lines of the notes, or sentences that a language model wrote."""
DELETED, REWRITTEN, ELSEWHERE, UNREADABLE = "deleted", "rewritten", "elsewhere", "unreadable"
"""What a note's file has become since it was indexed."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Restricts a search to a folder (as in note paths, or below a root) and to notes that carry a tag."""

    folder: str | None = None
    tag: str | None = None

    def __bool__(self) -> bool:
        return bool(self.folder or self.tag)


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
    """A chunk found for a question. `score` is the fused score in [0, 1]; `duplicates` are the copies left out."""

    chunk: Chunk
    note: Note
    score: float
    rank: int
    why: SearchRanks
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands that was found: what is kept of a hit where the note itself is not."""

    path: str
    title: str
    headings: tuple[str, ...]
    start_line: int
    end_line: int
    score: float = 0.0

    @classmethod
    def of(cls, hit: Hit) -> Place:
        chunk = hit.chunk
        return cls(chunk.note_path, hit.note.title, chunk.headings, chunk.start_line, chunk.end_line, hit.score)

    @property
    def location(self) -> str:
        return location(self.path, self.start_line, self.end_line)

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

    @property
    def location(self) -> str:
        return location(self.note_path, self.start_line, self.end_line)


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
class Sentence:
    """One sentence of an answer and the numbers of the citations it stands on.

    `support` says what the cited lines say to a sentence that a model wrote: "supported", "partly", "not", or "" for
    one that claims nothing ("Your notes say:"). A quote supports itself. `reasons` are what speaks against full
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
    """What a question got. `confidence` in [0, 1] is the estimated probability that the notes answer it.

    `searched_for` is the question with the subject of those before it and with its misspelt words mended. `mode` is
    "quotes", or "prose" for what the language model `model` wrote. `notice` says why it is not what was asked for: the
    model failed or was stopped, or nothing that it wrote is supported. `draft` is what a model has begun and nobody
    has checked yet; an answer that is whole has none.
    """

    question: str
    text: str
    citations: tuple[Citation, ...]
    abstained: bool
    confidence: float
    mode: str
    sentences: tuple[Sentence, ...]
    nearest: tuple[Hit, ...]
    timings_ms: Mapping[str, float]
    searched_for: str = ""
    model: str = ""
    notice: str = ""
    draft: str = ""
    usage: Usage | None = None

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


def change_words(change: str) -> str:
    """A citation's `change` for people, as a part of a sentence."""
    return {
        DELETED: "the note is no longer there",
        REWRITTEN: "these lines have changed since they were indexed",
        ELSEWHERE: "the note has changed since it was indexed; these lines are still in it",
        UNREADABLE: "the note cannot be read now",
    }.get(change, "")


def support_words(support: str) -> str:
    """What a reader is told of a sentence that the notes do not, or not wholly, say; "" where there is nothing to."""
    return {UNSUPPORTED: "not in your notes", PARTLY: "only partly in your notes"}.get(support, "")
