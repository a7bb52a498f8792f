"""PowerPoint's presentations, by python-pptx: slide by slide what is written on it, and the speaker's notes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pptx import Presentation

from rag_bot.extraction.archive import checked_zip
from rag_bot.extraction.writer import Extracted, TextWriter


def read(data: bytes) -> Extracted:
    """Each slide is a landmark, and its title a heading."""
    checked_zip(data)
    writer = TextWriter()
    for number, slide in enumerate(Presentation(io.BytesIO(data)).slides, start=1):
        writer.mark("slide", number)
        title = slide.shapes.title
        if title is not None and title.has_text_frame and title.text_frame.text.strip():
            writer.add(f"## {' '.join(title.text_frame.text.split())}")
        for shape in _shapes(slide.shapes):
            if title is not None and shape.shape_id == title.shape_id:
                continue
            if shape.has_text_frame:
                lines = [(line.level, " ".join(line.text.split())) for line in shape.text_frame.paragraphs]
                lines = [(level, words) for level, words in lines if words]
                marked = [f"{'  ' * level}- {words}" if len(lines) > 1 else words for level, words in lines]
                writer.add("\n".join(marked))
            elif getattr(shape, "has_table", False):
                writer.table([[cell.text for cell in row.cells] for row in shape.table.rows])
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            writer.add(slide.notes_slide.notes_text_frame.text)
    return writer.done()


def _shapes(shapes: Any) -> Iterator[Any]:
    """Those of groups too, in the order in which they were laid on the slide."""
    waiting = list(shapes)[::-1]
    while waiting:
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting += list(shape.shapes)[::-1]
        else:
            yield shape
