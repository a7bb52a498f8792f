"""The lines that sentences are checked against, read and embedded once for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_bot.check.meaning import Meaning, Vectors
from rag_bot.check.reading.statement import Statement, read_statement
from rag_bot.check.reading.tokens import Term
from rag_bot.check.records import CitedLine
from rag_bot.text.sentences import asks, sentences
from rag_bot.text.terms import ENGLISH, LANGUAGES, detect, words_of

_CONTEXT_EMBEDDED = 200  # characters, the nearest to the line


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as a check reads it: its own words, and those above it."""

    own: Statement
    above: Statement

    @property
    def asks(self) -> bool:
        """Whether the line is a question: it states nothing."""
        return asks(self.own.text)

    @property
    def terms(self) -> frozenset[Term]:
        return self.own.terms | self.above.terms


@dataclass(frozen=True, slots=True)
class CheckedLines:
    """Lines, what was read of each, and their unit vectors, shape [len(lines), dimensions]."""

    lines: tuple[CitedLine, ...]
    read: tuple[ReadLine, ...]
    vectors: Vectors
    languages: tuple[str, ...]


def read_evidence(lines: Sequence[CitedLine], meaning: Meaning) -> CheckedLines:
    """Read and embed these lines."""
    languages = _languages(lines)
    parted = [_without_questions(line) for line in lines]
    above = {context: read_statement(context, languages) for context in {line.context for line in parted}}
    read = tuple(ReadLine(read_statement(line.text, languages), above[line.context]) for line in parted)
    vectors = meaning.of_texts([_embedded(one) for one in read])
    return CheckedLines(tuple(lines), read, vectors, languages)


def _without_questions(line: CitedLine) -> CitedLine:
    """A line that asks and answers, as it is read: its questions state nothing, and belong to what stands above."""
    pieces = [line.text[start:end] for start, end in sentences(line.text, 0, len(line.text))]
    asked = [piece for piece in pieces if asks(piece)]
    if not asked or len(asked) == len(pieces):
        return line
    stated = " ".join(piece for piece in pieces if piece not in asked)
    return CitedLine(stated, " > ".join(part for part in (line.context, *asked) if part))


def _languages(lines: Sequence[CitedLine]) -> tuple[str, ...]:
    """English, and every language that the lines show clearly."""
    texts = [f"{line.context} {line.text}"[:2_000] for line in lines]
    found = {detect(words_of(text), LANGUAGES) for text in (*texts, " ".join(texts)[:20_000])}
    return (ENGLISH, *sorted(found - {ENGLISH}))


def _embedded(read: ReadLine) -> str:
    above = read.above.text[-_CONTEXT_EMBEDDED:]
    return f"{above}\n{read.own.text}" if above else read.own.text
