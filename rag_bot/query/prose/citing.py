"""Sentences of a model -> sentences with citations: code decides which lines stand behind each, and numbers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from rag_bot.check import Checker, CitedLine, SentenceSupport
from rag_bot.markdown import Kind, Line, LineIndex
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
from rag_bot.text.sentences import asks

_CLAUSE_WORDS = 3  # the least of a statement that stands by itself; set by hand
_RANKS = (UNSUPPORTED, REWORDED, SUPPORTED, NO_CLAIM)


class Citer:
    """Checks sentences against the passages that their model was given. `citations` grow in the order of first use."""

    def __init__(self, checker: Checker, passages: Sequence[Passage], query: str) -> None:
        self._checker = checker
        self._query = query
        self._lines: list[tuple[Passage, Line]] = []  # one for each clause
        clauses: list[CitedLine] = []
        for passage, line in lines_with_content(passages):
            for clause in _clauses(passage, line):
                self._lines.append((passage, line))
                clauses.append(clause)
        # The lines are read beside the model, which takes its time for the first words.
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evidence")
        self._reading = thread.submit(checker.read, clauses)
        thread.shutdown(wait=False)
        self.citations: list[Citation] = []

    def cite(self, written: Written) -> Sentence:
        """The sentence with the lines that support it, whatever numbers its model gave."""
        support = self._support(written)
        if support.support == SUPPORTED and asks(written.text):
            support = SentenceSupport(NO_CLAIM, (), (), 0.0)  # it only repeats what the notes ask
        numbers: set[int] = set()
        if support.support not in (UNSUPPORTED, NO_CLAIM):
            quotes = _joined([self._lines[index] for index in support.lines], support.score)
            numbers = {self._number(note, quote) for note, quote in quotes}
        return Sentence(written.text, tuple(sorted(numbers)), support.support, support.reasons, written.before)

    def _support(self, written: Written) -> SentenceSupport:
        """What the cited passages say, or all of them where those do not support it."""
        among = [index for index, (passage, _) in enumerate(self._lines) if passage.number in written.numbers]
        cited = self._check(written.text, among) if among else None
        if cited and cited.support in (SUPPORTED, NO_CLAIM):
            return cited
        best = self._check(written.text, None)
        return cited if cited and _RANKS.index(cited.support) >= _RANKS.index(best.support) else best

    def _check(self, text: str, among: Sequence[int] | None) -> SentenceSupport:
        return self._checker.check(text, self._reading.result(), among=among, question=self._query)

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


def _clauses(passage: Passage, line: Line) -> list[CitedLine]:
    """A line as the checker reads it: statements with a semicolon between them are apart, or it would mix them."""
    above = dict.fromkeys((passage.note.title, *line.headings, *line.ancestors))
    context = " > ".join(part for part in above if part)
    text = text_of(passage.note, line.span)
    parts = [] if line.kind is Kind.CODE else text.split("; ")
    apart = len(parts) > 1 and all(len(part.split()) >= _CLAUSE_WORDS for part in parts)
    return [CitedLine(part, context) for part in (parts if apart else [text])]


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
