"""Lines of front matter -> its entries: a key with its value, whatever number of lines that takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_bot.markdown.blocks import Kind, Line, LineIndex, Span

# Of an entry with more lines or characters each line stands for itself, below its key. Set by hand.
LONGEST_ENTRY, MOST_CHARACTERS = 10, 1_000
# Must match a key of YAML, TOML or Org up to its value: at the beginning of a line, perhaps in quotes, after a dash.
_KEY = re.compile(r"(?:\[+|- |#\+)?[\"']?([^\s:=\[\]\"'#][^:=\n\"']{0,60}?)[\"']?\s*[:=](?=\s|$)", re.MULTILINE)
_CONTINUES = "-]})#"
_NOTHING = frozenset(("", "null", "~", "[]", "{}", '""', "''"))


def entries(text: str, lines: Sequence[Line]) -> Iterator[Line]:
    """The entries that these lines of front matter belong to; those without a value give none."""
    starts, group = LineIndex.of(text).starts, list[Line]()
    for line in lines:
        indented = line.span.start_char > starts[line.span.start_line - 1]
        continues = text[line.span.start_char] in _CONTINUES and not text.startswith("#+", line.span.start_char)
        if group and not indented and not continues:
            yield from _entry(text, group)
            group = []
        group.append(line)
    if group:
        yield from _entry(text, group)


def keys_of(entry: str) -> list[str]:
    """The keys of an entry's lines, in lower case."""
    return [match[1].strip().lower() for line in entry.splitlines() if (match := _KEY.match(line.strip()))]


def value_of(entry: str) -> str:
    """What stands after the first key, without the marks of lists and strings around it; all of it without a key."""
    match = _KEY.match(entry)
    value = entry[match.end() :] if match else entry
    pieces = (line.strip().removeprefix("- ").strip("\"'[], \t") for line in value.splitlines())
    return ", ".join(piece for piece in pieces if piece not in _NOTHING)


def _entry(text: str, group: Sequence[Line]) -> Iterator[Line]:
    """The group as one line, or its lines below the first of them."""
    span = Span(group[0].span.start_char, group[-1].span.end_char, group[0].span.start_line, group[-1].span.end_line)
    first = text[span.start_char : group[0].span.end_char]
    if not value_of(text[span.start_char : span.end_char]):
        return
    if len(group) <= LONGEST_ENTRY and span.end_char - span.start_char <= MOST_CHARACTERS:
        yield Line(Kind.FRONT_MATTER, span, (), (), group[0].block)
        return
    if value_of(first):
        yield group[0]
    yield from (replace(line, ancestors=(" ".join(keys_of(first)),)) for line in group[1:])
