"""The lines that sentences are checked against, read and embedded once for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_bot.query.check.meaning import Meaning, Vectors
from rag_bot.query.check.records import Line
from rag_bot.query.check.statement import Statement, read_statement
from rag_bot.query.check.tokens import Term
from rag_bot.store.analysis import ENGLISH, LANGUAGES, detect, words_of

_CONTEXT_EMBEDDED = 200  # characters, the nearest to the line


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as a check reads it: its own words, and those above it."""

    own: Statement
    above: Statement

    @property
    def asks(self) -> bool:
        """Whether the line is a question: it states nothing."""
        return self.own.text.endswith(("?", "？"))

    @property
    def terms(self) -> frozenset[Term]:
        return self.own.terms | self.above.terms


@dataclass(frozen=True, slots=True)
class Evidence:
    """Lines, what was read of each, and their unit vectors, shape [len(lines), dimensions]."""

    lines: tuple[Line, ...]
    read: tuple[ReadLine, ...]
    vectors: Vectors
    languages: tuple[str, ...]


def read_evidence(lines: Sequence[Line], meaning: Meaning) -> Evidence:
    """Read and embed these lines."""
    languages = _languages(lines)
    above = {context: read_statement(context, languages) for context in {line.context for line in lines}}
    read = tuple(ReadLine(read_statement(line.text, languages), above[line.context]) for line in lines)
    vectors = meaning.of_texts([_embedded(one) for one in read])
    return Evidence(tuple(lines), read, vectors, languages)


def _languages(lines: Sequence[Line]) -> tuple[str, ...]:
    """English, and every language that the lines show clearly."""
    texts = [f"{line.context} {line.text}"[:2_000] for line in lines]
    found = {detect(words_of(text), LANGUAGES) for text in (*texts, " ".join(texts)[:20_000])}
    return (ENGLISH, *sorted(found - {ENGLISH}))


def _embedded(read: ReadLine) -> str:
    above = read.above.text[-_CONTEXT_EMBEDDED:]
    return f"{above}\n{read.own.text}" if above else read.own.text
