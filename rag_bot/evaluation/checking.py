"""Sentences over lines of notes whose truth is known -> how far the marks of the checker can be believed.

Only `supported` claims that the lines say a sentence, only `not` that they don't. Beside the checker stands the floor,
which any method has to beat: how many of the sentence's content words stand in the lines.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, TypeAdapter

from rag_bot.check import CheckedLines, Checker, CitedLine
from rag_bot.errors import UsageError
from rag_bot.evaluation.intervals import auroc, interval_of_auroc, interval_of_share
from rag_bot.evaluation.json_lines import JsonLines
from rag_bot.evaluation.measures import Measure, figures, rounded
from rag_bot.evaluation.results import now
from rag_bot.evaluation.runs import commit, versions
from rag_bot.models.reader import open_reader
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, UNSUPPORTED
from rag_bot.settings import Settings
from rag_bot.text.terms import ENGLISH, LANGUAGES, content_terms, passage_terms

SUPPORTS = (SUPPORTED, REWORDED, UNSUPPORTED, NO_CLAIM)
"""What a checker may call a sentence."""
_PASSAGES_KEPT = 64  # as the checker has read them, since neighbouring pairs mostly share their lines; by eye


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence, the (context, text) of the lines that it is checked against, and whether they say it.

    `kind` is how the sentence came about, `source` where the pair comes from: without one, its file.
    """

    id: Annotated[str, Field(coerce_numbers_to_str=True)]
    lines: tuple[tuple[str, str], ...]
    sentence: str
    label: Literal["supported", "not"]
    kind: str
    source: str = ""

    @property
    def is_true(self) -> bool:
        return self.label == "supported"


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """What the checker called a sentence and why; `overlap` is the share of its content words in the lines.

    `seconds` are those of the sentence alone, `lines_seconds` those in which its lines were read, once for all pairs
    that follow each other with the same lines.
    """

    pair: Pair
    support: str
    reasons: tuple[str, ...]
    overlap: float
    seconds: float
    lines_seconds: float


@dataclass(frozen=True, slots=True)
class CheckerFigures:
    """Figures of some pairs.

    `called` counts the true ones (True) and the false ones (False) by what they were called. `measures` are by name:

        precision          of those called supported, the true ones
        recall             of the true ones, those called supported
        false_supported    of the false ones, those called supported: the dangerous error
        true_not           of the true ones, those called not
        balanced_accuracy  of "anything but not" as the answer to "is it true?"
        overlap            balanced accuracy of the floor: true from `threshold` of the content words on, the best
                           threshold for these very pairs

    One without any pair is left out, and precision, balanced accuracy and overlap where all are true or all false.
    """

    called: Mapping[bool, Mapping[str, int]]
    measures: Mapping[str, Measure]
    threshold: float | None

    @property
    def true(self) -> int:
        return sum(self.called[True].values())

    @property
    def false(self) -> int:
        return sum(self.called[False].values())


MEASURES = ("precision", "recall", "false_supported", "true_not", "balanced_accuracy", "overlap")


def read_pairs(paths: Sequence[Path]) -> list[Pair]:
    """The pairs of all these files, in their order.

    Raises:
        UsageError: as `JsonLines.read`, or an id stands in two files.
    """
    files: dict[str, Path] = {}
    pairs = []
    for path in paths:
        for pair in _PAIRS.read(path):
            if pair.id in files:
                raise UsageError(f"The id {pair.id!r} stands in {files[pair.id]} and in {path}; rename one of them.")
            files[pair.id] = path
            pairs.append(pair)
    return [
        Pair(one.id, one.lines, one.sentence, one.label, one.kind, one.source or files[one.id].stem) for one in pairs
    ]


def _problems(pair: Pair) -> list[str]:
    problems = []
    if not pair.sentence.strip():
        problems.append("its sentence is empty")
    if not pair.lines:
        problems.append("it has no lines")
    elif not any(text.strip() for _, text in pair.lines):
        problems.append("its lines are empty")
    return problems


_PAIRS = JsonLines(TypeAdapter(Pair), "pair", "pairs", _problems)


def open_checker(settings: Settings) -> Checker:
    """The checker as these settings have it. Raises ModelError where a model is not there."""
    return Checker(open_reader(settings.reader), check_model=settings.generation.check_model)


def judge_pairs(
    checker: Checker, pairs: Sequence[Pair], on_pair: Callable[[int], None] | None = None
) -> list[JudgedPair]:
    """Every pair judged, in this order; `on_pair` hears how many are."""

    @lru_cache(maxsize=_PASSAGES_KEPT)
    def read(lines: tuple[tuple[str, str], ...]) -> tuple[CheckedLines, float]:
        began = time.perf_counter()
        evidence = checker.read([CitedLine(text, context) for context, text in lines])
        return evidence, time.perf_counter() - began

    judged = []
    for done, pair in enumerate(pairs, start=1):
        evidence, lines_seconds = read(pair.lines)
        began = time.perf_counter()
        said = checker.check(pair.sentence, evidence)
        seconds = time.perf_counter() - began
        share = overlap(pair.sentence, pair.lines)
        judged.append(JudgedPair(pair, said.support, said.reasons, share, seconds, lines_seconds))
        if on_pair:
            on_pair(done)
    return judged


def overlap(sentence: str, lines: Sequence[tuple[str, str]]) -> float:
    """The share of the sentence's content words that stand, equally stemmed, in the lines or what is above them."""
    terms, language = passage_terms("\n".join(text for line in lines for text in line))
    standing = set(terms)
    words = content_terms(sentence, (ENGLISH, language) if language in LANGUAGES else (ENGLISH,))
    return sum(not standing.isdisjoint(word) for word in words) / len(words) if words else 0.0


def measure_checker(judged: Sequence[JudgedPair]) -> CheckerFigures:
    """The figures of these pairs."""
    called = {true: Counter(one.support for one in judged if one.pair.is_true == true) for true in (True, False)}
    true, false = called[True].total(), called[False].total()
    found = {
        "recall": (called[True][SUPPORTED], true),
        "false_supported": (called[False][SUPPORTED], false),
        "true_not": (called[True][UNSUPPORTED], true),
    }
    threshold = None
    if true and false:
        found["precision"] = (called[True][SUPPORTED], called[True][SUPPORTED] + called[False][SUPPORTED])
    measures = {name: _share(name, count, total) for name, (count, total) in found.items() if total}
    if true and false:
        threshold = _best_threshold(judged)
        for name, said in (
            ("balanced_accuracy", [one.support != UNSUPPORTED for one in judged]),
            ("overlap", [one.overlap >= threshold for one in judged]),
        ):
            measures[name] = _balanced_accuracy(name, judged, said)
    return CheckerFigures(called, measures, threshold)


def by_kind(judged: Sequence[JudgedPair]) -> dict[str, CheckerFigures]:
    """The figures of each kind, by kind."""
    return _by([one.pair.kind for one in judged], judged)


def by_source(judged: Sequence[JudgedPair]) -> dict[str, CheckerFigures]:
    """The figures of each source, by source."""
    return _by([one.pair.source for one in judged], judged)


def _by(names: Sequence[str], judged: Sequence[JudgedPair]) -> dict[str, CheckerFigures]:
    groups = defaultdict(list)
    for name, one in zip(names, judged, strict=True):
        groups[name].append(one)
    return {name: measure_checker(groups[name]) for name in sorted(groups)}


def checker_json(judged: Sequence[JudgedPair], files: Sequence[str], settings: Settings) -> dict[str, Any]:
    """The result as JSON: what each pair was called, figures, and those that are wrong beyond doubt."""
    return {
        "pairs": [{"id": one.pair.id, "support": one.support} for one in judged],
        "figures": _figures_json(measure_checker(judged)),
        "by_kind": _groups_json(by_kind(judged)),
        "by_source": _groups_json(by_source(judged)),
        "milliseconds": milliseconds(judged),
        "wrong": [
            {
                "id": one.pair.id,
                "kind": one.pair.kind,
                "label": one.pair.label,
                "support": one.support,
                "reasons": list(one.reasons),
                "sentence": one.pair.sentence,
            }
            for one in wrong_pairs(judged)
        ],
        "files": list(files),
        "made": now(),
        "settings": {
            "reader": Path(settings.reader).name,
            "check_model": Path(settings.generation.check_model).name,
        },
        "commit": commit(),
        "versions": versions(),
    }


def wrong_pairs(judged: Sequence[JudgedPair]) -> list[JudgedPair]:
    """Those whose mark says what is not so: false ones called supported, then true ones called not."""
    false = [one for one in judged if not one.pair.is_true and one.support == SUPPORTED]
    return false + [one for one in judged if one.pair.is_true and one.support == UNSUPPORTED]


def milliseconds(judged: Sequence[JudgedPair]) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of the time for a sentence, and for the lines that are read before it."""
    times = {
        "sentence": [one.seconds for one in judged],
        "lines": list({one.pair.lines: one.lines_seconds for one in judged}.values()),
    }
    return {
        name: {f"p{share}": round(1000 * float(np.percentile(seconds, share)), 1) for share in (50, 95)}
        for name, seconds in times.items()
    }


def _share(name: str, count: int, total: int) -> Measure:
    return rounded(name, count / total, interval_of_share(count, total), total)


def _balanced_accuracy(name: str, judged: Sequence[JudgedPair], said: Sequence[bool]) -> Measure:
    """The mean of the shares that are right among the true and among the false: the AUROC of a yes or no."""
    answers = np.array(said, dtype=float)
    true = np.array([one.pair.is_true for one in judged])
    sides = answers[true], answers[~true]
    return rounded(name, float(auroc(*sides)), interval_of_auroc(*sides), len(judged))


def _best_threshold(judged: Sequence[JudgedPair]) -> float:
    """The overlap from which on saying "true" has the best balanced accuracy; the lowest of equal ones."""
    true = np.array([one.overlap for one in judged if one.pair.is_true])
    false = np.array([one.overlap for one in judged if not one.pair.is_true])
    thresholds = np.unique(np.concatenate([true, false]))
    gains = [(true >= threshold).mean() - (false >= threshold).mean() for threshold in thresholds]
    return float(thresholds[int(np.argmax(gains))])


def _groups_json(groups: Mapping[str, CheckerFigures]) -> dict[str, Any]:
    return {name: _figures_json(of_group) for name, of_group in groups.items()}


def _figures_json(of_pairs: CheckerFigures) -> dict[str, Any]:
    """Counts, and measures with their intervals; None for one that does not apply."""
    measures = {name: figures(of_pairs.measures[name]) if name in of_pairs.measures else None for name in MEASURES}
    called = {label: of_pairs.called[label == "true"] for label in ("true", "false")}
    return {
        "true": of_pairs.true,
        "false": of_pairs.false,
        "called": {label: {support: counts[support] for support in SUPPORTS} for label, counts in called.items()},
        **measures,
        "overlap_threshold": of_pairs.threshold and round(of_pairs.threshold, 4),
    }
