"""Lines of a note -> the regular expression that a right answer matches."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag_bot.markdown import Kind, is_plain, parse, quotable_lines

_FEWEST = 4  # letters and digits of a sentence that tells something: "No." stands in many lines


def quote_pattern(quote: str) -> str:
    """The regular expression of a quote, with any white space between its words."""
    return r"\s+".join(re.escape(word) for word in quote.split())


def any_pattern(quotes: Iterable[str]) -> str:
    """That of several quotes, one of which suffices; each is in it once."""
    return "|".join(dict.fromkeys(map(quote_pattern, quotes)))


def sentences_of(quote: str, path: str) -> tuple[str, ...]:
    """The sentences of a paragraph or a long bullet, as answers quote them; anything else of a note as it stands.

    `path` is the note's, which tells whether it is Markdown.
    """
    blocks = parse(quote, plain=is_plain(path))
    if len(blocks) != 1 or blocks[0].kind not in (Kind.PARAGRAPH, Kind.ITEM):
        return (quote,)
    pieces = [quote[one.span.start_char : one.span.end_char] for one in quotable_lines(quote, blocks)]
    return tuple(piece for piece in pieces if sum(map(str.isalnum, piece)) >= _FEWEST) or (quote,)
