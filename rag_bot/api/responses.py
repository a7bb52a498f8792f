"""What comes back, as pydantic models: they describe the JSON that `rag_bot.output` makes, and do not make it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["answered", "closest", "none"]


class _Response(BaseModel):
    """What a key of the JSON is called is a field's name; a key that is no field here is a mistake in this file."""

    model_config = ConfigDict(extra="forbid")


class ErrorJson(_Response):
    error: str = Field(description="What is wrong, and what to do, in one line.")


class SentenceJson(_Response):
    text: str
    citations: list[int] = Field(description="The numbers of the citations that it stands on.")
    support: Literal["supported", "reworded", "not", "none"] = Field(
        description="What the cited lines say to a sentence that a model wrote: supported (that, in nearly these "
        "words), reworded (nothing against it), not (something is missing or contradicted), none (it claims nothing)."
    )
    reasons: list[str]


class CitationJson(_Response):
    number: int
    path: str
    title: str
    headings: list[str]
    start_line: int = Field(description="Counted from 1.")
    end_line: int = Field(description="Included.")
    quote: str = Field(description="The words of the note, verbatim.")
    stale: bool = Field(description="The file is no longer what was indexed.")
    score: float
    place: str = Field(description="Where in a file that is no text: page 3; else empty.")


class ExcerptJson(_Response):
    """The paragraph, list, table or code around the quotes."""

    location: str = Field(description="path:start_line-end_line")
    note: str
    title: str
    headings: list[str]
    context: list[str]
    text: str = Field(description="The words of the note, verbatim.")
    citations: list[int]
    date: str
    place: str
    doubts: list[str]


class DifferenceJson(_Response):
    """Citations that say the same but for a number, name or date."""

    citations: list[int]
    words: list[str]
    dates: list[str]


class DateRangeJson(_Response):
    first: str
    last: str


class AskedDateJson(_Response):
    words: str
    ranges: list[DateRangeJson]
    is_open_ended: bool


class PlaceJson(_Response):
    path: str
    title: str
    headings: list[str]
    start_line: int
    end_line: int
    score: float
    place: str


class UsageJson(_Response):
    prompt_tokens: int
    answer_tokens: int


class AnswerJson(_Response):
    """The same as `rag-bot ask --json` prints."""

    question: str
    searched_for: str | None = Field(None, description="What was searched for, where that is not the question.")
    answer: str
    mode: Literal["quotes", "prose"]
    verdict: Verdict = Field(
        description="answered: the lines state it. closest: the notes come near, these lines may not answer it. "
        "none: the notes don't speak of it."
    )
    abstained: bool = Field(description="The verdict is none.")
    confidence: float = Field(description="The estimated probability that the lines answer, from 0 to 1.")
    statement: str | None = Field(None, description="What was counted, where the question is about all notes.")
    total: int | None = Field(None, description="How many were counted; not all may be cited.")
    sentences: list[SentenceJson]
    citations: list[CitationJson]
    excerpts: list[ExcerptJson]
    differences: list[DifferenceJson]
    unmentioned: list[str] = Field(description="Words of the question that stand in no note.")
    missing: list[str] = Field(description="Names, numbers and dates of the question that the lines lack.")
    unread_language: str | None = None
    dates: list[AskedDateJson]
    no_notes_of: list[str] = Field(description="The asked times of which there is no note.")
    nearest: list[PlaceJson] = Field(description="Where the notes come nearest, with the verdict none.")
    model: str | None = None
    notice: str | None = Field(None, description="Why the answer is not what was asked for.")
    usage: UsageJson | None = None
    timings_ms: dict[str, float]


class HitJson(PlaceJson):
    rank: int
    text: str = Field(description="The passage, verbatim.")


class HitsJson(_Response):
    """The same as `rag-bot search --json` prints."""

    hits: list[HitJson]
    timings_ms: dict[str, float]


class NoteNameJson(_Response):
    path: str
    title: str


class NotesJson(_Response):
    notes: list[NoteNameJson]
    next: str | None = Field(description="Give it as `after` for the next page; null at the end.")


class NoteJson(_Response):
    path: str
    title: str
    start_line: int
    end_line: int
    lines: int = Field(description="How many lines the whole note has.")
    text: str = Field(description="These lines as they were indexed, verbatim.")
    stale: bool = Field(description="The file is no longer what was indexed.")
    change: str = Field(description="How it has changed, in words; else empty.")


class FailureJson(_Response):
    path: str
    error: str


class LeftOutJson(_Response):
    reason: str
    count: int
    examples: list[str]
    kinds: dict[str, int]


class LossJson(_Response):
    """A folder that lost most of its notes, whose notes are kept in the index."""

    folder: str
    reason: Literal["missing", "empty", "fewer"]
    lost: int
    known: int


class MoveJson(_Response):
    before: str
    after: str


class PathsJson(_Response):
    added: list[str]
    changed: list[str]
    deleted: list[str]
    moved: list[MoveJson]


class SyncJson(_Response):
    """The same as `rag-bot ingest --json` prints; `dry_run` and `paths` only where nothing was done."""

    added: int
    changed: int
    moved: int
    deleted: int
    unchanged: int
    failed: list[FailureJson] = Field(description="Files that could not be read.")
    chunks_embedded: int
    chunks_reused: int
    seconds: float
    left_out: list[LeftOutJson] = Field(description="Files that were not read, or are doubtful, by reason.")
    kept: list[LossJson] | None = Field(None, description="Folders that are gone; their notes still answer.")
    dry_run: bool | None = None
    paths: PathsJson | None = None


class ProblemJson(_Response):
    part: str
    text: str


class VerificationJson(_Response):
    """The same as `rag-bot verify --json` prints."""

    ok: bool
    problems: list[ProblemJson]
    repaired: list[str]
    notes: int
    passages: int
    unreadable: int
    seconds: float


class RunJson(_Response):
    started: str
    seconds: float | None
    counts: dict[str, int]
    failed: list[FailureJson]
    error: str
    state: Literal["done", "failed", "running", "killed"]


class WriterJson(_Response):
    pid: int
    host: str
    started: str


class StatusJson(_Response):
    """The same as `rag-bot status --json` prints."""

    index: str
    roots: list[str]
    missing: list[str]
    notes: int
    waiting: int = Field(description="Notes that a sync has found and not read yet.")
    chunks: int
    vectors: int
    model: str
    fingerprint: str
    last_synced: str | None
    failed: list[FailureJson]
    bytes_on_disk: int
    runs: list[RunJson]
    writer: WriterJson | None
    reader_trouble: str
    left_out: list[LeftOutJson]
    server: str = Field(description="The Chroma server that has the vectors; empty where the index has them.")
    database: str = Field(description="The PostgreSQL database that has the catalogue; empty where the index has it.")
