"""Blocks -> tasks: `- [ ] words` and Logseq's `TODO`, with the days of the Tasks plugin and of Dataview's fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_bot.markdown.blocks import Block, Kind
from rag_bot.markdown.plain import plain_text
from rag_bot.records import Task

# What a box may have in it as people's themes show them; a number or letter is a reference: "- [1] Smith 2020".
_BOX = r"\[(?P<mark>[ xX/<>!?*-])\]"
_WORDS = {"TODO": " ", "LATER": " ", "WAITING": " ", "DOING": "/", "NOW": "/", "DONE": "x", "CANCELED": "-"}
_MARKER = r"(?:[-*+]|\d{1,9}[.)])[ \t]+"
_TASK = re.compile(rf"{_MARKER}(?:{_BOX}|(?P<word>{'|'.join(_WORDS)}))[ \t]+(?P<text>\S[^\r\n]*)")
_ANYWHERE = re.compile(rf"^[ \t>]*{_MARKER}(?:{_BOX}|(?:{'|'.join(_WORDS)})[ \t])", re.MULTILINE)
_DAY = r"(\d{4}-\d{2}-\d{2})"
# Emoji or fields in brackets (publish.obsidian.md/tasks, "Task Formats"); Logseq has "DEADLINE: <2026-04-01".
_DUE = re.compile(rf"(?:[📅📆🗓]\ufe0f?[ \t]*|\bdue::[ \t]*|\bDEADLINE:[ \t]*<){_DAY}")
# The day it is planned for, which counts where it has no due day; Logseq has "SCHEDULED: <2026-04-01".
_SCHEDULED = re.compile(rf"(?:[⏳⌛]\ufe0f?[ \t]*|\bscheduled::[ \t]*|\bSCHEDULED:[ \t]*<){_DAY}")
_DONE = re.compile(rf"(?:✅[ \t]*|\bcompletion::[ \t]*){_DAY}")


def may_have_tasks(text: str) -> bool:
    """Whether it pays to parse a text for its tasks."""
    return _ANYWHERE.search(text) is not None


def tasks_in(path: str, text: str, blocks: Sequence[Block]) -> Iterator[Task]:
    """The tasks of a note, in order; what looks like one in code is none."""
    for block in blocks:
        item = text[block.span.start_char : block.span.end_char]
        match = _TASK.match(item) if block.kind is Kind.ITEM else None
        if match:
            due, done = _DUE.search(item) or _SCHEDULED.search(item), _DONE.search(item)
            yield Task(
                note_path=path,
                line=block.span.start_line,
                mark=match["mark"].lower() if match["mark"] else _WORDS[match["word"]],
                text=plain_text(match["text"]),
                above=(*block.headings, *block.ancestors),
                due=due[1] if due else "",
                done=done[1] if done else "",
            )
