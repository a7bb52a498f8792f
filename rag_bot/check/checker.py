"""One sentence that a language model wrote, and what the lines of notes that it cites say to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_bot.check.alignment import Alignment, ReadLine, align
from rag_bot.check.check_model import decide, open_check_model
from rag_bot.check.claims import claims_nothing, is_bare, is_yes_or_no, verbatim, without_lead
from rag_bot.check.judging import Finding, judge
from rag_bot.check.records import CitedLine, SentenceSupport
from rag_bot.check.statement import read_statement
from rag_bot.check.words import languages_of, languages_with
from rag_bot.models.reader import Reader
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, UNSUPPORTED
from rag_bot.text.terms import script_language

LONGEST_SENTENCE = 4_000  # characters; set by hand


@dataclass(frozen=True, slots=True)
class CheckedLines:
    """Lines, and what was read of each."""

    lines: tuple[CitedLine, ...]
    read: tuple[ReadLine, ...]
    languages: tuple[str, ...]


class Checker:
    """Decides for sentences whether given lines of notes say them, without a language model.

    `reader` has a say where it is one that knows sentences. `check_model` names a cross-encoder for natural language
    inference or grounding, on the hub or in a folder, which decides what is only said in other words. Raises ModelError
    where there is none of this name, or none that can be used.
    """

    def __init__(self, reader: Reader | None, *, check_model: str = "") -> None:
        self._reader = reader
        self._check_model = open_check_model(check_model) if check_model else None

    def read(self, lines: Sequence[CitedLine]) -> CheckedLines:
        """The lines read, once for an answer."""
        languages = languages_of([f"{line.context} {line.text}" for line in lines])
        above = {context: read_statement(context, languages) for context in {line.context for line in lines}}
        read = tuple(ReadLine(read_statement(line.text, languages), above[line.context]) for line in lines)
        return CheckedLines(tuple(lines), read, languages)

    def check(
        self, sentence: str, evidence: CheckedLines, *, among: Sequence[int] | None = None, question: str = ""
    ) -> SentenceSupport:
        """What the lines say to a sentence; `among` are the indexes of those it cites, None for all."""
        places = list(range(len(evidence.lines))) if among is None else sorted({*among})
        if len(sentence) > LONGEST_SENTENCE:
            reason = f"a sentence of {len(sentence):,} characters is too long to be checked"
            return SentenceSupport(REWORDED, (), (reason,), 0.0)
        if not is_yes_or_no(read_statement(sentence, evidence.languages)):
            sentence = without_lead(sentence)
        alignment = align_sentence(sentence, evidence, places)
        said = alignment.sentence
        if claims_nothing(said, read_statement(question[:LONGEST_SENTENCE], evidence.languages)):
            return SentenceSupport(NO_CLAIM, (), (), 0.0)
        if (place := verbatim(said, [evidence.read[place].own for place in places])) is not None:
            return SentenceSupport(SUPPORTED, (places[place],), (), 1.0)
        if not places:
            return SentenceSupport(UNSUPPORTED, (), ("no line is cited",), 0.0)
        if is_bare(said) or is_yes_or_no(said):
            return SentenceSupport(REWORDED, (), ("this alone cannot be checked",), 0.0)
        if all(_script(evidence.lines[place].text) != _script(sentence) for place in places):
            return SentenceSupport(REWORDED, (), ("the lines are in another script",), 0.0)
        lines = sorted(places[line] for line in alignment.lines)
        texts = [_with_context(evidence.lines[line]) for line in lines]
        finding = judge(alignment, self.says(sentence, texts))
        if self._check_model and finding.support == REWORDED:
            support = decide(REWORDED, self._check_model.judge(texts, sentence), three_way=self._check_model.three_way)
            if support != REWORDED:
                reasons = () if support == SUPPORTED else ("the lines don't say this",)
                finding = Finding(support, reasons, finding.probability)
        stands_on = () if finding.support == UNSUPPORTED else tuple(lines)
        return SentenceSupport(finding.support, stands_on, finding.reasons, round(finding.probability, 4))

    def says(self, sentence: str, texts: Sequence[str]) -> float | None:
        """The reader's logit that these lines say a sentence; None where there is no reader that can tell."""
        if self._reader is None or not self._reader.reads_words(sentence):
            return None
        return self._reader.says(sentence, " ".join(texts))


def align_sentence(sentence: str, evidence: CheckedLines, places: Sequence[int]) -> Alignment:
    """Where a sentence stands in the lines at these places; its lines count among them."""
    said = read_statement(sentence, languages_with(sentence, evidence.languages))
    return align(said, [evidence.read[place] for place in places])


def lines_stood_on(evidence: CheckedLines, alignment: Alignment) -> list[str]:
    """The texts of the lines that a sentence, aligned with all of them, stands on, as the reader reads them."""
    return [_with_context(evidence.lines[line]) for line in sorted(alignment.lines)]


def _script(text: str) -> str:
    """The script of a text, "" for Latin; Japanese and Chinese share one."""
    return script_language(text).replace("japanese", "chinese")


def _with_context(line: CitedLine) -> str:
    return f"{line.context}: {line.text}" if line.context else line.text
