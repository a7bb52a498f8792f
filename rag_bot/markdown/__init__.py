"""Text -> blocks, sentences and bullets with exact line and character spans."""

from rag_bot.markdown.blocks import Block, Kind, Line, LineIndex, Span
from rag_bot.markdown.entries import entries
from rag_bot.markdown.lines import quotable_lines
from rag_bot.markdown.parsing import is_plain, parse
from rag_bot.markdown.plain import plain_text, without_links, without_note_links
from rag_bot.text.sentences import announces, asks

__all__ = [
    "Block",
    "Kind",
    "Line",
    "LineIndex",
    "Span",
    "announces",
    "asks",
    "entries",
    "is_plain",
    "parse",
    "plain_text",
    "quotable_lines",
    "without_links",
    "without_note_links",
]
