"""Text -> blocks, sentences and bullets with exact line and character spans."""

from rag_bot.markdown.blocks import Block, Kind, Line, LineIndex, Span
from rag_bot.markdown.entries import entries
from rag_bot.markdown.formats import NOTE_SUFFIXES, format_of, parse_note, readable_text
from rag_bot.markdown.lines import quotable_lines, table_cells
from rag_bot.markdown.parsing import parse
from rag_bot.markdown.plain import plain_text, without_links, without_note_links

__all__ = [
    "NOTE_SUFFIXES",
    "Block",
    "Kind",
    "Line",
    "LineIndex",
    "Span",
    "entries",
    "format_of",
    "parse",
    "parse_note",
    "plain_text",
    "quotable_lines",
    "readable_text",
    "table_cells",
    "without_links",
    "without_note_links",
]
