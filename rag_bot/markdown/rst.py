"""reStructuredText (https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html) -> Markdown, line for line."""

from __future__ import annotations

import re
from collections.abc import Sequence

_UNDERLINE = re.compile(r"([!-/:-@\[-`{-~])\1++\s*$")
_CODE = re.compile(r"[ \t]*\.\. (?:code|code-block|sourcecode|parsed-literal)::[ \t]*(\S*)")
# Must match targets of links and comments, but no directives, footnotes and substitutions, which hold words.
_HIDDEN = re.compile(r"[ \t]*\.\.(?:$|[ \t]+(?![^\s:]+::|\[|\|))")
_RULE = re.compile(r"[ \t]*\+(?:[-=]+\+)+[ \t]*$")  # between the rows of a grid table
_FENCE = "~" * 12  # longer than any in notes


def rst_lines(lines: Sequence[str]) -> list[str]:
    """The lines as Markdown. Underlines of headings, comments and targets are hidden; grid tables are tables."""
    written, styles = list(lines), list[str]()  # the styles of headings are levels in the order of their appearance
    number = 0
    while number < len(lines):
        line, following = lines[number], "".join(lines[number + 1 : number + 2])
        end = number + 1
        if _is_title(line, following):
            mark, is_overlined = following[0], number > 0 and _is_underline(lines[number - 1], following[0])
            style = mark * 2 if is_overlined else mark
            styles += [] if style in styles else [style]
            written[number] = f"{'#' * min(styles.index(style) + 1, 6)} {line.strip()}"
            written[number + 1] = ""
            if is_overlined:
                written[number - 1] = ""
            end = number + 2
        elif code := _CODE.match(line):
            end = _block_end(lines, number)
            _fence(written, number, end, code[1])
        elif line.rstrip().endswith("::") and not line.lstrip().startswith("..") and not following.strip():
            end = max(_block_end(lines, number), number + 1)
            _fence(written, number + 1, end, "")
        elif _HIDDEN.match(line):
            end = _block_end(lines, number)
            written[number:end] = [""] * (end - number)
        elif _RULE.match(line):
            is_first = not (number and written[number - 1].strip())
            inner = "---" if "=" in line else ""
            written[number] = "" if is_first else re.sub("[-=]+", inner, line).replace("+", "|")
        elif line.lstrip().startswith("#. "):
            written[number] = line.replace("#.", "1.", 1)
        number = end
    return written


def _is_underline(line: str, mark: str) -> bool:
    return line[:1] == mark and bool(_UNDERLINE.match(line))


def _is_title(line: str, following: str) -> bool:
    """Whether the next line underlines this one."""
    is_long = len(following.rstrip()) >= min(len(line.rstrip()), 4)  # docutils takes shorter ones from four marks on
    return bool(line.strip()) and is_long and bool(_UNDERLINE.match(following)) and not _UNDERLINE.match(line)


def _fence(written: list[str], first: int, end: int, language: str) -> None:
    """Fences in the places of this line and of the blank one at `end`; none where that is another block's."""
    if end - first > 1 and not "".join(written[end : end + 1]).strip():
        written[first] = f"{_FENCE}{language}"
        written[end : end + 1] = [_FENCE] if end < len(written) else []


def _block_end(lines: Sequence[str], first: int) -> int:
    """The line after those below this one that are further in, without the blank ones at their end."""
    end = first + 1
    for number in range(first + 1, len(lines)):
        if lines[number].strip():
            if _depth(lines[number]) <= _depth(lines[first]):
                break
            end = number + 1
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
