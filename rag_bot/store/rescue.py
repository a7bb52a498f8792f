"""Saves what can be saved of an index whose catalogue is damaged or gone: folders, history and vectors.

python -m rag_bot.store.rescue INDEX FILE    (writes what Chroma holds into a file; in a child, which damage may end)
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_bot.files import replacing
from rag_bot.processes import child_environment, module_command
from rag_bot.store.integrity import is_unit
from rag_bot.store.roots_file import read_roots
from rag_bot.store.schema import FILE_NAME
from rag_bot.store.vectors import every_collection
from rag_bot.store.writer import CatalogueWriter

_PLACE = "rescue"  # folder in the index, for as long as it takes
_FOUND = "vectors.npz"
_BATCH = 5_000


def find_roots(index: Path) -> dict[str, Path]:
    """The folders that were ingested, by label, as far as anything still tells."""
    listed = {label: Path(folder) for label, folder in read_roots(index).items()}
    return listed | {label: Path(folder) for label, folder in _rows(index, "SELECT label, folder FROM root")}


def rescue_catalogue(index: Path, roots: dict[str, Path]) -> int:
    """Put a new catalogue in the place of the damaged one, with the folders and all vectors that are still whole.

    The caller holds the writer lock, and syncs afterwards. Returns the number of vectors.
    """
    place = index / _PLACE
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    saved: set[str] = set()
    with closing(CatalogueWriter.open(place)) as catalogue:
        with catalogue.transaction():
            for label, folder in roots.items():
                catalogue.add_root(folder, label)
            for run in _rows(index, "SELECT started, seconds, counts, failed, error FROM run ORDER BY id"):
                catalogue.copy_run(run)
            catalogue.set_meta(dirty="1")
        for keys, vectors in (*_from_catalogue(index), *_from_chroma(index, place)):
            new = [row for row, key in enumerate(keys) if key not in saved]
            with catalogue.transaction():
                catalogue.add_vectors([keys[row] for row in new], vectors[new])
            saved.update(keys)
        catalogue.checkpoint()
    for suffix in ("-wal", "-shm"):
        (index / f"{FILE_NAME}{suffix}").unlink(missing_ok=True)
    (place / FILE_NAME).replace(index / FILE_NAME)
    shutil.rmtree(place, ignore_errors=True)
    return len(saved)


def _rows(index: Path, sql: str) -> Iterator[Any]:
    """What can be read of a damaged database: it ends at the first page that can't."""
    path = index / FILE_NAME
    if not path.is_file():
        return
    with suppress(sqlite3.DatabaseError, OverflowError, UnicodeDecodeError), closing(sqlite3.connect(path)) as db:
        yield from db.execute(sql)


def _from_catalogue(index: Path) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    """By number, so that one damaged page does not hide the rows behind it."""
    last = next(_rows(index, "SELECT max(rowid) FROM vector"), (0,))[0] or 0
    for start in range(0, last + 1, _BATCH):
        rows = _rows(index, f"SELECT key, vector FROM vector WHERE rowid BETWEEN {start} AND {start + _BATCH - 1}")
        whole = [(str(key), np.frombuffer(blob, dtype="<f4")) for key, blob in rows if is_unit(blob)]
        if whole:
            yield [key for key, _ in whole], np.stack([vector for _, vector in whole])


def _from_chroma(index: Path, place: Path) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    found = place / _FOUND
    command = module_command(__name__, str(index), str(found))
    subprocess.run(command, capture_output=True, env=child_environment(), check=False)
    if found.is_file():
        with np.load(found) as stored:
            for name in [name for name in stored.files if name.startswith("keys")]:
                yield [str(key) for key in stored[name]], stored[name.replace("keys", "vectors")]


def _write_chroma_vectors(index: Path, found: Path) -> None:
    batches: dict[str, Any] = {}
    for folder in sorted(index.glob("store-*")):
        for keys, vectors in every_collection(folder):
            whole = [row for row, vector in enumerate(vectors) if is_unit(vector.tobytes())]
            batches[f"keys{len(batches)}"] = np.array([keys[row] for row in whole])
            batches[f"vectors{len(batches) - 1}"] = vectors[whole]
    with replacing(found) as beside, beside.open("wb") as file:
        np.savez(file, **batches)


if __name__ == "__main__":
    _write_chroma_vectors(Path(sys.argv[1]), Path(sys.argv[2]))
