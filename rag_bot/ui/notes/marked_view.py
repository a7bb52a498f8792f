"""A piece of a note -> HTML as its Markdown means it, in which cited words are marked exactly where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from textwrap import dedent

from markdown_it.token import Token
from markupsafe import Markup

from rag_bot.markdown import LineIndex, as_shown, table_cells
from rag_bot.ui.notes.links import Links, no_links
from rag_bot.ui.notes.note_markdown import (
    LEAVES,
    block_tokens,
    formula_of,
    has_too_many_cells,
    html_of,
    inline_tokens,
)

# Two of these are put around marked words while emphasis and links are read: markdown-it takes them for spaces.
_SPACES = [chr(code) for code in range(0x2000, 0x200B)]
_EMPHASIS = frozenset("*_~")  # stays beside its words: a space between them would undo it
_BELOW_HEAD = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")  # the second line of a table
_FENCE = re.compile(r"\n[ \t>]*(?:```+|~~~+)[ \t]*$")
_SHORTEST_WRAPPED = 50  # characters of a line that ends where it was wrapped, and not for its own sake; set by hand
_FIELD = re.compile(r"[^\w:]{0,4}\w[\w /-]*::(?:\s|$)")  # "rent:: 640", "**Rent**:: 640": Dataview, Logseq
_MARK, _END_OF_MARK = Token("mark_open", "mark", 1), Token("mark_close", "mark", -1)
_ENDS = (".", "!", "?", ":", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters of a piece that are marked; `badge` is shown behind the last of them."""

    start: int
    end: int
    badge: Markup


@dataclass(slots=True)
class _Words:
    """What a token shows. `lines` say where it stands, as (place in `content`, place in the piece, length).

    `marked` are the parts of `content` to mark, each with the badge behind it. `row` is the line of a table's cell,
    else -1. `folds` are the callouts that it is folded away in.
    """

    token: Token
    content: str
    lines: list[tuple[int, int, int]]
    row: int = -1
    folds: tuple[Token, ...] = ()
    marked: list[Mark] = field(default_factory=list)

    def mark(self, start: int, end: int) -> bool:
        """Marks what it shows of these characters of the piece; False if that is nothing."""
        parts = [
            (place + max(start, at) - at, place + min(end, at + length) - at)
            for place, at, length in self.lines
            if start < at + length and at < end
        ]
        first, last = (parts[0][0], parts[-1][1]) if parts else (0, 0)
        if not self.content[first:last].strip():
            return False
        before = self.marked[-1].end if self.marked else 0
        while first > before and self.content[first - 1] in _EMPHASIS:
            first -= 1
        while last < len(self.content) and self.content[last] in _EMPHASIS:
            last += 1
        words = self.content[max(first, before) : last].strip()
        if self.content[last : last + 1] == "\n":
            words = words.rstrip("\\ ")  # which ends a line in Markdown
        if words:
            first = self.content.index(words, max(first, before))
            self.marked.append(Mark(first, first + len(words), Markup()))
        return bool(words)


def render_marked(text: str, marks: Sequence[Mark], header: str = "", links: Links | None = None) -> Markup:
    """A piece of Markdown as HTML; `links` are those of its note, without which they lead only to the web.

    `header` are the heads of the columns, joined by bars, for rows of a table that come without.
    """
    links = links or no_links()
    piece = as_shown(text)
    text = _visible(piece.text)
    marks = [replace(mark, start=piece.place(mark.start), end=piece.place(mark.end)) for mark in marks]
    index = LineIndex.of(text)
    lines = [text[start:end] for start, end in zip(index.starts, index.ends, strict=True)]
    above = _table_head(lines, header) if is_rows(text) else []
    markdown = "\n".join([*above, dedent("\n".join(lines))])
    if has_too_many_cells(markdown):
        return plain_marked(text, marks)
    tokens = block_tokens(markdown)
    shown = list(_shown(tokens, lines, index.starts, len(above)))
    spaces = [space for space in _SPACES if space not in text]
    if not _mark(shown, marks) or len(spaces) < 2:
        return plain_marked(text, marks)
    for words in shown:
        if words.token.type != "inline":
            words.token.content, words.token.type = str(_leaf(words)), "html_block"
        elif (children := _inline(words, links, spaces[0], spaces[1])) is None:
            return plain_marked(text, marks)
        else:
            words.token.children = children
        for fold in words.folds if words.marked else ():
            fold.attrSet("open", "")
    return html_of(tokens)


def plain_marked(text: str, marks: Sequence[Mark]) -> Markup:
    """A piece as it stands, line by line."""
    return Markup('<div class="verbatim">{}</div>').format(_whole(_visible(text), marks))


def code_marked(text: str, marks: Sequence[Mark]) -> Markup:
    """Lines from the midst of a piece of code, perhaps with the fence below it."""
    return Markup("<pre><code>{}</code></pre>").format(_whole(_FENCE.sub("", _visible(text)), marks))


def is_rows(text: str) -> bool:
    """Whether a piece is rows of a table without its head."""
    lines = text.split("\n")
    return lines[0].lstrip().startswith("|") and not any(map(_BELOW_HEAD.fullmatch, lines[:2]))


def _visible(text: str) -> str:
    return text.replace("\0", "\ufffd").replace("\ufeff", " ")


def _table_head(lines: Sequence[str], header: str) -> list[str]:
    """The lines of a head for these rows, empty cells first where the header has too few."""
    heads = header.split(" | ") if header else []
    columns = max(len(heads), *(len(table_cells(line)) for line in lines))
    heads = [""] * (columns - len(heads)) + heads
    return [f"| {' | '.join(heads)} |", f"|{'---|' * columns}"]


def _shown(tokens: Sequence[Token], lines: Sequence[str], starts: Sequence[int], above: int) -> Iterator[_Words]:
    """What is shown of the piece, in its order; `above` it, lines were put in."""
    row, after = -1, 0  # where the next cell of this row may begin
    folds: tuple[Token, ...] = ()
    for number, token in enumerate(tokens):
        if token.tag == "details":
            folds = (*folds, token) if token.nesting == 1 else folds[:-1]
        if not (token.type == "inline" or token.type in LEAVES) or not token.map:
            continue
        first = token.map[0] - above + (token.type == "fence")
        is_cell = token.type == "inline" and tokens[number - 1].type in ("th_open", "td_open")
        content = token.content if token.type == "inline" else token.content.removesuffix("\n")
        words, place = _Words(token, content, [], folds=folds), 0
        for line, piece in enumerate(content.split("\n"), start=first):
            if 0 <= line < len(lines):
                after = after if line == row else 0
                inside = piece.strip()
                at = lines[line].find(inside, after) if is_cell else lines[line].rfind(inside)
                at = max(at, after if is_cell else 0)  # of a cell with an escaped bar in it only about
                words.lines.append((place + piece.index(inside), starts[line] + at, len(inside)))
                row, after = (line, at + len(inside)) if is_cell else (-1, 0)
            place += len(piece) + 1
        words.row = row
        yield words


def _mark(shown: Sequence[_Words], marks: Sequence[Mark]) -> bool:
    """Gives each mark to the words that it goes over; False if one goes over none.

    Its badge goes to the last of them; of a row to its first cell, which is in sight where the table is wide.
    """
    for mark in sorted(marks, key=lambda mark: mark.start):
        touched = [words for words in shown if words.mark(mark.start, mark.end)]
        if not touched:
            return False
        row = [words for words in touched if words.row == touched[-1].row >= 0]
        marked = (row or touched[-1:])[0].marked
        marked[-1] = replace(marked[-1], badge=mark.badge)
    return True


def _leaf(words: _Words) -> Markup:
    """Code with its marks; of a formula, all is marked or nothing."""
    if words.token.type != "formula":
        return Markup("<pre><code>{}</code></pre>\n").format(_pieces(words))
    formula = formula_of(words.content)
    if formula is None:
        return Markup('<div class="verbatim">{}</div>\n').format(_pieces(words))
    shown = Markup("<mark>{}</mark>{}").format(formula, words.marked[-1].badge) if words.marked else formula
    for mark in words.marked[:-1]:
        shown += mark.badge
    return Markup('<div class="formula">{}</div>\n').format(shown)


def _inline(words: _Words, links: Links, opener: str, closer: str) -> list[Token] | None:
    """The tokens inside a line or paragraph, marks around its words; None where Markdown swallowed the end of one."""
    content, at = "", 0
    for mark in words.marked:
        content += f"{words.content[at : mark.start]}{opener}{words.content[mark.start : mark.end]}{closer}"
        at = mark.end
    shown = [_html(words.token.meta["lead"])] if "lead" in words.token.meta else []
    opened = closed = number = 0
    tokens = list(inline_tokens(content + words.content[at:], links, unseen=opener + closer))
    lines = _lines(tokens)
    for token in tokens:
        if token.type == "softbreak":
            space = Token("text", "", 0, content="\n")
            flows = [_MARK, space, _END_OF_MARK] if opened > closed else [space]
            shown += flows if _is_wrapped(lines[number], lines[number + 1]) else [Token("hardbreak", "br", 0)]
            number += 1
        elif token.type == "html_inline":  # an image or a formula is marked as a whole
            written = token.meta["written"]
            opened += written.count(opener)
            shown += [_MARK, token, _END_OF_MARK] if opened > closed else [token]
            for _ in range(written.count(closer)):
                shown.append(_html(words.marked[min(closed, len(words.marked) - 1)].badge))
                closed += 1
        elif token.type not in ("text", "code_inline"):
            shown.append(token)
        else:
            for piece in re.split(f"([{opener}{closer}])", token.content):
                if piece == opener:
                    opened += 1
                elif piece == closer:
                    shown.append(_html(words.marked[min(closed, len(words.marked) - 1)].badge))
                    closed += 1
                elif piece:
                    kind = "code_inline" if token.type == "code_inline" else "text"
                    leaf = Token(kind, token.tag, 0, content=piece)
                    shown += [_MARK, leaf, _END_OF_MARK] if opened > closed else [leaf]
    return shown if opened == closed == len(words.marked) else None


def _lines(tokens: Sequence[Token]) -> list[str]:
    """The words between soft breaks."""
    lines = [""]
    for token in tokens:
        if token.type == "softbreak":
            lines.append("")
        elif token.type in ("text", "code_inline", "html_inline"):
            lines[-1] += token.meta["written"] if token.type == "html_inline" else token.content
    return lines


def _is_wrapped(line: str, following: str) -> bool:
    """Whether a line of a paragraph ends where there was no more room, so that the next one goes on behind it.

    A field (`word:: value`) has a line for itself.
    """
    is_long = len(line) >= _SHORTEST_WRAPPED and not line.rstrip().endswith(_ENDS)
    return is_long and not _FIELD.match(line) and not _FIELD.match(following)


def _html(html: str) -> Token:
    return Token("html_inline", "", 0, content=str(html))


def _whole(text: str, marks: Sequence[Mark]) -> Markup:
    return _pieces(_Words(Token("", "", 0), text, [], marked=sorted(marks, key=lambda mark: mark.start)))


def _pieces(words: _Words) -> Markup:
    """The content as it stands, with its marks."""
    html, at = Markup(), 0
    for mark in words.marked:
        start, end = max(at, mark.start), max(at, min(mark.end, len(words.content)))
        marked = Markup("<mark>{}</mark>").format(words.content[start:end]) if start < end else ""
        html += Markup("{}{}{}").format(words.content[at:start], marked, mark.badge)
        at = end
    return html + words.content[at:]
