"""What the files of the search indexes looked like when the last sync was done with them.

Chroma and Tantivy notice few damages of their files: some end the process that opens them, others only give wrong
results. A file that is as it was recorded is safe to open.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

from rag_bot.store.ownership import MARK_NAME
from rag_bot.store.vectors import DATABASE_NAME

Checksums = Mapping[str, tuple[int, int, int]]
"""Size, time of change in nanoseconds and CRC-32 of each file, by its path below the folder."""

# SQLite and the locks see to themselves; Chroma and Tantivy change them when they only read.
_LOCK = ".lock"
# Must match the files of Tantivy's segments, which are named by a UUID and never written twice.
_WRITTEN_ONCE = re.compile(r"^tantivy/[0-9a-f]{32}\.")
_BLOCK = 1 << 20  # bytes read at a time; set by hand


def take_checksums(folder: Path, before: Checksums | None = None) -> dict[str, tuple[int, int, int]]:
    """Those of all files below a folder; of files that did not change, the sum is taken from earlier ones."""
    taken = {}
    for name, (size, mtime_ns) in _stats(folder).items():
        known = (before or {}).get(name)
        same = known is not None and tuple(known[:2]) == (size, mtime_ns)
        taken[name] = (size, mtime_ns, known[2] if known is not None and same else _crc32(folder / name))
    return taken


def looks_intact(folder: Path, recorded: Checksums) -> bool:
    """Whether sizes and times are as they were recorded."""
    return _stats(folder) == {name: tuple(values[:2]) for name, values in recorded.items()}


def find_damaged(folder: Path, recorded: Checksums, *, killed: bool = False) -> dict[str, str]:
    """What is wrong, in a word, with each file whose content is not what was recorded. New files do no harm.

    After a sync that was `killed` only those files count that are never written twice: Tantivy's segments.
    """
    present = _stats(folder)
    if killed:
        recorded = {name: values for name, values in recorded.items() if name in present and _WRITTEN_ONCE.search(name)}
    wrong = dict.fromkeys(recorded.keys() - present.keys(), "missing")
    for name in recorded.keys() & present.keys():
        size, _, checksum = recorded[name]
        if present[name][0] != size:
            wrong[name] = f"{present[name][0]:,} bytes instead of {size:,}"
        elif _crc32(folder / name) != checksum:
            wrong[name] = "other content"
    return dict(sorted(wrong.items()))


def recorded_checksums(meta: Mapping[str, str]) -> dict[str, tuple[int, int, int]]:
    """Those of the last sync that ended, as the catalogue's `meta` has them under "seal"."""
    return {name: tuple(values) for name, values in json.loads(meta.get("seal", "{}")).items()}


def _stats(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(folder).as_posix(): (status.st_size, status.st_mtime_ns)
        for path in folder.rglob("*")
        if not path.name.startswith((DATABASE_NAME, MARK_NAME)) and not path.name.endswith(_LOCK)
        if path.is_file()
        for status in (path.stat(),)
    }


def _crc32(path: Path) -> int:
    """Quick, and meant against accidents, not against people."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            value = zlib.crc32(block, value)
    return value
