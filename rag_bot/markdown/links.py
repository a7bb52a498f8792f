"""Where a note leads to other notes: wikilinks, embeds, Markdown links; and the part of a note that one aims at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from rag_bot.markdown.blocks import Block, Kind, LineIndex, Span
from rag_bot.markdown.plain import plain_text
from rag_bot.text.sentences import code_spans

# Each must match one link, from its first mark to where its target is known, and rescans nothing on rows of brackets.
# `[[target#heading|shown]]`, in a table `[[target\|shown]]`; with "!" before it an embed.
_WIKI_LINK = re.compile(r"(!?)\[\[([^\[\]|\r\n]++)(?:\|[^\[\]\r\n]*+)?\]\]")
# `[shown](target)`, `[shown](<target with spaces>)`; an image is none.
_LINK = re.compile(r"(?<!!)\[[^\[\]\r\n]*+\]\([ \t]*+(?:<([^<>\r\n]++)>|([^()<>\s]++(?:\([^()\s]*+\)[^()\s]*+)*+))")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")  # leads out of the notes


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another note as it stands there: `line` from 1, `target` a name or a path, "" for the same note.

    `anchor` is the heading or `^block` that it aims at, "" for all of the note.
    """

    line: int
    target: str
    anchor: str
    is_embed: bool


def links_in(text: str, blocks: Sequence[Block]) -> tuple[Link, ...]:
    """The links of a note in order, those of its front matter too, those inside code not."""
    if "[[" not in text and "](" not in text:
        return ()
    found = []
    for block in blocks:
        if block.kind is Kind.CODE:
            continue
        piece = text[block.span.start_char : block.span.end_char]
        code = code_spans(piece, 0, len(piece)) if "`" in piece else []
        for position, link in sorted([*_wiki_links(piece), *_markdown_links(piece)]):
            if not any(start <= position < end for start, end in code):
                found.append((block.span.start_char + position, link))
    index = LineIndex.of(text)
    return tuple(Link(index.span(at, at + 1).start_line, *link) for at, link in found)


_Found = tuple[int, tuple[str, str, bool]]
"""The character at which a link begins; target, anchor, whether it is an embed."""


def _wiki_links(text: str) -> Iterator[_Found]:
    for match in _WIKI_LINK.finditer(text):
        target, _, anchor = match[2].rstrip("\\").partition("#")
        if not anchor and "^" in target:  # `[[note^block]]`
            target, _, anchor = target.partition("^")
            anchor = f"^{anchor}"
        yield match.start(), (target.strip(), anchor.rsplit("#", 1)[-1].strip(), bool(match[1]))


def _markdown_links(text: str) -> Iterator[_Found]:
    for match in _LINK.finditer(text):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if target and not _SCHEME.match(target):
            yield match.start(), (unquote(target).strip(), unquote(anchor).strip(), False)


def part_of(text: str, blocks: Sequence[Block], anchor: str) -> Span | None:
    """What an anchor aims at: the section of a heading, the block of a `^id`; None where there is no such thing.

    A block is an item with all below it, a paragraph, or what stands above an id on a line of its own.
    """
    if anchor.startswith("^"):
        end = re.compile(rf"(?:^|\s){re.escape(anchor)}\s*$")
        number = next((n for n, block in enumerate(blocks) if end.search(_text_of(text, block))), None)
        if number and _text_of(text, blocks[number]).strip() == anchor:
            number -= 1
        if number is None:
            return None
        first = last = number
        while last + 1 < len(blocks) and _is_below(blocks, last + 1, first):
            last += 1
    else:
        wanted = _as_anchor(anchor)
        found = (
            n for n, block in enumerate(blocks) if block.kind is Kind.HEADING and _as_anchor(block.plain) == wanted
        )
        first = last = next(found, -1)
        if first < 0:
            return None
        level = blocks[first].level
        while last + 1 < len(blocks) and not (
            blocks[last + 1].kind is Kind.HEADING and blocks[last + 1].level <= level
        ):
            last += 1
    return LineIndex.of(text).span(blocks[first].span.start_char, blocks[last].span.end_char)


def _text_of(text: str, block: Block) -> str:
    return text[block.span.start_char : block.span.end_char]


def _is_below(blocks: Sequence[Block], block: int, above: int) -> bool:
    parent = blocks[block].parent
    while parent is not None and parent > above:
        parent = blocks[parent].parent
    return parent == above


def _as_anchor(heading: str) -> str:
    """A heading as Obsidian, and as the web writes it into a link: letters and digits alone tell."""
    return "".join(character for character in plain_text(heading).casefold() if character.isalnum())
