"""Where sentences end. Positions are character offsets into the text given; every function is linear in its length."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import pairwise

LONGEST_SENTENCE = 1_000  # characters, set by hand
_UNWRAPPED = 160  # columns, by eye: nobody wraps prose by hand at more than this
_CLOSERS = r"\"'”’»›)\]}*_`」』）】"
# Columns of a line from which a small letter after it, and no mark at its end, tell that it only wraps. Set by hand.
_LONG_ENOUGH_TO_WRAP = 30
# A run of marks that end sentences, with the closing quotes and brackets after it: "?!", ".)", "。」".
_STOP = re.compile(rf"([.!?…。！？]++)([{_CLOSERS}]*+)")
_FULL_WIDTH = frozenset("。！？")
_TICKS = re.compile(r"`+")
_LINE_END = re.compile(r"\r\n|\n|\r")
# The first word of a line; a link and code are one, with the white space in them, as who wraps by hand parts neither.
_NEXT_WORD = re.compile(
    r"[\s>]*+((?:!?\[\[[^\[\]\r\n]*+\]\]|!?\[[^\[\]\r\n]*+\](?:\([^()\r\n]*+\))?+|`[^`\r\n]*+`)?+\S*+)"
)
# What may stick out of a wrapped line: the address of a link, or one that stands bare.
_ADDRESS = re.compile(r"\]\([^()\s]*+\)|https?://[^\s()<>]++")
_FIELD = re.compile(r"[\s>]*+[\w-]++(?: [\w-]++){0,4}+::\s")  # a field of Dataview, one a line
_NOT_BLANK = re.compile(r"\S")
_OPENERS = "([{\"'“‘«*_"
_INITIALS = re.compile(r"(?:[A-Z]\.)*[A-HJ-Z]")  # "J", "J.R"; not "I", which ends sentences

_NEVER_LAST = frozenset(
    "e.g i.e eg ie vs cf viz resp dr mr mrs ms prof st mt rev hon fig figs eq eqs ref refs dept est al approx ca "
    "z.b d.h u.a bzw ggf p.ex".split()
)
_LAST_BEFORE_CAPITAL = frozenset("etc inc ltd co corp jr sr a.m p.m u.s u.k e.u b/c usw".split())
_BEFORE_NUMBER = frozenset(
    "no nos nr vol p pp sec ch art ver v eq pt ed ext tel tab kap abs apt rm op "
    "jan feb mar apr jun jul aug sep oct nov dec".split()
)

# German writes ordinals with a full stop: "am 3. Oktober", "im 19. Jahrhundert".
_AFTER_ORDINAL = re.compile(
    r"\s+(Jan|Jän|Feb|März|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Jahrhundert|Stock|Klasse|Kapitel|Auflage|Woche)"
)
_LETTER_AND_STOP = re.compile(r"\s\w\.")  # "z. B.", "d. h.", "a. m."


def asks(text: str) -> bool:
    """Whether a text ends as a question does."""
    return _end(text) in ("?", "？")


def announces(text: str) -> bool:
    """Whether a text leads to what follows it: it ends in a colon, or asks."""
    return asks(text) or _end(text) in (":", "：")


def _end(text: str) -> str:
    """The last character, but for emphasis and white space."""
    return text.rstrip("*_ \t\r\n")[-1:]


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of `text[start:end]`, in order, without the white space around them, none over 1,000 characters.

    A line break ends one too, unless it only wraps the line.
    """
    breaks = sorted({*_line_breaks(text, start, end), *_stops(text, start, end)})
    spans = (trim(text, a, b) for a, b in pairwise([start, *breaks, end]))
    return [piece for a, b in spans if a < b for piece in cut(text, a, b, LONGEST_SENTENCE)]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the white space at its ends; empty if there is nothing else in it."""
    first = _NOT_BLANK.search(text, start, end)
    if first is None:
        return end, end
    while text[end - 1].isspace():
        end -= 1
    return first.start(), end


def cut(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most `limit` characters, parted at white space where there is some."""
    start, end = trim(text, start, end)
    while end - start > limit:
        at = cut_point(text, start, start + limit)
        yield trim(text, start, at)
        start, end = trim(text, at, end) if text[at].isspace() else (at, end)
    if start < end:
        yield start, end


def cut_point(text: str, start: int, at: int) -> int:
    """The last white space in the second half of `text[start:at]`, else `at` itself."""
    middle = (start + at) // 2
    words = text[middle : at + 1].rsplit(None, 1)
    if len(words) == 2 and words[0]:
        return middle + len(words[0])
    return at


def code_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Inline code with its backticks: a run of backticks up to the next run of the same length."""
    runs = [match.span() for match in _TICKS.finditer(text, start, end)]
    waiting: dict[int, deque[int]] = defaultdict(deque)
    for number, (a, b) in enumerate(runs):
        waiting[b - a].append(number)
    found, number = [], 0
    while number < len(runs):
        a, b = runs[number]
        same = waiting[b - a]
        while same and same[0] <= number:
            same.popleft()
        if same:
            number = same[0]
            found.append((a, runs[number][1]))
        number += 1
    return found


def _stops(text: str, start: int, end: int) -> Iterator[int]:
    """Where a mark such as a full stop ends a sentence: the position after it and its closing quotes."""
    code = iter(code_spans(text, start, end))
    code_start, code_end = next(code, (end, end))
    last = start
    for match in _STOP.finditer(text, start, end):
        while code_end <= match.start() and code_start < end:
            code_start, code_end = next(code, (end, end))
        if code_start <= match.start() < code_end:
            continue
        if _ends_sentence(text, match, last, end):
            last = match.end()
            yield last


def _ends_sentence(text: str, match: re.Match[str], last: int, end: int) -> bool:
    mark, closers = match.groups()
    if not _FULL_WIDTH.isdisjoint(mark):
        return True
    after = match.end()
    if after >= end or not text[after].isspace():
        return False
    following_match = _NOT_BLANK.search(text, after, end)
    following = following_match.group() if following_match else ""
    if mark == ".":
        return _full_stop_ends(text, match.start(), last, following)
    if closers or mark.startswith(("..", "…")):
        return not following.islower()
    return True


def _full_stop_ends(text: str, stop: int, last: int, following: str) -> bool:
    """Not after an abbreviation, an initial, or the number of a list item."""
    before = text[max(last, stop - 24) : stop]
    words = before.split()
    if not words or before[-1].isspace():
        return True
    word = words[-1].lstrip(_OPENERS)
    lowered = word.lower()
    if word == "ms" and len(words) > 1 and words[-2][-1].isdigit():
        return not following.islower()  # milliseconds
    if lowered in _NEVER_LAST or _INITIALS.fullmatch(word):
        return False
    if lowered in _LAST_BEFORE_CAPITAL:
        return not following.islower()
    if lowered in _BEFORE_NUMBER and following.isdigit():
        return False
    if word.isdigit() and len(word) <= 2 and _AFTER_ORDINAL.match(text, stop + 1):
        return False
    if len(word) == 1 and word.isalpha() and _LETTER_AND_STOP.match(text, stop + 1):
        return False
    return not (word.isdigit() and _starts_line(text, stop - len(word), last))


def _starts_line(text: str, position: int, last: int) -> bool:
    before = text[max(last, position - 24) : position].rstrip(" \t>")
    return not before.strip() or before[-1] in "\r\n"


def _line_breaks(text: str, start: int, end: int) -> Iterator[int]:
    """Line breaks somebody meant: the next word would still have fitted on the line."""
    lines = _lines(text, start, end)
    if len(lines) < 2:
        return
    widest = max(_width(text[a:b]) for a, b in lines)
    for (a, b), (c, d) in pairwise(lines):
        match = _NEXT_WORD.match(text, c, d)
        word = len(match.group(1)) if match else 0
        line = text[a:b]
        wraps = b - a >= _LONG_ENOUGH_TO_WRAP and line[-1:].isalnum() and match is not None and match[1][:1].islower()
        field = _FIELD.match(text, c, d + 1) is not None
        if wraps and widest <= _UNWRAPPED and not field:
            continue
        hard = line.endswith("\\") or text[b : b + 2] == "  " or line.lstrip("> \t").startswith("[!")
        if hard or field or widest > _UNWRAPPED or b - a + 1 + word <= widest:
            yield c


def _width(line: str) -> int:
    """The columns a line shows to be allowed: addresses, and words alone on their line, may stick out."""
    return len(_ADDRESS.sub("]", line)) if len(line.split(None, 1)) > 1 else 0


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of the span, without the white space at their ends, the first one with its indentation."""
    indent = text.rfind("\n", max(0, start - 200), start) + 1
    first = indent if indent and not text[indent:start].strip() else start
    edges = [(first, first), *(match.span() for match in _LINE_END.finditer(text, start, end)), (end, end)]
    return [(a, a + len(text[a:b].rstrip())) for (_, a), (b, _) in pairwise(edges)]
