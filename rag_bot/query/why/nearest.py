"""The indexed notes that somebody may have meant who wrote a path that none has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath

MOST = 5


def nearest_paths(written: str, paths: Sequence[str]) -> list[str]:
    """Up to `MOST` of these note paths: those in a folder of that name, then those that look most like it."""
    wanted = written.replace("\\", "/").strip("/").lower()
    names: dict[str, list[str]] = {}
    for path in paths:
        for form in _forms(path.lower()):
            names.setdefault(form, []).append(path)
    forms = list(dict.fromkeys(_forms(wanted)))
    inside = [path for form in forms for path in paths if form and f"/{form}/" in f"/{path.lower()}"]
    close = [path for form in forms for name in get_close_matches(form, names, n=MOST) for path in names[name]]
    return list(dict.fromkeys([*inside, *close]))[:MOST]


def _forms(path: str) -> Iterator[str]:
    """What of a path people write: all of it, the file's name, the name without its ending."""
    parts = PurePosixPath(path)
    yield from (path, parts.name, parts.stem)
