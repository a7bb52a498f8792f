"""Questions -> titles, texts -> what a search compares, and the sentences of an answer -> text, tables and code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from rag_bot.records import Sentence

TITLE_CHARACTERS = 60
LONGEST_TITLE = 200  # characters of a title that somebody gives
UNTITLED = "Untitled"

# Control characters, lone surrogates, and the marks that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_CODE = re.compile(r"\n{1,2} {4}([ \t]*)")
TEXT, TABLE, CODE = "text", "table", "code"
"""What a model lays its sentences out as."""
_BORDER = "|"
_FEWEST_BORDERS = 3  # in the first row of a table, which has one at its beginning and one at its end
_Line = list[Sentence]
_Show = Callable[[Sentence, str, bool], str]
_LETTER_MAKING = 9  # up to this class, combining marks make other letters, as the voicing of kana does
_BLANK = "CZ"  # what Unicode calls controls, formats and separators: nothing is seen of these


def as_title(text: str, most: int = TITLE_CHARACTERS) -> str:
    """One line of at most so many characters, cut at a word where it can be; "" where nothing is to be seen."""
    line = " ".join(_UNSEEN.sub(" ", text).split())
    if all(unicodedata.category(mark)[0] in _BLANK for mark in line):
        return ""
    if len(line) <= most:
        return line
    whole, space, _ = line[:most].rpartition(" ")
    return f"{whole if space else line[: most - 1]}…"


def code_indent(before: str) -> str | None:
    """How far in a line of code stands, as white space; None where what `before` parts is no code.

    As in Markdown, code is what begins four spaces into its line (https://spec.commonmark.org/0.31.2/#indented-code).
    """
    found = _CODE.fullmatch(before)
    return found[1] if found else None


def parts(sentences: Sequence[Sentence]) -> Iterator[tuple[str, list[Sentence]]]:
    """The sentences in their order, by what they are part of: TEXT, a TABLE or CODE."""
    for kind, lines in groupby(_lines(sentences), key=_kind):
        some = list(lines)
        is_table = kind == TABLE and len(some) > 1 and _is_head(some[0])
        yield TEXT if kind == TABLE and not is_table else kind, [sentence for line in some for sentence in line]


def rows(sentences: Sequence[Sentence], show: _Show, border: str = _BORDER) -> tuple[list[str], list[list[str]]]:
    """A table's head and its other rows, each as its cells, of which the head has as many as any.

    `show` is given a sentence, the words of it in a cell, and whether they are its last: it makes what stands there.
    `border` is how a border is shown that is no more than a mark, inside the last cell of a row.
    """
    head, *others = (_cells(line, show) for line in _lines(sentences))
    return head, [_at_most(len(head), row, f" {border} ") for row in others]


def _lines(sentences: Sequence[Sentence]) -> list[_Line]:
    lines: list[_Line] = []
    for sentence in sentences:
        if not lines or "\n" in sentence.before or code_indent(lines[-1][0].before) is not None:
            lines.append([])
        lines[-1].append(sentence)
    return lines


def _kind(line: _Line) -> str:
    if code_indent(line[0].before) is not None:
        return CODE
    borders = sum(sentence.text.count(_BORDER) for sentence in line)
    return TABLE if line[0].text.startswith(_BORDER) and borders > 1 else TEXT


def _is_head(line: _Line) -> bool:
    text = "".join(sentence.text for sentence in line)
    return text.endswith(_BORDER) and text.count(_BORDER) >= _FEWEST_BORDERS


def _at_most(count: int, cells: list[str], border: str) -> list[str]:
    return cells if len(cells) <= count else [*cells[: count - 1], border.join(cells[count - 1 :])]


def _cells(line: _Line, show: _Show) -> list[str]:
    """A sentence may go through several cells, and a cell may hold several sentences."""
    cells = [""]
    for sentence in line:
        pieces = [piece.strip() for piece in sentence.text.split(_BORDER)]
        last = max((place for place, piece in enumerate(pieces) if piece), default=0)
        for place, piece in enumerate(pieces):
            cells += [""] * (place > 0)
            gap = " " if cells[-1] and piece else ""
            cells[-1] += gap + show(sentence, piece, place == last) if piece or place == last else ""
    return cells[1:-1] if line[-1].text.endswith(_BORDER) else cells[1:]


def folded(text: str) -> str:
    """The text as a search compares it: case, width, composition and accents of characters make no difference."""
    seen = _UNSEEN.sub(" ", text)
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", seen).casefold())
    bare = "".join(mark for mark in apart if unicodedata.combining(mark) <= _LETTER_MAKING)
    return " ".join(unicodedata.normalize("NFKC", bare).split())
