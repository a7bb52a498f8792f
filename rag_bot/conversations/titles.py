"""Questions -> titles, and titles and texts as a search compares them."""

from __future__ import annotations

import re
import unicodedata

TITLE_CHARACTERS = 60  # of a title made of a question; set by hand
LONGEST_TITLE = 200  # characters of a title that somebody gives; set by hand
UNTITLED = "Untitled"

# Must match controls, lone surrogates, and the marks that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_LETTER_MAKING = 9  # up to this combining class of Unicode's, marks make other letters, as the voicing of kana does
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


def folded(text: str) -> str:
    """The text as a search compares it: case, width, composition and accents of characters make no difference."""
    if text.isascii() and text.isprintable():  # the same at a tenth of the time: a list of notes has many
        return " ".join(text.lower().split())
    seen = _UNSEEN.sub(" ", text)
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", seen).casefold())
    bare = "".join(mark for mark in apart if unicodedata.combining(mark) <= _LETTER_MAKING)
    return " ".join(unicodedata.normalize("NFKC", bare).split())
