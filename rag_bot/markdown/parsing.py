"""Text -> blocks with exact line and character spans.

markdown-it-py decides what is a heading, a fence, a list (https://spec.commonmark.org); this module turns its line
ranges into spans of the text as it stands, nests list items the way people indent them, and leaves no line out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from rag_bot.markdown.blocks import KEPT_CHARACTERS, Block, Kind, LineIndex
from rag_bot.markdown.plain import plain_text
from rag_bot.markdown.readable import readable
from rag_bot.text.kept import kept
from rag_bot.text.sentences import sentences, trim

MAX_NESTING = 100  # of lists and quotes; set by hand
_LONGEST_TITLE = 300  # characters of a heading or an item that stands above others; set by hand
_LONGEST_FORMULA = 100  # lines; set by hand
_NEAR_FOOTNOTE = 400  # characters around the mark of a footnote in which its sentence is looked for; set by hand
_FOOTNOTE_MARK = re.compile(r"\[\^([^\[\]\s]++)\](?!:)")
# Must match what begins a callout: its kind, how it is folded, its title.
_CALLOUT = re.compile(r"\[!([\w -]++)\][+-]?[ \t]*+(.*)")
# Must match a bullet as far in as it may be, which CommonMark takes for a paragraph's text from four spaces on.
_OVER_INDENTED = re.compile(r"[ \t]*+[-+*][ \t]++(?=\S)")


Dialect = Callable[[Sequence[str]], list[str]]
"""The lines of a note in another markup -> as many lines of Markdown; a line that is none for readers becomes ""."""


def parse(
    text: str, *, body_start_line: int = 1, plain: bool = False, dialect: Dialect | None = None
) -> tuple[Block, ...]:
    """The blocks of a text, in order. Every non-blank character of what is `readable` is in exactly one of them.

    Lines before `body_start_line` (from 1) are front matter. `plain` is for text that is not Markdown: indented lines
    are then no code, and HTML is text; so it is with a `dialect`. Lines that this hides are in no block.
    """
    return _parse(text, body_start_line, plain or dialect is not None, dialect)


def parse_log(text: str, *, body_start_line: int = 1) -> tuple[Block, ...]:
    """A paragraph for each line of a log, with the lines below it that are further in."""
    text = readable(text, body_start_line=body_start_line, has_comments=False)
    lines = LineIndex.of(text)
    raw = [text[start:end] for start, end in zip(lines.starts, lines.ends, strict=True)]
    builder = _Builder(text, lines, raw)
    builder.front_matter(min(body_start_line - 1, len(raw)))
    starts = [number for number in range(builder.next_line, len(raw)) if raw[number][:1].strip()]
    for first, last in zip(starts, [*starts[1:], len(raw)], strict=True):
        builder.add(Kind.PARAGRAPH, first, last)
    return tuple(builder.blocks)


# Of some fifteen notes a question needs the blocks eighty times, and twenty people ask at once.
@kept(KEPT_CHARACTERS)
def _parse(text: str, body_start_line: int, plain: bool, dialect: Dialect | None) -> tuple[Block, ...]:
    text = readable(text, body_start_line=body_start_line, has_comments=not plain)
    lines = LineIndex.of(text)
    raw = [text[start:end] for start, end in zip(lines.starts, lines.ends, strict=True)]
    if dialect:
        raw = dialect(raw)
    builder = _Builder(text, lines, raw)
    builder.front_matter(min(body_start_line - 1, len(raw)))
    builder.read(_parser(plain).parse("\n".join(_masked(raw, builder.next_line))))
    builder.fill(len(raw))
    return tuple(builder.blocks)


@cache
def _parser(plain: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
    parser.use(deflist_plugin).use(footnote_plugin)
    parser.block.ruler.before("fence", "formula", formula_rule, {"alt": ["paragraph", "blockquote", "list"]})
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.disable("reference")  # definitions are lines of the note like any other
    return parser.disable(["code", "html_block", "deflist", "formula"]) if plain else parser


def formula_rule(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A rule for markdown-it: lines from one that begins with `$$` to one that ends so are a token "formula"."""
    if state.is_code_block(first) or not _line(state, first).startswith("$$"):
        return False
    for number in range(first, min(last, first + _LONGEST_FORMULA)):
        line = _line(state, number)
        if line.endswith("$$") and (number > first or len(line) > len("$$$")):
            if not silent:
                token = state.push("formula", "", 0)
                token.map = [first, number + 1]
                token.content = state.getLines(first, number + 1, state.blkIndent, False)
                state.line = number + 1
            return True
    return False


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _masked(raw: Sequence[str], body: int) -> Iterator[str]:
    """The lines for the parser: without front matter, byte-order mark, and white space that it would take for text."""
    for number, line in enumerate(raw):
        if number < body or not line or line.isspace():
            yield ""
        else:
            yield line.removeprefix("\ufeff") if number == 0 else line


@dataclass(slots=True)
class _Item:
    """A list item that is open: `block` once one was made for it, `opened` once its marker's line is in some block."""

    first_line: int
    number: str
    opened: bool = False
    block: int | None = None


@dataclass(slots=True)
class _Builder:
    """Turns the parser's tokens into blocks."""

    text: str
    lines: LineIndex
    raw: list[str]
    blocks: list[Block] = field(default_factory=list)
    next_line: int = 0  # the first line, from 0, that is in no block yet
    headings: list[tuple[int, str]] = field(default_factory=list)
    items: list[_Item] = field(default_factory=list)
    columns: list[tuple[int, int, int]] = field(default_factory=list)  # marker's column, its number's end, block
    # Callouts, other quotes and lists of definitions that are open: the block that heads them, and the columns outside.
    heads: list[tuple[int | None, list[tuple[int, int, int]]]] = field(default_factory=list)
    footnote: tuple[str, ...] = ()  # the sentence that refers to the footnote that is open
    footnote_marks: dict[str, int] | None = None  # where each footnote is first referred to

    def front_matter(self, line_count: int) -> None:
        self.add(Kind.FRONT_MATTER, 0, line_count)
        self.next_line = line_count

    def read(self, tokens: Sequence[Token]) -> None:
        for number, token in enumerate(tokens):
            match token.type:
                case "list_item_open":
                    self.open_item(token)
                case "list_item_close":
                    self.close_item()
                case "blockquote_open":
                    self.open_quote(token, tokens[number + 1 : number + 5])
                case "blockquote_close":
                    self.close_head()
                case "dl_open":
                    self.heads.append((None, self.columns))
                case "dt_open":
                    first, plain = _lines_of(token)[0], _shortened(plain_text(tokens[number + 1].content))
                    self.mark_opened(first)
                    (_, outside), self.columns = self.heads.pop(), []
                    term = self.add(Kind.ITEM, first, first + 1, parent=self.innermost(), level=1, plain=plain)
                    self.heads.append((term, outside))
                case "dl_close":
                    self.close_head()
                case "footnote_reference_open":
                    self.fill(_lines_of(token)[0])
                    self.footnote = self.referring(token.meta["label"])
                case "footnote_reference_close":
                    self.footnote = ()
                case "paragraph_open":
                    self.leaf(Kind.PARAGRAPH, token, tokens[number + 1].content)
                case "heading_open":
                    self.heading(token, tokens[number + 1].content)
                case "fence" | "code_block" | "formula":
                    self.leaf(Kind.CODE, token, "")
                case "html_block":
                    self.leaf(Kind.HTML, token, "")
                case "hr":
                    self.leaf(Kind.PARAGRAPH, token, "")
                case "table_open":
                    self.leaf(Kind.TABLE, token, "")

    def open_item(self, token: Token) -> None:
        first = _lines_of(token)[0]
        self.mark_opened(first)
        self.items.append(_Item(first, token.info))

    def open_quote(self, token: Token, inside: Sequence[Token]) -> None:
        """The first line of a callout heads what is below it; one with nothing below it is a paragraph."""
        callout = _CALLOUT.match(inside[1].content) if inside[0].type == "paragraph_open" else None
        if callout and ("\n" in inside[1].content or inside[-1].type != "blockquote_close"):
            first = _lines_of(token)[0]
            self.mark_opened(first)
            plain = _shortened(plain_text(callout[2])) or callout[1].capitalize()
            self.heads.append(
                (self.add(Kind.CALLOUT, first, first + 1, parent=self.innermost(), plain=plain), self.columns)
            )
            self.columns = []
        else:
            self.heads.append((None, self.columns))
            if not self.items:
                self.columns = []

    def close_head(self) -> None:
        _, self.columns = self.heads.pop()
        if not self.items:
            self.columns = []

    def referring(self, label: str) -> tuple[str, ...]:
        """The plain text of the sentence that refers to a footnote."""
        if self.footnote_marks is None:
            marks = ((match[1], match.start()) for match in _FOOTNOTE_MARK.finditer(self.text))
            self.footnote_marks = dict(reversed(list(marks)))
        if (mark := self.footnote_marks.get(label)) is None:
            return ()
        line = self.text.rfind("\n\n", max(0, mark - _NEAR_FOOTNOTE), mark)
        near = sentences(self.text, max(line, mark - _NEAR_FOOTNOTE, 0), min(mark + _NEAR_FOOTNOTE, len(self.text)))
        return next(((plain_text(self.text[start:end]),) for start, end in near if start <= mark < end), ())

    def mark_opened(self, line: int) -> None:
        """An item whose marker stands alone on lines before this one becomes a block of its own."""
        item = self.items[-1] if self.items else None
        if item and not item.opened:
            item.opened = True
            if line > item.first_line:
                item.block = self.add_item(item.first_line, line, "", item.number)

    def close_item(self) -> None:
        item = self.items[-1]
        self.mark_opened(item.first_line + 1)
        self.items.pop()

    def heading(self, token: Token, content: str) -> None:
        if token.level:  # in a quote or a list it heads nothing
            self.leaf(Kind.PARAGRAPH, token, content)
            return
        self.columns.clear()
        level, title = int(token.tag[1]), _shortened(plain_text(content))
        first, last = _lines_of(token)
        self.fill(first)
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.add(Kind.HEADING, first, last, level=level, plain=title)
        self.headings.append((level, title))

    def leaf(self, kind: Kind, token: Token, content: str) -> None:
        first, last = _lines_of(token)
        item = self.items[-1] if self.items else None
        if item and not item.opened and kind is Kind.PARAGRAPH:
            item.opened = True
            end = self.own_end(first, last)
            item.block = self.add_item(item.first_line, end, _lines_up_to(content, end - first), item.number)
        else:
            self.mark_opened(first)
            if not item:
                self.columns.clear()
            end = self.own_end(first, last) if kind is Kind.PARAGRAPH else last
            self.add(kind, first, end, parent=self.innermost())
        self.over_indented(end, last)

    def own_end(self, first: int, last: int) -> int:
        """The line after a paragraph's own text: CommonMark swallows bullets that are indented by four and more."""
        return next((line for line in range(first + 1, last) if _OVER_INDENTED.match(self.raw[line])), last)

    def over_indented(self, first: int, last: int) -> None:
        while first < last:
            end = self.own_end(first, last)
            self.add_item(first, end, "\n".join(line.strip() for line in self.raw[first:end]), "")
            first = end

    def add_item(self, first: int, last: int, content: str, number: str) -> int | None:
        column = _column(self.raw[first])
        number_end = column + len(number) if number else -1
        while self.columns and not _is_child(column, number_end, self.columns[-1]):
            self.columns.pop()
        del self.columns[MAX_NESTING:]  # each block has all its ancestors
        parent = self.columns[-1][2] if self.columns else self.innermost_head()
        level = self.blocks[parent].level + 1 if parent is not None else 1
        block = self.add(Kind.ITEM, first, last, parent=parent, level=level, plain=_shortened(plain_text(content)))
        if block is not None:
            self.columns.append((column, number_end, block))
        return block

    def add(
        self, kind: Kind, first: int, last: int, *, parent: int | None = None, level: int = 0, plain: str = ""
    ) -> int | None:
        """Adds lines `first` up to `last`; None if there was nothing in them that is in no block yet."""
        self.fill(first)
        first = max(first, self.next_line)
        if first >= last:
            return None
        self.next_line = last
        start, end = trim(self.text, self.lines.starts[first], self.lines.ends[last - 1])
        if start == end:
            return None
        self.append(kind, start, end, parent, level, plain)
        return len(self.blocks) - 1

    def append(self, kind: Kind, start: int, end: int, parent: int | None, level: int = 0, plain: str = "") -> None:
        above = self.blocks[parent] if parent is not None else None
        ancestors = (*above.ancestors, above.plain) if above else self.footnote
        headings = tuple(title for _, title in self.headings)
        self.blocks.append(Block(kind, self.lines.span(start, end), headings, ancestors, parent, level, plain))

    def innermost_head(self) -> int | None:
        return max((block for block, _ in self.heads if block is not None), default=None)

    def innermost(self) -> int | None:
        """The innermost of the items and heads that are open."""
        blocks = (self.innermost_head(), *(item.block for item in self.items))
        return max((block for block in blocks if block is not None), default=None)

    def fill(self, line: int) -> None:
        """Makes paragraphs of the lines before this one that the parser swallowed."""
        while self.next_line < line:
            first = self.next_line
            last = next((n for n in range(first, line) if not self.raw[n].strip()), line)
            self.next_line = last + 1 if last < line else line
            if last > first:
                start, end = trim(self.text, self.lines.starts[first], self.lines.ends[last - 1])
                self.append(Kind.PARAGRAPH, start, end, self.innermost_head())


def _lines_of(token: Token) -> tuple[int, int]:
    """First line from 0, and the line after the last."""
    first, last = token.map or (0, 0)
    return first, last


def _lines_up_to(content: str, count: int) -> str:
    return "\n".join(content.split("\n")[:count])


def _column(line: str) -> int:
    """The column of a list marker, past the marks of quotes; a tab goes to the next multiple of four."""
    column = 0
    for mark in line:
        if mark == "\t":
            column += 4 - column % 4
        elif mark in " >":
            column += 1
        elif mark != "\ufeff":
            break
    return column


def _is_child(column: int, number_end: int, above: tuple[int, int, int]) -> bool:
    """Deeper means child, but numbers that end in the same column are only aligned to the right."""
    return column > above[0] and not (number_end >= 0 and number_end == above[1])


def _shortened(title: str) -> str:
    if len(title) <= _LONGEST_TITLE:
        return title
    words = title[:_LONGEST_TITLE].rsplit(" ", 1)
    return words[0] or title[:_LONGEST_TITLE]
