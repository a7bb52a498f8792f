"""A folder of notes as the lines that the reader is given, and which of them answer a question."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import NoteUnreadable
from rag_bot.ingestion.readers import read_note
from rag_bot.markdown import Kind, Line, entries, quotable_lines
from rag_bot.query.lines import blocks_of, with_what_follows
from rag_bot.query.reading import context_of, reading_text
from rag_bot.records import Note

K1, B = 1.2, 0.75  # of BM25: the usual values
_LONGEST_PASSAGE = 450  # characters of its lines: what fits into the window with its context
_SHARED = 0.5  # of a line or a quote: from this on a line without the pattern counts as the quoted one

Question = Mapping[str, Any]
_WORD = re.compile(r"\w+")  # words as BM25 has them here: runs of letters and digits


@dataclass(frozen=True, slots=True)
class VaultLine:
    """A line as the reader gets it. `start` and `end` are characters of the note, with what follows the line."""

    path: str
    context: str
    text: str
    start: int
    end: int
    kind: Kind

    @property
    def bare(self) -> str:
        """The text without its context."""
        return self.text.removeprefix(f"{self.context}: ")


def words_of(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


class WordIndex:
    """Texts that are found by the words of a question (BM25)."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(words_of(text)) for text in texts]
        lengths = np.array([count.total() for count in counts])
        found = defaultdict[str, list[tuple[int, int]]](list)
        for index, count in enumerate(counts):
            for word, times in count.items():
                found[word].append((index, times))
        self._size = len(counts)
        self._postings: dict[str, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
        for word, pairs in found.items():
            at, times = np.array(pairs).T
            rarity = np.log(1 + (len(counts) - len(at) + 0.5) / (len(at) + 0.5))
            norm = K1 * (1 - B + B * lengths[at] / lengths.mean())
            self._postings[word] = (at, (rarity * times * (K1 + 1) / (times + norm)).astype(np.float32))

    def nearest(self, question: str, count: int) -> list[int]:
        """Indexes of the texts nearest by words, best first."""
        totals = np.zeros(self._size, dtype=np.float32)
        for word in set(words_of(question)):
            if word in self._postings:
                at, weights = self._postings[word]
                totals[at] += weights
        best = np.argsort(-totals, kind="stable")[:count]
        return [int(index) for index in best if totals[index] > 0]


@dataclass(frozen=True)
class Vault:
    """The lines of all notes, in order, and the notes' texts by path."""

    lines: Sequence[VaultLine]
    texts: Mapping[str, str]

    @staticmethod
    def read(folder: Path) -> Vault:
        """Every Markdown note below the folder that can be read; headings are no lines of their own."""
        lines, texts = list[VaultLine](), dict[str, str]()
        for file in sorted(folder.rglob("*.md")):
            path = file.relative_to(folder).as_posix()
            try:
                note = read_note(folder, path, label="notes")
            except NoteUnreadable:
                continue
            texts[path] = note.text
            for line in _lines_of(note):
                span = with_what_follows(note, line)
                text = reading_text(note, line)
                lines.append(VaultLine(path, context_of(note, line), text, span.start_char, span.end_char, line.kind))
        return Vault(lines, texts)

    @cached_property
    def line_index(self) -> WordIndex:
        return WordIndex([line.text for line in self.lines])

    @cached_property
    def passages(self) -> list[tuple[str, range]]:
        """The notes cut into passages: texts with their context, and the indexes of their lines."""
        found, first, length = list[tuple[str, range]](), 0, 0
        for index, line in enumerate(self.lines):
            length += len(line.bare)
            if index > first and (line.path != self.lines[first].path or length > _LONGEST_PASSAGE):
                found.append(self._passage(range(first, index)))
                first, length = index, len(line.bare)
        return [*found, self._passage(range(first, len(self.lines)))]

    @cached_property
    def passage_index(self) -> WordIndex:
        return WordIndex([text for text, _ in self.passages])

    def _passage(self, span: range) -> tuple[str, range]:
        return f"{self.lines[span[0]].context}: {' '.join(self.lines[at].bare for at in span)}", span

    def matches(self, index: int, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern is in a line, as the reader gets it or as it stands in the note."""
        line = self.lines[index]
        return bool(pattern.search(line.text) or pattern.search(self.texts[line.path][line.start : line.end]))

    def passage(self, index: int) -> tuple[str, range]:
        """Lines around a line, up to what the window holds, as one text with their context; and their indexes."""
        first = last = index
        length, middle = len(self.lines[index].bare), self.lines[index]
        for step in (1, 2, 3):
            for neighbour in (index + step, index - step):
                if neighbour not in (first - 1, last + 1) or not 0 <= neighbour < len(self.lines):
                    continue
                line = self.lines[neighbour]
                if line.path == middle.path and length + len(line.bare) <= _LONGEST_PASSAGE:
                    first, last = min(first, neighbour), max(last, neighbour)
                    length += len(line.bare)
        return self._passage(range(first, last + 1))


def _lines_of(note: Note) -> Iterator[Line]:
    """The lines of the whole note; of front matter whole entries."""
    blocks, start = blocks_of(note), 0
    if blocks and blocks[0].kind is Kind.FRONT_MATTER:
        yield from entries(note.text, quotable_lines(note.text, blocks[:1]))
        start = blocks[0].span.end_char
    for line in quotable_lines(note.text, blocks, start):
        if line.kind is not Kind.HEADING:
            yield line


def right_and_doubtful(vault: Vault, question: Question) -> tuple[set[int], set[int]]:
    """Indexes of the lines that answer, and of those of which neither should be said.

    Right is a line of the evidence that matches the pattern; where none of a quote's lines does (the parts of a
    comparison), each that shares most of it. Doubtful are the rest of the evidence, and other lines with the pattern.
    """
    if not question["answerable"]:
        return set(), set()
    pattern = re.compile(question["pattern"], re.IGNORECASE | re.DOTALL)
    right, touched = set[int](), set[int]()
    for evidence in question["evidence"]:
        start = vault.texts.get(evidence["path"], "").find(evidence["quote"])
        if start < 0:
            continue
        end = start + len(evidence["quote"])
        shared = {
            index: min(line.end, end) - max(line.start, start)
            for index, line in enumerate(vault.lines)
            if line.path == evidence["path"] and line.start < end and start < line.end
        }
        matching = {index for index in shared if vault.matches(index, pattern)}
        most = {
            index
            for index, length in shared.items()
            if length >= _SHARED * min(end - start, vault.lines[index].end - vault.lines[index].start)
        }
        right |= matching or most
        touched |= set(shared)
    same = {index for index in range(len(vault.lines)) if vault.matches(index, pattern)}
    return right, (touched | same) - right
