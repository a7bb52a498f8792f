"""Whose an index is: a mark in its folder names it, and one in the user's data folder says that this user made it.

An index that came in an archive, on a stick or with a repository may hold anything: a vector database that runs code
where it is opened, names that lead out of the folder. So nothing is opened of an index that this user neither made nor
agreed to, and nothing is removed that has no mark.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum
from pathlib import Path

from platformdirs import user_data_path

from rag_bot.errors import IndexUnusable, UsageError, reason_of
from rag_bot.files import write_whole

MARK_NAME = "rag-bot-index.json"
CATALOGUE_NAME, ROOTS_NAME = "catalogue.sqlite3", "roots.json"
PLACE_NAME = "catalogue.json"  # where the catalogue is, if not in that file
LOCK_NAME, HOLDER_NAME = "writer.lock", "writer.json"
STORE_PREFIX, STORE_PARTS = "store-", ("chroma", "tantivy")
_LOCKS = frozenset({LOCK_NAME, HOLDER_NAME})
# All files that this or an earlier version writes at the top of an index.
_FILES = (
    CATALOGUE_NAME,
    f"{CATALOGUE_NAME}-wal",
    f"{CATALOGUE_NAME}-shm",
    PLACE_NAME,
    ROOTS_NAME,
    "keep-in-sync",
    "answers-by",
    "agreed-remotes",
)
_TABLES = frozenset({"meta", "root", "note", "chunk", "vector", "run"})  # of each version
_LONGEST_MARK = 1_000  # bytes; ours has 45
_IDENTITY = re.compile(r"[0-9a-f]{32}")


class Standing(Enum):
    """What a folder is to this user."""

    EMPTY = "nothing is there"
    OWN = "an index that this user made or agreed to"
    STRANGE = "an index that came from elsewhere"
    OTHER = "other things, and no index"


def standing(index: Path) -> Standing:
    """Looks at names and at the mark; only to recognise an index without one it looks at the catalogue's tables."""
    if identity := read_mark(index):
        is_known = (_known_folder() / identity).is_file()
        return Standing.OWN if is_known or _is_at_home(index) else Standing.STRANGE
    if _is_empty(index):
        return Standing.EMPTY
    if _is_at_home(index):
        return Standing.OWN
    return Standing.STRANGE if _is_of_earlier_version(index) else Standing.OTHER


def is_own(index: Path) -> bool:
    return standing(index) is Standing.OWN


def holds_index(folder: Path) -> bool:
    """Whether there is an index, whoever made it."""
    return standing(folder) in (Standing.OWN, Standing.STRANGE)


def require_own(index: Path) -> Standing:
    """OWN or EMPTY. Raises IndexUnusable before anything is opened of another's index, or of other things."""
    found = refuse_other(index)
    if found is Standing.STRANGE:
        raise IndexUnusable(
            f"The index in {index} was not made here, or by an earlier version, which left no mark. "
            f"`rag-bot ingest FOLDER` makes it anew from your notes; `rag-bot trust {index}` opens it as it is."
        )
    return found


def refuse_other(index: Path) -> Standing:
    """All but OTHER. Raises IndexUnusable for a folder that holds other things and no index."""
    found = standing(index)
    if found is Standing.OTHER:
        raise IndexUnusable(f"{index} holds other things and no index. Choose an empty or new folder with --index.")
    return found


def claim(index: Path) -> None:
    """Make an index of this folder, or take up one of this user's that an earlier version made.

    First the user's data folder knows it, so that a kill in between leaves an empty folder.

    Raises:
        IndexUnusable: a mark can't be written.
    """
    identity = read_mark(index)
    with _explained(index):
        if not identity:
            _mark(index, secrets.token_hex(16))
        elif not (_known_folder() / identity).is_file():
            _remember(identity)


def trust_index(index: Path) -> None:
    """As `take_over`, for the index that somebody names.

    Raises:
        UsageError: there is no index.
        IndexUnusable: it can't be remembered.
    """
    if not holds_index(index):
        raise UsageError(f"There is no index in {index}. Name the folder of one: `rag-bot trust INDEX`.")
    take_over(index)


def forget_index(index: Path) -> bool:
    """Take back that this index counts as the user's; whether it did. An index in the data folder always counts."""
    identity = read_mark(index)
    known = _known_folder() / identity
    if not identity or not known.is_file():
        return False
    known.unlink()
    return True


def take_over(index: Path) -> None:
    """From now on this index counts as one that this user made, wherever it is moved to.

    It gets a mark of its own: who made it knows the old one, and can't send another index that counts as this. Where it
    can't be written to it keeps its mark.

    Raises:
        IndexUnusable: it can't be remembered.
    """
    identity = read_mark(index)
    with _explained(index):
        if identity and not os.access(index, os.W_OK):
            _remember(identity)
        else:
            _mark(index, secrets.token_hex(16))


def make_part(index: Path, name: str) -> Path:
    """Make a folder inside the index, marked as one that this program may remove. Raises OSError where it can't be."""
    part = index / name
    part.mkdir(mode=0o700)
    _write_mark(part, read_mark(index))
    return part


def is_part(index: Path, folder: Path) -> bool:
    """Whether `make_part` made it for this index."""
    return not folder.is_symlink() and read_mark(folder) == (read_mark(index) or None)


def stores(index: Path) -> Iterator[Path]:
    """The folders of search indexes that this program made: marked, or with both parts where no mark is yet."""
    for folder in sorted(index.glob(f"{STORE_PREFIX}*")):
        if is_part(index, folder) or (not folder.is_symlink() and _is_store_of_earlier_version(folder)):
            yield folder


def own_files(index: Path) -> Iterator[Path]:
    """The files at the top of an index that this program made, but for the mark and those of the lock."""
    for path in (index / name for name in _FILES):
        if os.path.lexists(path) and not (path.is_dir() and not path.is_symlink()):
            yield path


def make_private(index: Path) -> None:
    """Let nobody else read the index: folders 0700, files 0600. What others own or put there stays as it is."""
    if os.name == "nt":
        return
    _restrict(index, stat.S_IFDIR, 0o700)
    for path in (*own_files(index), *(index / name for name in (MARK_NAME, *_LOCKS))):
        _restrict(path, stat.S_IFREG, 0o600)
    for store in stores(index):
        _restrict(store / MARK_NAME, stat.S_IFREG, 0o600)
        for part in STORE_PARTS:
            for folder, _, names in os.walk(store / part):
                _restrict(Path(folder), stat.S_IFDIR, 0o700)
                for name in names:
                    _restrict(Path(folder, name), stat.S_IFREG, 0o600)
        _restrict(store, stat.S_IFDIR, 0o700)


def read_mark(folder: Path) -> str:
    """The identity that stands in a folder's mark; "" where there is none, or none that could be ours."""
    path = folder / MARK_NAME
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST_MARK:
            return ""
        identity = json.loads(path.read_text(encoding="utf-8"))["id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return identity if isinstance(identity, str) and _IDENTITY.fullmatch(identity) else ""


@contextmanager
def _explained(index: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexUnusable(
            f"That the index in {index} is yours cannot be remembered: {reason_of(error)}. Check that you may "
            f"write to {error.filename or index}."
        ) from error


def _mark(index: Path, identity: str) -> None:
    """Give the index this identity, and the folders in it that this program made."""
    made = list(stores(index))
    _remember(identity)
    for store in made:
        _write_mark(store, identity)
    _write_mark(index, identity)


def _write_mark(folder: Path, identity: str) -> None:
    write_whole(folder / MARK_NAME, json.dumps({"id": identity}))


def _remember(identity: str) -> None:
    """An empty file for each index: several processes may add theirs at once, and none can be half written."""
    folder = _known_folder()
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    (folder / identity).touch(mode=0o600)


def _known_folder() -> Path:
    return user_data_path("rag-bot") / "indexes"


def _is_at_home(index: Path) -> bool:
    """Whether it lies in the user's own data folder, where only the user puts things."""
    home = user_data_path("rag-bot").absolute()
    return home in index.absolute().parents and ".." not in index.parts


def _is_empty(index: Path) -> bool:
    """Also where the folder isn't there, or can't be looked into: who writes there says so."""
    try:
        with os.scandir(index) as entries:
            return all(entry.name in _LOCKS and entry.is_file(follow_symlinks=False) for entry in entries)
    except OSError:
        return True


def _is_of_earlier_version(index: Path) -> bool:
    path = index / CATALOGUE_NAME
    if not path.is_file():
        return False
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with suppress(sqlite3.Error, UnicodeDecodeError), closing(sqlite3.connect(uri, uri=True)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return names >= _TABLES
    return False


def _is_store_of_earlier_version(folder: Path) -> bool:
    return (
        not os.path.lexists(folder / MARK_NAME)
        and (folder / "chroma" / "chroma.sqlite3").is_file()
        and (folder / "tantivy" / "meta.json").is_file()
    )


def _restrict(path: Path, kind: int, mode: int) -> None:
    with suppress(OSError):
        status = path.lstat()
        if stat.S_IFMT(status.st_mode) == kind and stat.S_IMODE(status.st_mode) != mode:
            path.chmod(mode)
