"""A file of cases as a set of questions for a sweep: those with evidence, asked of the user's own notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import Case, read_cases
from rag_bot.evaluation.evidence import EvidenceFinder, hit_holds
from rag_bot.evaluation.scores import DEPTH, Scores, score_ranking
from rag_bot.evaluation.sets.question_set import OnProgress, digest_of, file_digest
from rag_bot.library import Library
from rag_bot.models import CHUNK_WINDOW
from rag_bot.records import Hit
from rag_bot.settings import Settings

MEASURES = ("nDCG@10", "recall@1", "recall@5", "recall@10", "MRR")


@dataclass(frozen=True, slots=True)
class CaseSet:
    """The cases of a file by id, and the user's settings, whose index is asked as it stands.

    Cases without evidence, and those that follow up on earlier questions, are left out.
    """

    name: str
    digest: str
    cases: Mapping[str, Case]
    settings: Settings
    roots: tuple[Path, ...]
    measures: tuple[str, ...] = MEASURES
    _finders: dict[Path, EvidenceFinder] = field(default_factory=dict)

    @property
    def questions(self) -> Mapping[str, str]:
        return {id_: case.question for id_, case in self.cases.items()}

    def limit(self, settings: Settings) -> int:  # noqa: ARG002 - the same for all settings
        return DEPTH

    def index(self, settings: Settings) -> Path | None:
        """The user's own, unless another model or size of passages is asked for."""
        return self.settings.index if _made_with(settings) == _made_with(self.settings) else None

    def folders(self, work: Path, on_progress: OnProgress) -> Sequence[Path]:  # noqa: ARG002 - nothing is written
        return self.roots

    def results_of(self, question_id: str, hits: Sequence[Hit], library: Library) -> list[Any]:
        """The measures themselves: what is right depends on the passages of the index."""
        finder = self._finders.setdefault(library.settings.index, EvidenceFinder(library))
        pieces = [finder.locate(evidence) for evidence in self.cases[question_id].evidence]
        held = [tuple(number for number, piece in enumerate(pieces) if hit_holds(piece, hit)) for hit in hits]
        return [score_ranking(pieces, hits, held)]

    def score(self, results: Mapping[str, list[Any]]) -> Scores:
        return {question: scores for question, [scores] in results.items()}


def read_case_set(path: Path, library: Library) -> CaseSet:
    """The cases of a file that can be used, about the notes of this library.

    Raises:
        UsageError: the file can't be read, a line is no case, or no case has evidence.
        IndexUnusable: there is no index.
    """
    usable = {case.id: case for case in read_cases(path) if case.evidence and not case.turns}
    if not usable:
        raise UsageError(f"{path} has no case with evidence, so that nothing can be found for it. Give another file.")
    digest = digest_of(file_digest(path), str(library.settings.index))
    return CaseSet(path.stem, digest, usable, library.settings, library.status(runs=1).roots)


def _made_with(settings: Settings) -> tuple[str, int]:
    return settings.model, settings.chunk_tokens or CHUNK_WINDOW
