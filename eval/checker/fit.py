"""Fits the coefficients of rag_bot/check/judging.py on the dev half of our own pairs.

    python -m eval.checker.fit

Only sentences against which nothing speaks (no other number, no denial) are fitted: those are decided by rule. A false
sentence weighs `FALSE_WEIGHS` times a true one, since a reader trusts what is called supported.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import gettempdir

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from eval.checker.pairs import our_pairs
from rag_bot.check import CheckedLines, Checker, CitedLine
from rag_bot.check.judging import COEFFICIENTS
from rag_bot.check.reading.statement import read_statement
from rag_bot.models import EmbeddingModel

FALSE_WEIGHS = 2.0  # set by hand
RIDGE = 0.02  # set by hand: keeps coefficients small where a feature hardly tells
Matrix = NDArray[np.float64]


def rows_of(checker: Checker, split: str) -> tuple[Matrix, Matrix]:
    """SentenceFeatures of the sentences of a half, shape [sentences, features], and 1.0 where it is true."""
    features, labels = [], []
    read: dict[tuple[CitedLine, ...], CheckedLines] = {}
    for pair in our_pairs():
        if pair.split == split:
            if pair.lines not in read:
                read[pair.lines] = checker.read(pair.lines)
            evidence = read[pair.lines]
            statement = read_statement(pair.sentence, evidence.languages)
            finding = checker.examine(statement, evidence, range(len(pair.lines)))
            if not finding.denied:
                features.append([getattr(finding.features, name) for name in COEFFICIENTS])
                labels.append(float(pair.is_true))
    return np.array(features), np.array(labels)


def fit(features: Matrix, labels: Matrix) -> Matrix:
    """Intercept and coefficients of a logistic model, no coefficient below zero: such a feature is left out."""
    costs = np.where(labels > 0, 1.0, FALSE_WEIGHS)
    coefficients, used = np.zeros(features.shape[1]), np.ones(features.shape[1], dtype=bool)
    while True:
        model = LogisticRegression(C=1 / RIDGE, tol=1e-10, max_iter=1_000)
        model.fit(features[:, used], labels, sample_weight=costs)
        coefficients[used] = np.maximum(model.coef_[0], 0.0)
        if (model.coef_ >= 0).all():
            return np.concatenate([model.intercept_, coefficients])
        used = coefficients > 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, default=Path(gettempdir()) / "rag-bot-eval", help="for the converted model"
    )
    checker = Checker(EmbeddingModel.prepare("all-MiniLM-L6-v2", parser.parse_args().cache))
    halves = {split: rows_of(checker, split) for split in ("dev", "test")}
    coefficients = fit(*halves["dev"])
    print(f"INTERCEPT = {coefficients[0]:.2f}")
    print(f"COEFFICIENTS = {dict(zip(COEFFICIENTS, coefficients[1:].round(2).tolist(), strict=True))}")
    for split, (features, labels) in halves.items():
        likely = 1 / (1 + np.exp(-coefficients[0] - features @ coefficients[1:]))
        for threshold in (0.3, 0.4, 0.5, 0.6):
            kept = likely >= threshold
            share = labels[kept].mean() if kept.any() else 0.0
            print(
                f"{split} from {threshold}: {share:.3f} of those kept are true, "
                f"{kept[labels > 0].mean():.3f} of the true are kept"
            )


if __name__ == "__main__":
    main()
