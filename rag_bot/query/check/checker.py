"""One sentence that a language model wrote, and what the lines of notes that it cites say to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag_bot.embedding import EmbeddingModel
from rag_bot.query.check.claims import claims_nothing, is_yes_or_no, verbatim
from rag_bot.query.check.evidence import Evidence, read_evidence
from rag_bot.query.check.judging import Finding, judge
from rag_bot.query.check.meaning import Meaning
from rag_bot.query.check.records import Line, Verdict
from rag_bot.query.check.statement import read_statement
from rag_bot.query.confidence import reads_words
from rag_bot.records import NO_CLAIM, PARTLY, SUPPORTED, UNSUPPORTED

LONGEST_SENTENCE = 4_000  # characters


class Checker:
    """Decides for sentences whether given lines of notes support them, without a language model.

    `idf` gives the weight of a stem (rare ones count more); all are alike without it. `nli` names a CrossEncoder with
    the labels entailment, neutral and contradiction, on the hub or in a folder, that has a say as well.
    """

    def __init__(self, model: EmbeddingModel, *, idf: Callable[[str], float] | None = None, nli: str = "") -> None:
        self._meaning = Meaning(model)
        self._weigh = idf or (lambda _: 1.0)
        self._nli = nli

    def read(self, lines: Sequence[Line]) -> Evidence:
        """The lines read and embedded, once for an answer."""
        return read_evidence(lines, self._meaning)

    def check(
        self, sentence: str, evidence: Evidence, *, among: Sequence[int] | None = None, question: str = ""
    ) -> Verdict:
        """What the lines say to a sentence; `among` are the indexes of those it cites, None for all."""
        places = list(range(len(evidence.lines))) if among is None else sorted({*among})
        if len(sentence) > LONGEST_SENTENCE:
            reason = f"a sentence of {len(sentence):,} characters is too long to be checked"
            return Verdict(UNSUPPORTED, (), (reason,), 0.0)
        said = read_statement(sentence, evidence.languages)
        if claims_nothing(said, read_statement(question[:LONGEST_SENTENCE], evidence.languages)):
            return Verdict(NO_CLAIM, (), (), 0.0)
        if (place := verbatim(said, [evidence.read[place].own for place in places])) is not None:
            return Verdict(SUPPORTED, (places[place],), (), 1.0)
        if not places:
            return Verdict(UNSUPPORTED, (), ("no line says this",), 0.0)
        if is_yes_or_no(said):
            return Verdict(PARTLY, (), ("‘yes’ or ‘no’ alone cannot be checked",), 0.0)
        readable = reads_words(self._meaning.model, said.text)
        lines = [evidence.read[place] for place in places]
        finding = judge(said, lines, evidence.vectors[places], self._meaning if readable else None, self._weigh)
        return _verdict(finding, places)


def _verdict(finding: Finding, places: Sequence[int]) -> Verdict:
    lines = () if finding.support == UNSUPPORTED else tuple(places[line] for line in finding.lines)
    return Verdict(finding.support, lines, finding.reasons, round(finding.score, 4))
