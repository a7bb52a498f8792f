"""Questions with known answers, one JSON object a line.

Evidence names a note and a verbatim quote of it, so that cases survive another way of cutting the notes into chunks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_bot.errors import UsageError


@dataclass(frozen=True, slots=True)
class Evidence:
    """A note's path and text that stands in it."""

    path: str
    quote: str


@dataclass(frozen=True, slots=True)
class Case:
    """A question, what its answer must match (a regular expression), and where that stands; or not answerable."""

    id: str
    question: str
    kind: str
    answerable: bool
    pattern: str
    evidence: tuple[Evidence, ...]


def read_cases(path: Path) -> list[Case]:
    """The cases of a file.

    Raises:
        UsageError: the file is missing, or a line is no case; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The questions {path} cannot be read: {error}. Give a file of one JSON object a line."
        ) from error
    cases = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            cases.append(_read_case(line, f"{path}:{number}"))
    if not cases:
        raise UsageError(f"{path} holds no questions.")
    return cases


def _read_case(line: str, place: str) -> Case:
    try:
        values: dict[str, Any] = json.loads(line)
        re.compile(values["pattern"])
        evidence = tuple(Evidence(one["path"], one["quote"]) for one in values["evidence"])
        names = ("id", "question", "kind", "answerable", "pattern")
        return Case(**{name: values[name] for name in names}, evidence=evidence)
    except (ValueError, KeyError, TypeError, re.error) as error:
        raise UsageError(f"{place} is no case: {type(error).__name__} {error}.") from error
