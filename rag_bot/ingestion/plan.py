"""Decides what a sync has to do. Pure: what is known and what was found go in, a plan comes out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from rag_bot.ingestion.walk import FoundFile
from rag_bot.records import Move, SyncPlan
from rag_bot.store.catalogue import KnownFile

ContentHash = Callable[[str], str | None]


def plan_sync(
    known: Mapping[str, KnownFile],
    found: Mapping[str, FoundFile],
    content_hash: ContentHash,
    *,
    rebuild: bool = False,
) -> SyncPlan:
    """Compare the catalogue with the folder, both by note path.

    A file with the stamp it had is taken as unchanged without reading it. `content_hash` gives the hash of a found
    file, or None if it can't be read; it is asked only where stamps differ, and for new files only when others have
    vanished: the same content under another path is a move. `rebuild` makes every known note a changed one.
    """
    common = sorted(known.keys() & found.keys())
    changed = {path for path in common if rebuild or _differs(known[path], found[path], content_hash)}
    vanished, appeared = sorted(known.keys() - found.keys()), sorted(found.keys() - known.keys())
    moved = () if rebuild else _find_moves(vanished, appeared, known, content_hash)
    moved_from, moved_to = {move.before for move in moved}, {move.after for move in moved}
    return SyncPlan(
        added=tuple(path for path in appeared if path not in moved_to),
        changed=tuple(sorted(changed)),
        moved=tuple(moved),
        deleted=tuple(path for path in vanished if path not in moved_from),
        unchanged=tuple(path for path in common if path not in changed),
    )


def _differs(known: KnownFile, found: FoundFile, content_hash: ContentHash) -> bool:
    if found.stamp and found.stamp == known.stamp:
        return False
    return content_hash(known.path) != known.content_hash


def _find_moves(
    vanished: list[str], appeared: list[str], known: Mapping[str, KnownFile], content_hash: ContentHash
) -> tuple[Move, ...]:
    """Pair vanished and new paths of the same content and suffix, those of the same file name first."""
    if not vanished or not appeared:
        return ()
    candidates: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in appeared:
        if digest := content_hash(path):
            candidates[digest, _suffix(path)].append(path)
    moves = []
    for path in vanished:
        if same := candidates.get((known[path].content_hash, _suffix(path))):
            after = next((new for new in same if _name(new) == _name(path)), same[0])
            same.remove(after)
            moves.append(Move(path, after))
    return tuple(moves)


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def _name(path: str) -> str:
    return PurePosixPath(path).name
