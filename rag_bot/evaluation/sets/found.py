"""What questions found, kept on disk as they are asked, so that a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import rag_bot
from rag_bot.files import write_whole

_DECIDING = (
    *("models", "text", "markdown", "query", "store", "library.py", "records"),
    *("evaluation/sets", "evaluation/cases.py", "evaluation/judge.py", "evaluation/scores.py"),
)


def digest_of(*values: Any) -> str:
    """A short hash of values that JSON can hold."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Changes with any line of the code that decides what a question finds in an index, and what of it is kept."""
    package = Path(rag_bot.__file__).parent
    parts = [package / part for part in _DECIDING]
    files = sorted(file for part in parts for file in (part.rglob("*.py") if part.is_dir() else [part]))
    return digest_of([[file.relative_to(package).as_posix(), file.read_text(encoding="utf-8")] for file in files])


class FoundStore:
    """One file for one way of asking: a line of JSON that says which, then one for each question, in any order.

    A line that a kill cut short counts as not written.
    """

    def __init__(self, folder: Path, way: Mapping[str, Any]) -> None:
        self.path = folder / f"{digest_of(way)}.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        kept = list(self._lines()) or [dict(way)]
        write_whole(self.path, "".join(f"{_line(one)}\n" for one in kept))
        self._known = {one["id"]: one for one in kept[1:]}
        self._file = self.path.open("a", encoding="utf-8")

    def close(self) -> None:
        self._file.close()

    def get(self, question_id: str, text: str) -> Any | None:
        """What this question found; None if it was not asked yet, or in other words."""
        one = self._known.get(question_id)
        return one["found"] if one and one["question"] == text else None

    def keep(self, question_id: str, text: str, found: Any) -> None:
        self._known[question_id] = {"id": question_id, "question": text, "found": found}
        self._file.write(f"{_line(self._known[question_id])}\n")
        self._file.flush()

    def _lines(self) -> Iterator[dict[str, Any]]:
        with suppress(FileNotFoundError), self.path.open(encoding="utf-8") as lines:
            for line in lines:
                with suppress(ValueError):
                    yield json.loads(line)


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, default=str)
