"""Sentences of a model -> sentences with citations: code decides which lines stand behind each, and numbers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from rag_bot.check import CheckedLines, Checker, CitedLine, SentenceSupport
from rag_bot.markdown import Kind, Line, LineIndex, asks
from rag_bot.query.extent import text_of
from rag_bot.query.prose.passages import Passage, quotable
from rag_bot.query.prose.reading import Written
from rag_bot.query.quotes import quote_lines
from rag_bot.records import NO_CLAIM, PARTLY, SUPPORTED, UNSUPPORTED, Citation, Note, Quote, Sentence
from rag_bot.store.staleness import change_since

_CLAUSE_WORDS = 3
_RANKS = (UNSUPPORTED, PARTLY, SUPPORTED, NO_CLAIM)


class Citer:
    """Checks sentences against the passages that their model was given. `citations` grow in the order of first use."""

    def __init__(self, checker: Checker, passages: Sequence[Passage], question: str) -> None:
        self._checker = checker
        self._question = question
        clauses = [(passage, unit, line) for passage, unit in quotable(passages) for line in _clauses(passage, unit)]
        self._lines: list[tuple[Passage, Line]] = [(passage, unit) for passage, unit, _ in clauses]
        self._reading = _begin(partial(checker.read, [line for _, _, line in clauses]))
        self.citations: list[Citation] = []

    def cite(self, written: Written) -> Sentence:
        """The sentence with the lines that support it, whatever numbers its model gave."""
        verdict = self._judge(written)
        if verdict.support == SUPPORTED and asks(written.text):
            verdict = SentenceSupport(NO_CLAIM, (), (), 0.0)  # it only repeats what the notes ask
        numbers = () if verdict.support in (UNSUPPORTED, NO_CLAIM) else self._numbers(verdict)
        return Sentence(written.text, numbers, verdict.support, verdict.reasons, written.before)

    def _judge(self, written: Written) -> SentenceSupport:
        """What the cited passages say, or all of them where those do not support it."""
        among = [index for index, (passage, _) in enumerate(self._lines) if passage.number in written.numbers]
        cited = self._check(written.text, among) if among else None
        if cited and cited.support in (SUPPORTED, NO_CLAIM):
            return cited
        best = self._check(written.text, None)
        return cited if cited and _RANKS.index(cited.support) >= _RANKS.index(best.support) else best

    def _check(self, text: str, among: Sequence[int] | None) -> SentenceSupport:
        return self._checker.check(text, self._reading.result(), among=among, question=self._question)

    def _numbers(self, verdict: SentenceSupport) -> tuple[int, ...]:
        quotes = _joined([self._lines[index] for index in verdict.lines], verdict.score)
        return tuple(sorted({self._number(note, quote) for note, quote in quotes}))

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


def _begin(read: Callable[[], CheckedLines]) -> Future[CheckedLines]:
    """Reads the lines beside the model, which takes its time for the first words."""
    with_one = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evidence")
    reading = with_one.submit(read)
    with_one.shutdown(wait=False)
    return reading


def _clauses(passage: Passage, unit: Line) -> list[CitedLine]:
    """A line as the checker reads it: statements with a semicolon between them are apart, or it would mix them."""
    above = dict.fromkeys((passage.note.title, *unit.headings, *unit.ancestors))
    context = " > ".join(part for part in above if part)
    text = text_of(passage.note, unit.span)
    parts = [] if unit.kind is Kind.CODE else text.split("; ")
    apart = len(parts) > 1 and all(len(part.split()) >= _CLAUSE_WORDS for part in parts)
    return [CitedLine(part, context) for part in (parts if apart else [text])]


def _joined(lines: Sequence[tuple[Passage, Line]], score: float) -> Iterator[tuple[Note, Quote]]:
    """The lines as quotes; those with nothing but white space between them are one."""
    once = {(line[0].note.path, line[1].span.start_char): line for line in lines}
    ordered = [once[place] for place in sorted(once)]
    groups: list[list[tuple[Passage, Line]]] = []
    for passage, unit in ordered:
        if groups and _adjoins(groups[-1][-1], passage, unit):
            groups[-1].append((passage, unit))
        else:
            groups.append([(passage, unit)])
    return ((group[0][0].note, _quote(group, score)) for group in groups)


def _adjoins(last: tuple[Passage, Line], passage: Passage, unit: Line) -> bool:
    between = passage.note.text[last[1].span.end_char : unit.span.start_char]
    return last[0].note.path == passage.note.path and not between.strip()


def _quote(group: Sequence[tuple[Passage, Line]], score: float) -> Quote:
    (passage, first) = group[0]
    note = passage.note
    end = max(unit.span.end_char for _, unit in group)
    return quote_lines(note, first, LineIndex.of(note.text).span(first.span.start_char, end), score)
