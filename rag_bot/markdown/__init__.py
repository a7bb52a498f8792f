"""Text -> blocks, sentences and bullets with exact line and character spans."""

from rag_bot.markdown.blocks import Block, Kind, Line, LineIndex, Span
from rag_bot.markdown.entries import entries
from rag_bot.markdown.formats import NOTE_SUFFIXES, format_of, parse_note, readable_text
from rag_bot.markdown.lines import quotable_lines, table_cells
from rag_bot.markdown.links import Link, links_in, part_of
from rag_bot.markdown.parsing import parse
from rag_bot.markdown.plain import plain_text, without_links, without_note_links
from rag_bot.markdown.readable import ShownPiece, as_shown, merge_markers, without_comments
from rag_bot.markdown.tasks import may_have_tasks, tasks_in

__all__ = [
    "NOTE_SUFFIXES",
    "Block",
    "Kind",
    "Line",
    "LineIndex",
    "Link",
    "ShownPiece",
    "Span",
    "as_shown",
    "entries",
    "format_of",
    "links_in",
    "may_have_tasks",
    "merge_markers",
    "parse",
    "parse_note",
    "part_of",
    "plain_text",
    "quotable_lines",
    "readable_text",
    "table_cells",
    "tasks_in",
    "without_comments",
    "without_links",
    "without_note_links",
]
