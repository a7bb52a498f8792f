"""Text of notes and models for a terminal, which must not obey it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PICTURES = 0x2400  # Unicode's pictures of the control characters, in their order
_DELETE, _PICTURE_OF_DELETE, _UNKNOWN = "\x7f", "␡", "\ufffd"


def visible(text: str) -> str:
    """The text with a picture in place of what a terminal would obey: escapes, other controls, bidi overrides."""
    return _COMMANDS.sub(_picture, text.replace("\r\n", "\n").removesuffix("\r"))


@dataclass(frozen=True, slots=True)
class Visible:
    """What is printed, with all its text made `visible`; its colours stay."""

    shown: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.shown, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def _picture(match: re.Match[str]) -> str:
    mark = match[0]
    if mark == _DELETE:
        return _PICTURE_OF_DELETE
    return chr(_PICTURES + ord(mark)) if mark < " " else _UNKNOWN
