"""What a model writes, piece by piece -> sentences with the numbers that they cite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag_bot.markdown import plain_text
from rag_bot.text.sentences import code_spans, sentences

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[^`\n]*$")
_BOLD_LINE = re.compile(r"\*\*[^*\n]+\*\*:?\s*")  # is a heading
_LEAD = re.compile(r"[ \t>]*(?:(#{1,6})[ \t]+|([-*+•]|\d{1,3}[.)])[ \t]+)?")
# The numbers of a citation: "1", "1, 3", "2-4", "1 and ^2".
_NUMBERS = r"\^?\d{1,3}(?:\s{0,2}(?:,|;|and|&|-|–)\s{0,2}\^?\d{1,3})*"
# A citation as models write it: [1], [passage 2], 【3†source】, (see 4), <passage 5>; but no link, as in [1](address).
_MARK = re.compile(
    rf"\s{{0,3}}(?:\[(?:passages?\s|source\s|note\s)?({_NUMBERS})\](?!\()|【({_NUMBERS})[^】\n]{{0,20}}】"
    rf"|\((?:passages?|source|see)\s({_NUMBERS})\)|<passage\s({_NUMBERS})/?>)",
    re.IGNORECASE,
)
# What may still become one at the end of what is written so far: "[pass".
_OPEN_MARK = re.compile(r"\s{0,3}[\[【(<][^\]】)>\n]{0,24}$")
# What chat templates put around answers, and how our prompt ends a passage.
_TEMPLATE_MARK = re.compile(r"<\|[^<>|\n]{0,40}\|>|</?s>|</passage>", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # a terminal would obey some of them
# What nobody sees: turns what follows, our marks too, from right to left; hides between a full stop and its sentence.
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u00ad\u180e\u200b\u2060\ufeff\U000e0000-\U000e007f]")
_HALVES = re.compile("[\ud800-\udfff]")  # of surrogate pairs, which are no text
# A link that the sentence's end has cut: its words are kept.
_CUT_LINK = re.compile(r"!?\[([^\[\]\n]*+)\]\([^()\s]*+$")
_STRUCK = re.compile(r"~~[^~\n]++~~ ?")  # taken back by the model itself
_CODE = " " * 4  # before a line of code, as Markdown has it: conversations.layout.code_indent reads it
_RANGE = re.compile(r"(\d{1,3})\s*[-–]\s*\^?(\d{1,3})")
_WIDEST_RANGE = 10  # passages; a wider one is a year or a number of pages; set by hand


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence as a model wrote it: its words without Markdown, and the numbers that it cites.

    `before` parts it from the sentence before, as in `records.Sentence`.
    """

    text: str
    numbers: tuple[int, ...]
    before: str
    is_code: bool = False
    is_heading: bool = False


class SentenceReader:
    """Takes what a model writes and gives each sentence when it has ended."""

    def __init__(self) -> None:
        self._unread = ""
        self._in_code = False
        self._line_begins = True
        self._in_heading = False
        self._paragraph_ended = False

    @property
    def draft(self) -> str:
        """The words of what has not ended yet."""
        return _words(_OPEN_MARK.sub("", self._unread))[0]

    def feed(self, piece: str) -> list[Written]:
        """The sentences that have ended with this piece."""
        self._unread += _HALVES.sub("\ufffd", _HIDDEN.sub("", _UNSEEN.sub(" ", piece)))
        return list(self._read(at_end=False))

    def finish(self) -> list[Written]:
        """What is left when nothing more comes."""
        return list(self._read(at_end=True))

    def _read(self, *, at_end: bool) -> Iterator[Written]:
        while "\n" in self._unread:
            line, _, self._unread = self._unread.partition("\n")
            yield from self._read_line(line)
        yield from self._read_line(self._unread) if at_end else self._read_ended()
        if at_end:
            self._unread = ""

    def _read_ended(self) -> Iterator[Written]:
        """The sentences of a line that still grows, but for its last one: it may grow too, or get its citation."""
        if self._in_code or _FENCE.match(self._unread) or _opens_code(self._unread):
            return
        *ended, growing = _edges(self._unread)
        if ended and _OPEN_MARK.fullmatch(self._unread[growing:]):
            growing = ended.pop()
        if ended:
            piece, self._unread = self._unread[:growing], self._unread[growing:]
            yield from self._read_piece(piece)

    def _read_line(self, line: str) -> Iterator[Written]:
        if _FENCE.match(line):
            self._in_code = not self._in_code
            self._line_begins = self._paragraph_ended = True
        elif self._in_code:
            if line.strip():
                gap = "\n\n" if self._paragraph_ended else "\n"
                indent = line[: len(line) - len(line.lstrip())]
                yield Written(line.strip(), (), f"{gap}{_CODE}{indent}", is_code=True)
                self._paragraph_ended = False
        else:
            yield from self._read_piece(line)
            self._paragraph_ended = self._paragraph_ended or not line.strip()
            self._line_begins = True

    def _read_piece(self, piece: str) -> Iterator[Written]:
        """The sentences of a piece of one line; what stands between them belongs to the one before."""
        before = ""
        if self._line_begins and (lead := _LEAD.match(piece)):
            self._in_heading = bool(lead[1]) or bool(_BOLD_LINE.fullmatch(piece, lead.end()))
            before = _parting(lead[2] or "", paragraph=self._paragraph_ended or self._in_heading)
            piece = piece[lead.end() :]
        for part in _parts(piece):
            words, numbers = _words(part)
            if any(map(str.isalnum, words)):
                yield Written(words, numbers, before or " ", is_heading=self._in_heading)
                before, self._line_begins, self._paragraph_ended = "", False, False


def _parting(bullet: str, *, paragraph: bool) -> str:
    return f"\n{bullet} " if bullet else "\n\n" if paragraph else "\n"


def _parts(line: str) -> Iterator[str]:
    """The sentences of a line, each with the citations that follow its full stop."""
    edges = [*_edges(line), len(line)]
    return (line[a:b] for a, b in pairwise(edges) if line[a:b].strip())


def _edges(line: str) -> list[int]:
    """Where the sentences of a line begin; a citation belongs to the sentence before it."""
    edges = [0]
    for start, _ in sentences(line, 0, len(line))[1:]:
        while match := _MARK.match(line, start):
            start = match.end()
        if line[start:].strip():
            edges.append(start)
    return sorted(set(edges))


def _opens_code(line: str) -> bool:
    """Whether inline code has begun that may hold full stops and has not ended."""
    inside = sum(line.count("`", start, end) for start, end in code_spans(line, 0, len(line)))
    return line.count("`") > inside


def _words(text: str) -> tuple[str, tuple[int, ...]]:
    """The words of a sentence without the marks of citations, and the numbers in these."""
    numbers = [number for match in _MARK.finditer(text) for number in _cited(next(filter(None, match.groups())))]
    text = _STRUCK.sub("", text)
    words = plain_text(_CUT_LINK.sub(r"\1", _TEMPLATE_MARK.sub("", _MARK.sub("", text))))
    return words, tuple(dict.fromkeys(numbers))


def _cited(mark: str) -> list[int]:
    """The numbers of a mark: "1, 3", "2-4"."""
    ranges = [
        number
        for first, last in _RANGE.findall(mark)
        if 0 <= int(last) - int(first) <= _WIDEST_RANGE
        for number in range(int(first), int(last) + 1)
    ]
    return sorted({*ranges, *map(int, re.findall(r"\d+", mark))})
