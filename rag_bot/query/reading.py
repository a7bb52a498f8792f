"""What of a line the reader is given: the line with what it needs to be understood."""

from __future__ import annotations

from rag_bot.markdown import Kind, Line, plain_text, readable_text, table_cells
from rag_bot.query.lines import blocks_of, text_of, with_what_follows
from rag_bot.records import Note
from rag_bot.text.sentences import sentences

_LONGEST = 600  # characters of a line with what follows it: more than the reader's window holds


def context_of(note: Note, line: Line) -> str:
    """What stands above a line: `note name > headings > bullets`.

    The folder above the name was tried: over 333 questions of two vaults kept aside the right line was then among the
    first two for .79 instead of .80, and fewer of them were "answered".
    """
    above = line.ancestors[:-1] if line.kind is Kind.TABLE else line.ancestors
    return " > ".join(part for part in dict.fromkeys((note.title, *line.headings, *above)) if part)


def reading_text(note: Note, line: Line, above: str = "") -> str:
    """`context: line`: a bullet with its children, a table's row with its header, code with the sentence before it.

    `above` is what stands above the note's own context, where another note embeds the line.
    """
    span = with_what_follows(note, line)
    if line.kind is Kind.TABLE:
        text = _row(text_of(note, line.span), line.ancestors[-1] if line.ancestors else "")
    else:
        text = plain_text(text_of(note, span)[:_LONGEST])
        if line.kind is Kind.CODE and (announcing := _sentence_before(note, line)):
            text = f"{announcing} {text}"
    context = context_of(note, line)
    return f"{above} > {context}: {text}" if above else f"{context}: {text}"


def _row(row: str, header: str) -> str:
    """`column: cell | column: cell` where each cell has its column."""
    cells, columns = table_cells(row), header.split(" | ")
    if len(cells) == len(columns) + 1:  # the column that names the rows often has no head
        columns = ["", *columns]
    if len(cells) != len(columns):
        return " | ".join(cell for cell in cells if cell)
    return " | ".join(
        f"{column}: {cell}" if column else cell for column, cell in zip(columns, cells, strict=True) if cell
    )


def _sentence_before(note: Note, line: Line) -> str:
    blocks = blocks_of(note)
    before = blocks[line.block - 1] if line.block else None
    if before is None or before.kind not in (Kind.PARAGRAPH, Kind.ITEM, Kind.HEADING):
        return ""
    spans = sentences(readable_text(note), before.span.start_char, before.span.end_char)
    return plain_text(readable_text(note)[slice(*spans[-1])]) if spans else ""
