"""A text as it is read: of the same length, blank where nobody reads. What is blank is neither embedded nor quoted.

Blank are comments (`%% %%`, `<!-- -->`), merge markers, and machine text: pictures in base64, minified code, long lines
of numbers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag_bot.markdown.blocks import KEPT_CHARACTERS, LineIndex
from rag_bot.text.kept import kept
from rag_bot.text.sentences import code_spans

# No space or tab, which would make code of an indented line; white space for all else.
BLANK = "\u00a0"
# Characters of data, and of a line, that are machine text. Shorter ones cost little and may be asked for: a public key
# of 4,096 bits has 716 characters, a JSON web token mostly fewer than 1,000. Set by hand.
_LONGEST_KEY, _LONGEST_LINE = 1_000, 2_000
_WINDOW = 500  # characters of a long line that are judged as one; set by hand
# Share of the characters in words. Of data: base64 .15, hex digits .06, paths and addresses .5 and more. Of a window,
# in words with a space behind them, measured on four vaults and on Gradio's scripts and style sheets, quartiles: prose
# .62 to .84, listings .26 to .49, minified scripts .04 to .15, styles .01 to .06.
_LEAST_IN_WORDS = 0.25
# In words, for a window to end a stretch without them. Measured on the scripts among Python's packages and on 1,500
# notes put on one line each: .92 of the scripts are blank then instead of .89, and .058 of the notes instead of .050.
_LEAST_TO_END_IT = 0.4
_BETWEEN_WORDS = 25  # characters, at the ends of a stretch without words: prose has a word every 7; set by hand
# Must match what base64, base64url and hex digits are made of, on one line or wrapped, with what is around it in a link
# to it; the words of the link, a group, stay.
_DATA = re.compile(
    r"(?<![\w+/=-])(?:!\[(?P<words>[^\[\]\r\n]{0,300}+)\]\()?+(?:data:[\w./+-]{0,80}[\w;=-]{0,80},)?+"
    r"[\w+/=-]{40,}+(?:\s++[\w+/=-]{40,}+)*+\)?",
    re.ASCII,
)
_IN_WORDS = re.compile(r"[a-z]{4,}|[A-Z]{4,}")
_LONG_LINE = re.compile(rf"(?<![^\r\n{BLANK}])[^\r\n{BLANK}]{{{_LONGEST_LINE},}}+")
# A word with the space behind it; some alphabets do without.
_WORD = re.compile(r"[^\W\d_]{2,}+[^\w\s]?\s|[^\x00-\x7f]{4}")
# The beginnings of comments and of merged versions, and of code, in which they are none.
_FENCE = r"^[ \t>]*+(?:[-*+][ \t]++)?(?P<fence>`{3,}+(?=[^`\r\n]*+$)|~{3,}+)"
_OPENING = re.compile(rf"{_FENCE}|<!--|(?<![\w%])%%", re.MULTILINE)
_CONFLICT = re.compile(rf"{_FENCE}|^<<<<<<< [^\r\n]*+", re.MULTILINE)
_MIDDLE = re.compile(r"^={7}(?=\r?$)", re.MULTILINE)
_CONFLICT_END = re.compile(r"^>>>>>>> [^\r\n]*+", re.MULTILINE)
_CLOSINGS = {"<!--": "-->", "%%": "%%"}
# Must match what goes from a text that is shown: lines of blanks alone, with the end of one, and runs of them as long
# as the shortest comment, so that the hard spaces that people write stay.
_HOLE = re.compile(
    rf"\r?\n[ \t>]*+{BLANK}[ \t{BLANK}]*+(?=\r?\n|\Z)|\A(?:[ \t>]*+{BLANK}[ \t{BLANK}]*+(?:\r?\n|\Z))++"
    rf"|(?:\A|(?<=\n)){BLANK}{{4,}}+[ \t]*+| ?{BLANK}{{4,}}+"
)
_PARAGRAPH_END = re.compile(r"(?:\r\n|\n|\r)[ \t>]*+(?:\r\n|\n|\r)")
_LINE = re.compile(r"[^\r\n]++")


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """A piece of a note as people are shown it; `holes` are its spans, in order, that are not in `text`."""

    text: str
    holes: tuple[tuple[int, int], ...]

    def place(self, char: int) -> int:
        """Where in `text` a character of the piece stands."""
        return char - sum(min(end, char) - start for start, end in self.holes if start < char)


def as_shown(piece: str, *, has_comments: bool = True) -> ShownPiece:
    """The piece without comments, machine text and the room they took."""
    text = readable(piece, has_comments=has_comments)
    holes = tuple(match.span() for match in _HOLE.finditer(text)) if BLANK in text else ()
    edges = [0, *(edge for hole in holes for edge in hole), len(text)]
    return ShownPiece("".join(text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)), holes)


@kept(KEPT_CHARACTERS)
def readable(text: str, *, body_start_line: int = 1, has_comments: bool = True) -> str:
    """The text with blanks where machine text, merge markers and comments stand; line ends stay.

    Comments begin in the body.
    """
    text = _blanked(text, _data(text))
    text = _blanked(text, _code_without_words(text))
    if "<<<<<<< " in text:
        text = _blanked(text, merge_markers(text))
    if has_comments and ("%%" in text or "<!--" in text):
        text = _blanked(text, _comments(text, body_start_line))
    return text


def without_comments(text: str, *, body_start_line: int = 1) -> str:
    """The text without what its comments say; their line ends stay, so that each line keeps its number."""
    at, parts = 0, []
    for start, end in _comments(text, body_start_line):
        parts += [text[at:start], _LINE.sub("", text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], _LINE.sub(lambda line: BLANK * len(line[0]), text[start:end])]
        at = end
    return "".join([*parts, text[at:]]) if parts else text


def _data(text: str) -> Iterator[tuple[int, int]]:
    for match in _DATA.finditer(text) if len(text) > _LONGEST_KEY else ():
        start, end = match.span()
        if end - start > _LONGEST_KEY and _in_words(_IN_WORDS, text, start, end) < _LEAST_IN_WORDS:
            words = match.span("words") if match["words"] else (start, start)
            yield from ((start, words[0]), (words[1], end))


def _code_without_words(text: str) -> Iterator[tuple[int, int]]:
    """Of long lines, but for rows of tables, the stretches with few words."""
    for line in _LONG_LINE.finditer(text):
        if line[0].lstrip("> \t").startswith("|"):
            continue
        stretch = None
        for start in range(line.start(), line.end(), _WINDOW):
            end = min(start + _WINDOW, line.end())
            if _in_words(_WORD, text, end - _WINDOW, end) < (_LEAST_TO_END_IT if stretch else _LEAST_IN_WORDS):
                stretch = (stretch[0] if stretch else start, end)
            if stretch and (stretch[1] < end or end == line.end()):
                yield _without_words_at_its_ends(text, *stretch)
                stretch = None


def _in_words(word: re.Pattern[str], text: str, start: int, end: int) -> float:
    """The share of the characters that match."""
    return sum(match.end() - match.start() for match in word.finditer(text, start, end)) / (end - start)


def _without_words_at_its_ends(text: str, start: int, end: int) -> tuple[int, int]:
    """Windows begin and end anywhere: the words before and after what has few stay."""
    for word in _WORD.finditer(text, start, min(start + _WINDOW, end)):
        if word.start() > start + _BETWEEN_WORDS:
            break
        start = word.end()
    for word in reversed(list(_WORD.finditer(text, max(start, end - _WINDOW), end))):
        if word.end() < end - _BETWEEN_WORDS:
            break
        end = word.start()
    return start, end


def merge_markers(text: str) -> Iterator[tuple[int, int]]:
    """The lines that git puts around and between two versions; a fence only shows them."""
    start = 0
    while opening := _CONFLICT.search(text, start):
        start = opening.end()
        if fence := opening["fence"]:
            start = _fence_end(text, fence, start)
        elif (middle := _MIDDLE.search(text, start)) and (last := _CONFLICT_END.search(text, middle.end())):
            yield from (opening.span(), middle.span(), last.span())
            start = last.end()
        else:
            return  # nor has any below


def _fence_end(text: str, fence: str, start: int) -> int:
    """The end of the code that this fence begins: that of the text where none closes it."""
    closing = re.compile(rf"^[ \t>]*+{fence[0]}{{{len(fence)},}}+[ \t]*+$", re.MULTILINE).search(text, start)
    return closing.end() if closing else len(text)


def _comments(text: str, body_start_line: int) -> Iterator[tuple[int, int]]:
    """Those outside of code; one that does not end is text. `%%` within a line ends in its own paragraph."""
    starts = LineIndex.of(text).starts
    start = starts[min(body_start_line, len(starts)) - 1]
    paragraphs = [start, *(match.end() for match in _PARAGRAPH_END.finditer(text, start)), len(text)]
    paragraph_end, code = start, list[tuple[int, int]]()
    unclosed: set[str] = set()
    while opening := _OPENING.search(text, start):
        at, start = opening.span()
        if fence := opening["fence"]:
            start = _fence_end(text, fence, start)
            continue
        if at >= paragraph_end:
            place = bisect_right(paragraphs, at)
            paragraph_end = paragraphs[place]
            code = code_spans(text, paragraphs[place - 1], paragraph_end)
        mark, place = opening[0], bisect_right(code, (at, at)) - 1
        if mark in unclosed or (place >= 0 and at < code[place][1]):
            continue
        end = text.find(_CLOSINGS[mark], start)
        if end < 0:
            unclosed.add(mark)
        elif mark == "<!--" or end < paragraph_end or text[at - 1 : at] in ("", "\n", "\r"):
            start = end + len(_CLOSINGS[mark])
            yield at, start
