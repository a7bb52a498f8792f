"""Org mode (https://orgmode.org/worg/org-syntax.html) -> Markdown, line for line."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADING = re.compile(r"(\*+)[ \t]+(\S.*)")
_TAGS = re.compile(r"(?<![ \t])[ \t]+:[\w@#%:]+:[ \t]*$")  # of a heading, at its end
_LINK = re.compile(r"\[\[([^\[\]]++)\](?:\[([^\[\]]++)\])?\]")
_BEGIN = re.compile(r"[ \t]*#\+begin_(src|example|export|comment)\b[ \t]*([\w+-]*)", re.IGNORECASE)
_KEYWORD = re.compile(r"[ \t]*#(?:\+\S*:?|[ \t]|$)")  # also a comment
_DRAWER = re.compile(r"[ \t]*:[\w-]+:[ \t]*$")
_END = ":end:"
_FENCE = "~" * 12  # longer than any in notes


def org_lines(lines: Sequence[str]) -> list[str]:
    """The lines as Markdown. Keywords, comments, drawers and the marks of quotes are hidden."""
    written, end = list[str](), ""  # what ends the block or drawer that is open
    fenced = False
    for number, line in enumerate(lines):
        lowered = line.strip().lower()
        if end:
            closes = lowered == end
            written.append((_FENCE if closes else line) if fenced else "")
            end = "" if closes else end
        elif begin := _BEGIN.match(line):
            end, fenced = f"#+end_{begin[1].lower()}", begin[1].lower() != "comment"
            written.append(f"{_FENCE}{begin[2]}" if fenced else "")
        elif (
            _DRAWER.match(line)
            and lowered != _END
            and _END in map(str.lower, map(str.strip, lines[number : number + 200]))
        ):
            end, fenced = _END, False
            written.append("")
        elif heading := _HEADING.match(line):
            written.append(f"{'#' * min(len(heading[1]), 6)} {_LINK.sub(_words, _TAGS.sub('', heading[2]))}")
        elif _KEYWORD.match(line):
            written.append("")
        elif lowered.startswith("|-"):
            written.append(line.replace("+", "|"))
        else:
            written.append(_LINK.sub(_words, line))
    return written


def _words(link: re.Match[str]) -> str:
    return link[2] or link[1]
