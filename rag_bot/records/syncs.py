"""What a sync does, and what the index holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rag_bot.records.left_out import LeftOut


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

    @property
    def counts(self) -> dict[str, int]:
        """How many notes each of the `CHANGES` is about, and how many are "unchanged"."""
        return {name: len(getattr(self, name)) for name in (*CHANGES, "unchanged")}


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
    """What a sync did. `kept` are the folders whose lost notes were not removed; `left_out` is of the whole folders."""

    plan: SyncPlan
    failed: tuple[Failure, ...] = ()
    chunks_embedded: int = 0
    chunks_reused: int = 0
    seconds: float = 0.0
    kept: tuple[Loss, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


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
class Status:
    """What the index holds. `bytes_on_disk` counts the index folder, not the notes; `runs` begins with the newest.

    `waiting` are notes that a sync has found and not read yet. `last_synced` is when the last sync that went through
    began, `failed` what it could not read, `left_out` what it left out or doubts; `missing` are the roots that are not
    there now, `writer` the process that syncs now. `reader_trouble` says what is wrong with the packaged reader,
    without which nothing is answered; "" where it is sound or another one is set. `server` is the URL of the Chroma
    server that has the vectors, `database` host and name of the database that has the catalogue, "" where the index has
    them.
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
    reader_trouble: str = ""
    left_out: tuple[LeftOut, ...] = ()
    server: str = ""
    waiting: int = 0
    database: str = ""

    @property
    def model_version(self) -> str:
        """The model with its fingerprint, for people; its name alone where nothing is embedded yet."""
        return f"{self.model} ({self.fingerprint})" if self.fingerprint else self.model


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be. `part` is "folders", "catalogue", "chroma", "tantivy" or "files"."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a comparison of folders and index found, and after a repair what was done, in words.

    `unreadable` files are known to be so since the last sync, and have not changed.
    """

    problems: tuple[Problem, ...]
    notes: int
    passages: int
    seconds: float
    repaired: tuple[str, ...] = ()
    unreadable: int = 0
