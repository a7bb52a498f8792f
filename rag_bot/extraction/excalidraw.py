"""Excalidraw's drawings: the words in them. Notes of its Obsidian plugin keep them line by line, above the drawing."""

from __future__ import annotations

import json
import re

from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter
from rag_bot.text.encodings import decode

# The headings of the plugin's notes that are followed by data, from the first to the end of the file.
_DATA = re.compile(r"^(?:%%\s*\n)?#{1,2} (?:Element Links|Embedded Files|Drawing)\s*$", re.MULTILINE)
# Lines of the plugin's own: how to open the drawing, and the names of its parts.
_OWN_LINE = re.compile(r"^(?:==⚠.*==.*|# Excalidraw Data|## Text Elements|%%|# Text Elements)\s*$", re.MULTILINE)


def read(data: bytes) -> Extracted:
    """The note up to its data, with the lines it has there; of a bare drawing (JSON) the texts in it."""
    text = decode(data)[0].removeprefix("\ufeff")
    if not text.lstrip().startswith("{"):
        end = _DATA.search(text)
        return Extracted(_OWN_LINE.sub("", text[: end.start() if end else None]).rstrip() + "\n")
    try:
        elements = json.loads(text).get("elements") or ()
        texts = [str(part.get("text", "")) for part in elements if part.get("type") == "text"]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise CannotRead("is no drawing") from error
    writer = TextWriter()
    for words in texts:
        writer.add(words)
    return writer.done()
