"""Questions -> titles, texts -> what a search compares, and what parts sentences -> whether they are code."""

from __future__ import annotations

import re
import unicodedata

TITLE_CHARACTERS = 60
LONGEST_TITLE = 200  # characters of a title that somebody gives
UNTITLED = "Untitled"

# Control characters, lone surrogates, and the marks that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_CODE = re.compile(r"\n{1,2} {4}([ \t]*)")
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


def folded(text: str) -> str:
    """The text as a search compares it: case, width and composition of characters make no difference."""
    seen = _UNSEEN.sub(" ", text)
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold()).split())
