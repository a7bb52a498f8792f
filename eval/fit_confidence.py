"""Fits the coefficients of rag_bot/query/confidence.py and shows how well they tell answerable questions.

    python -m eval.fit_confidence squad2.json --off-topic queries.jsonl [--off-topic ...] [--sample 250]
        [--cases eval/questions.jsonl --notes corpus]

`squad2.json` is in SQuAD 2.0's format: its articles become notes, its questions are answerable or near-topic (their
paragraph does not answer them). Off-topic questions come from BEIR's `queries.jsonl` files about other subjects. Half
of each is used for the fit, the figures are for the other half. `--cases` adds a file of cases over other notes.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag_bot.evaluation.cases import read_cases
from rag_bot.library import Library
from rag_bot.query.answer import ANSWER_HITS, clean_question
from rag_bot.query.confidence import Features, measure
from rag_bot.query.quotes import TermWeights, score_units
from rag_bot.query.retrieve import search
from rag_bot.query.sources import Sources

Floats = NDArray[np.float64]
NAMES = tuple(Features.__slots__)
NEAR_WEIGHT = 0.5  # near-topic questions are made to deceive, and rarer in life than in this data
RIDGE = 1e-3


def main() -> None:
    options = _read_options()
    articles = json.loads(options.squad.read_text(encoding="utf-8"))["data"]
    random.seed(0)
    with tempfile.TemporaryDirectory() as folder:
        library = Library(index=Path(folder) / "index")
        library.ingest([_write_notes(articles, Path(folder) / "notes")])
        answerable, near = _squad_questions(articles)
        off = [question for path in options.off_topic for question in _beir_questions(path)]
        groups = {
            name: measure_all(library, random.sample(questions, min(options.sample, len(questions))))
            for name, questions in (("answerable", answerable), ("near-topic", near), ("off-topic", off))
        }
        library.close()
        for kind, rows in (_measure_cases(options, Path(folder)) if options.cases else {}).items():
            groups[kind] = np.concatenate([groups[kind], rows])
    report({name: rows[0::2] for name, rows in groups.items()}, {name: rows[1::2] for name, rows in groups.items()})


def measure_all(library: Library, questions: Sequence[str]) -> Floats:
    """The features of each question, shape [questions, features]."""

    def rows(sources: Sources) -> list[list[float]]:
        found = []
        for question in map(clean_question, questions):
            vector = sources.model.encode_query(question)
            hits = search(sources, question, vector, limit=ANSWER_HITS)
            terms = TermWeights.of(sources, question)
            features = measure(terms, hits, score_units(sources, vector, terms, hits))
            found.append([getattr(features, name) for name in NAMES])
        return found

    return np.array(library.asked(rows))


def _measure_cases(options: argparse.Namespace, folder: Path) -> dict[str, Floats]:
    """The features of a file of cases, by the same three groups."""
    groups: dict[str, list[str]] = {"answerable": [], "near-topic": [], "off-topic": []}
    for case in read_cases(options.cases):
        groups["answerable" if case.answerable else case.kind].append(case.question)
    with Library(index=folder / "cases") as library:
        library.ingest([options.notes])
        return {kind: measure_all(library, questions) for kind, questions in groups.items()}


def fit(rows: Floats, answerable: Floats, weights: Floats) -> Floats:
    """Intercept and coefficients of a logistic regression, by Newton's method with a small ridge."""
    inputs = np.column_stack([np.ones(len(rows)), rows])
    found = np.zeros(inputs.shape[1])
    for _ in range(50):
        expected = 1 / (1 + np.exp(-inputs @ found))
        gradient = inputs.T @ (weights * (answerable - expected)) - RIDGE * len(rows) * found
        spread = weights * expected * (1 - expected)
        found += np.linalg.solve((inputs.T * spread) @ inputs + RIDGE * len(rows) * np.eye(len(found)), gradient)
    return found


def auroc(positive: Floats, negative: Floats) -> float:
    """The chance that a positive scores above a negative, ties counted half."""
    above = (positive[:, None] > negative[None, :]).mean()
    return float(above + 0.5 * (positive[:, None] == negative[None, :]).mean())


def report(train: dict[str, Floats], test: dict[str, Floats]) -> None:
    """Fit on one half and print the coefficients and the figures on the other."""
    rows = np.concatenate(list(train.values()))
    answerable = np.concatenate([np.full(len(some), float(name == "answerable")) for name, some in train.items()])
    weights = np.concatenate(
        [np.full(len(some), NEAR_WEIGHT if name == "near-topic" else 1.0) for name, some in train.items()]
    )
    found = fit(rows, answerable, weights)
    scores = {name: 1 / (1 + np.exp(-(found[0] + some @ found[1:]))) for name, some in test.items()}
    print(f"INTERCEPT = {found[0]:.2f}")
    named = ", ".join(f'"{name}": {value:.2f}' for name, value in zip(NAMES, found[1:], strict=True))
    print(f"COEFFICIENTS = {{{named}}}")
    for name, some in scores.items():
        print(f"{name:12} n={len(some):4}  mean confidence {some.mean():.3f}  answered {np.mean(some >= 0.5):.3f}")
    for name in ("near-topic", "off-topic"):
        print(f"AUROC answerable against {name}: {auroc(scores['answerable'], scores[name]):.3f}")


def _write_notes(articles: Iterable[dict[str, object]], folder: Path) -> Path:
    folder.mkdir()
    for number, article in enumerate(articles):
        title = str(article["title"]).replace("_", " ")
        paragraphs = [paragraph["context"].strip() for paragraph in article["paragraphs"]]  # type: ignore[attr-defined]
        (folder / f"{number}.md").write_text("\n\n".join([f"# {title}", *paragraphs]) + "\n", encoding="utf-8")
    return folder


def _squad_questions(articles: Iterable[dict[str, object]]) -> tuple[list[str], list[str]]:
    """Answerable and unanswerable questions."""
    found: tuple[list[str], list[str]] = ([], [])
    for article in articles:
        for paragraph in article["paragraphs"]:  # type: ignore[attr-defined]
            for question in paragraph["qas"]:
                found[question["is_impossible"]].append(question["question"])
    return found


def _beir_questions(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fit the confidence and show how well it does.")
    parser.add_argument("squad", type=Path)
    parser.add_argument("--off-topic", type=Path, action="append", default=[], help="a BEIR queries.jsonl")
    parser.add_argument("--cases", type=Path, help="a file of cases, as `rag-bot eval run` takes it")
    parser.add_argument("--notes", type=Path, default=Path("corpus"), help="the notes of the cases")
    parser.add_argument("--sample", type=int, default=250, help="questions of each of the three kinds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
