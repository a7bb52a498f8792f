"""Sentences of a model -> sentences with citations: code decides which lines stand behind each, and numbers them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from rag_bot.check import Checker, CitedLine, SentenceSupport
from rag_bot.markdown import Line, LineIndex
from rag_bot.query.lines import text_of
from rag_bot.query.prose.prompt import NO_ANSWER, Passage, lines_with_content
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
from rag_bot.text.sentences import announces

_RANKS = (UNSUPPORTED, REWORDED, SUPPORTED, NO_CLAIM)
_NOTHING_CLAIMED = SentenceSupport(NO_CLAIM, (), (), 0.0)
_LONGEST_REFUSAL = 400  # characters of a sentence that are looked at; set by hand
_WHERE = (
    r"(?:your |the |these |those |this |any of the |my |provided |given )*(?:notes?|passages?|text|context|sources?)"
)
# A sentence that says that the notes hold no answer: "The passages do not mention it", "I could not find …", also in
# German and Spanish.
_REFUSALS = re.compile(
    rf"{NO_ANSWER}"
    rf"|\bnot (?:in|mentioned in|stated in|found in|answered (?:in|by)|covered (?:in|by)|part of) {_WHERE}\b"
    rf"|{_WHERE} (?:do|does|did)(?: not|n['’]t) (?:say|contain|mention|answer|tell|provide|include|specify|state|give"
    r"|hold|have|cover|address|explain|describe|discuss)"
    rf"|\bno(?:ne| information| mention| answer| passage| note)?\b[^.]{{0,40}}\b(?:in|of) {_WHERE}\b"
    r"|\b(?:i|we) (?:do not|don['’]t|cannot|can['’]t|could not|couldn['’]t)"
    r" (?:know|find|answer|tell|determine|see)\b"
    r"|\b(?:steht|stehen|finde|findet|enthalten)\b[^.]{0,40}\bnicht\b|\bnicht in (?:den|deinen|ihren) notizen\b"
    r"|\bno (?:está|aparece|se menciona) en (?:las|tus|sus) notas\b",
    re.IGNORECASE,
)
_LOG = logging.getLogger(__name__)


class Citer:
    """Checks sentences against the passages that their model was given. `citations` grow in the order of first use."""

    def __init__(self, checker: Checker, passages: Sequence[Passage], query: str) -> None:
        self._checker = checker
        self._query = query
        self._lines = list(lines_with_content(passages))
        lines = [_with_context(passage, line) for passage, line in self._lines]
        # The lines are read beside the model, which takes its time for the first words.
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evidence")
        self._reading = thread.submit(checker.read, lines)
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

        A heading, a question, what leads to the next sentence and a no without another clause have no lines; but a
        number in a heading is a claim.
        """
        if written.is_heading and not any(map(str.isdigit, written.text)):
            return _NOTHING_CLAIMED
        cited = [index for index, (passage, _) in enumerate(self._lines) if passage.number in written.numbers]
        support = max(self._checks(written.text, cited), key=lambda found: _RANKS.index(found.support))
        if support.support != UNSUPPORTED and (written.is_heading or announces(written.text)):
            return _NOTHING_CLAIMED
        if support.support != SUPPORTED and refuses(written.text) and "," not in written.text:
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


def refuses(sentence: str) -> bool:
    """Whether a sentence says that the passages hold no answer."""
    return bool(_REFUSALS.search(" ".join(sentence.split())[:_LONGEST_REFUSAL]))


def _with_context(passage: Passage, line: Line) -> CitedLine:
    above = dict.fromkeys((passage.note.title, *line.headings, *line.ancestors))
    return CitedLine(text_of(passage.note, line.span), " > ".join(part for part in above if part))


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
