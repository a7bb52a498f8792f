"""Markdown -> HTML in which every line of the file is an element of its own, so that a citation can be shown exactly.

Nothing of a note becomes markup but what markdown-it makes of it: no raw HTML, no images, no addresses but of the web.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.deflist import deflist_plugin

from rag_bot.store.locations import plain_path

MAX_NESTING = 60  # of lists and quotes in each other; set by hand
CITED = " cited"
_LONGEST_MARKED = 300  # characters of a wikilink or highlighted words, set by hand
_MOST_BRACKETS = 1_000  # in one paragraph, set by hand
MOST_CELLS = 10_000  # of all tables in a text, those that a row leaves out among them; set by hand
_WEB = frozenset({"http", "https", "mailto"})
_BREAKS = ("softbreak", "hardbreak")


class Links:
    """Where the links of one note lead: to another note, by the paths of all notes, out to the web, or nowhere."""

    def __init__(self, note_path: str, paths: Sequence[str]) -> None:
        self._folder = plain_path(posixpath.dirname(note_path))
        self._own = note_path
        self._paths = {plain_path(path): path for path in paths}
        self._by_name: dict[str, list[str]] = {}
        for path in self._paths:
            name = posixpath.basename(path)
            for written in (name, posixpath.splitext(name)[0]):
                self._by_name.setdefault(written.lower(), []).append(path)

    def note(self, target: str) -> str | None:
        """The note that a relative link or the target of a [[wikilink]] names; None if there is none."""
        target = plain_path(target).split("#", 1)[0].split("?", 1)[0].strip()
        if not target:
            return self._own
        below = posixpath.normpath(posixpath.join(self._folder, target))
        for path in (below, f"{below}.md", target, f"{target}.md"):
            if path in self._paths:
                return self._paths[path]
        # As wikis do it: by name alone, or by the end of the path; the nearest note wins.
        named = self._by_name.get(posixpath.basename(target).lower(), [])
        ends = (f"/{target.lower()}", f"/{target.lower()}.md")
        nearest = min(
            (path for path in named if path.lower().endswith(ends)),
            key=lambda path: (posixpath.dirname(path) != self._folder, path.count("/"), path),
            default=None,
        )
        return self._paths[nearest] if nearest else None

    def relative(self, address: str) -> str | None:
        """The note of a Markdown link's address; None for one that leads elsewhere."""
        return None if _scheme(address) or address.startswith(("//", "/")) else self.note(unquote(address))


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme.lower()
    except ValueError:  # such as "http://[": no address at all
        return "invalid"


def render_markdown(text: str, cited: range, links: Links) -> Markup:
    """The text as HTML; lines count from 1, those in `cited` carry the class `cited`."""
    tokens = parser().parse(text)
    for token in tokens:
        if token.type == "inline":
            token.children = [*_lines(safe(token.children or [], links), token, cited)]
    return Markup(parser().renderer.render(tokens, parser().options, {"cited": cited}))


def has_too_many_cells(text: str) -> bool:
    """Whether tables in it may have more cells than can be shown: of 28,000 characters some 65,000 can be made.

    What looks like a table anywhere is counted, as if each row had all the columns.
    """
    cells = columns = 0
    above = ""
    for line in text.split("\n"):
        row = line.strip("> \t\r")
        if "|" in row and "-" in row and not row.strip("|:- \t"):
            columns = max(_columns(row), _columns(above))
        elif not row:
            columns = 0
        cells += columns
        above = row
    return cells > MOST_CELLS


def _columns(row: str) -> int:
    return row.count("|") + 1 - row.startswith("|") - row.endswith("|")


def line_html(number: int, content: str, cited: range) -> Markup:
    """One line as it stands."""
    return Markup('<span class="line{}" data-line="{}">{}</span>').format(_class(number, cited), number, content)


def _class(number: int, cited: range) -> str:
    return CITED if number in cited else ""


class _Renderer(RendererHTML):
    """Code comes line by line."""

    def fence(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        del options
        return _code(tokens[index], 1, env["cited"])

    def code_block(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        del options
        return _code(tokens[index], 0, env["cited"])


def _code(token: Token, fence_lines: int, cited: range) -> str:
    first = (token.map or [0])[0] + fence_lines + 1
    lines = token.content.removesuffix("\n").split("\n")
    body = Markup("\n").join(line_html(number, line, cited) for number, line in enumerate(lines, start=first))
    return f"<pre><code>{body}</code></pre>\n"  # no Markup: the renderer adds it to strings that are HTML


@cache
def parser() -> MarkdownIt:
    """Of notes: tables, strikethrough and wikilinks, but no HTML and no definitions of links."""
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}, renderer_cls=_Renderer)
    made.enable(["table", "strikethrough"])
    made.disable("reference")  # definitions are lines of the note like any other
    made.use(deflist_plugin)
    made.inline.ruler.before("link", "wikilink", _wikilink)
    made.inline.ruler.before("emphasis", "highlight", _highlight)
    made.core.ruler.at("inline", _inline)
    return made


def _inline(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.children = inline_tokens(token.content)


def inline_tokens(content: str) -> list[Token]:
    """Reads emphasis and links; but the time for brackets grows with their square, so that many of them are text."""
    children: list[Token] = []
    if content.count("[") <= _MOST_BRACKETS:
        parser().inline.parse(content, parser(), {}, children)
        return children
    for line in content.split("\n"):
        children += [Token("softbreak", "br", 0)] if children else []
        children.append(Token("text", "", 0, content=line))
    return children


def _wikilink(state: StateInline, silent: bool) -> bool:
    """[[target]], [[target|words]] and [[target#heading]]."""
    if not state.src.startswith("[[", state.pos):
        return False
    end = state.src.find("]]", state.pos + 2, min(state.posMax, state.pos + _LONGEST_MARKED))
    inner = state.src[state.pos + 2 : end] if end > 0 else ""
    if not inner.strip() or any(mark in inner for mark in "[]\n"):
        return False
    if not silent:
        target, _, words = inner.partition("|")
        state.push("link_open", "a", 1).meta = {"wiki": target}
        state.push("text", "", 0).content = words.strip() or target.strip(" #").replace("#", " › ")
        state.push("link_close", "a", -1)
    state.pos = end + 2
    return True


def _highlight(state: StateInline, silent: bool) -> bool:
    """==words=="""
    end = state.src.find("==", state.pos + 2, min(state.posMax, state.pos + _LONGEST_MARKED))
    words = state.src[state.pos + 2 : end] if end > 0 and state.src.startswith("==", state.pos) else ""
    if not words or words != words.strip(" \n="):
        return False
    if not silent:
        state.push("strong_open", "strong", 1)
        state.push("text", "", 0).content = words
        state.push("strong_close", "strong", -1)
    state.pos = end + 2
    return True


def safe(children: Sequence[Token], links: Links) -> list[Token]:
    """The tokens without images, with links that lead to notes or to the web; others are only their words."""
    shown: list[Token] = []
    kept: list[bool] = []
    for token in children:
        if token.type == "image":
            pieces = token.children or []
            words = "".join(piece.content for piece in pieces if piece.type in ("text", "code_inline"))
            shown.append(Token("text", "", 0, content=f"[image: {words}]" if words else "[image]"))
        elif token.type == "link_open":
            kept.append(_direct(token, links))
            shown += [token] if kept[-1] else []
        elif token.type == "link_close":
            shown += [token] if kept.pop() else []
        else:
            shown.append(token)
    return shown


def _direct(link: Token, links: Links) -> bool:
    """Gives a link its attributes; False if it leads nowhere."""
    address = str(link.attrGet("href") or "")
    is_web = _scheme(address) in _WEB
    note = links.note(link.meta["wiki"]) if "wiki" in link.meta else links.relative(address)
    if note:
        heading = str(link.meta.get("wiki", "")).partition("#")[2]
        link.attrs = {"href": "#", "data-note": note, "data-heading": heading}
    elif is_web:
        link.attrs = {"href": address, "target": "_blank", "rel": "noopener noreferrer nofollow", "class": "away"}
    return bool(note or is_web)


def _lines(children: Sequence[Token], inline: Token, cited: range) -> Iterable[Token]:
    """Puts each line into a span. Emphasis and links that go over lines are closed and opened again."""
    first, last = inline.map or [0, 0]
    last = max(last, first + 1)  # a defined term has no length
    number, step = first + 1, 1
    if sum(token.type in _BREAKS for token in children) != last - first - 1:  # a code span may swallow line ends
        cited, step = range(number, number + 1 if any(line in cited for line in range(number, last + 1)) else number), 0
    opened: list[Token] = []
    yield _open_line(number, cited)
    for token in children:
        if token.type in _BREAKS:
            for outer in reversed(opened):
                yield Token(outer.type.replace("_open", "_close"), outer.tag, -1)
            yield from (_close_line(), token)
            number += step
            yield from (_open_line(number, cited), *opened)
            continue
        if token.nesting == 1:
            opened.append(token)
        elif token.nesting == -1:
            opened.pop()
        yield token
    yield _close_line()


def _open_line(number: int, cited: range) -> Token:
    attrs: dict[str, str | int | float] = {"class": f"line{_class(number, cited)}", "data-line": number}
    return Token("line_open", "span", 1, attrs=attrs)


def _close_line() -> Token:
    return Token("line_close", "span", -1)
