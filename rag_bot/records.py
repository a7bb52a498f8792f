"""The records that everything passes around. They hold facts and no behaviour beyond naming them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Note:
    """One file of notes, read.

    `path` is the name people see and the index keys by: the label of the root (its folder's name), then the path below
    it, with forward slashes (`notes/talks/a.md`). `root` is the absolute folder on disk. `text` is the whole file
    decoded, line ends and byte-order mark as they stand. `metadata` holds the front matter, with `tags` and `aliases`
    as lists of str.
    `title` is what a person would call the note; `own_title` is it again if the text itself gives it (front matter, or
    a first heading), else "", so that renaming a file changes nothing that is embedded.
    """

    path: str
    root: Path
    label: str
    title: str
    own_title: str
    text: str
    metadata: Mapping[str, Any]
    body_start_line: int
    content_hash: str
    size: int
    mtime_ns: int

    @property
    def file(self) -> Path:
        """The file on disk."""
        return self.root / self.path.removeprefix(f"{self.label}/")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A contiguous span of a note: `text == note.text[start_char:end_char]`, lines counted from 1, both ends included.

    `context` is the line put above the text for embedding and word search (title > headings > ancestor bullets).
    """

    key: str
    note_path: str
    ordinal: int
    headings: tuple[str, ...]
    context: str
    text: str
    start_char: int
    end_char: int
    start_line: int
    end_line: int

    @property
    def location(self) -> str:
        return location(self.note_path, self.start_line, self.end_line)

    @property
    def embedded_text(self) -> str:
        return f"{self.context}\n{self.text}" if self.context else self.text


@dataclass(frozen=True, slots=True)
class Why:
    """Why a chunk was found. Ranks count from 1; None where that search did not return the chunk.

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
    why: Why
    duplicates: tuple[str, ...] = ()


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
    """A numbered quote. `stale` says that the file is no longer what was indexed."""

    number: int
    quote: Quote
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and the numbers of the citations it stands on."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question got. `confidence` in [0, 1] is the estimated probability that the notes answer it."""

    question: str
    text: str
    citations: tuple[Citation, ...]
    abstained: bool
    confidence: float
    mode: str
    sentences: tuple[Sentence, ...]
    nearest: tuple[Hit, ...]
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Move:
    """A note found under another path with the same content."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a sync will do, by note path."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[Move, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.moved or self.deleted)


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    path: str
    error: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did."""

    plan: SyncPlan
    failed: tuple[Failure, ...] = ()
    chunks_embedded: int = 0
    chunks_reused: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is: notes read and embedded ("notes"), then passages entered into the indexes ("index")."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Restricts a search to a folder (as in note paths, or below a root) and to notes that carry a tag."""

    folder: str | None = None
    tag: str | None = None

    def __bool__(self) -> bool:
        return bool(self.folder or self.tag)


@dataclass(frozen=True, slots=True)
class Status:
    """What the index holds. `bytes_on_disk` counts the index folder, not the notes."""

    index: Path
    roots: tuple[Path, ...]
    notes: int
    chunks: int
    vectors: int
    model: str
    fingerprint: str
    last_synced: str | None
    failed: tuple[Failure, ...] = field(default=())
    bytes_on_disk: int = 0


def location(path: str, start_line: int, end_line: int) -> str:
    """`notes/a.md:12-15`, or `notes/a.md:12` for one line."""
    return f"{path}:{start_line}" if start_line == end_line else f"{path}:{start_line}-{end_line}"
