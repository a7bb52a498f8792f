"""Fits the coefficients of rag_bot/check/judging.py, and tells what each threshold would do.

    python -m eval.checker.fit PAIRS... [--reader NAME]

The pairs are those that the coefficients are made from; figures count only on others. Each file has the same weight.
Prints both fits, with the reader and without, and for each threshold what it would call supported and not, by fits that
have not seen the pair (five folds by note). The thresholds are chosen from that table: at most one false sentence in
twenty is to be supported, and at most 8 % of the true ones not.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from rag_bot.check import Checker, CitedLine
from rag_bot.check.checker import align_sentence, lines_stood_on
from rag_bot.check.judging import SentenceFeatures, hard_facts, measure
from rag_bot.evaluation.checking import Pair, read_pairs
from rag_bot.models.reader import DEFAULT_READER, open_reader

FOLDS = 5

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A pair as the checker sees it: decided by a hard fact, and not to be called supported unless the lines agree."""

    pair: Pair
    features: SentenceFeatures
    is_decided: bool
    agrees: bool


def measured(checker: Checker, pairs: Sequence[Pair]) -> Iterator[Measured]:
    """The pairs whose words can be compared: over lines in another language a sentence is always reworded."""
    for pair in pairs:
        evidence = checker.read([CitedLine(text, context) for context, text in pair.lines])
        alignment = align_sentence(pair.sentence, evidence, range(len(pair.lines)))
        if not alignment.in_another_language():
            says = checker.says(pair.sentence, lines_stood_on(evidence, alignment))
            yield Measured(pair, measure(alignment, says), bool(hard_facts(alignment)), alignment.agrees())


def fit(rows: Numbers, true: Numbers, weights: Numbers) -> LogisticRegression:
    return LogisticRegression(max_iter=5_000).fit(rows, true, sample_weight=weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, nargs="+")
    parser.add_argument("--reader", default=DEFAULT_READER)
    options = parser.parse_args()
    found = list(measured(Checker(open_reader(options.reader)), read_pairs(options.pairs)))
    true = np.array([one.pair.is_true for one in found], dtype=float)
    sizes = Counter(one.pair.source for one in found)
    weights = np.array([len(found) / len(sizes) / sizes[one.pair.source] for one in found])
    groups = np.unique([one.pair.lines[0][0].split(" > ")[0] for one in found], return_inverse=True)[1]
    undecided = np.array([not one.is_decided for one in found])  # what hard facts decide teaches the fit nothing
    agrees = np.array([one.agrees for one in found])
    everything = [field.name for field in fields(SentenceFeatures)]
    for title, names in (("WITH_READER", everything), ("BY_WORDS", [name for name in everything if name != "says"])):
        rows = np.array([[asdict(one.features)[name] for name in names] for one in found], dtype=float)
        unseen = np.zeros(len(found))
        for seen, left_out in GroupKFold(FOLDS).split(rows, true, groups):
            kept = seen[undecided[seen]]
            unseen[left_out] = fit(rows[kept], true[kept], weights[kept]).predict_proba(rows[left_out])[:, 1]
        unseen[~undecided] = 0.0
        model = fit(rows[undecided], true[undecided], weights[undecided])
        coefficients = {name: round(float(weight), 2) for name, weight in zip(names, model.coef_[0], strict=True)}
        print(f"{title}: intercept {model.intercept_[0]:.2f}, {coefficients}; by threshold, over unseen folds:")
        for threshold in np.arange(0.15, 0.95, 0.05):
            recall, false_supported = shares(unseen * agrees, true, weights, threshold)
            kept_true, kept_false = shares(unseen, true, weights, threshold)
            print(
                f"  {threshold:.2f}: supported {recall:.3f} of the true, {false_supported:.3f} of the false; "
                f"not {1 - kept_true:.3f} of the true, {1 - kept_false:.3f} of the false"
            )


def shares(unseen: Numbers, true: Numbers, weights: Numbers, threshold: float) -> tuple[float, float]:
    """The shares of the true and of the false ones from a probability on."""
    over = unseen >= threshold
    of_true, of_false = (float(np.average(over[true == side], weights=weights[true == side])) for side in (1, 0))
    return of_true, of_false


if __name__ == "__main__":
    main()
