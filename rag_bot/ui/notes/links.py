"""Where the links and images of a note lead: to a note, to an image among the notes, out to the web, or nowhere."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from rag_bot.errors import IndexUnusable
from rag_bot.library import Library
from rag_bot.store.locations import plain_path
from rag_bot.ui.notes.images import NoteImage, NoteImages
from rag_bot.ui.notes.named_paths import NamedPaths

_WEB = frozenset({"http", "https", "mailto"})


class Links:
    """Those of one note, by the paths of all notes and the images that lie among them."""

    def __init__(self, note_path: str, notes: NamedPaths, images: NoteImages | None = None) -> None:
        self._own = note_path
        self._folder = plain_path(posixpath.dirname(note_path))
        self._notes = notes
        self._images = images

    def note(self, target: str) -> str | None:
        """The note that a relative link or the target of a [[wikilink]] names; None if there is none."""
        target = _path_of(target)
        return self._notes.find(target, self._folder) if target else self._own or None

    def relative(self, address: str) -> str | None:
        """The note of a Markdown link's address; None for one that leads elsewhere."""
        return self.note(unquote(address)) if _is_relative(address) else None

    def image(self, target: str) -> NoteImage | None:
        """The image that an embed names, found as notes are; None if there is none."""
        target = _path_of(target)
        return self._images.find(target, self._folder) if target and self._images else None

    def relative_image(self, address: str) -> NoteImage | None:
        """The image of an address in a note; None for one that leads elsewhere."""
        return self.image(unquote(address)) if _is_relative(address) else None


def no_links() -> Links:
    """Links that lead nowhere but to the web."""
    return Links("", NamedPaths(()))


class LinkTargets:
    """What all notes of an index can link to."""

    def __init__(self, paths: Iterable[str], images: NoteImages | None = None) -> None:
        self._notes = NamedPaths(paths)
        self.images = images

    def of(self, note_path: str) -> Links:
        """The links of one of the notes."""
        return Links(note_path, self._notes, self.images)


def link_targets(library: Library) -> LinkTargets:
    """What the notes of a library can link to now; nothing where it has no index that can be read."""
    return _targets(library, library.generation())


@lru_cache(maxsize=1)  # shared by all that shows notes of this state
def _targets(library: Library, generation: str) -> LinkTargets:
    del generation  # it changes with the notes
    try:
        return LinkTargets((path for path, _ in library.note_titles()), NoteImages(library))
    except IndexUnusable:
        return LinkTargets(())


def is_on_the_web(address: str) -> bool:
    """Whether an address leads out to where a browser may be sent."""
    return _scheme(address) in _WEB


def _path_of(target: str) -> str:
    """The path in a link's target, without what stands behind it: the part of the note that is meant, or a query."""
    return plain_path(target).split("#", 1)[0].split("?", 1)[0].strip()


def _is_relative(address: str) -> bool:
    return not _scheme(address) and not address.startswith(("//", "/"))


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme.lower()
    except ValueError:  # such as "http://[": no address at all
        return "invalid"
