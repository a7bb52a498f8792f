"""The formats of notes, by the end of their names. A new one is a parser in a module of its own, and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from rag_bot.markdown.blocks import Block
from rag_bot.markdown.org import org_lines
from rag_bot.markdown.parsing import parse, parse_log
from rag_bot.markdown.readable import readable
from rag_bot.markdown.rst import rst_lines
from rag_bot.records import Note


@dataclass(frozen=True, slots=True)
class NoteFormat:
    """How notes of a format are read: `parse(text, body_start_line=1)` gives the blocks, as `markdown.parse` does.

    `is_markdown` says whether the app may render them; others are shown as they stand. `extracted_by` is the
    module of `rag_bot.extraction` that reads the text of a file that is none; "" where the file is the text.
    """

    parse: Callable[..., tuple[Block, ...]]
    is_markdown: bool = False
    extracted_by: str = ""


_PLAIN = partial(parse, plain=True)
_MARKDOWN = NoteFormat(parse, is_markdown=True)
_HTML, _TABLE, _MAIL, _SHEETS = (NoteFormat(parse, True, name) for name in ("html", "table", "mail", "sheets"))
FORMATS = {
    ".excalidraw.md": NoteFormat(parse, True, "excalidraw"),
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".txt": NoteFormat(_PLAIN),
    ".text": NoteFormat(_PLAIN),
    ".log": NoteFormat(parse_log),
    ".org": NoteFormat(partial(parse, dialect=org_lines)),
    ".rst": NoteFormat(partial(parse, dialect=rst_lines)),
    ".html": _HTML,
    ".htm": _HTML,
    ".mhtml": _MAIL,
    ".mht": _MAIL,
    ".eml": _MAIL,
    ".ipynb": NoteFormat(parse, True, "notebook"),
    ".csv": _TABLE,
    ".tsv": _TABLE,
    ".canvas": NoteFormat(parse, True, "canvas"),
    ".excalidraw": NoteFormat(parse, True, "excalidraw"),
    ".pdf": NoteFormat(_PLAIN, False, "pdf"),
    ".docx": NoteFormat(parse, True, "word"),
    ".pptx": NoteFormat(parse, True, "slides"),
    ".xlsx": _SHEETS,
    ".xls": _SHEETS,
    ".ods": _SHEETS,
    ".epub": NoteFormat(parse, True, "epub"),
}
"""The longer ends first where one ends with the other."""
NOTE_SUFFIXES = tuple(FORMATS)
"""Files that end so are notes."""


@lru_cache(maxsize=1_000)  # asked for each line that is read
def format_of(path: str) -> NoteFormat:
    """The format of the note with this path; Markdown for a name that ends like none."""
    name = path.lower()
    return next((kind for suffix, kind in FORMATS.items() if name.endswith(suffix)), _MARKDOWN)


def parse_note(path: str, text: str, *, body_start_line: int = 1) -> tuple[Block, ...]:
    """The blocks of a note's text, parsed as its format has it; lines before `body_start_line` are front matter."""
    return format_of(path).parse(text, body_start_line=body_start_line)


def readable_text(note: Note) -> str:
    """The note's text as it is read, as long as its text: blank where nobody reads, as `readable` has it."""
    is_markdown = format_of(note.path).is_markdown
    return readable(note.text, body_start_line=note.body_start_line, has_comments=is_markdown)
