"""Sentences of a model -> sentences with citations: code decides which lines stand behind each, and numbers them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from rag_bot.check import Checker, CitedLine, SentenceSupport
from rag_bot.markdown import Kind, Line, LineIndex, plain_text
from rag_bot.query.lines import text_of
from rag_bot.query.prose.prompt import Passage, lines_with_content
from rag_bot.query.prose.written import Written
from rag_bot.query.quotes import quote_lines
from rag_bot.records import (
    ANSWERED,
    NO_CLAIM,
    REWORDED,
    SUPPORTED,
    UNSUPPORTED,
    Answer,
    Citation,
    Difference,
    Note,
    Quote,
    Sentence,
)
from rag_bot.store.staleness import change_since
from rag_bot.text.sentences import announces, sentences

_STATEMENT_WORDS = 3  # the least of a statement that stands by itself; set by hand
_RANKS = (UNSUPPORTED, REWORDED, SUPPORTED, NO_CLAIM)
_NOTHING_CLAIMED = SentenceSupport(NO_CLAIM, (), (), 0.0)
_LOG = logging.getLogger(__name__)


class Citer:
    """Checks sentences against the passages that their model was given. `citations` grow in the order of first use."""

    def __init__(self, checker: Checker, passages: Sequence[Passage], query: str) -> None:
        self._checker = checker
        self._query = query
        self._lines: list[tuple[Passage, Line]] = []  # one for each statement
        statements: list[CitedLine] = []
        self._verbatim: dict[str, list[int]] = defaultdict(list)  # what can be repeated -> where it stands
        for passage, line in lines_with_content(passages):
            for words in _repeatable(passage, line):
                self._verbatim[words].append(len(self._lines))
            for statement in _statements(passage, line):
                self._lines.append((passage, line))
                statements.append(statement)
        # The lines are read beside the model, which takes its time for the first words.
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evidence")
        self._reading = thread.submit(checker.read, statements)
        thread.shutdown(wait=False)
        self.citations: list[Citation] = []

    def cite(self, written: Written) -> Sentence:
        """The sentence with the lines that support it, whatever numbers its model gave.

        Where the check itself fails, nothing is claimed of the sentence, and the answer goes on.
        """
        try:
            support = self._support(written)
            quotes = _joined([self._lines[index] for index in support.lines], support.score)
        except Exception as error:  # noqa: BLE001 - the outermost edge of the check
            _LOG.warning("A sentence could not be checked: %r", error)  # its text may hold what a terminal obeys
            support, quotes = SentenceSupport(REWORDED, (), ("it could not be checked",), 0.0), []
        numbers = {self._number(note, quote) for note, quote in quotes}
        return Sentence(written.text, tuple(sorted(numbers)), support.support, support.reasons, written.before)

    def _support(self, written: Written) -> SentenceSupport:
        """What all passages say to a sentence. Of equal ones those that it cites are preferred.

        A heading, a question and what leads to the next sentence have no lines; but a number in a heading is a claim.
        """
        if written.is_heading and not any(map(str.isdigit, written.text)):
            return _NOTHING_CLAIMED
        cited = [index for index, (passage, _) in enumerate(self._lines) if passage.number in written.numbers]
        if places := self._verbatim.get(_bare(written.text)):
            place = next((place for place in places if place in cited), places[0])
            support = SentenceSupport(SUPPORTED, (place,), (), 1.0)
        else:
            support = max(self._checks(written.text, cited), key=lambda found: _RANKS.index(found.support))
        if support.support != UNSUPPORTED and (written.is_heading or announces(written.text)):
            return _NOTHING_CLAIMED
        return replace(support, lines=()) if support.support in (UNSUPPORTED, NO_CLAIM) else support

    def _checks(self, text: str, cited: Sequence[int]) -> Iterator[SentenceSupport]:
        """Against the cited lines, and against all where those do not support it."""
        evidence = self._reading.result()
        if cited:
            support = self._checker.check(text, evidence, among=cited, question=self._query)
            yield support
            if support.support in (SUPPORTED, NO_CLAIM):
                return
        yield self._checker.check(text, evidence, question=self._query)

    def cite_found(self, found: Answer, notes: Mapping[str, Note]) -> tuple[Difference, ...]:
        """Adds what must not stay hidden of the lines found, whatever a model made of them.

        The best one where they answer, and those that differ from one that is cited. Gives the differences.
        """
        if found.verdict == ANSWERED:
            self._citing(found.citations[0].quote, notes)
        differences = []
        for difference in found.differences:
            quotes = [found.citations[number - 1].quote for number in difference.citations]
            if any(map(self._overlapping, quotes)):
                numbers = tuple(self._citing(quote, notes) for quote in quotes)
                differences.append(replace(difference, citations=numbers))
        return tuple(differences)

    def _citing(self, quote: Quote, notes: Mapping[str, Note]) -> int:
        """The number of a citation with some of these lines, or the next one."""
        return self._overlapping(quote) or self._number(notes[quote.note_path], quote)

    def _overlapping(self, quote: Quote) -> int | None:
        """The number of the first citation with some of these lines."""
        for citation in self.citations:
            other = citation.quote
            if other.note_path == quote.note_path and max(other.start_char, quote.start_char) < min(
                other.end_char, quote.end_char
            ):
                return citation.number
        return None

    def _number(self, note: Note, quote: Quote) -> int:
        """That of a citation that holds these lines already, or the next one."""
        for citation in self.citations:
            other = citation.quote
            inside = other.start_char <= quote.start_char and quote.end_char <= other.end_char
            if other.note_path == quote.note_path and inside:
                return citation.number
        number = len(self.citations) + 1
        self.citations.append(Citation(number, quote, change_since(note, quote.text)))
        return number


def _statements(passage: Passage, line: Line) -> list[CitedLine]:
    """A line as the checker reads it: statements with a semicolon between them are apart, or it would mix them."""
    above = dict.fromkeys((passage.note.title, *line.headings, *line.ancestors))
    context = " > ".join(part for part in above if part)
    text = text_of(passage.note, line.span)
    parts = [] if line.kind is Kind.CODE else text.split("; ")
    apart = len(parts) > 1 and all(len(part.split()) >= _STATEMENT_WORDS for part in parts)
    return [CitedLine(part, context) for part in (parts if apart else [text])]


def _repeatable(passage: Passage, line: Line) -> set[str]:
    """The words of a line, and of each of its sentences that can stand by itself."""
    text = text_of(passage.note, line.span)
    parts = [text[start:end] for start, end in sentences(text, 0, len(text))]
    return {_bare(part) for part in (text, *(part for part in parts if len(part.split()) >= _STATEMENT_WORDS))} - {""}


def _bare(text: str) -> str:
    """The words as they stand, but for emphasis, quotation marks around them, and the full stop."""
    return plain_text(text).strip("\"'“”‘’*_ .")


def _joined(lines: Sequence[tuple[Passage, Line]], score: float) -> list[tuple[Note, Quote]]:
    """The lines as quotes; those with nothing but white space between them are one."""
    once = {(passage.note.path, line.span.start_char): (passage.note, line) for passage, line in lines}
    groups: list[tuple[Note, list[Line]]] = []
    for _, (note, line) in sorted(once.items(), key=lambda item: item[0]):
        if groups and groups[-1][0].path == note.path:
            last = groups[-1][1][-1]
            if not note.text[last.span.end_char : line.span.start_char].strip():
                groups[-1][1].append(line)
                continue
        groups.append((note, [line]))
    quotes = []
    for note, group in groups:
        end = max(line.span.end_char for line in group)
        span = LineIndex.of(note.text).span(group[0].span.start_char, end)
        quotes.append((note, quote_lines(note, group[0], span, score)))
    return quotes
