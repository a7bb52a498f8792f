"""What a file that is no note is, and which note is a copy that a sync tool made of a conflict: by name and status."""

from __future__ import annotations

import os
import re
from collections.abc import Container
from pathlib import PurePosixPath

from rag_bot.files import is_named_conflict_copy
from rag_bot.markdown import NOTE_SUFFIXES

_MEDIA = frozenset(
    """.3gp .aac .ai .aif .aiff .avi .avif .bmp .eps .flac .flv .gif .heic .heif .ico .jfif .jpeg .jpg .jxl .m4a .m4v
    .mid .mkv .mov .mp3 .mp4 .mpeg .mpg .oga .ogg .ogv .opus .png .psd .raw .svg .tif .tiff .wav .weba .webm .webp .wma
    .wmv""".split()
)
# Files of a cloud drive that hold an address instead of the document.
_POINTERS = frozenset(".gdoc .gdraw .gform .gjam .glink .gmap .gsheet .gsite .gslides .gtable .paper".split())
_LONGEST_SUFFIX = 12  # characters with the dot; what is longer is no suffix but part of a name; set by hand
_DATALESS = 0x40000000  # SF_DATALESS in st_flags of macOS: the contents are in iCloud, or at another provider
# FILE_ATTRIBUTE_OFFLINE, _RECALL_ON_OPEN and _RECALL_ON_DATA_ACCESS of Windows: OneDrive, Dropbox and the like.
_RECALLED = 0x1000 | 0x40000 | 0x400000
# Must match `note 2.md` of iCloud and `note (1).md` of Google Drive.
_NUMBERED = re.compile(rf"(.+?)(?: \d| \(\d\))({'|'.join(map(re.escape, NOTE_SUFFIXES))})", re.IGNORECASE)


def icloud_original(name: str) -> str:
    """The file that `.name.icloud` stands for while it is only in iCloud; "" for any other name."""
    return name[1 : -len(".icloud")] if name.startswith(".") and name.endswith(".icloud") else ""


def is_away(status: os.stat_result) -> bool:
    """Whether reading a file would make its cloud drive download it."""
    flags, attributes = getattr(status, "st_flags", 0), getattr(status, "st_file_attributes", 0)
    return bool(flags & _DATALESS or attributes & _RECALLED)


def why_no_note(name: str) -> tuple[str, str]:
    """For a file whose name is none of a note: the reason it is left out, as in `LeftOut`, and its kind."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _MEDIA:
        return "media", ""
    if suffix in _POINTERS:
        return "placeholder", ""
    is_suffix = len(suffix) <= _LONGEST_SUFFIX and suffix[1:].isalnum()
    return "format", suffix if is_suffix else ""


def is_conflict_copy(name: str, beside: Container[str]) -> bool:
    """Whether a note's name says so; where it only has a number, whether the note without it lies `beside`."""
    numbered = _NUMBERED.fullmatch(name)
    return is_named_conflict_copy(name) or (numbered is not None and f"{numbered[1]}{numbered[2]}" in beside)
