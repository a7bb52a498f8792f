"""Outcomes of cases -> measures with their intervals, over all and by kind. What each counts stands in `scores`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any, SupportsFloat

import numpy as np

from rag_bot.evaluation.cases import NEAR_TOPIC, OFF_TOPIC
from rag_bot.evaluation.intervals import Interval, auroc, interval_of, interval_of_auroc, interval_of_share
from rag_bot.evaluation.results import Outcome, Result
from rag_bot.records import ANSWERED, CLOSEST, NONE

SHARES = (
    "right_answers",
    "right_first_two",
    "answered_right",
    "right_abstentions",
    "answered_share_of_answerable",
    "none_share_of_answerable",
    "answered_share_of_near_topic",
    "none_share_of_off_topic",
    "abstention_accuracy",
    "nDCG@10",
    "recall@1",
    "recall@5",
    "recall@10",
    "MRR",
    "citation_precision",
    "citation_recall",
    "completeness",
    "unsupported_share",
    "reworded_share",
    "fell_back",
)
"""The measures that are means over cases. The last three are of answers by a language model."""
LESS_IS_BETTER = ("none_share_of_answerable", "answered_share_of_near_topic", "unsupported_share", "fell_back")
"""Of the shares."""
AUROCS = ("auroc_off_topic", "auroc_near_topic", "auroc")
"""How well the confidence tells answerable cases from those off topic, those near it, and all without an answer."""
LATENCIES = ("latency_p50_ms", "latency_p95_ms")
WRITING = ("first_words_p50_ms", "prompt_tokens", "answer_tokens")
"""What a language model's answers cost: the wait for their first words, and tokens in the middle of all cases."""
COSTS = (*LATENCIES, *WRITING)
"""The figures that are no shares."""
SORTS = ("answerable_right", "answerable_wrong", "near_topic", "off_topic")
"""Of cases: those without an answer are near the notes' subjects, unless they are off topic."""
OF_A_KIND = ("right", "right_first_two", "recall@5", "nDCG@10", "MRR", "citation_precision", "citation_recall")


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure, its 95 % interval, and over how many cases it is taken."""

    name: str
    value: float
    low: float
    high: float
    cases: int


def rounded(name: str, value: SupportsFloat, interval: Interval, cases: int, digits: int = 4) -> Measure:
    """A measure with no more digits than it is shown with."""
    low, high = interval
    return Measure(name, round(float(value), digits), round(low, digits), round(high, digits), cases)


def figures(measure: Measure) -> dict[str, Any]:
    """A measure as JSON, without its name."""
    return {name: value for name, value in asdict(measure).items() if name != "name"}


def measure(outcomes: Sequence[Outcome]) -> dict[str, Measure]:
    """Every measure that there is a case for, by name."""
    figures = [figure for name in SHARES if (figure := share_of(name, outcomes))]
    positive = np.array([outcome.confidence for outcome in outcomes if outcome.case.answerable], dtype=float)
    others = [outcome for outcome in outcomes if not outcome.case.answerable]
    for name, kind in zip(AUROCS, (OFF_TOPIC, NEAR_TOPIC, None), strict=True):
        negative = np.array([other.confidence for other in others if kind in (None, other.case.kind)], dtype=float)
        if len(positive) and len(negative):
            interval = interval_of_auroc(positive, negative)
            figures.append(rounded(name, auroc(positive, negative), interval, len(positive) + len(negative)))
    milliseconds = [outcome.seconds * 1000 for outcome in outcomes]
    written = [outcome.prose for outcome in outcomes if outcome.prose]
    quantiles: list[tuple[str, float, list[Any]]] = [
        (name, share, milliseconds) for name, share in zip(LATENCIES, (0.5, 0.95), strict=True)
    ]
    quantiles += [(name, 0.5, [getattr(prose, name.replace("_p50", "")) for prose in written]) for name in WRITING]
    for name, share, known in quantiles:
        values = np.array([value for value in known if value is not None])
        if len(values):
            quantile = partial(np.quantile, q=share, axis=-1)
            figures.append(rounded(name, quantile(values), interval_of(values, quantile), len(values), digits=1))
    return {figure.name: figure for figure in figures}


def measure_kinds(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Measure]]:
    """The measures of each kind, by kind. `right` is the share of right answers, or of right abstentions."""
    kinds = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.case.kind].append(outcome)
    return {
        kind: {name: figure for name in OF_A_KIND if (figure := share_of(name, of_kind))}
        for kind, of_kind in sorted(kinds.items())
    }


def share_of(name: str, outcomes: Sequence[Outcome]) -> Measure | None:
    """A measure that is a mean over cases; None where no case has it."""
    values = np.array([value for outcome in outcomes if (value := score_of(outcome, name)) is not None], dtype=float)
    if not len(values):
        return None
    return rounded(name, values.mean(), interval_of_share(float(values.sum()), len(values)), len(values))


def count_verdicts(outcomes: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    """For each verdict how many cases of each of the `SORTS` have it."""
    counts = {verdict: dict.fromkeys(SORTS, 0) for verdict in (ANSWERED, CLOSEST, NONE)}
    for outcome in outcomes:
        if outcome.case.answerable:
            sort = "answerable_right" if outcome.right else "answerable_wrong"
        else:
            sort = "off_topic" if outcome.case.kind == OFF_TOPIC else "near_topic"
        counts[outcome.verdict][sort] += 1
    return counts


def score_of(outcome: Outcome, name: str) -> float | None:
    """A case's own value of a measure that is a mean; None where it does not apply."""
    return float(outcome.right) if name == "right" else outcome.scores.get(name)


def summarise(result: Result) -> dict[str, Any]:
    """A result as the JSON of the command line: figures rounded to four digits, None where no case applies."""
    outcomes = result.outcomes
    measures, kinds = measure(outcomes), measure_kinds(outcomes)
    return {
        "cases": len(outcomes),
        **{name: measures[name].value if name in measures else None for name in (*SHARES, *AUROCS, *COSTS)},
        "verdicts": count_verdicts(outcomes),
        "missing_evidence": sum(len(outcome.missing) for outcome in outcomes),
        "median_seconds": round(median(outcome.seconds for outcome in outcomes), 3) if outcomes else None,
        "intervals": {name: [figure.low, figure.high] for name, figure in measures.items()},
        "by_kind": {
            kind: {
                "cases": of_kind["right"].cases,
                **{name: figure.value for name, figure in of_kind.items()},
                "interval": [of_kind["right"].low, of_kind["right"].high],
            }
            for kind, of_kind in kinds.items()
        },
        "missing": list(missing_evidence(outcomes)),
        "failed": [_failed_json(outcome) for outcome in outcomes if not outcome.right],
        "file": result.cases_file,
        "made": result.made,
        "settings": dict(result.settings),
        "index": {name: getattr(result.index, name) for name in result.index.__slots__},
        "commit": result.commit,
        "versions": dict(result.versions),
    }


def missing_evidence(outcomes: Iterable[Outcome]) -> Iterator[dict[str, str]]:
    """The evidence that no longer stands in the notes, with its case and why."""
    for outcome in outcomes:
        for piece in outcome.missing:
            quoted = {"path": piece.evidence.path, "quote": piece.evidence.quote}
            yield {"id": outcome.case.id, **quoted, "problem": piece.problem}


def missing_words(outcomes: Iterable[Outcome]) -> list[str]:
    """The same as lines for people."""
    return [f"{piece['id']}: {piece['problem']}: {piece['quote']!r}" for piece in missing_evidence(outcomes)]


def first_evidence_rank(outcome: Outcome) -> int | None:
    """The rank of the first passage that holds evidence; None where none of the first ten does."""
    return next((hit.rank for hit in outcome.hits if hit.pieces), None)


def _failed_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.case.id,
        "kind": outcome.case.kind,
        "question": outcome.case.question,
        "turns": list(outcome.case.turns),
        "verdict": outcome.verdict,
        "confidence": outcome.confidence,
        "answered": [line.location for line in outcome.citations],
        "expected": [piece.evidence.path for piece in outcome.expected],
        "expected_at": [piece.location or piece.problem for piece in outcome.expected],
        "retrieved": [{"location": hit.location, "holds_evidence": bool(hit.pieces)} for hit in outcome.hits],
        "recall": outcome.scores.get("recall@5"),
    }
