"""What the files of the search indexes looked like when the last sync was done with them.

Chroma and Tantivy notice few damages of their files: some end the process that opens them, others only give wrong
results. A file that is as it was sealed is safe to open.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

_Values = TypeVar("_Values")
Seal = Mapping[str, tuple[int, int, int]]
"""Size, time of change in nanoseconds and CRC-32 of each file, by its path below the folder."""

_CHANGED_BY_READING = ("chroma.sqlite3", ".lock")  # SQLite and the locks see to themselves
_GRAPH = re.compile(r"^chroma/[^/]+/")
_OF_WRITTEN_GRAPH = "index_metadata.pickle"
_WRITTEN_ONCE = re.compile(r"^tantivy/[0-9a-f]{32}\.")
_BLOCK = 1 << 20  # bytes


def take_seal(folder: Path, before: Seal | None = None) -> dict[str, tuple[int, int, int]]:
    """The seal of all files below a folder; the sums of files that did not change are taken from an earlier one."""
    sealed = {}
    for name, (size, mtime_ns) in _lasting(_stats(folder)).items():
        known = (before or {}).get(name)
        same = known is not None and tuple(known[:2]) == (size, mtime_ns)
        sealed[name] = (size, mtime_ns, known[2] if known is not None and same else _checksum(folder / name))
    return sealed


def looks_intact(folder: Path, seal: Seal) -> bool:
    """Whether sizes and times are as they were sealed."""
    return _lasting(_stats(folder)) == {name: tuple(values[:2]) for name, values in _lasting(seal).items()}


def find_damaged(folder: Path, seal: Seal, *, killed: bool = False) -> dict[str, str]:
    """What is wrong, in a word, with each file whose content is not what was sealed. New files do no harm.

    After a sync that was `killed` only those files count that are never written twice: Tantivy's segments.
    """
    found, seal = _stats(folder), _lasting(seal)
    if killed:
        seal = {name: values for name, values in seal.items() if name in found and _WRITTEN_ONCE.search(name)}
    wrong = dict.fromkeys(seal.keys() - found.keys(), "missing")
    for name in seal.keys() & found.keys():
        if found[name][0] != seal[name][0]:
            wrong[name] = f"{found[name][0]:,} bytes instead of {seal[name][0]:,}"
        elif _checksum(folder / name) != seal[name][2]:
            wrong[name] = "other content"
    return dict(sorted(wrong.items()))


def seal_in(meta: Mapping[str, str]) -> dict[str, tuple[int, int, int]]:
    """The seal of the last sync that ended, as the catalogue's `meta` has it."""
    return {name: tuple(values) for name, values in json.loads(meta.get("seal", "{}")).items()}


def _stats(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(folder).as_posix(): (status.st_size, status.st_mtime_ns)
        for path in folder.rglob("*")
        if not path.name.startswith(_CHANGED_BY_READING[0]) and not path.name.endswith(_CHANGED_BY_READING[1])
        if path.is_file()
        for status in (path.stat(),)
    }


def _lasting(files: Mapping[str, _Values]) -> dict[str, _Values]:
    """Without the files of a graph that is not written yet.

    Until a collection has `sync_threshold` records Chroma keeps all in its log, and with every opening it writes the
    graph's files anew, empty and with whatever stands in the memory that it took for them.
    """
    return {
        name: values
        for name, values in files.items()
        if not (graph := _GRAPH.match(name)) or f"{graph[0]}{_OF_WRITTEN_GRAPH}" in files
    }


def _checksum(path: Path) -> int:
    """CRC-32: quick, and meant against accidents, not against people."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            value = zlib.crc32(block, value)
    return value
