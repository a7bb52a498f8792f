"""The Markdown of notes -> tokens of HTML, by the rules that cards and panel share.

Nothing of a note becomes markup but what is made of it here: no raw HTML, no addresses but of the web, no images but
those that lie among the notes. Views fill the blocks with lines or with marks, and let `html_of` write them down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from rag_bot.markdown.parsing import formula_rule
from rag_bot.ui.notes.formulas import mathml
from rag_bot.ui.notes.images import SUFFIXES
from rag_bot.ui.notes.links import Links, is_on_the_web
from rag_bot.ui.templating import macros

MAX_NESTING = 60  # of lists and quotes in each other; set by hand
MOST_CELLS = 10_000  # of all tables in a text, those that a row leaves out among them; set by hand
LEAVES = frozenset({"fence", "code_block", "formula"})
"""Blocks whose content is shown line by line, or as one formula."""
_LEVELS_ABOVE = 2  # of the page and the panel, which have headings of these
BREAKS = frozenset({"softbreak", "hardbreak"})
_LONGEST_MARKED = 300  # characters of a wikilink or highlighted words, set by hand
_LONGEST_FORMULA = 1_000  # characters of one within a line, set by hand
_MOST_BRACKETS = 1_000  # in one paragraph, set by hand
# Must match what begins a callout: its kind, whether it is folded, its title.
_CALLOUT = re.compile(r"\[!(?P<kind>[\w -]{1,40})\](?P<fold>[+-]?)[ \t]*(?P<title>[^\n]*)(?:\n|$)")
_LOOKS = {  # of callouts, by what Obsidian knows (help.obsidian.md/callouts); others look like notes
    **dict.fromkeys(("tip", "hint", "success", "check", "done"), "good"),
    **dict.fromkeys(("warning", "caution", "attention", "important", "question", "help", "faq"), "careful"),
    **dict.fromkeys(("danger", "error", "bug", "failure", "fail", "missing"), "bad"),
    **dict.fromkeys(("quote", "cite", "abstract", "summary", "tldr", "example"), "plain"),
}
_BOX = re.compile(r"\[(?P<mark>[ xX/-])\][ \t]+(?=\S)")  # before the words of a task
_BOXES = {" ": ("open", "☐"), "x": ("done", "☑"), "/": ("begun", "◪"), "-": ("cancelled", "☒")}
_FOOTNOTE = re.compile(r"\[\^(\d{1,4}|[^\W\d_]\w{0,60}(?:-\w{2,60}){0,8})\](?!\()")  # not such as [^a-z]
# Must match `$$x$$` and `$x$`, but neither `$5 and $6` nor `$HOME/$USER`; what `\` escapes ends none.
_FORMULA = re.compile(
    rf"\$\$(?P<shown>(?:\\.|[^$\\\n]){{1,{_LONGEST_FORMULA}}}+)\$\$"
    rf"|\$(?=[^\s$])(?P<within>(?:\\.|[^$\\\n]){{1,{_LONGEST_FORMULA}}}+)(?<=\S)\$(?![\w$])"
)
_MONEY = re.compile(r"\d[\d.,]*[kKM]?(?:\s+(?:[^\W\d_]{2,}|[-–+]\s)|[-–/]\S*$)")  # "$5 each, 6$"
_WIDTH = re.compile(r"(?P<words>.*?)\|?[ \t]*(?P<width>\d{1,4})(?:x\d{1,4})?[ \t]*")  # `alt|300`, `300x200`


def block_tokens(text: str) -> list[Token]:
    """The blocks of a text, their content as it stands; a token's `map` are its lines, from 0.

    Callouts have a block of their own for their title. What comes before the words of a block, such as the box of a
    task, is HTML in the `meta["lead"]` of its inline token.
    """
    tokens: list[Token] = []
    _parser().block.parse(text.replace("\0", "\ufffd"), _parser(), {}, tokens)
    return [*_with_tasks(_with_footnotes(_with_callouts(tokens)))]


def inline_tokens(content: str, links: Links, *, unseen: str = "") -> list[Token]:
    """What a line or paragraph is made of, ready to be written down; `links` say where its links lead.

    Formulas, images and marks of footnotes are HTML ("html_inline"), what was written for it in `meta["written"]`.
    `unseen` characters are a view's own: they stay in text, and in what was written.
    """
    ready: list[Token] = []
    kept: list[bool] = []
    unseen_table = str.maketrans("", "", unseen)
    for token in _read_inline(content):
        if token.type == "image":
            ready.append(_image(token, links, unseen_table, is_linked=any(kept)))
        elif token.type == "formula":
            shown = mathml(token.content.translate(unseen_table), display=token.meta["display"])
            ready.append(_html(shown, token.meta["written"]) if shown else _text(token.meta["written"]))
        elif token.type == "footnote_mark":
            note, label = links.note("") or "", token.content
            ready.append(_html(macros("notes.html").footnote_mark(label, note), label))
        elif token.type == "link_open":
            kept.append(_direct(token, links, unseen_table))
            ready += [token] if kept[-1] else []
        elif token.type == "link_close":
            ready += [token] if kept.pop() else []
        else:
            ready.append(token if token.type != "text_special" else _text(token.content))
    return ready


def html_of(tokens: Sequence[Token]) -> Markup:
    """The tokens as HTML; each block of `LEAVES` must have become an "html_block" before."""
    return Markup(_parser().renderer.render([*_with_room(_with_headings(tokens))], _parser().options, {}))


def formula_of(content: str) -> Markup | None:
    """The formula of a block of dollar signs; None for one that cannot be read."""
    return mathml(content.strip().removeprefix("$$").removesuffix("$$"), display=True)


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


@cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    made.enable(["table", "strikethrough"])
    made.disable("reference")  # definitions are lines of the note like any other
    made.use(deflist_plugin).use(footnote_plugin, inline=False, move_to_end=False)
    made.disable("footnote_ref")  # which knows only those that are defined in the same piece
    made.block.ruler.before("fence", "formula", formula_rule, {"alt": ["paragraph", "blockquote", "list"]})
    for name, rule in (("wikilink", _wikilink), ("footnote_mark", _footnote_mark), ("formula", _formula)):
        made.inline.ruler.before("link", name, rule)
    made.inline.ruler.before("emphasis", "highlight", _highlight)
    return made


# Blocks


def _with_callouts(tokens: Sequence[Token]) -> Iterator[Token]:
    """With each quote that begins with `[!kind]` as a box, to be opened where it says so, its first line as title."""
    closing: list[str] = []  # of the quotes that are open: the element of a callout, "" of others
    at = 0
    while at < len(tokens):
        token, content = tokens[at], tokens[at + 2].content if at + 2 < len(tokens) else ""
        if token.type == "blockquote_open":
            callout = _CALLOUT.match(content) if tokens[at + 1].type == "paragraph_open" else None
            closing.append(("details" if callout["fold"] else "div") if callout else "")
            if callout:
                yield from _callout(token, callout, tokens[at + 1 : at + 4])
                at += 4
                continue
        elif token.type == "blockquote_close" and (tag := closing.pop()):
            token = Token("callout_close", tag, -1, block=True)
        yield token
        at += 1


def _callout(quote: Token, callout: re.Match[str], paragraph: Sequence[Token]) -> Iterator[Token]:
    """Its beginning: the title, and what is below it in the same paragraph."""
    opening, inline, ending = paragraph
    look = _LOOKS.get(callout["kind"].strip().lower(), "info")
    is_folded = bool(callout["fold"])
    attributes: dict[str, str | int | float] = {"class": f"callout {look}"}
    attributes |= {"open": ""} if callout["fold"] == "+" else {}
    tag, title_tag = ("details", "summary") if is_folded else ("div", "p")
    yield Token("callout_open", tag, 1, attrs=attributes, map=quote.map, block=True)
    first, last = inline.map or [0, 1]
    lead = macros("notes.html").callout_kind(callout["kind"].strip().capitalize())
    yield Token("title_open", title_tag, 1, attrs={"class": "title"}, block=True)
    title = callout["title"].rstrip()
    yield Token("inline", "", 0, content=title, map=[first, first + 1], meta={"lead": lead}, block=True, children=[])
    yield Token("title_close", title_tag, -1, block=True)
    if below := inline.content[callout.end() :]:
        inline.content, inline.map = below, [first + 1, last]
        yield from (opening, inline, ending)


def _with_footnotes(tokens: Iterator[Token]) -> Iterator[Token]:
    """With definitions of footnotes where they stand, each behind its label."""
    for token in tokens:
        if token.type == "footnote_reference_open":
            yield _html_block(macros("notes.html").footnote_opens(token.meta["label"]))
        elif token.type == "footnote_reference_close":
            yield _html_block(macros("notes.html").footnote_closes())
        else:
            yield token


def _with_tasks(tokens: Iterator[Token]) -> Iterator[Token]:
    """With a box before the words of a task."""
    before: list[Token] = []
    for token in tokens:
        begins_item = token.type == "inline" and len(before) == 2 and before[0].type == "list_item_open"
        if box := _BOX.match(token.content) if begins_item else None:
            state, char = _BOXES[box["mark"].lower()]
            token.content = token.content[box.end() :]
            token.meta = {"lead": macros("notes.html").box(state, char)}
            before[0].attrSet("class", "task")
        before = [*before[-1:], token]
        yield token


def _with_headings(tokens: Sequence[Token]) -> Iterator[Token]:
    """With headings that stand below the two levels of the page, and leave no level out, as who hears them goes by
    levels. The class says what they were written as.
    """
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1:])
            above = [*(other for other in above if other < level), level]
            token.attrSet("class", f"level-{level}")
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(_LEVELS_ABOVE + len(above), 6)}"
        yield token


def _with_room(tokens: Iterator[Token]) -> Iterator[Token]:
    """With something around each table that it can be moved in, where it is wider than the page."""
    for token in tokens:
        if token.type == "table_open":
            yield _html_block(macros("notes.html").table_opens())
        yield token
        if token.type == "table_close":
            yield _html_block(macros("notes.html").table_closes())


# What is inside a line


def _read_inline(content: str) -> list[Token]:
    """Reads emphasis and links; but the time for brackets grows with their square, so that many of them are text."""
    children: list[Token] = []
    if content.count("[") <= _MOST_BRACKETS:
        _parser().inline.parse(content, _parser(), {}, children)
        return children
    for line in content.split("\n"):
        children += [Token("softbreak", "br", 0)] if children else []
        children.append(_text(line))
    return children


def _wikilink(state: StateInline, silent: bool) -> bool:
    """[[target]], [[target|words]], [[target#heading]]; and ![[target]], an image, or a note as a link to it."""
    start = state.pos + state.src.startswith("!", state.pos)
    if not state.src.startswith("[[", start):
        return False
    end = state.src.find("]]", start + 2, min(state.posMax, start + _LONGEST_MARKED))
    inner = state.src[start + 2 : end] if end > 0 else ""
    if not inner.strip() or any(mark in inner for mark in "[]\n"):
        return False
    if not silent:
        target, _, words = inner.partition("|")
        if start > state.pos and target.split("#")[0].strip().lower().endswith((*SUFFIXES, ".svg", ".bmp", ".tiff")):
            state.push("image", "img", 0).meta = {"wiki": target, "words": words, "written": inner}
        else:
            state.push("link_open", "a", 1).meta = {"wiki": target.rstrip("\\")}  # `\|` in a table
            state.push("text", "", 0).content = words.strip() or target.strip(" #").replace("#", " › ")
            state.push("link_close", "a", -1)
    state.pos = end + 2
    return True


def _footnote_mark(state: StateInline, silent: bool) -> bool:
    """[^label]"""
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax) if state.src.startswith("[^", state.pos) else None
    if match and not silent:
        state.push("footnote_mark", "", 0).content = match[1]
    state.pos = match.end() if match else state.pos
    return bool(match)


def _formula(state: StateInline, silent: bool) -> bool:
    """$x$ within a line, $$x$$ on a line of its own."""
    if not state.src.startswith("$", state.pos) or state.src[state.pos - 1 : state.pos].isalnum():
        return False
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if not match or (match["within"] and _MONEY.match(match["within"])):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = match["within"] or match["shown"]
        token.meta = {"display": match["within"] is None, "written": match[0]}
    state.pos = match.end()
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


def _image(token: Token, links: Links, unseen: dict[int, int | None], *, is_linked: bool) -> Token:
    """An image of the notes as one, another as words that say why it is not shown; one on the web as a link to it.

    One that `is_linked` already is no link itself.
    """
    if "wiki" in token.meta:
        written, words = token.meta["written"], token.meta["words"]
        address = token.meta["wiki"].translate(unseen).strip().rstrip("\\")
        image = links.image(address)
    else:
        pieces = token.children or []
        words = written = "".join(piece.content for piece in pieces if piece.type in ("text", "code_inline"))
        address = str(token.attrGet("src") or "").translate(unseen)
        image = links.relative_image(address)
    words, width = words.translate(unseen).strip(), 0
    if sized := _WIDTH.fullmatch(words):
        words, width = sized["words"].strip(), int(sized["width"])
    html = macros("notes.html")
    if is_on_the_web(address):
        return _html(
            html.image_on_the_web("" if is_linked else address, words or urlsplit(address).hostname or address), written
        )
    if image is None or image.problem:
        name = image.path.rpartition("/")[2] if image else ""
        problem = image.problem if image else _why_not_found(address)
        return _html(html.no_image(words, name or _file_name(address), problem), written)
    width = min(width or image.width, image.width)
    height = max(1, round(image.height * width / max(1, image.width)))
    name = image.path.rpartition("/")[2]
    return _html(html.image(f"images/{quote(image.path)}", words or name, width, height), written)


def _why_not_found(address: str) -> str:
    name = address.split("?")[0].lower()
    return "is not there" if name.endswith(SUFFIXES) else "is of a kind that is not shown"


def _file_name(address: str) -> str:
    """The last part of an address that names a file; "" of one that is all data."""
    return "" if ":" in address else address.rpartition("/")[2]


def _direct(link: Token, links: Links, unseen: dict[int, int | None]) -> bool:
    """Gives a link its attributes; False if it leads nowhere."""
    address = str(link.attrGet("href") or "")
    wiki = str(link.meta.get("wiki", "")).translate(unseen)
    note = links.note(wiki) if "wiki" in link.meta else links.relative(address)
    if note:
        link.attrs = {"href": "#", "data-note": note, "data-heading": wiki.partition("#")[2]}
    elif is_on_the_web(address):
        link.attrs = {"href": address, "target": "_blank", "rel": "noopener noreferrer nofollow", "class": "away"}
    return bool(note or is_on_the_web(address))


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _html(html: Markup, written: str) -> Token:
    return Token("html_inline", "", 0, content=str(html), meta={"written": written})


def _html_block(html: Markup) -> Token:
    return Token("html_block", "", 0, content=str(html))
