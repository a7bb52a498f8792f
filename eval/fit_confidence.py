"""Fits the coefficients of rag_bot/query/confidence.py and shows, on questions it did not see, how well they tell.

    python -m eval.fit_confidence --squad squad2.json --beir FOLDER [--beir FOLDER ...] [--vault FOLDER ...]
        [--cases eval/questions.jsonl --notes corpus] [--sample 250]

Answerable questions: SQuAD's whose paragraph answers them, each BEIR set's own, the cases'. Near-topic ones: SQuAD's
whose paragraph does not answer them, the cases'. Off-topic ones: each set's questions asked of the other notes; a vault
gets nothing else. Half of each kind, of the cases the dev half, is used for the fit; the figures are for the rest.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from rag_bot.evaluation.cases import read_cases
from rag_bot.evaluation.intervals import auroc, interval_of_auroc
from rag_bot.evaluation.sets.beir import read_beir
from rag_bot.library import Library
from rag_bot.query.answer import Stopwatch, investigate
from rag_bot.query.confidence import COEFFICIENTS, THRESHOLD
from rag_bot.query.open_index import Sources

Floats = NDArray[np.float64]
Question = tuple[str, tuple[str, ...]]  # with the questions before it
NAMES = tuple(COEFFICIENTS)
KINDS = ANSWERABLE, NEAR, OFF = "answerable", "near-topic", "off-topic"
NEAR_WEIGHT = 0.5  # set by hand: near-topic questions are made to deceive, and rarer in life than in this data
RIDGE = 1e-3  # for each question; set by hand, so that no coefficient grows without end


@dataclass(frozen=True, slots=True)
class NotesAndQuestions:
    """A folder of notes and what is asked of it: for the fit and for the figures, by kind."""

    name: str
    notes: Path
    train: Mapping[str, Sequence[Question]]
    test: Mapping[str, Sequence[Question]]


def main() -> None:
    options = _read_options()
    random.seed(0)
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        for given in _all_notes_and_questions(options, Path(folder)):
            with Library(index=Path(folder) / f"index-{given.name}") as library:
                library.ingest([given.notes])
                measured.append((given.name, measure_all(library, given.train), measure_all(library, given.test)))
            print(f"{given.name} measured", flush=True)
    report(measured)


def measure_all(library: Library, questions: Mapping[str, Sequence[Question]]) -> dict[str, Floats]:
    """The features of each question by kind, shape [questions, features]."""

    def rows(sources: Sources, some: Sequence[Question]) -> Floats:
        found = (
            investigate(sources, question, filters=None, earlier=earlier, watch=Stopwatch()).features
            for question, earlier in some
        )
        return np.array([[getattr(features, name) for name in NAMES] for features in found])

    return {
        kind: library.with_sources(lambda sources, some=some: rows(sources, some))  # type: ignore[misc]
        for kind, some in questions.items()
        if some
    }


def fit(rows: Floats, answerable: Floats, weights: Floats) -> Floats:
    """Intercept and coefficients of a logistic regression; the ridge holds the intercept as well."""
    inputs = np.column_stack([np.ones(len(rows)), rows])
    model = LogisticRegression(
        C=1 / (RIDGE * len(rows)), fit_intercept=False, solver="newton-cholesky", tol=1e-10, max_iter=1_000
    )
    coefficients: Floats = model.fit(inputs, answerable, sample_weight=weights).coef_[0]
    return coefficients


def report(measured: Sequence[tuple[str, dict[str, Floats], dict[str, Floats]]]) -> None:
    """Fit on the one half and print the coefficients, and what they do on the other."""
    train = [(kind, rows) for _, groups, _ in measured for kind, rows in groups.items()]
    coefficients = fit(
        np.concatenate([rows for _, rows in train]),
        np.concatenate([np.full(len(rows), float(kind == ANSWERABLE)) for kind, rows in train]),
        np.concatenate([np.full(len(rows), NEAR_WEIGHT if kind == NEAR else 1.0) for kind, rows in train]),
    )
    named = ", ".join(f'"{name}": {value:.2f}' for name, value in zip(NAMES, coefficients[1:], strict=True))
    print(f"INTERCEPT = {coefficients[0]:.2f}\nCOEFFICIENTS = {{{named}}}")
    all_scores: dict[str, list[Floats]] = defaultdict(list)
    for name, _, test in measured:
        scores = {kind: 1 / (1 + np.exp(-(coefficients[0] + rows @ coefficients[1:]))) for kind, rows in test.items()}
        for kind, some in scores.items():
            all_scores[kind].append(some)
        _print_scores(name, scores)
    together = {kind: np.concatenate(some) for kind, some in all_scores.items()}
    _print_scores("all", together)
    _print_calibration(together)


def _print_scores(name: str, scores: Mapping[str, Floats]) -> None:
    for kind, some in scores.items():
        line = f"{name:24} {kind:10} n={len(some):4}  answered {np.mean(some >= THRESHOLD):.3f}"
        if kind != ANSWERABLE and ANSWERABLE in scores:
            low, high = interval_of_auroc(scores[ANSWERABLE], some)
            line += f"  AUROC {float(auroc(scores[ANSWERABLE], some)):.3f} ({low:.3f}-{high:.3f})"
        print(line)


def _print_calibration(scores: Mapping[str, Floats]) -> None:
    """By fifths of the confidence, how many were answerable; near-topic questions weigh as in the fit."""
    values = np.concatenate(list(scores.values()))
    answerable = np.concatenate([np.full(len(some), kind == ANSWERABLE) for kind, some in scores.items()])
    weights = np.concatenate(
        [np.full(len(some), NEAR_WEIGHT if kind == NEAR else 1.0) for kind, some in scores.items()]
    )
    for low in np.arange(0, 1, 0.2):
        inside = (values >= low) & (values < low + 0.2)
        if inside.any():
            mean, share = (np.average(of[inside], weights=weights[inside]) for of in (values, answerable))
            print(f"confidence {low:.1f}-{low + 0.2:.1f}  n={inside.sum():4}  mean {mean:.2f}  answerable {share:.2f}")


def _all_notes_and_questions(options: argparse.Namespace, folder: Path) -> Iterator[NotesAndQuestions]:
    """One set of notes after the other, written when it is needed."""
    squad = json.loads(options.squad.read_text(encoding="utf-8"))["data"]
    answerable, near = _squad_questions(squad)
    sets = {path: [(text, ()) for text in read_beir(path).questions.values()] for path in options.beir}
    foreign = {path: [q for other, some in sets.items() if other != path for q in some] for path in [None, *sets]}
    sample = options.sample
    yield _halved(
        "squad",
        _write_articles(squad, folder / "squad"),
        {ANSWERABLE: answerable, NEAR: near, OFF: foreign[None]},
        sample,
    )
    for path, questions in sets.items():
        (notes,) = read_beir(path).folders(folder / path.name, lambda _: None)
        yield _halved(path.name, notes, {ANSWERABLE: questions, OFF: [*answerable, *near]}, sample)
    for path in options.vault:
        yield _halved(path.name, path, {OFF: [*answerable, *near, *foreign[None]]}, sample)
    if options.cases:
        yield _of_cases(options.cases, options.notes)


def _halved(name: str, notes: Path, questions: Mapping[str, Sequence[Question]], sample: int) -> NotesAndQuestions:
    drawn = {kind: random.sample(list(some), min(sample, len(some))) for kind, some in questions.items()}
    return NotesAndQuestions(
        name,
        notes,
        {kind: some[0::2] for kind, some in drawn.items()},
        {kind: some[1::2] for kind, some in drawn.items()},
    )


def _of_cases(path: Path, notes: Path) -> NotesAndQuestions:
    halves: dict[str, dict[str, list[Question]]] = {half: {kind: [] for kind in KINDS} for half in ("dev", "test")}
    for case in read_cases(path):
        halves[case.split][ANSWERABLE if case.answerable else case.kind].append((case.question, case.turns))
    return NotesAndQuestions("cases", notes, halves["dev"], halves["test"])


def _write_articles(articles: Sequence[Mapping[str, Any]], folder: Path) -> Path:
    folder.mkdir()
    for number, article in enumerate(articles):
        title = str(article["title"]).replace("_", " ")
        paragraphs = [paragraph["context"].strip() for paragraph in article["paragraphs"]]
        (folder / f"{number}.md").write_text("\n\n".join([f"# {title}", *paragraphs]) + "\n", encoding="utf-8")
    return folder


def _squad_questions(articles: Sequence[Mapping[str, Any]]) -> tuple[list[Question], list[Question]]:
    """Answerable and unanswerable questions."""
    found: tuple[list[Question], list[Question]] = ([], [])
    for article in articles:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                found[question["is_impossible"]].append((question["question"], ()))
    return found


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fit the confidence and show how well it does.")
    parser.add_argument("--squad", type=Path, required=True, help="a file in SQuAD 2.0's format")
    parser.add_argument("--beir", type=Path, action="append", default=[], help="a folder in BEIR's layout")
    parser.add_argument(
        "--vault", type=Path, action="append", default=[], help="notes that answer none of the questions"
    )
    parser.add_argument("--cases", type=Path, help="a file of cases, as `rag-bot eval run` takes it")
    parser.add_argument("--notes", type=Path, default=Path("corpus"), help="the notes of the cases")
    parser.add_argument("--sample", type=int, default=250, help="questions of each kind asked of each set of notes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
