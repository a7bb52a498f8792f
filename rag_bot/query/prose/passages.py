"""Hits -> the numbered passages that a language model is given, within a budget of its tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag_bot.markdown import Kind, Line, quotable_lines
from rag_bot.query.extent import blocks_of, text_of
from rag_bot.records import Hit, Note

_ABOVE = " > "
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)  # hidden from who reads the note
_NAMING_KEYS = ("title:", "alias", "tag", "keywords:")
_LEAST_TOKENS = 24  # what is shorter than this at the end of the budget helps nobody

# How chat templates part the speakers, and how our own prompt parts the passages.
_ROLE_MARKS = re.compile(
    r"<[|｜][^<>\n]{0,60}>|<[^<>|｜\s][^<>|｜\n]{0,60}[|｜]>|\[\|[^\[\]\n]{0,60}\|\]|</?s>|<</?SYS>>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|THINK)\]"
    r"|<\s{0,3}/?\s{0,3}(?:start_of_turn|end_of_turn|bos|eos|think|tool_call|tool_response|passage|system|assistant|user)"
    r"\b(?:[^<>\n]{0,40}>)?",
    re.IGNORECASE,
)
_WEAKENED = str.maketrans("<>[]|｜", "‹›(),,")


@dataclass(frozen=True, slots=True)
class Passage:
    """A contiguous piece of a note: whole sentences, bullets and rows, which `lines` are.

    `place` is "Title > Heading > …"; `text` is what the model reads.
    """

    number: int
    note: Note
    place: str
    text: str
    lines: tuple[Line, ...]


def gather(hits: Sequence[Hit], budget: int, count: Callable[[str], int]) -> list[Passage]:
    """The passages of the best hits, numbered from 1, in at most `budget` tokens.

    The last one is cut after a sentence where it does not fit as a whole.
    """
    passages: list[Passage] = []
    for hit in hits:
        whole = _passage(len(passages) + 1, hit, lambda _: True)
        tokens = count(shown(whole))
        if tokens > budget:
            left = budget
            if left >= _LEAST_TOKENS and (cut := _cut(len(passages) + 1, hit, left, count)).lines:
                passages.append(cut)
            break
        if whole.lines:
            passages.append(whole)
            budget -= tokens
    return passages


def shown(passage: Passage) -> str:
    """A passage as it stands in the prompt."""
    return f"<passage {passage.number}> {as_data(passage.place)}\n{as_data(passage.text)}\n</passage>"


def as_data(text: str) -> str:
    """The text without what a chat template, or our prompt, would take for a change of speaker."""
    text = _COMMENT.sub("", text)
    return _ROLE_MARKS.sub(lambda match: match[0].translate(_WEAKENED), text)


def _passage(number: int, hit: Hit, fits: Callable[[str], bool]) -> Passage:
    note, chunk = hit.note, hit.chunk
    lines: list[Line] = []
    for line in quotable_lines(note.text, blocks_of(note), chunk.start_char, chunk.end_char):
        longer = note.text[chunk.start_char : line.span.end_char].strip("\r\n")
        if not fits(longer):
            break
        lines.append(line)
    while lines and lines[-1].kind is Kind.HEADING and len(lines) > 1:  # of what was cut off
        lines.pop()
    text = note.text[chunk.start_char : lines[-1].span.end_char].strip("\r\n") if lines else ""
    place = _ABOVE.join(dict.fromkeys((note.title, *chunk.headings)))
    return Passage(number, note, place, text, tuple(lines))


def _cut(number: int, hit: Hit, budget: int, count: Callable[[str], int]) -> Passage:
    head = count(shown(_passage(number, hit, lambda _: False)))
    return _passage(number, hit, lambda text: head + count(as_data(text)) <= budget)


def quotable(passages: Sequence[Passage]) -> Iterator[tuple[Passage, Line]]:
    """The lines of all passages that can say something, in order: headings and titles only name it."""
    return ((passage, line) for passage in passages for line in passage.lines if not _only_names(passage.note, line))


def _only_names(note: Note, line: Line) -> bool:
    text = text_of(note, line.span)
    names = line.kind is Kind.FRONT_MATTER and text.startswith(_NAMING_KEYS)
    return names or line.kind is Kind.HEADING or not _COMMENT.sub("", text).strip()
