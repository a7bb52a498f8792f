"""The folders of this machine, for people who look for that of their notes: names and numbers of notes, nothing read.

Whatever asks the disk has a limit: a folder may be huge, or on a drive that does not answer.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from rag_bot.errors import UsageError
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.store.locations import similar_path

_T = TypeVar("_T")
# All set by hand.
_MOST_COUNTED = 5_000  # notes in a folder; more are told as "5,000+"
_MOST_ENTRIES = 40_000  # names that are looked at to count them
_SECONDS_A_FOLDER, _SECONDS_A_LISTING = 0.4, 1.2  # that counting takes
MOST_LISTED = 200
"""Folders that are shown of one; set by hand."""
_PATIENCE = 4.0  # seconds until a folder counts as one that does not answer
_MOST_WAITING = 8  # looks at such folders that may hang at a time
_KEPT_SECONDS = 60.0  # between two looks for vaults
# Not notes, however many Markdown files they hold: what programs install.
_PROGRAMS = frozenset("node_modules site-packages __pycache__ venv".split())
_COMMON = """notes Notes notizen Notizen zettelkasten Zettelkasten obsidian Obsidian logseq Logseq org wiki vault Vault
Documents/notes Documents/Notes Documents/Obsidian Documents/Logseq Documents/Zettelkasten
Dropbox/Notes Dropbox/Obsidian Nextcloud/Notes OneDrive/Notes""".split()
"""Folders below the home in which people keep notes; "Documents/Obsidian Vault" is on Obsidian's own list."""
_OBSIDIAN = (
    *(".config/obsidian", ".var/app/md.obsidian.Obsidian/config/obsidian", "snap/obsidian/current/.config/obsidian"),
    *("Library/Application Support/obsidian", "AppData/Roaming/obsidian"),
)
"""Where Obsidian keeps `obsidian.json` below the home: Linux, its Flatpak and Snap, macOS, Windows."""
_LARGEST_LIST = 1_000_000  # bytes of that file


@dataclass(frozen=True, slots=True)
class NoteCount:
    """How many files below a folder have the name of a note; with `is_more` there are more than were counted."""

    notes: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, and how many notes are in it; `count` is None where there was no time to count, or no way in.

    `why` says how it was found, as "Obsidian"; `trouble` why nobody can look into it.
    """

    path: Path
    count: NoteCount | None = None
    why: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a folder: the folders below it by name, `more` of them are left out, and all notes of `folder`."""

    folder: Folder
    below: tuple[Folder, ...]
    more: int = 0


def read_path(text: str) -> Path:
    """The folder that somebody typed, pasted or dropped: `~/notes`, in quotes, or as `file:///home/...`.

    Raises UsageError for what is no path.
    """
    typed = text.strip().strip("\"'").strip()
    if typed.lower().startswith("file://"):
        typed = url2pathname(unquote(urlsplit(typed.splitlines()[0]).path))
    if not typed or "\0" in typed or len(typed) > 4_096:  # the longest path of Linux
        raise UsageError("Type where the folder is, such as ~/notes.")
    try:
        return Path(os.path.abspath(Path(typed).expanduser()))  # noqa: PTH100 - without following links
    except RuntimeError as error:  # ~somebody
        raise UsageError(f"There is no user as in {typed}.") from error


def check_folder(path: Path) -> None:
    """Raises UsageError where it can't be read as a folder, with what can be done."""
    answering(path, lambda: _check(path))


def nearest_folder(path: Path) -> Path:
    """The deepest folder that is there on the way to a path, with names alike taken for those that are not.

    The home where that is the whole machine, or nothing answers.
    """
    with suppress(UsageError):
        near = answering(path, lambda: _nearest(path))
        return Path.home() if near == near.parent else near
    return Path.home()


def is_too_wide(path: Path) -> bool:
    """Whether a folder holds a whole home, or the whole machine."""
    home = Path.home()
    return path in (home, *home.parents) or len(path.parts) == 1


def list_folder(path: Path) -> Listing:
    """The folders in a folder, hidden ones and those of programs left out. Raises UsageError as `check_folder`.

    One of them that hangs leaves those after it uncounted.
    """
    names, own = answering(path, lambda: _names_in(path))
    looked, until = list[Folder](), time.monotonic() + _SECONDS_A_LISTING
    with suppress(UsageError):
        answering(path, lambda: looked.extend(_look_into(path / name, until) for name in names[:MOST_LISTED]))
    seen = tuple(looked)  # a look that hangs may go on later
    below = [*seen, *(Folder(path / name) for name in names[len(seen) : MOST_LISTED])]
    counts = [folder.count for folder in below if folder.count]
    is_more = len(counts) < len(names) or any(count.is_more for count in counts)
    total = NoteCount(own + sum(count.notes for count in counts), is_more)
    return Listing(Folder(path, total), tuple(below), max(0, len(names) - MOST_LISTED))


def known_folders(recent: Iterable[Path] = ()) -> list[Folder]:
    """Folders that are likely to hold notes and hold some, those that were read before (`recent`) first.

    The others are the vaults on Obsidian's list, the graphs on Logseq's, and what such folders are commonly called.
    """
    home, found = Path.home(), dict[Path, Folder]()
    named = [(path, "read before") for path in recent]
    named += [(path, "Obsidian") for path in _obsidian_vaults(home)] + [(path, "Logseq") for path in _graphs(home)]
    named += [(home / name, "") for name in _COMMON]
    named += [(path, "Obsidian") for path in _children(home / "Library/Mobile Documents/iCloud~md~obsidian/Documents")]
    for path, why in named:
        try:
            real, count = answering(path, partial(_counted, path))
        except UsageError:
            continue
        if count.notes and not is_too_wide(real):
            found.setdefault(real, Folder(path, count, why))
    return list(found.values())


def count_notes(folder: Path, seconds: float = _SECONDS_A_FOLDER) -> NoteCount:
    """The files below a folder that are called like notes; ignore files and sizes are left to the reading."""
    until, entries, notes = time.monotonic() + seconds, 0, 0
    folders = [os.fspath(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as listed:
                for entry in listed:
                    entries += 1
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _PROGRAMS:
                            folders.append(entry.path)
                    elif entry.name.lower().endswith(NOTE_SUFFIXES):
                        notes += 1
                    if notes >= _MOST_COUNTED or entries >= _MOST_ENTRIES or time.monotonic() > until:
                        return NoteCount(notes, is_more=True)
        except OSError:  # no way in, or gone
            continue
    return NoteCount(notes)


def _counted(path: Path) -> tuple[Path, NoteCount]:
    return path.resolve(), count_notes(path) if path.is_dir() else NoteCount(0)


class KnownFolders:
    """The known folders, looked for in the background and again after a while."""

    def __init__(self, recent: Iterable[Path] = ()) -> None:
        self._recent = tuple(recent)
        self._lock = threading.Lock()
        self._found: tuple[Folder, ...] | None = None
        self._looked = float("-inf")

    def now(self) -> tuple[Folder, ...] | None:
        """Those that were found at the last look; None before the first is through."""
        with self._lock:
            is_due = time.monotonic() - self._looked > _KEPT_SECONDS
            if is_due:
                self._looked = time.monotonic()
        if is_due:
            threading.Thread(target=self._look, name="known-folders", daemon=True).start()
        return self._found

    def _look(self) -> None:
        self._found = tuple(known_folders(self._recent))


_waiting = threading.BoundedSemaphore(_MOST_WAITING)


def answering(path: Path, look: Callable[[], _T]) -> _T:
    """What a look at the disk returns, or its error. Raises UsageError where that does not come within some seconds.

    The thread of a look that hangs is left to itself, for a system call can't be ended; of these there are few.
    """
    silent = UsageError(f"{path} does not answer. Is its disk or network drive connected?")
    came: queue.SimpleQueue[tuple[bool, object]] = queue.SimpleQueue()
    if not _waiting.acquire(blocking=False):
        raise silent

    def run() -> None:
        try:
            came.put((True, look()))
        except (OSError, UsageError) as error:
            came.put((False, error))
        finally:
            _waiting.release()

    threading.Thread(target=run, name="look-at-folder", daemon=True).start()
    try:
        is_well, result = came.get(timeout=_PATIENCE)
    except queue.Empty:
        raise silent from None
    if is_well:
        return result  # type: ignore[return-value]
    if isinstance(result, UsageError):
        raise result
    raise UsageError(f"{path} cannot be looked into: {getattr(result, 'strerror', '') or result}.")


def _check(path: Path) -> None:
    if path.is_file():
        raise UsageError(f"{path} is a file. Choose the folder that holds it.")
    if not path.is_dir():
        raise UsageError(f"There is no folder {path}.")
    try:
        os.scandir(path).close()
    except PermissionError:
        raise UsageError(f"You may not look into {path}. Allow it in the settings of the system.") from None


def _nearest(path: Path) -> Path:
    near = Path(path.anchor)
    with suppress(OSError, UsageError):  # there is no way further in
        for name in path.parts[1:]:
            known = name if (near / name).is_dir() else similar_path(name, _names_in(near)[0])
            if not known:
                break
            near /= known
    return near


def _names_in(path: Path) -> tuple[list[str], int]:
    """The folders in a folder by name, and how many notes lie in it directly."""
    _check(path)
    names, notes = [], 0
    with os.scandir(path) as entries:
        for entry in islice(entries, _MOST_ENTRIES):
            name = entry.name
            if name.startswith(".") or name in _PROGRAMS or not name.isprintable():
                continue
            try:
                is_folder = entry.is_dir()
            except OSError:  # a link to nowhere
                continue
            if is_folder:
                names.append(name)
            notes += not is_folder and name.lower().endswith(NOTE_SUFFIXES)
    return sorted(names, key=str.casefold), notes


def _look_into(path: Path, until: float) -> Folder:
    left = until - time.monotonic()
    try:
        os.scandir(path).close()
    except PermissionError:
        return Folder(path, trouble="you may not look into it")
    except OSError:
        return Folder(path, trouble="cannot be looked into")
    return Folder(path, count_notes(path, min(left, _SECONDS_A_FOLDER)) if left > 0 else None)


def _children(path: Path) -> list[Path]:
    try:
        return [path / name for name in answering(path, lambda: _names_in(path))[0]]
    except UsageError:
        return []


def _obsidian_vaults(home: Path) -> Iterator[Path]:
    """The vaults that Obsidian has opened, as its `obsidian.json` lists them."""
    own = [Path(os.environ[name], "obsidian") for name in ("XDG_CONFIG_HOME", "APPDATA") if os.environ.get(name)]
    for folder in dict.fromkeys([*own, *(home / name for name in _OBSIDIAN)]):
        try:
            with (folder / "obsidian.json").open(encoding="utf-8") as file:
                vaults = json.loads(file.read(_LARGEST_LIST))["vaults"].values()
            yield from (Path(vault["path"]) for vault in vaults)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue


def _graphs(home: Path) -> Iterator[Path]:
    """The graphs of Logseq: a file `logseq_local_++home++me++notes.transit` is that of `/home/me/notes`."""
    prefix, suffix = "logseq_local_", ".transit"
    try:
        names = sorted(name for name in os.listdir(home / ".logseq/graphs") if name.endswith(suffix))  # noqa: PTH208
    except OSError:
        return
    for name in names:
        if name.startswith(prefix):
            yield Path(name.removeprefix(prefix).removesuffix(suffix).replace("+3A+", ":").replace("++", "/"))
