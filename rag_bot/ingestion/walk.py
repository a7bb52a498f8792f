"""Which files below a folder are notes."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from pathspec import GitIgnoreSpec

from rag_bot.errors import UsageError
from rag_bot.files import LARGEST_NOTE, stamp_of
from rag_bot.ignoring import LARGEST_IGNORE_FILE, ignore_rules
from rag_bot.ingestion.file_kinds import icloud_original, is_away, is_conflict_copy, why_no_note
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.records import Failure

IGNORE_FILES = (".gitignore", ".ragbotignore")  # later ones win
OnError = Callable[[Failure], None]
OnLeftOut = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of notes. `path` is below the root, with forward slashes.

    A file whose `stamp` is the same is unchanged; "" is never the same.
    """

    path: str
    stamp: str
    mtime_ns: int = 0


@dataclass(frozen=True, slots=True)
class _Folder:
    """`path` below the root, "" or with a slash at its end; `rules` of this folder and those above, deepest first."""

    path: str
    rules: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def ignores(self, path: str) -> bool:
        """As git does it: the deepest ignore file that says anything about the path decides."""
        for base, spec in self.rules:
            ignored = spec.check_file(path[len(base) :]).include
            if ignored is not None:
                return ignored
        return False


def walk(
    root: Path,
    on_error: OnError | None = None,
    on_left_out: OnLeftOut | None = None,
    excluded: GitIgnoreSpec | None = None,
) -> Iterator[FoundFile]:
    """The notes below `root`, sorted by path.

    Left out: names that start with a dot, what `.gitignore` and `.ragbotignore` files say, what `excluded` matches,
    links to folders, links out of the root, files that are not here or too large, anything that is no regular file,
    the folder of pieces beside a saved web page.
    What cannot be read goes to `on_error`, its path below the root; what is left out, or read with a doubt, goes to
    `on_left_out`: the reason as in `LeftOut`, its path below the root, and its kind.

    Raises UsageError if `root` is not a folder that can be listed.
    """
    real = os.path.realpath(root)
    if not Path(real).exists():
        raise UsageError(f"The folder {root} does not exist.")
    if not Path(real).is_dir():
        raise UsageError(f"{root} is a file; give the folder that holds it: {Path(root).parent}")
    try:
        os.scandir(real).close()
    except OSError as error:
        raise UsageError(f"The folder {root} cannot be listed ({error.strerror}); check its permissions.") from error
    report, leave_out = on_error or (lambda _: None), on_left_out or (lambda *_: None)
    return iter(sorted(_below(real, report, leave_out, excluded), key=attrgetter("path")))


def _below(root: str, report: OnError, leave_out: OnLeftOut, excluded: GitIgnoreSpec | None) -> Iterator[FoundFile]:
    folders = [_Folder("")]
    while folders:
        above = folders.pop()
        entries = _listed(root, above.path, report)
        if (folder := _with_own_rules(root, above, entries, report)) is None:
            continue
        names = {entry.name for entry in entries}
        pieces = _pieces_of_pages(names)
        for entry in entries:
            name, path = entry.name, above.path + entry.name
            if original := icloud_original(name):
                leave_out("placeholder", above.path + original, "")
            if name.startswith("."):
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            is_note = not is_folder and name.lower().endswith(NOTE_SUFFIXES)
            if not _is_text(name):
                if is_folder or is_note:
                    report(Failure(_printable(path), "The name is not valid UTF-8; rename it."))
            elif folder.ignores(path + "/" if is_folder else path):
                if is_folder or is_note:
                    leave_out("ignored", path, "")
            elif name in pieces:
                leave_out("page-part", path, "")
            elif is_folder:
                folders.append(_Folder(path + "/", folder.rules))
            elif not is_note and not (entry.is_symlink() and os.path.isdir(entry.path)):  # noqa: PTH112 - never raises
                reason, kind = why_no_note(name)
                leave_out(reason, path, kind)
            elif excluded and excluded.match_file(unicodedata.normalize("NFC", path)):
                leave_out("excluded", path, "")
            elif found := _found(root, entry, path, report, leave_out):
                if is_conflict_copy(name, names):
                    leave_out("conflict-copy", path, "")
                yield found


def _pieces_of_pages(names: Iterable[str]) -> set[str]:
    """Of the names in a folder: what browsers call the folders with the pieces of its pages, `Page_files`."""
    return {f"{name.rpartition('.')[0]}_files" for name in names if name.lower().endswith((".html", ".htm"))}


def _listed(root: str, path: str, report: OnError) -> list[os.DirEntry[str]]:
    """By name, so that the same files are named as examples each time."""
    try:
        with os.scandir(os.path.join(root, path)) as entries:  # noqa: PTH118 - Path would be slower than the rest
            return sorted(entries, key=attrgetter("name"))
    except FileNotFoundError:
        return []  # gone since it was seen
    except OSError as error:
        report(Failure(_printable(path.rstrip("/")), f"The folder cannot be listed: {error.strerror}."))
        return []


def _found(root: str, entry: os.DirEntry[str], path: str, report: OnError, leave_out: OnLeftOut) -> FoundFile | None:
    try:
        if entry.is_symlink() and not os.path.realpath(entry.path).startswith(root.rstrip("/") + "/"):
            leave_out("link", path, "out of the folder")
            return None
        status = entry.stat()
    except FileNotFoundError:
        if entry.is_symlink():
            leave_out("link", path, "to nothing")
        return None  # or gone since it was listed
    except OSError as error:  # a loop of links, for one
        if entry.is_symlink():
            leave_out("link", path, "to nothing")
        else:
            report(Failure(path, f"The file cannot be read: {error.strerror}."))
        return None
    if stat.S_ISDIR(status.st_mode):
        leave_out("link", path, "to a folder")
    elif is_away(status):
        leave_out("placeholder", path, "")
    elif status.st_size > LARGEST_NOTE:
        leave_out("too-large", path, "")
    elif stat.S_ISREG(status.st_mode):
        return FoundFile(path, stamp_of(status), status.st_mtime_ns)
    return None


def _with_own_rules(root: str, folder: _Folder, entries: list[os.DirEntry[str]], report: OnError) -> _Folder | None:
    """None where the rules are too many to be followed: a note that one of them keeps out must not come in."""
    names = {entry.name for entry in entries}
    lines: list[str] = []
    for name in IGNORE_FILES:
        if name in names:
            own = _ignore_lines(Path(root, folder.path, name), folder.path + name, report)
            if own is None:
                return None
            lines += own
    rules = ignore_rules(lines)
    return _Folder(folder.path, ((folder.path, rules), *folder.rules)) if rules else folder


def _ignore_lines(file: Path, path: str, report: OnError) -> list[str] | None:
    """The lines of an ignore file; None of one that is too large."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return []
        if status.st_size > LARGEST_IGNORE_FILE:
            most = f"{status.st_size:,} bytes; ignore files have at most {LARGEST_IGNORE_FILE:,}"
            report(Failure(path, f"The ignore file has {most}. Its folder is left out; shorten it."))
            return None
        return file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        report(Failure(path, f"The ignore file cannot be read: {error.strerror}."))
        return []


def _is_text(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= mark <= "\udfff" for mark in name)


def _printable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace") or "."
