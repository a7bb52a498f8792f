"""A whole note -> HTML in which every line of the file is an element of its own: a citation is shown exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markdown_it.token import Token
from markupsafe import Markup

from rag_bot.ui.notes.links import Links
from rag_bot.ui.notes.note_markdown import BREAKS, LEAVES, block_tokens, formula_of, html_of, inline_tokens

CITED = " cited"


def render_markdown(text: str, cited: range, links: Links) -> Markup:
    """The text as HTML; lines count from 1, those in `cited` carry the class `cited`."""
    tokens = block_tokens(text)
    for token in tokens:
        if token.type == "inline":
            lead = [Token("html_inline", "", 0, content=str(token.meta["lead"]))] if "lead" in token.meta else []
            token.children = [*_lines([*lead, *inline_tokens(token.content, links)], token, cited)]
        elif token.type in LEAVES:
            token.content, token.type = str(_leaf(token, cited)), "html_block"
        elif token.tag == "details" and token.map and _any_cited(token.map, cited):
            token.attrSet("open", "")
    return html_of(tokens)


def line_html(number: int, content: str, cited: range) -> Markup:
    """One line as it stands."""
    return Markup('<span class="line{}" data-line="{}">{}</span>').format(_class(number, cited), number, content)


def _class(number: int, cited: range) -> str:
    return CITED if number in cited else ""


def _any_cited(lines: Sequence[int], cited: range) -> bool:
    """Whether any of these lines is, counted from 0."""
    return any(number in cited for number in range(lines[0] + 1, lines[1] + 1))


def _leaf(token: Token, cited: range) -> Markup:
    """Code line by line; a formula as one line, for its lines are none of what is shown."""
    first, last = token.map or [0, 0]
    if token.type == "formula" and (formula := formula_of(token.content)):
        where = range(first + 1, first + 1 + _any_cited([first, last], cited))
        return Markup('<div class="formula">{}</div>\n').format(line_html(first + 1, formula, where))
    lines = token.content.removesuffix("\n").split("\n")
    first += 2 if token.type == "fence" else 1
    body = Markup("\n").join(line_html(number, line, cited) for number, line in enumerate(lines, start=first))
    if token.type == "formula":
        return Markup('<div class="verbatim">{}</div>\n').format(body)
    return Markup("<pre><code>{}</code></pre>\n").format(body)


def _lines(children: Sequence[Token], inline: Token, cited: range) -> Iterable[Token]:
    """Puts each line into a span. Emphasis and links that go over lines are closed and opened again."""
    first, last = inline.map or [0, 0]
    last = max(last, first + 1)  # a defined term has no length
    number, step = first + 1, 1
    if sum(token.type in BREAKS for token in children) != last - first - 1:  # a code span may swallow line ends
        cited, step = range(number, number + _any_cited([first, last], cited)), 0
    opened: list[Token] = []
    yield _open_line(number, cited)
    for token in children:
        if token.type in BREAKS:
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
