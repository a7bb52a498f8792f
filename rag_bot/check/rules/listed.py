"""Who is for what, in a list: "Mr. Brandt for household, Ms. Yilmaz for liability"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement

_ITEM = re.compile(r"(?:^|[:;,.]\s+)(?:[A-Z][a-z]{1,4}\.\s+)?([A-Z]\w+) (?:for|für|on) ([a-zA-Z]\w+)(?=[;,.]|$| and )")


def listed_otherwise(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where a sentence has one name of a list with what the line has for another name."""
    words = {token.lower for token in sentence.tokens}
    for line in lines:
        items = [(match[1], match[2]) for match in _ITEM.finditer(line.own.text[:2_000])]
        named = [name for name, _ in items if name.lower() in words]
        things = [thing for _, thing in items if thing.lower() in words]
        if len(items) > 1 and len(named) == len(things) == 1 and (named[0], things[0]) not in items:
            yield f"the notes don't have ‘{named[0]}’ with ‘{things[0]}’"
