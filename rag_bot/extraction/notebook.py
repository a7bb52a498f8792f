"""Jupyter notebooks (https://nbformat.readthedocs.io): text, code and what it printed, cell by cell; no pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter
from rag_bot.text.encodings import decode

_COLOURS = re.compile("\x1b\\[[0-9;]*[A-Za-z]")  # of a terminal, in error messages
_LONGEST_OUTPUT = 10_000  # characters of one output, set by hand: what is longer is data


def read(data: bytes) -> Extracted:
    """The cells in their order, each a landmark; code and outputs in fences."""
    try:
        notebook = json.loads(decode(data)[0].removeprefix("\ufeff"))
        sheets = [notebook] if "cells" in notebook else notebook["worksheets"]  # which earlier versions had
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
        language = str(notebook.get("metadata", {}).get("kernelspec", {}).get("language", "python"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CannotRead("is no notebook") from error
    writer = TextWriter()
    for number, cell in enumerate((cell for cell in cells if isinstance(cell, dict)), start=1):
        source = _text(cell.get("source", cell.get("input")))
        writer.mark("cell", number)
        if cell.get("cell_type") == "code":
            writer.code(source, language)
            for output in _outputs(cell):
                writer.code(output)
        else:
            writer.add(source)
    return writer.done()


def _outputs(cell: dict[str, Any]) -> Iterator[str]:
    """The outputs that are text."""
    for output in cell.get("outputs") or ():
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        if isinstance(data, dict) and any(kind.startswith("image/") for kind in data):
            continue  # its text says no more than that there is a picture
        text = _text(output.get("text")) or _text(data.get("text/plain") if isinstance(data, dict) else None)
        if output.get("output_type") in ("error", "pyerr"):
            text = f"{output.get('ename')}: {_text(output.get('evalue'))}"
        text = _COLOURS.sub("", text)
        yield text if len(text) <= _LONGEST_OUTPUT else f"{text[:_LONGEST_OUTPUT]}\n…"


def _text(value: Any) -> str:
    """A string, or a list of its lines."""
    return "".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""
