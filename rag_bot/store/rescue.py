"""Saves what can be saved of an index whose catalogue is damaged or gone: folders, history and vectors.

python -m rag_bot.store.rescue INDEX FILE    (writes what Chroma holds into a file; in a child, which damage may end)
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import IndexUnusable
from rag_bot.files import replacing, write_whole
from rag_bot.processes import child_environment, module_command
from rag_bot.store.catalogue import Root
from rag_bot.store.consistency import is_unit
from rag_bot.store.ownership import PLACE_NAME, ROOTS_NAME, is_part, make_part, stores
from rag_bot.store.schema import FILE_NAME
from rag_bot.store.vectors import every_collection
from rag_bot.store.writer import CatalogueWriter

_FOLDER = "rescue"  # in the index, for as long as it takes
_VECTORS_FILE = "vectors.npz"
_BATCH = 5_000  # vectors read at a time, some 8 MB; set by hand


def write_roots(index: Path, roots: Sequence[Root]) -> None:
    """Keep a copy of the list of folders beside the catalogue, for the day that the catalogue is lost.

    Where that fails the catalogue still has it.
    """
    listed = {root.label: str(root.folder) for root in roots}
    if _read_roots(index) == listed:
        return
    with suppress(OSError):
        write_whole(index / ROOTS_NAME, json.dumps(listed, ensure_ascii=False, indent=1))


def find_roots(index: Path) -> dict[str, Path]:
    """The folders that were ingested, by label, as far as anything still tells."""
    listed = {label: Path(folder) for label, folder in _read_roots(index).items()}
    return listed | {label: Path(folder) for label, folder in _rows(index, "SELECT label, folder FROM root")}


def rescue_catalogue(index: Path, roots: dict[str, Path]) -> int:
    """Put a new catalogue in the place of the damaged one, with the folders and all vectors that are still whole.

    The caller holds the index lock, and syncs afterwards. Returns the number of vectors.

    Raises:
        IndexUnusable: another folder lies where it would be prepared.
    """
    if is_part(index, index / _FOLDER):
        shutil.rmtree(index / _FOLDER, ignore_errors=True)
    try:
        new = make_part(index, _FOLDER)
    except OSError as error:
        raise IndexUnusable(
            f"{index / _FOLDER} cannot be made: {error.strerror}. Move away what is there; run this again."
        ) from error
    saved: set[str] = set()
    with closing(CatalogueWriter.open(new)) as catalogue:
        with catalogue.transaction():
            for label, folder in roots.items():
                catalogue.add_root(folder, label)
            for run in _rows(index, "SELECT started, seconds, counts, failed, error FROM run ORDER BY id"):
                catalogue.copy_run(run)
            catalogue.set_meta(dirty="1")
        for keys, vectors in (*_from_catalogue(index), *_from_chroma(index, new)):
            missing = [row for row, key in enumerate(keys) if key not in saved]
            with catalogue.transaction():
                catalogue.add_vectors([keys[row] for row in missing], vectors[missing])
            saved.update(keys)
        catalogue.checkpoint()
    for suffix in ("-wal", "-shm"):
        (index / f"{FILE_NAME}{suffix}").unlink(missing_ok=True)
    (new / FILE_NAME).replace(index / FILE_NAME)
    (index / PLACE_NAME).unlink(missing_ok=True)
    shutil.rmtree(new, ignore_errors=True)
    return len(saved)


def _read_roots(index: Path) -> dict[str, str]:
    """Folders by label; empty where there is no such file, or none that can be read."""
    try:
        values = json.loads((index / ROOTS_NAME).read_text(encoding="utf-8"))
        return {str(label): str(folder) for label, folder in values.items()}
    except (OSError, ValueError, AttributeError):
        return {}


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


def _from_chroma(index: Path, folder: Path) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    file = folder / _VECTORS_FILE
    command = module_command(__name__, str(index), str(file))
    subprocess.run(command, capture_output=True, env=child_environment(), check=False)
    if file.is_file():
        with np.load(file) as stored:
            for name in [name for name in stored.files if name.startswith("keys")]:
                yield [str(key) for key in stored[name]], stored[name.replace("keys", "vectors")]


def _write_chroma_vectors(index: Path, file: Path) -> None:
    batches: dict[str, Any] = {}
    for folder in stores(index):
        for keys, vectors in every_collection(folder):
            whole = [row for row, vector in enumerate(vectors) if is_unit(vector.tobytes())]
            batches[f"keys{len(batches)}"] = np.array([keys[row] for row in whole])
            batches[f"vectors{len(batches) - 1}"] = vectors[whole]
    with replacing(file) as beside, beside.open("wb") as opened:
        np.savez(opened, **batches)


if __name__ == "__main__":
    _write_chroma_vectors(Path(sys.argv[1]), Path(sys.argv[2]))
