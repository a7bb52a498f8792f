"""Outcomes of cases -> measures with their intervals, over all and by kind. What each counts stands in `scores`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from rag_bot.evaluation.cases import NEAR_TOPIC, OFF_TOPIC
from rag_bot.evaluation.intervals import Floats, auroc, interval_of, interval_of_auroc, interval_of_mean
from rag_bot.evaluation.results import Outcome, Result

SHARES = (
    "right_answers",
    "right_abstentions",
    "answered_share_of_answerable",
    "abstention_accuracy",
    "nDCG@10",
    "recall@1",
    "recall@5",
    "recall@10",
    "MRR",
    "citation_precision",
    "citation_recall",
    "unsupported_share",
    "fell_back",
)
"""The measures that are means over cases. The last two are of answers by a language model."""
AUROCS = ("auroc_off_topic", "auroc_near_topic", "auroc")
"""How well the confidence tells answerable cases from those off topic, those near it, and all without an answer."""
LATENCIES = ("latency_p50_ms", "latency_p95_ms")
WRITING = ("first_words_p50_ms", "prompt_tokens", "answer_tokens")
"""What a language model's answers cost: the wait for their first words, and tokens in the middle of all cases."""
COSTS = (*LATENCIES, *WRITING)
"""The figures that are no shares."""
OF_A_KIND = ("right", "recall@5", "nDCG@10", "MRR", "citation_precision", "citation_recall")


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure, its 95 % bootstrap interval, and over how many cases it is taken."""

    name: str
    value: float
    low: float
    high: float
    cases: int


def measure(outcomes: Sequence[Outcome]) -> dict[str, Measure]:
    """Every measure that there is a case for, by name."""
    found = [
        *(_share(name, outcomes) for name in SHARES),
        *_aurocs(outcomes),
        *_latencies(outcomes),
        *_writing(outcomes),
    ]
    return {one.name: one for one in found if one}


def measure_kinds(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Measure]]:
    """The measures of each kind, by kind. `right` is the share of right answers, or of right abstentions."""
    kinds = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.case.kind].append(outcome)
    return {
        kind: {one.name: one for name in OF_A_KIND if (one := _share(name, some))}
        for kind, some in sorted(kinds.items())
    }


def score_of(outcome: Outcome, name: str) -> float | None:
    """A case's own value of a measure that is a mean; None where it does not apply."""
    return float(outcome.right) if name == "right" else outcome.scores.get(name)


def summarise(result: Result) -> dict[str, Any]:
    """A result as the JSON of the command line: figures rounded to four digits, None where no case applies."""
    outcomes = result.outcomes
    found, kinds = measure(outcomes), measure_kinds(outcomes)
    return {
        "cases": len(outcomes),
        **{name: found[name].value if name in found else None for name in (*SHARES, *AUROCS, *COSTS)},
        "missing_evidence": sum(len(outcome.missing) for outcome in outcomes),
        "median_seconds": round(median(outcome.seconds for outcome in outcomes), 3) if outcomes else None,
        "intervals": {name: [one.low, one.high] for name, one in found.items()},
        "by_kind": {kind: _kind_json(measures) for kind, measures in kinds.items()},
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
        for one in outcome.missing:
            quoted = {"path": one.evidence.path, "quote": one.evidence.quote}
            yield {"id": outcome.case.id, **quoted, "problem": one.problem}


def missing_words(outcomes: Iterable[Outcome]) -> list[str]:
    """The same as lines for people."""
    return [f"{one['id']}: {one['problem']}: {one['quote']!r}" for one in missing_evidence(outcomes)]


def first_evidence_rank(outcome: Outcome) -> int | None:
    """The rank of the first passage that holds evidence; None where none of the first ten does."""
    return next((hit.rank for hit in outcome.hits if hit.pieces), None)


def _share(name: str, outcomes: Sequence[Outcome]) -> Measure | None:
    values = np.array([value for outcome in outcomes if (value := score_of(outcome, name)) is not None], dtype=float)
    return _measure(name, values.mean(), interval_of_mean(values), len(values)) if len(values) else None


def _aurocs(outcomes: Sequence[Outcome]) -> list[Measure]:
    answerable = _confidences(outcome for outcome in outcomes if outcome.case.answerable)
    others = [outcome for outcome in outcomes if not outcome.case.answerable]
    kinds = ({OFF_TOPIC}, {NEAR_TOPIC}, {outcome.case.kind for outcome in others})
    found = []
    for name, some in zip(AUROCS, kinds, strict=True):
        negative = _confidences(outcome for outcome in others if outcome.case.kind in some)
        if len(answerable) and len(negative):
            interval = interval_of_auroc(answerable, negative)
            found.append(_measure(name, float(auroc(answerable, negative)), interval, len(answerable) + len(negative)))
    return found


def _latencies(outcomes: Sequence[Outcome]) -> list[Measure]:
    milliseconds = np.array([outcome.seconds * 1000 for outcome in outcomes])
    found = []
    for name, share in zip(LATENCIES, (0.5, 0.95), strict=True) if len(milliseconds) else ():
        interval = interval_of(milliseconds, partial(np.quantile, q=share, axis=-1))
        found.append(_measure(name, float(np.quantile(milliseconds, share)), interval, len(milliseconds), digits=1))
    return found


def _writing(outcomes: Sequence[Outcome]) -> Iterator[Measure]:
    """Medians over the cases that a model wrote an answer to."""
    written = [outcome.prose for outcome in outcomes if outcome.prose]
    for name in WRITING:
        values = np.array([value for one in written if (value := getattr(one, name.replace("_p50", ""))) is not None])
        if len(values):
            interval = interval_of(values, partial(np.quantile, q=0.5, axis=-1))
            yield _measure(name, float(np.median(values)), interval, len(values), digits=1)


def _measure(name: str, value: float, interval: tuple[float, float], cases: int, digits: int = 4) -> Measure:
    low, high = interval
    return Measure(name, round(float(value), digits), round(low, digits), round(high, digits), cases)


def _confidences(outcomes: Iterable[Outcome]) -> Floats:
    return np.array([outcome.confidence for outcome in outcomes], dtype=float)


def _kind_json(measures: dict[str, Measure]) -> dict[str, Any]:
    values = {name: one.value for name, one in measures.items()}
    return {"cases": measures["right"].cases, **values, "interval": [measures["right"].low, measures["right"].high]}


def _failed_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.case.id,
        "kind": outcome.case.kind,
        "question": outcome.case.question,
        "turns": list(outcome.case.turns),
        "confidence": outcome.confidence,
        "answered": [one.location for one in outcome.citations],
        "expected": [one.evidence.path for one in outcome.expected],
        "expected_at": [one.location or one.problem for one in outcome.expected],
        "retrieved": [{"location": hit.location, "holds_evidence": bool(hit.pieces)} for hit in outcome.hits],
        "recall": outcome.scores.get("recall@5"),
    }
