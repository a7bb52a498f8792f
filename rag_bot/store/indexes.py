"""The two search indexes side by side: Chroma and Tantivy in one folder, `store-N`, of the index.

A rebuild, and each sync that changes the graph, fills the next folder while the old one still answers; the catalogue
says which of them counts.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import IndexUnusable, reason_of
from rag_bot.failpoints import reach
from rag_bot.store.bm25 import FOLDER_NAME as WORDS_FOLDER
from rag_bot.store.bm25 import WordIndex
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.checksums import find_damaged, looks_intact, recorded_checksums
from rag_bot.store.consistency import compare_in_children
from rag_bot.store.late import NOTHING_LATE, Late
from rag_bot.store.lock import alone, find_writer
from rag_bot.store.ownership import (
    MARK_NAME,
    STORE_PARTS,
    STORE_PREFIX,
    is_part,
    make_part,
    own_files,
    stores,
    take_over,
)
from rag_bot.store.place import OWN_FOLDER, VectorsPlace
from rag_bot.store.server import ServerVectors, open_vectors, require_named
from rag_bot.store.vectors import DATABASE_NAME, ExactVectors, VectorIndex, copy_database
from rag_bot.store.vectors import FOLDER_NAME as GRAPH_FOLDER
from rag_bot.store.writer import Entry

FORMAT = "3"  # of Tantivy's fields and Chroma's graph; indexes of another one are made anew by the next sync
SMALL_LIBRARY = 3_000  # passages that are compared one by one sooner than Chroma is loaded; set by hand
_ROOM = 1_000_000  # bytes that are left on a disk for Chroma to be opened; set by hand
_LOOKS = 10  # at files that change while they are looked at; set by hand


class SearchIndexes:
    """Both indexes of one folder, opened to be written.

    The graph of a folder that `answers` is never written: who asks meanwhile would load half of the change, and enter
    what stands in Chroma's log himself, into the same files. (Three readers beside a bare Chroma 1.5 that was written
    to died, or met with an error at nearly every question.) Its first change makes a copy of the folder, the next one,
    which the switch lets answer. Words go into Tantivy where they are: it writes its files once.

    `late` is what the graph does not know yet. Where more `passages` than `SMALL_LIBRARY` answer, up to as many changes
    are left waiting there; by default none is.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        place: VectorsPlace = OWN_FOLDER,
        *,
        answers: bool = False,
        late: Late = NOTHING_LATE,
        passages: int = 0,
    ) -> None:
        self.folder = folder
        self.place = place
        self.answers = answers
        self.late = late
        self._fingerprint = fingerprint
        self._may_wait = passages > SMALL_LIBRARY
        self._open()

    def _open(self) -> None:
        self._vectors = open_vectors(self.folder, self.place, self._fingerprint, create=True)
        self._words = WordIndex.open(self.folder, create=True)  # notes without a word have an index to be searched, too

    def enter(self, entries: Sequence[Entry]) -> None:
        """Add passages; doing it twice does no harm."""
        if not entries:
            return
        keys = [key for key, *_ in entries]
        if self._can_wait(keys):
            self.late = self.late.enter(keys)
        else:
            self._graph().upsert(keys, np.stack([vector for *_, vector in entries]))
            self.late = self.late.without(keys)
        reach("vectors-entered")
        self._words.update((key, text) for key, text, _ in entries)
        reach("words-entered")

    def leave(
        self,
        keys: Sequence[str],
        vectors_of: Callable[[Sequence[str]], Mapping[str, NDArray[np.float32]]],
        *,
        at_once: bool = False,
    ) -> None:
        """Before the switch: take out of the folder's graph what its state no longer has; unknown keys do no harm.

        With `at_once` nothing of them waits. Where the graph is written anyway, it takes in all that waited, whose
        vectors `vectors_of` has.
        """
        if self.place.url:  # the state before still answers from there
            return
        if keys and self._can_wait(keys) and not at_once:
            self.late = self.late.remove(keys)
        elif keys:
            self._graph().delete(keys)
            self.late = self.late.without(keys)
        if not self._may_wait:
            self._settle(vectors_of)
        reach("vectors-left")

    def remove(self, keys: Sequence[str]) -> None:
        """After the switch: take out of all else what no state has; unknown keys do no harm."""
        if not keys:
            return
        if self.place.url:
            self._vectors.delete(keys)
        reach("vectors-removed")
        self._words.update((), removed=keys)
        reach("words-removed")

    def seal(self, generation: str) -> None:
        """Note on a server which state its vectors belong to; the files of a folder have checksums for that."""
        if not isinstance(self._vectors, VectorIndex):
            self._vectors.seal(generation)

    def close(self) -> None:
        """Let go of the files."""
        self._vectors.close()

    def _can_wait(self, keys: Sequence[str]) -> bool:
        return self._may_wait and len(self.late) + len(keys) <= SMALL_LIBRARY

    def _graph(self) -> VectorIndex | ServerVectors:
        """The vectors, where they may be written."""
        self._may_wait = False
        if self.answers and not self.place.url:
            self.close()
            self.folder = _copy(self.folder)
            self.answers = False
            self._open()
            reach("graph-copied")
        return self._vectors

    def _settle(self, vectors_of: Callable[[Sequence[str]], Mapping[str, NDArray[np.float32]]]) -> None:
        """Let the graph take in what waits."""
        if entered := vectors_of(sorted(self.late.entered)):
            self._graph().upsert(list(entered), np.stack(list(entered.values())))
        if self.late.removed:
            self._graph().delete(sorted(self.late.removed))
        self.late = NOTHING_LATE


def next_folder(index: Path, used: str) -> str:
    """The name of a new folder for the ones after those in use; what a killed rebuild left there is removed.

    Raises:
        IndexUnusable: it can't be made.
    """
    number = int(used.removeprefix(STORE_PREFIX) or 0) + 1
    while os.path.lexists(folder := index / f"{STORE_PREFIX}{number}"):
        if is_part(index, folder):
            _remove(folder)
        if os.path.lexists(folder):  # others put something there
            number += 1
    try:
        return make_part(index, folder.name).name
    except OSError as error:
        raise IndexUnusable.because_of(error, folder.name) from error


def _copy(folder: Path) -> Path:
    """The next folder, with what is in this one. Raises IndexUnusable where it can't be made."""
    copy = folder.parent / next_folder(folder.parent, folder.name)
    paths = sorted(path for part in STORE_PARTS for path in (folder / part, *(folder / part).rglob("*")))
    try:
        for path in paths:
            if path.is_dir():
                (copy / path.relative_to(folder)).mkdir(mode=0o700)
            elif path.suffix != ".lock" and not path.name.startswith(DATABASE_NAME):
                shutil.copy2(path, copy / path.relative_to(folder))
        copy_database(folder, copy)
    except (OSError, sqlite3.Error) as error:
        raise IndexUnusable.because_of(error, copy.name) from error
    return copy


def remove_other_folders(index: Path, used: str) -> None:
    """Remove search indexes that no longer count. A graph that is still asked goes the next time."""
    for path in stores(index):
        if path.name != used and is_part(index, path):
            _remove(path)


def remove_first_version(index: Path) -> None:
    """Remove the search indexes of an index whose catalogue said that they lay beside it."""
    for part in STORE_PARTS:
        shutil.rmtree(index / part, ignore_errors=True)


def empty_strange(index: Path) -> None:
    """Empty an index that came from elsewhere; it is this user's from then on. What is not of an index stays.

    Raises:
        IndexUnusable: a file can't be removed.
    """
    for path in stores(index):
        _remove(path)
    try:
        for path in own_files(index):
            path.unlink()
    except OSError as error:
        raise IndexUnusable(
            f"The index in {index} cannot be made anew: {reason_of(error)}. Choose another with --index."
        ) from error
    take_over(index)


def _remove(folder: Path) -> None:
    """All but a graph that is still asked. What others put there stays, and keeps the mark with it; links, too."""
    with suppress(OSError), alone(folder / MARK_NAME) as is_alone:
        shutil.rmtree(folder / WORDS_FOLDER, ignore_errors=True)
        if not is_alone:
            return
        shutil.rmtree(folder / GRAPH_FOLDER, ignore_errors=True)
        if {path.name for path in folder.iterdir()} == {MARK_NAME}:
            (folder / MARK_NAME).unlink()
        folder.rmdir()


def open_to_ask(
    index: Path, catalogue: Catalogue, server: str, before: VectorIndex | ServerVectors | ExactVectors | None = None
) -> tuple[VectorIndex | ServerVectors | ExactVectors, WordIndex]:
    """Both indexes, as the catalogue's state has them; `server` is the setting `vectors`.

    `before` is what is open of an earlier state; it is closed, unless it is the graph of the same folder.

    Small libraries, and all where nothing can be written (which Chroma needs here), are compared in memory.

    Raises:
        IndexUnusable: files of theirs are damaged, or of an earlier version; the server can't be asked, or has lost
            vectors.
        UsageError: the setting is no address.
    """
    meta = catalogue.meta()
    if meta.get("format") != FORMAT:
        raise IndexUnusable(
            f"The index in {index} is of an earlier version. Run `rag-bot ingest` once; nothing is embedded again."
        )
    folder, place = index / meta["store"], VectorsPlace.read(meta.get("vectors", ""))
    writable = os.access(folder, os.W_OK)
    has_room = bool(place.url) or (writable and shutil.disk_usage(folder).free >= _ROOM)
    exact = catalogue.counts()[1] <= SMALL_LIBRARY or not has_room
    graph = VectorIndex(folder, meta["fingerprint"])
    if before and (exact or place.url or not graph.is_same(before)):
        before.close()
        before = None
    try:
        _require_sound(index, folder, words_only=exact or bool(place.url))
    except OSError as error:  # a sync has removed the folder
        raise IndexUnusable.because_of(error, folder.name) from error
    vectors: VectorIndex | ServerVectors | ExactVectors
    if exact:
        vectors = ExactVectors(catalogue.live_vectors())
    elif place.url:
        require_named(place, server)
        vectors = ServerVectors(place)
        if meta.get("dirty") != "1":  # a sync that runs, or was killed, has entered some of its vectors
            vectors.require(meta["generation"], catalogue.counts()[2])
    else:
        vectors = before if isinstance(before, VectorIndex) else graph
        vectors.late = ExactVectors(catalogue.vectors(sorted(Late.read(meta).entered)))
    return vectors, WordIndex.open(folder) if writable else WordIndex.open_copy(folder)


def _require_sound(index: Path, folder: Path, *, words_only: bool) -> None:
    """Opening damaged files can end this process, and what a killed sync left is first opened by another one."""
    part = f"{WORDS_FOLDER}/" if words_only else ""
    for _ in range(_LOOKS):  # a sync that ends meanwhile records other checksums
        recorded = checksums, killed = _recorded(index)
        if looks_intact(folder, checksums) or find_writer(index):
            return
        damaged = find_damaged(folder, checksums, killed=killed)
        trouble = [f"{name}: {what}" for name, what in damaged.items() if name.startswith(part)]
        if killed and not trouble:
            trouble = compare_in_children(index, words_only=words_only).trouble()
        if not trouble:
            return
        if recorded == _recorded(index) and not find_writer(index):
            raise IndexUnusable(
                f"The index in {index} is damaged ({'; '.join(trouble[:3])}). Run `rag-bot verify --repair`; your "
                "notes are not touched."
            )
    # one sync after the other: who writes has looked


def _recorded(index: Path) -> tuple[dict[str, tuple[int, int, int]], bool]:
    """The checksums that the last sync recorded, and whether one was killed since."""
    with closing(Catalogue.open(index)) as catalogue:
        meta = catalogue.meta()
    return recorded_checksums(meta), meta.get("dirty") == "1"
