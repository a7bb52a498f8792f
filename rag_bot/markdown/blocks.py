"""The pieces of a text: blocks, lines, and the spans that say where they stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from rag_bot.text.kept import kept

# Of notes whose blocks, line ends and readable text are kept: some 40 MB, for each takes 5 to 9 bytes; measured.
KEPT_CHARACTERS = 4_000_000
_LINE_END = re.compile(r"\r\n|\n|\r")


class Kind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CALLOUT = "callout"
    CODE = "code"
    TABLE = "table"
    HTML = "html"
    FRONT_MATTER = "front_matter"


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start_char:end_char]`; lines count from 1, both included."""

    start_char: int
    end_char: int
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of the text that belong together.

    `headings`: plain texts of the enclosing headings, outermost first, without the block's own. `ancestors`: those of
    the enclosing list items, defined terms and callouts, of a footnote the sentence that refers to it. `parent`: index
    of the enclosing block, an ITEM (a term is one too) or CALLOUT, the head of a callout. `level`: of a heading from 1,
    depth of an item from 1, else 0. `plain`: the plain text of a heading, item or head, at most some 300 characters.
    """

    kind: Kind
    span: Span
    headings: tuple[str, ...]
    ancestors: tuple[str, ...]
    parent: int | None
    level: int
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """The smallest thing that can be quoted: a sentence, a bullet, a row, a piece of code.

    `block` is the index of its block.
    """

    kind: Kind
    span: Span
    headings: tuple[str, ...]
    ancestors: tuple[str, ...]
    block: int


@dataclass(frozen=True, slots=True)
class LineIndex:
    """Where each line starts, and ends before its line end: \\n, \\r\\n or \\r, as in CommonMark."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @staticmethod
    @kept(KEPT_CHARACTERS)
    def of(text: str) -> LineIndex:
        breaks = [match.span() for match in _LINE_END.finditer(text)]
        return LineIndex((0, *(end for _, end in breaks)), (*(start for start, _ in breaks), len(text)))

    def span(self, start: int, end: int) -> Span:
        """The span with its line numbers; `end` exclusive and after `start`."""
        return Span(start, end, bisect_right(self.starts, start), bisect_right(self.starts, end - 1))
