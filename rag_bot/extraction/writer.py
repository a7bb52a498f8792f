"""Writes the text that is read of a file: Markdown, line by line, with landmarks that say where in the file it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import yaml

from rag_bot.records import Landmark

_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Must match what no text has: controls but for tabs, and lone halves of surrogate pairs.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")

# Controls that no text has; the escapes of Japanese e-mails and line ends are some. Random bytes are a tenth of these.
_CONTROL = re.compile(b"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS, _SAMPLE = 0.05, 65_536  # share of the first bytes, and how many; set by hand


class CannotRead(Exception):
    """Why a file can't be read: the end of a sentence that begins with its name, without a full stop."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text that was read of a file, and where in the file its lines stand."""

    text: str
    places: tuple[Landmark, ...] = ()


@dataclass(slots=True)
class TextWriter:
    """Lines in the order of the file. Blank lines part what follows each other as `add` and `table` write it."""

    lines: list[str] = field(default_factory=list)
    places: list[Landmark] = field(default_factory=list)

    def front_matter(self, **values: str) -> None:
        """What is known of the file, as YAML; empty values are left out. Call it first."""
        known = {name: " ".join(clean(value).split()) for name, value in values.items()}
        if known := {name: value for name, value in known.items() if value}:
            self.lines += ["---", *yaml.safe_dump(known, allow_unicode=True, sort_keys=False, width=1e9).splitlines()]
            self.lines += ["---"]

    def mark(self, name: str, number: int = 0, step: int = 0) -> None:
        """What is added from here on stands there in the file; see `Landmark`."""
        self.places.append(Landmark(len(self.lines) + bool(self.lines) + 1, name, number, step))

    def add(self, text: str, *, apart: bool = True) -> None:
        """Some lines, after a blank one unless they belong to the line before; blank text adds nothing."""
        lines = [line.rstrip() for line in clean(text).split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            lines.pop(0)
        if lines and apart and self.lines:
            self.lines.append("")
        self.lines += lines

    def code(self, text: str, language: str = "") -> None:
        """Lines that are shown as they are, in a fence that is longer than any in them."""
        longest = max(map(len, re.findall("`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        if text.strip():
            self.add(f"{fence}{language}\n{text.rstrip()}\n{fence}")

    def table(self, rows: Iterable[Sequence[str]], *, rows_of: str | None = None, first_row: int = 1) -> None:
        """Rows of cells, the first of them the header. With `rows_of` ("sheet Prices, ") each is a landmark."""
        cells = [[cell_text(cell) for cell in row] for row in rows]
        width = max(map(len, cells), default=0)
        if not width:
            return
        written = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in cells]
        if rows_of is not None:
            self.mark(f"{rows_of}row", first_row)
            self.places.append(Landmark(self.places[-1].line + 2, f"{rows_of}row", first_row + 1, 1))
        self.add("\n".join([written[0], f"|{' --- |' * width}", *written[1:]]))

    def done(self) -> Extracted:
        return Extracted("\n".join(self.lines) + "\n", tuple(self.places))


def refuse_binary(data: bytes) -> None:
    """Raises CannotRead for bytes that are no text in an encoding of ASCII's kind: controls are many among them."""
    sample = data[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > _MOST_CONTROLS * len(sample):
        raise CannotRead("holds no text but binary data")


def clean(text: str) -> str:
    """The text with one kind of line end, and nothing in it that is no text."""
    return _UNSEEN.sub("", _LINE_END.sub("\n", text))


def cell_text(text: str) -> str:
    """What may stand in a cell: one line, in which a bar is none between cells."""
    return " ".join(clean(text).split()).replace("|", "\\|")


def own_title(title: str, text: str) -> str:
    """A title from a file's properties, if its text begins with it: the others are a program's, or a template's."""
    words = " ".join(title.split())
    return words if words and words.casefold() in " ".join(text[:5_000].split()).casefold() else ""
