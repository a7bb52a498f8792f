"""The images that lie among the notes, to be shown where a note has them; which of them may be, and what they are.

Only those are served that a walk of the folders finds: ignore files, hidden folders and the setting `exclude` keep
images out as they do notes. Only pixels are: what an image file can do besides, as SVG does, is not shown.
"""

from __future__ import annotations

import os
import stat
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from unicodedata import normalize

from PIL import Image, UnidentifiedImageError

from rag_bot.errors import RagBotError
from rag_bot.ingestion.exclusion import Exclusion
from rag_bot.ingestion.file_kinds import is_away
from rag_bot.ingestion.roots import walk_root
from rag_bot.library import Library
from rag_bot.ui.notes.named_paths import NamedPaths

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif")
LARGEST = 20_000_000  # bytes; photographs have up to 15 million; set by hand
MOST_PIXELS = 60_000_000  # a browser takes 4 bytes for each; cameras of telephones have up to 50 million; set by hand
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
_TURNED = (5, 6, 7, 8)  # values of Exif's orientation by which width and height change places
_ORIENTATION = 0x0112
_FRESH_SECONDS = 30.0  # for which the folders are not walked again: a walk of 100,000 files takes a second; set by hand
_BROKEN = (OSError, ValueError, TypeError, SyntaxError, EOFError, KeyError, IndexError, OverflowError, struct.error)


@dataclass(frozen=True, slots=True)
class NoteImage:
    """An image by its path, which begins as those of notes do; `width` and `height` in pixels, as it is shown.

    Of one that cannot be shown `problem` says why, and both are 0.
    """

    path: str
    width: int = 0
    height: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """What a browser gets: the bytes, their media type, and an `etag` that changes with the file."""

    data: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class _Listing:
    """What a walk found, at a time of `time.monotonic`; `seen` holds the images that were looked at since."""

    files: dict[str, tuple[Path, str]]  # folder and path below it, by image path
    named: NamedPaths
    at: float
    seen: dict[str, NoteImage] = field(default_factory=dict)


class NoteImages:
    """The images of one state of a library. Walks its folders when it is first asked, and seldom again.

    Safe to use from several threads.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._listing: _Listing | None = None

    def find(self, target: str, folder: str) -> NoteImage | None:
        """The image that a note in this folder names; None if there is none."""
        listing = self._listed()
        path = listing.named.find(target, folder)
        if path is None:
            return None
        if path not in listing.seen:
            listing.seen[path] = self._look(listing, path)
        return listing.seen[path]

    def read(self, path: str) -> ImageFile | None:
        """An image by its path; None for whatever may not be shown, or is none."""
        listing = self._listed()
        if path not in listing.files:
            return None
        try:
            with _opened(*listing.files[path]) as file:
                status = os.fstat(file.fileno())
                if status.st_size > LARGEST:
                    return None
                kind, width, height = _looked_at(file)
                if width * height > MOST_PIXELS:
                    return None
                file.seek(0)
                etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
                return ImageFile(file.read(LARGEST), f"image/{kind.lower()}", etag)
        except (*_BROKEN, Image.DecompressionBombError):
            return None

    def _look(self, listing: _Listing, path: str) -> NoteImage:
        try:
            with _opened(*listing.files[path]) as file:
                if os.fstat(file.fileno()).st_size > LARGEST:
                    return NoteImage(path, problem="is too large to be shown")
                _, width, height = _looked_at(file)
        except (UnidentifiedImageError, Image.DecompressionBombError):
            return NoteImage(path, problem="is none that can be shown")
        except _BROKEN:
            return NoteImage(path, problem="cannot be read")
        if width * height > MOST_PIXELS:
            return NoteImage(path, problem="is too large to be shown")
        return NoteImage(path, width, height)

    def _listed(self) -> _Listing:
        with self._lock:
            if self._listing is None or time.monotonic() - self._listing.at > _FRESH_SECONDS:
                files = dict(self._walk())
                self._listing = _Listing(files, NamedPaths(files), time.monotonic())
            return self._listing

    def _walk(self) -> Iterator[tuple[str, tuple[Path, str]]]:
        exclusion = Exclusion.of(self._library.settings.exclude)
        try:
            roots = self._library.roots()
        except RagBotError:
            return
        for root in roots:
            found: list[str] = []

            def note(reason: str, path: str, kind: str, found: list[str] = found) -> None:
                del kind
                if reason == "media" and path.lower().endswith(SUFFIXES):
                    found.append(path)

            try:
                for _ in walk_root(root, roots, lambda _: None, note, exclusion):
                    pass  # the notes
            except RagBotError:  # the folder is not there now
                continue
            excluded = exclusion.paths(root.label)
            for path in found:
                below = path.removeprefix(f"{root.label}/")
                if not excluded.match_file(normalize("NFC", below)):
                    yield path, (root.folder, below)


@contextmanager
def _opened(folder: Path, below: str) -> Iterator[BinaryIO]:
    """The file, if its path leads there without a link. Raises OSError if it does not, or is not here."""
    file = folder.resolve() / below
    if file.resolve(strict=True) != file or is_away(file.stat()):
        raise OSError(f"{file} is not here itself")
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))  # by system; a pipe would block
    descriptor = os.open(file, os.O_RDONLY | sum(flags))
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{file} is no regular file")
        yield opened


def _looked_at(file: BinaryIO) -> tuple[str, int, int]:
    """The format by its content, width and height as it is shown. Reads no pixels. Raises as Pillow does."""
    with Image.open(file, formats=_FORMATS) as image:
        width, height = image.size
        kind = "JPEG" if image.format == "MPO" else str(image.format)  # cameras put several pictures into one JPEG
        # Of a PNG Pillow would read all pixels first.
        turned = kind in ("JPEG", "WEBP") and image.getexif().get(_ORIENTATION) in _TURNED
        return kind, *((height, width) if turned else (width, height))
