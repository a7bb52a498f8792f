"""What a sync did not read, or read with a doubt: counted by reason, with examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

EXAMPLES = 5  # paths that are named for each reason, and at most as many again for further kinds; set by hand
UNREAD_NAMED = 3  # files that could not be read, where more are only counted; set by hand
_MOST_KINDS = 20  # set by hand
# In words, of one and of several, in the order in which they are told.
NOT_READ = {
    "placeholder": ("file not downloaded from its cloud drive", "files not downloaded from their cloud drive"),
    "binary": ("file that is no text", "files that are no text"),
    "too-large": ("file that is too large", "files that are too large"),
    "format": ("file of an unknown format", "files of unknown formats"),
    "page-part": ("folder with pieces of a saved page", "folders with pieces of saved pages"),
    "media": ("picture, sound or video", "pictures, sounds and videos"),
    "link": ("link that is not followed", "links that are not followed"),
    "private": ("private note", "private notes"),
    "excluded": ("note that the settings exclude", "notes that the settings exclude"),
    "ignored": ("note or folder that an ignore file names", "notes and folders that ignore files name"),
}
"""Reasons for which a file is not among the notes."""
INDEXED = {
    "encoding": ("note whose encoding is guessed", "notes whose encoding is guessed"),
    "conflict-copy": ("conflict copy of a note", "conflict copies of notes"),
    "merge-markers": ("note with merge markers", "notes with merge markers"),
}
"""Reasons to doubt a note that is in the index."""
_WORDS = NOT_READ | INDEXED


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many files one of the reasons is about, `examples` of them by note path.

    `kinds` counts them by what the reason distinguishes: suffixes of unknown formats, guessed encodings, where links
    lead; empty for the other reasons.
    """

    reason: str
    count: int
    examples: tuple[str, ...]
    kinds: Mapping[str, int] = field(default_factory=dict)


class Tally:
    """Counts files by reason as they come."""

    def __init__(self) -> None:
        self._kinds: dict[str, Counter[str]] = {}
        self._examples: dict[str, list[str]] = {}

    def add(self, reason: str, path: str, kind: str = "") -> None:
        """One file. The first ones are the examples, and the first of further kinds."""
        kinds, examples = self._kinds.setdefault(reason, Counter()), self._examples.setdefault(reason, [])
        if len(examples) < EXAMPLES or (kind not in kinds and len(examples) < 2 * EXAMPLES):
            examples.append(path)
        kinds[kind] += 1

    def entries(self) -> tuple[LeftOut, ...]:
        """One for each reason, in the order in which they are told."""
        return tuple(
            LeftOut(reason, self._kinds[reason].total(), tuple(self._examples[reason]), _known(self._kinds[reason]))
            for reason in _WORDS
            if reason in self._kinds
        )


def merged(groups: Iterable[Sequence[LeftOut]]) -> tuple[LeftOut, ...]:
    """What several folders left out, as one list."""
    by_reason: dict[str, list[LeftOut]] = {}
    for entry in (entry for group in groups for entry in group):
        by_reason.setdefault(entry.reason, []).append(entry)
    return tuple(
        LeftOut(
            reason,
            sum(entry.count for entry in by_reason[reason]),
            tuple(path for entry in by_reason[reason] for path in entry.examples)[: 2 * EXAMPLES],
            _known(sum((Counter(entry.kinds) for entry in by_reason[reason]), Counter[str]())),
        )
        for reason in _WORDS
        if reason in by_reason
    )


def left_out_words(entry: LeftOut) -> str:
    """`3 files of unknown formats (.xyz 2, .sqlite 1)`, for people."""
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in entry.kinds.items())
    return f"{entry.count:,} {_WORDS[entry.reason][entry.count != 1]}{f' ({kinds})' if kinds else ''}"


def waiting_words(notes: int) -> str:
    """`404 notes were not read yet.`, for people; "" for none."""
    return f"{notes:,} {'note was' if notes == 1 else 'notes were'} not read yet." if notes else ""


def _known(kinds: Counter[str]) -> dict[str, int]:
    """The commonest kinds, those without a name left out."""
    named = sorted((item for item in kinds.items() if item[0]), key=lambda item: (-item[1], item[0]))
    return dict(named[:_MOST_KINDS])
