"""Which folders a sync goes through, and how the paths of their notes begin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rag_bot.errors import UsageError
from rag_bot.ingestion.exclusion import Exclusion
from rag_bot.ingestion.walk import FoundFile, OnLeftOut, walk
from rag_bot.records import Failure
from rag_bot.store.catalogue import Root

NEW = 0  # the id of a root that is not in the catalogue yet


def choose_roots(folders: Sequence[Path], known: Sequence[Root], index: Path) -> list[Root]:
    """The roots to sync: those of the given folders, or all known ones without any.

    A folder inside a known root is synced as part of that root, so that no note is indexed under two names.

    Raises:
        UsageError: a folder does not exist, is a file, or holds the index; or there is nothing to sync.
    """
    if not folders and not known:
        raise UsageError("Nothing has been ingested yet. Name your notes' folder: `rag-bot ingest FOLDER`.")
    chosen = list(known) if not folders else []
    for folder in folders:
        root = find_root(folder, known) or _root_of(checked_folder(folder, index), [*known, *chosen])
        if root not in chosen:
            chosen.append(root)
    return chosen


def find_root(folder: Path, known: Sequence[Root]) -> Root | None:
    """The known root that is this folder, also where it is not there any more."""
    resolved = folder.expanduser().resolve()
    return next((root for root in known if root.folder in (folder, resolved)), None)


def walk_root(
    root: Root,
    others: Sequence[Root],
    on_error: Callable[[Failure], None],
    on_left_out: OnLeftOut,
    exclusion: Exclusion,
) -> Iterator[tuple[str, FoundFile]]:
    """The notes of a root by note path, without those of roots that lie inside it; the rest as for `walk`."""
    inner = [
        other.folder.relative_to(root.folder).as_posix() + "/"
        for other in others
        if other.folder != root.folder and other.folder.is_relative_to(root.folder)
    ]

    def report(failure: Failure) -> None:
        on_error(Failure(f"{root.label}/{failure.path}", failure.error))

    def leave_out(reason: str, path: str, kind: str) -> None:
        if not any(path.startswith(prefix) for prefix in inner):
            on_left_out(reason, f"{root.label}/{path}", kind)

    for file in walk(root.folder, report, leave_out, exclusion.paths(root.label)):
        if not any(file.path.startswith(prefix) for prefix in inner):
            yield f"{root.label}/{file.path}", file


def checked_folder(folder: Path, index: Path) -> Path:
    """The folder itself, which can be ingested into this index. Raises UsageError where it can't."""
    folder = folder.expanduser()
    if folder.is_file():
        raise UsageError(f"{folder} is a file. Give the folder that holds it: `rag-bot ingest {folder.parent}`.")
    if not folder.is_dir():
        raise UsageError(f"The folder {folder} does not exist. Check its name, or that its disk is mounted.")
    folder = folder.resolve()
    if index.resolve().is_relative_to(folder):
        raise UsageError(f"The index {index} would lie inside the notes' folder {folder}. Choose another with --index.")
    if folder.is_relative_to(index.resolve()):
        raise UsageError(f"The notes' folder {folder} lies inside the index {index}. Choose another with --index.")
    return folder


def _root_of(folder: Path, roots: Sequence[Root]) -> Root:
    for root in roots:
        if folder.is_relative_to(root.folder):
            return root
    return Root(NEW, folder, _free_label(folder, {root.label for root in roots}))


def _free_label(folder: Path, taken: set[str]) -> str:
    """The folder's name, with as many of its parents as it takes to be the only one."""
    parts = [part for part in folder.parts if part != folder.anchor] or ["notes"]
    for length in range(1, len(parts) + 1):
        label = "/".join(parts[-length:])
        if not any(label == other or label.startswith(f"{other}/") or other.startswith(f"{label}/") for other in taken):
            return label
    return f"{'/'.join(parts)} ({len(taken) + 1})"
