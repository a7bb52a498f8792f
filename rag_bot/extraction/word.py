"""Word's documents, by python-docx: headings, lists, paragraphs and tables in their order."""

from __future__ import annotations

import io
import re

from docx import Document
from docx.oxml.ns import qn
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from rag_bot.extraction.archive import checked_zip
from rag_bot.extraction.writer import Extracted, TextWriter, own_title

_HEADING = re.compile(r"(?:Heading |heading )([1-9])")


def read(data: bytes) -> Extracted:
    """Without headers, footers and comments; Word knows pages only on paper, so there are no landmarks."""
    checked_zip(data)
    document = Document(io.BytesIO(data))
    body, in_list = TextWriter(), False
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            body.table([[cell.text for cell in _cells(row)] for row in part.rows])
            in_list = False
        elif text := part.text.strip():
            depth = _list_depth(part)
            style = part.style.name or "" if part.style is not None else ""
            if style == "Title":
                text = f"# {' '.join(text.split())}"
            elif heading := _HEADING.match(style):
                text = f"{'#' * min(int(heading[1]) + 1, 6)} {' '.join(text.split())}"
            elif depth is not None:
                text = f"{'  ' * depth}- {' '.join(text.split())}"
            body.add(text, apart=not (in_list and depth is not None))
            in_list = depth is not None
    properties, words = document.core_properties, "\n".join(body.lines)
    writer = TextWriter()
    writer.front_matter(title=own_title(properties.title or "", words), author=properties.author or "")
    writer.add(words)
    return writer.done()


def _cells(row: _Row) -> list[_Cell]:
    """Of cells that are merged only one."""
    return list({id(cell._tc): cell for cell in row.cells}.values())


def _list_depth(paragraph: Paragraph) -> int | None:
    """How deep in a list a paragraph stands, from 0; None outside of lists."""
    style = paragraph.style.name or "" if paragraph.style is not None else ""
    properties = paragraph._p.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
    if properties is not None:
        level = properties.find(qn("w:ilvl"))
        value = level.get(qn("w:val"), "0") if level is not None else "0"
        return min(int(value), 9) if value.isdecimal() else 0
    if not style.startswith("List "):
        return None
    return int(style[-1]) - 1 if style[-1] in "123456789" else 0
