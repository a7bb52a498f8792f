"""Where the links of a note lead: to another note, out to the web, or nowhere."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

_WEB = frozenset({"http", "https", "mailto"})


class Links:
    """Resolves what is written in one note against the paths of all notes."""

    def __init__(self, note_path: str, paths: Sequence[str]) -> None:
        self._folder = posixpath.dirname(note_path)
        self._own = note_path
        self._paths = frozenset(paths)
        self._by_name: dict[str, list[str]] = {}
        for path in paths:
            for name in (posixpath.basename(path), _stem(path)):
                self._by_name.setdefault(name.lower(), []).append(path)

    def note(self, target: str) -> str | None:
        """The note that a relative link or the target of a [[wikilink]] names; None if there is none."""
        target = target.replace("\\", "/").split("#", 1)[0].split("?", 1)[0].strip()
        if not target:
            return self._own
        below = posixpath.normpath(posixpath.join(self._folder, target))
        for path in (below, f"{below}.md", target, f"{target}.md"):
            if path in self._paths:
                return path
        return self._named(target)

    def relative(self, address: str) -> str | None:
        """The note of a Markdown link's address; None for one that leads elsewhere."""
        return None if _scheme(address) or address.startswith(("//", "/")) else self.note(unquote(address))

    def _named(self, target: str) -> str | None:
        """As wikis do it: by name alone, or by the end of the path; the nearest note wins."""
        found = self._by_name.get(posixpath.basename(target).lower(), [])
        wanted = f"/{target.lower()}"
        fitting = [path for path in found if path.lower().endswith((wanted, f"{wanted}.md"))]
        return min(
            fitting, key=lambda path: (posixpath.dirname(path) != self._folder, path.count("/"), path), default=None
        )


def is_web(address: str) -> bool:
    """Whether an address may be offered as a link out of the notes."""
    return _scheme(address) in _WEB


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme.lower()
    except ValueError:  # such as "http://[": no address at all
        return "invalid"


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]
