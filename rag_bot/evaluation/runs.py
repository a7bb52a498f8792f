"""Asks every case and judges what came back."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.library import Library
from rag_bot.records import Answer, Chunk, Hit, Quote

RECALL_AT = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case got. Shares are in [0, 1]; None where they do not apply to the case.

    `right`: the answer matches the pattern; for a case that is not answerable: it abstained. `recall`: share of the
    evidence that stands in the first passages. `precision`: share of the quotes that hold evidence. `missing`: evidence
    that no longer stands in its note.
    """

    case: Case
    answer: Answer
    right: bool
    recall: float | None
    precision: float | None
    missing: tuple[Evidence, ...]
    seconds: float


def run_cases(
    library: Library, cases: Sequence[Case], on_case: Callable[[int], None] = lambda _: None
) -> list[Outcome]:
    """Ask all cases, in order; `on_case` hears how many are done."""
    library.warm_up()
    outcomes = []
    for done, case in enumerate(cases, start=1):
        outcomes.append(_run_case(library, case))
        on_case(done)
    return outcomes


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Shares over all cases and by kind. Answerable and not answerable cases are never mixed in one share."""
    answerable = [outcome for outcome in outcomes if outcome.case.answerable]
    others = [outcome for outcome in outcomes if not outcome.case.answerable]
    kinds = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.case.kind].append(outcome)
    return {
        "cases": len(outcomes),
        "right_answers": _mean(outcome.right for outcome in answerable),
        "right_abstentions": _mean(outcome.right for outcome in others),
        "answered_share_of_answerable": _mean(not outcome.answer.abstained for outcome in answerable),
        f"recall@{RECALL_AT}": _mean(outcome.recall for outcome in answerable),
        "citation_precision": _mean(outcome.precision for outcome in answerable),
        "missing_evidence": sum(len(outcome.missing) for outcome in outcomes),
        "median_seconds": round(median(outcome.seconds for outcome in outcomes), 3) if outcomes else None,
        "by_kind": {
            kind: {"cases": len(some), "right": _mean(outcome.right for outcome in some)}
            for kind, some in sorted(kinds.items())
        },
        "failed": [_failed_json(outcome) for outcome in outcomes if not outcome.right],
    }


def _run_case(library: Library, case: Case) -> Outcome:
    began = time.perf_counter()
    answer = library.ask(case.question)
    seconds = time.perf_counter() - began
    missing = tuple(one for one in case.evidence if not _stands(library, one))
    if not case.answerable:
        return Outcome(case, answer, answer.abstained, None, None, missing, seconds)
    hits = library.search(case.question, limit=RECALL_AT)
    quotes = [citation.quote for citation in answer.citations]
    return Outcome(
        case=case,
        answer=answer,
        right=bool(quotes) and re.search(case.pattern, answer.text, re.IGNORECASE) is not None,
        recall=_mean(any(_holds(hit.chunk, one) or _is_copy(hit, one) for hit in hits) for one in case.evidence),
        precision=_mean(any(_holds(quote, one) for one in case.evidence) for quote in quotes),
        missing=missing,
        seconds=seconds,
    )


def _stands(library: Library, evidence: Evidence) -> bool:
    note = library.note(evidence.path)
    return note is not None and evidence.quote in note.text


def _holds(place: Chunk | Quote, evidence: Evidence) -> bool:
    """Whether the evidence stands in this span, or the span in the evidence."""
    same_note = place.note_path == evidence.path
    return same_note and (evidence.quote.strip() in place.text or place.text.strip() in evidence.quote)


def _is_copy(hit: Hit, evidence: Evidence) -> bool:
    return evidence.quote.strip() in hit.chunk.text and any(
        place.startswith(f"{evidence.path}:") for place in hit.duplicates
    )


def _mean(values: Iterable[float | bool | None]) -> float | None:
    """Rounded to four digits; None without values."""
    known = [float(value) for value in values if value is not None]
    return round(sum(known) / len(known), 4) if known else None


def _failed_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.case.id,
        "kind": outcome.case.kind,
        "question": outcome.case.question,
        "confidence": outcome.answer.confidence,
        "answered": [citation.quote.location for citation in outcome.answer.citations],
        "expected": [one.path for one in outcome.case.evidence],
        "recall": outcome.recall,
    }
