"""A file -> a Note: bytes, text, front matter, title and tags."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from rag_bot.errors import ContentUnreadable, NoteGone, NoteUnreadable
from rag_bot.extraction import Extracted, extract, is_extracted
from rag_bot.files import Contents, read_once
from rag_bot.ingestion.front_matter import FrontMatter, read_front_matter
from rag_bot.markdown import Block, Kind, merge_markers, parse_note
from rag_bot.records import Note
from rag_bot.text.encodings import decode
from rag_bot.text.sentences import code_spans

_TRIES = 3  # to read a file that changes meanwhile; set by hand
_SAMPLE = 65_536  # characters that tell whether a note is text; set by hand
_HEAD = 8_192  # bytes that tell whether a file is worth reading as a note; set by hand
_LEAST_PRINTABLE = 0.7  # share of the sample that is no control character, in a text; set by hand
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])
_LAYOUT = {ord(mark): None for mark in "\t\n\v\f\r\x85"}
# Must match an inline tag, `#travel/2026`: at the beginning or after white space, and with no space behind the mark.
_TAG = re.compile(r"(?:(?<=\s)|^)#([\w/-]++)")
_TAGGED = frozenset({Kind.PARAGRAPH, Kind.ITEM, Kind.TABLE})
# Set by hand, far above what people write: so that no file, however made, fills the catalogue.
_MOST_TAGS = 200
_LONGEST_TAG = 100  # characters
_LONGEST_TITLE = 300  # characters


def read_note(root: Path, relative: str, *, label: str) -> Note:
    """Reads `root/relative`; the note's path is `label/relative`.

    Raises NoteUnreadable if the file is gone (NoteGone), no regular file, outside the root, over 64 MB, never still,
    not filled yet, or of a kind for which a package is missing; ContentUnreadable if it is not text or, of a format
    that is no text, encrypted, damaged or without words.
    """
    path = f"{label}/{relative}"
    contents = _read_still(root, relative, path)
    content_hash = hashlib.sha256(contents.data).hexdigest()
    try:
        read, encoding = _text_of(path, contents.data)
    except ContentUnreadable as error:
        error.stamp, error.content_hash = contents.stamp, content_hash
        raise
    text = read.text
    front = read_front_matter(text)
    blocks = parse_note(relative, text, body_start_line=front.body_start_line)
    own_title = title_in(front, blocks)
    return Note(
        path=path,
        root=root,
        label=label,
        title=own_title or PurePosixPath(relative).stem,
        own_title=own_title,
        text=text,
        metadata=_metadata(front, text, blocks),
        body_start_line=front.body_start_line,
        content_hash=content_hash,
        size=contents.size,
        mtime_ns=contents.mtime_ns,
        stamp=contents.stamp,
        places=read.places,
        oddities=dict(_oddities(text, encoding)),
    )


def _text_of(path: str, data: bytes) -> tuple[Extracted, str]:
    """The text in these bytes, and its encoding where that is guessed. Raises as `read_note`."""
    if data and not data.strip(b"\0"):
        raise NoteUnreadable(f"{path} is not filled yet: its cloud drive has not downloaded it.")
    if is_extracted(path):
        return extract(path, data), ""
    text, encoding = decode(data)
    if not _is_text(text):
        raise ContentUnreadable(f"{path} is not text; ignore it in .ragbotignore, or give it another suffix.")
    return Extracted(text), encoding


def why_no_text(file: Path) -> str:
    """Why the beginning of a file is no text: "binary", or "placeholder" where there is nothing in it yet.

    "" for a text, and where it can't be read, which reading it will tell. Files that are no text as they stand are read
    whole or not at all.
    """
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError:
        return ""
    if head and not head.strip(b"\0"):  # as a cloud drive leaves a file that it has not filled
        return "placeholder"
    if is_extracted(file.name):
        return ""
    # Without a NUL the encoding does not matter: only the controls of ASCII count.
    return "" if _is_text(decode(head)[0] if b"\0" in head else head.decode("ascii", "replace")) else "binary"


def _oddities(text: str, encoding: str) -> Iterator[tuple[str, str]]:
    """The reasons to doubt a text, with their kinds."""
    if encoding:
        yield "encoding", encoding
    if any(merge_markers(text)):
        yield "merge-markers", ""


def _read_still(root: Path, relative: str, path: str) -> Contents:
    """The bytes together with the size and time they belong to."""
    file = os.path.realpath(root / relative)
    if not Path(file).is_relative_to(os.path.realpath(root)):
        raise NoteUnreadable(f"{path} leads out of the folder {root}.")
    try:
        for _ in range(_TRIES):
            if contents := read_once(file, path):
                return contents
    except FileNotFoundError as error:
        raise NoteGone(f"{path} cannot be read: {error.strerror}.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise NoteUnreadable(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    raise NoteUnreadable(f"{path} changes while it is read; ingest again when it is saved.")


def _is_text(text: str) -> bool:
    sample = text[:_SAMPLE].translate(_LAYOUT)
    return "\0" not in text and len(sample.translate(_CONTROLS)) >= len(sample) * _LEAST_PRINTABLE


def title_in(front: FrontMatter, blocks: tuple[Block, ...]) -> str:
    """The title that a note gives itself: in the front matter, else its first level-1 heading, else ""."""
    title = front.values.get("title")
    if isinstance(title, (str, int, float)) and not isinstance(title, bool) and (words := str(title).split()):
        return " ".join(words)[:_LONGEST_TITLE]
    return next(
        (block.plain for block in blocks if block.kind is Kind.HEADING and block.level == 1 and block.plain), ""
    )


def _metadata(front: FrontMatter, text: str, blocks: tuple[Block, ...]) -> Mapping[str, Any]:
    named = [tag.lstrip("#") for key in ("tags", "tag", "keywords") for tag in _listed(front.values.get(key))]
    tags = _unique(tag.lower() for tag in (*named, *_inline_tags(text, blocks)))
    aliases = _unique(alias for key in ("aliases", "alias") for alias in _listed(front.values.get(key), by_words=False))
    return {**front.values, "tags": tags, "aliases": aliases}


def _listed(value: Any, *, by_words: bool = True) -> Iterator[str]:
    """A list, or a string with commas or spaces between its entries."""
    if isinstance(value, str):
        value = value.split() if by_words and "," not in value else value.split(",")
    entries = value if isinstance(value, list) else [value]
    for entry in entries:
        if isinstance(entry, (str, int, float)) and not isinstance(entry, bool):
            yield " ".join(str(entry).split())


def _unique(values: Iterator[str]) -> list[str]:
    return [value[:_LONGEST_TAG] for value in list(dict.fromkeys(value for value in values if value))[:_MOST_TAGS]]


def _inline_tags(text: str, blocks: tuple[Block, ...]) -> Iterator[str]:
    """Those in the text of the note, but for code; a number alone is no tag."""
    if "#" not in text:
        return
    for block in blocks:
        start, end = block.span.start_char, block.span.end_char
        if block.kind not in _TAGGED or text.find("#", start, end) < 0:
            continue
        piece = text[start:end]
        code = code_spans(piece, 0, len(piece))
        for match in _TAG.finditer(piece):
            tag = match[1].strip("/-")
            in_code = any(start <= match.start() < end for start, end in code)
            if any(mark.isalpha() for mark in tag) and not in_code:
                yield tag
