"""Text of notes and models for a terminal, which must not obey it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

# Control characters but tab and line end, line and paragraph separators, marks that turn the direction of text,
# and halves of surrogate pairs, which can't be printed.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PICTURES = 0x2400  # Unicode's pictures of the control characters, in their order
_LINE_BREAKING = re.compile("[\t\n]")
_DELETE, _PICTURE_OF_DELETE, _UNKNOWN = "\x7f", "␡", "\ufffd"


def visible(text: str) -> str:
    """The text with a picture in place of what a terminal would obey: escapes, other controls, bidi overrides."""
    return _COMMANDS.sub(_picture, text.replace("\r\n", "\n").removesuffix("\r"))


def visible_line(text: str) -> str:
    """The same on one line, for names, titles and paths: a file's name may hold line ends, and would feign lines."""
    return _LINE_BREAKING.sub(_picture, visible(text))


def line(text: str, style: str = "") -> Text:
    """A `visible_line` in a style; nothing in it is read as markup."""
    return Text(visible_line(text), style)


def json_text(values: Any, indent: int | None = None) -> str:
    """JSON that a terminal may be shown: what it would obey is escaped, and read back as it was."""
    text = json.dumps(values, ensure_ascii=False, indent=indent)
    return _COMMANDS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


@dataclass(frozen=True, slots=True)
class Visible:
    """What is printed, with all its text made `visible`; its colours stay."""

    content: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.content, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def _picture(match: re.Match[str]) -> str:
    mark = match[0]
    if mark == _DELETE:
        return _PICTURE_OF_DELETE
    return chr(_PICTURES + ord(mark)) if mark < " " else _UNKNOWN
