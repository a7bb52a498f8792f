"""Files of one JSON object a line, read as records; what is wrong with them is said with the numbers of the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from rag_bot.errors import UsageError, reason_of

_MOST_FAULTS = 10  # of a file that are named; by eye


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=_Identified)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a file."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True)
class JsonLines(Generic[Row]):
    """A format: `noun` is what a line is, `content` what a file holds; `problems` says what makes a record useless."""

    record: TypeAdapter[Row]
    noun: str
    content: str
    problems: Callable[[Row], list[str]]

    def read(self, path: Path) -> list[Row]:
        """The records of a file.

        Raises:
            UsageError: the file is missing or holds none, or lines are no records or repeat an id; the message names
                all faults, up to ten, each with its line.
        """
        lines = list(self.lines(path))
        if faults := [line for line in lines if isinstance(line, Fault)]:
            named = [f"line {fault.line} {fault.problem}" for fault in faults[:_MOST_FAULTS]]
            named[0] = f"{path}:{faults[0].line} {faults[0].problem}"
            if len(faults) > _MOST_FAULTS:
                named.append(f"and {len(faults) - _MOST_FAULTS:,} more")
            raise UsageError(f"{'; '.join(named)}. Mend {'them' if len(faults) > 1 else 'it'}, and run again.")
        if not lines:
            raise UsageError(f"{path} holds no {self.content}.")
        return [line for line in lines if not isinstance(line, Fault)]

    def lines(self, path: Path) -> Iterator[Row | Fault]:
        """Every line as a record, or what is wrong with it. Raises UsageError where the file cannot be read."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The {self.content} {path} cannot be read: {reason_of(error)}. Give a file of one JSON object a line."
            ) from error
        seen: dict[str, int] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                row = self.record.validate_json(line)
            except ValidationError as error:
                for fault in error.errors():
                    named = f"{'.'.join(map(str, fault['loc']))} {fault['msg']}".strip()
                    yield Fault(number, f"is no {self.noun}: {named}")
                continue
            if row.id and row.id in seen:
                yield Fault(number, f"repeats the id {row.id!r} of line {seen[row.id]}")
            problems = [*([] if row.id else ["its id is empty"]), *self.problems(row)]
            yield from (Fault(number, f"is no {self.noun}: {problem}") for problem in problems)
            if not problems:
                yield row
            seen.setdefault(row.id, number)
