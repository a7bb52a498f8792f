"""The records that everything passes around. They hold facts and no behaviour beyond naming them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    a first heading), else "", so that renaming a file changes nothing that is embedded. `stamp` is what the file system
    said of the file, as in `walk.FoundFile`.
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
    stamp: str = ""

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
    """One sentence of an answer and the numbers of the citations it stands on."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question got. `confidence` in [0, 1] is the estimated probability that the notes answer it.

    `searched_for` is the question with the subject of those before it and with its misspelt words mended.
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


@dataclass(frozen=True, slots=True)
class Move:
    """A note found under another path with the same content."""

    before: str
    after: str


CHANGES = ("added", "changed", "moved", "deleted")
"""The kinds of change in a plan, a report's counts and the history, besides "unchanged"."""


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
class Loss:
    """A folder that lost so many of its notes that it may only be out of reach.

    `reason` is "missing", "empty" or "fewer"; `lost` of the `known` notes are no longer there.
    """

    folder: Path
    reason: str
    lost: int
    known: int


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. `kept` are the folders whose lost notes were not removed."""

    plan: SyncPlan
    failed: tuple[Failure, ...] = ()
    chunks_embedded: int = 0
    chunks_reused: int = 0
    seconds: float = 0.0
    kept: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A sync as the index remembers it. `seconds` is None for one that runs or was killed; `error` ended a failed one.

    `counts` has `added`, `changed`, `moved`, `deleted`, `unchanged`, `chunks_embedded` and `chunks_reused`.
    """

    started: str
    seconds: float | None
    counts: Mapping[str, int]
    failed: tuple[Failure, ...]
    error: str


@dataclass(frozen=True, slots=True)
class Writer:
    """The process that writes to an index now. `started` is local time."""

    pid: int
    host: str
    started: str


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
    """What the index holds. `bytes_on_disk` counts the index folder, not the notes; `runs` begins with the newest.

    `last_synced` is when the last sync that went through began, `failed` what it could not read; `missing` are the
    roots that are not there now, `writer` the process that syncs now.
    """

    index: Path
    roots: tuple[Path, ...]
    missing: tuple[Path, ...]
    notes: int
    chunks: int
    vectors: int
    model: str
    fingerprint: str
    last_synced: str | None
    failed: tuple[Failure, ...]
    bytes_on_disk: int
    runs: tuple[Run, ...]
    writer: Writer | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be. `part` is "folders", "catalogue", "chroma", "tantivy" or "files"."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a comparison of folders and index found, and after a repair what was done, in words."""

    problems: tuple[Problem, ...]
    notes: int
    passages: int
    seconds: float
    repaired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteState:
    """A note as the index and the folder have it now.

    `state` is "indexed", "changed" (its file is not what was indexed), "new" (not indexed yet), "deleted" (its file is
    gone) or "unreadable" (`error` says why). `passages` and `synced` are those of the indexed version.
    """

    path: str
    title: str
    state: str
    passages: int = 0
    synced: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a note is not in the index. `reason` is one word, `said` and `remedy` are parts of a sentence."""

    reason: str
    said: str
    remedy: str


def change_words(change: str) -> str:
    """A citation's `change` for people, as a part of a sentence."""
    return {
        "deleted": "the note is no longer there",
        "rewritten": "these lines have changed since they were indexed",
        "elsewhere": "the note has changed since it was indexed; these lines are still in it",
        "unreadable": "the note cannot be read now",
    }.get(change, "")


def location(path: str, start_line: int, end_line: int) -> str:
    """`notes/a.md:12-15`, or `notes/a.md:12` for one line."""
    return f"{path}:{start_line}" if start_line == end_line else f"{path}:{start_line}-{end_line}"
