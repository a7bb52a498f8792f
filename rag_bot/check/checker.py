"""One sentence that a language model wrote, and what the lines of notes that it cites say to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag_bot.check.entailment import Entailment, open_entailment
from rag_bot.check.evidence import CheckedLines, read_evidence
from rag_bot.check.judging import Finding, judge
from rag_bot.check.meaning import Meaning
from rag_bot.check.reading.claims import claims_nothing, is_yes_or_no, verbatim
from rag_bot.check.reading.statement import Statement, read_statement
from rag_bot.check.records import CitedLine, SentenceSupport
from rag_bot.markdown import plain_text
from rag_bot.models import EmbeddingModel
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, UNSUPPORTED

LONGEST_SENTENCE = 4_000  # characters
_LARGE = 1_000  # from here on a bare number tells something by itself
VETO_FROM, LIFT_FROM = 0.5, 0.9  # probabilities of the CrossEncoder that outvote the rules


class Checker:
    """Decides for sentences whether given lines of notes support them, without a language model.

    `nli` names a CrossEncoder with the labels entailment, neutral and contradiction, on the hub or in a folder, that
    has a say as well. Raises ModelError where there is none of this name, or it has other labels.
    """

    def __init__(self, model: EmbeddingModel, *, nli: str = "") -> None:
        self._meaning = Meaning(model)
        self._entailment = open_entailment(nli) if nli else None

    def read(self, lines: Sequence[CitedLine]) -> CheckedLines:
        """The lines read and embedded, once for an answer."""
        return read_evidence(lines, self._meaning)

    def check(
        self, sentence: str, evidence: CheckedLines, *, among: Sequence[int] | None = None, question: str = ""
    ) -> SentenceSupport:
        """What the lines say to a sentence; `among` are the indexes of those it cites, None for all."""
        places = list(range(len(evidence.lines))) if among is None else sorted({*among})
        if len(sentence) > LONGEST_SENTENCE:
            reason = f"a sentence of {len(sentence):,} characters is too long to be checked"
            return SentenceSupport(UNSUPPORTED, (), (reason,), 0.0)
        said = read_statement(sentence, evidence.languages)
        if claims_nothing(said, read_statement(question[:LONGEST_SENTENCE], evidence.languages)):
            return SentenceSupport(NO_CLAIM, (), (), 0.0)
        if (place := verbatim(said, [evidence.read[place].own for place in places])) is not None:
            return SentenceSupport(SUPPORTED, (places[place],), (), 1.0)
        if not places:
            return SentenceSupport(UNSUPPORTED, (), ("no line says this",), 0.0)
        if is_yes_or_no(said) or _is_bare(said):
            return SentenceSupport(REWORDED, (), ("this alone cannot be checked",), 0.0)
        finding = self.examine(said, evidence, places)
        if self._entailment:
            finding = _with_opinion(finding, said.text, [evidence.lines[place] for place in places], self._entailment)
        return _verdict(finding, places)

    def examine(self, said: Statement, evidence: CheckedLines, places: Sequence[int]) -> Finding:
        """What was measured of a sentence over the lines at these places; `Finding.lines` count among them."""
        meaning = self._meaning if self._meaning.model.reads_words(said.text) else None
        lines = [evidence.read[place] for place in places]
        return judge(said, lines, evidence.vectors[places], meaning)


def _is_bare(said: Statement) -> bool:
    """Whether there is no word to compare, nor a number that would not stand in many lines: "12.", "2)"."""
    telling = said.dates or any(number.measures or number.value >= _LARGE for number in said.numbers)
    return not (said.terms or telling)


def _with_opinion(finding: Finding, sentence: str, lines: Sequence[CitedLine], model: Entailment) -> Finding:
    """The finding after the CrossEncoder has read the lines: it may veto, and lift what only is said differently."""
    if finding.denied or not finding.lines:
        return finding
    opinion = model.judge([_readable(lines[index]) for index in finding.lines], sentence)
    if opinion.contradiction >= VETO_FROM:
        return replace(finding, support=UNSUPPORTED, lines=(), reasons=("the notes contradict this",), denied=True)
    if finding.support == REWORDED and opinion.entailment >= LIFT_FROM:
        return replace(finding, support=SUPPORTED, reasons=())
    return finding


def _readable(line: CitedLine) -> str:
    text = plain_text(line.text)
    return f"{plain_text(line.context)}: {text}" if line.context else text


def _verdict(finding: Finding, places: Sequence[int]) -> SentenceSupport:
    return SentenceSupport(
        finding.support, tuple(places[line] for line in finding.lines), finding.reasons, round(finding.score, 4)
    )
