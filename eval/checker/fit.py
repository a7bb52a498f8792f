"""Fits the coefficients of rag_bot/check/judging.py, and chooses from which probabilities a sentence is what.

    python -m eval.checker.fit PAIRS... [--reader NAME]

The pairs are those that the coefficients are made from; figures count only on others. Each file has the same weight.
The thresholds are chosen on probabilities of fits that have not seen the pair (five folds by note): the lowest from
which so few of the false sentences are called supported, the highest below which so few of the true ones are called
not. Prints the two `Fit`s, with the reader and without.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
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

# What is asked of the checker, and a little more, since other writers' sentences do worse.
FALSE_SUPPORTED, TRUE_NOT, PRECISION = 0.04, 0.06, 0.92
FOLDS = 5

Numbers = NDArray[np.float64]


def measured(checker: Checker, pairs: Sequence[Pair]) -> tuple[list[SentenceFeatures], list[bool]]:
    """The features of each pair, and whether a hard fact already decides it."""
    found, decided = [], []
    for pair in pairs:
        evidence = checker.read([CitedLine(text, context) for context, text in pair.lines])
        alignment = align_sentence(pair.sentence, evidence, range(len(pair.lines)))
        found.append(measure(alignment, checker.says(pair.sentence, lines_stood_on(evidence, alignment))))
        decided.append(bool(hard_facts(alignment)))
    return found, decided


def fit(rows: Numbers, true: Numbers, weights: Numbers) -> LogisticRegression:
    return LogisticRegression(max_iter=5_000).fit(rows, true, sample_weight=weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, nargs="+")
    parser.add_argument("--reader", default=DEFAULT_READER)
    options = parser.parse_args()
    pairs = read_pairs(options.pairs)
    found, decided = measured(Checker(open_reader(options.reader)), pairs)
    true = np.array([pair.is_true for pair in pairs], dtype=float)
    sizes = Counter(pair.source for pair in pairs)
    weights = np.array([len(pairs) / len(sizes) / sizes[pair.source] for pair in pairs])
    groups = np.unique([pair.lines[0][0].split(" > ")[0] for pair in pairs], return_inverse=True)[1]
    open_pairs = ~np.array(decided)  # hard facts overrule the fit: what they decide teaches it nothing
    everything = [field.name for field in fields(SentenceFeatures)]
    for title, names in (("WITH_READER", everything), ("BY_WORDS", [name for name in everything if name != "says"])):
        rows = np.array([[asdict(one)[name] for name in names] for one in found], dtype=float)
        unseen = np.zeros(len(pairs))
        for seen, left_out in GroupKFold(FOLDS).split(rows, true, groups):
            kept = seen[open_pairs[seen]]
            unseen[left_out] = fit(rows[kept], true[kept], weights[kept]).predict_proba(rows[left_out])[:, 1]
        unseen[~open_pairs] = 0.0
        model = fit(rows[open_pairs], true[open_pairs], weights[open_pairs])
        supported_from, not_below = thresholds(unseen, true, weights)
        coefficients = {name: round(float(weight), 2) for name, weight in zip(names, model.coef_[0], strict=True)}
        print(f"{title} = Fit({model.intercept_[0]:.2f}, {coefficients}, {supported_from:.2f}, {not_below:.2f})")
        print(report(unseen, true, weights, supported_from, not_below))


def thresholds(unseen: Numbers, true: Numbers, weights: Numbers) -> tuple[float, float]:
    grid = np.arange(0.01, 0.99, 0.01)
    share = [shares(unseen, true, weights, threshold) for threshold in grid]
    supported = [
        threshold
        for threshold, (of_true, of_false) in zip(grid, share, strict=True)
        if of_false <= FALSE_SUPPORTED and of_true >= PRECISION * (of_true + of_false)
    ]
    below = [threshold for threshold, (of_true, _) in zip(grid, share, strict=True) if 1 - of_true <= TRUE_NOT]
    return min(supported, default=0.99), max(below, default=0.0)


def shares(unseen: Numbers, true: Numbers, weights: Numbers, threshold: float) -> tuple[float, float]:
    """The shares of the true and of the false ones from a probability on."""
    over = unseen >= threshold
    return tuple(float(np.average(over[true == side], weights=weights[true == side])) for side in (1, 0))  # type: ignore[return-value]


def report(unseen: Numbers, true: Numbers, weights: Numbers, supported_from: float, not_below: float) -> str:
    recall, false_supported = shares(unseen, true, weights, supported_from)
    kept, false_kept = shares(unseen, true, weights, not_below)
    return (
        f"  unseen folds: recall {recall:.2f}, of the false {false_supported:.3f} supported; of the true "
        f"{1 - kept:.3f} not; balanced accuracy {(kept + 1 - false_kept) / 2:.3f}"
    )


if __name__ == "__main__":
    main()
