"""Fits the coefficients of rag_bot/query/verdict.py and shows, on vaults that each fit did not see, how well they tell.

    python -m eval.fit_verdict --vault FOLDER QUESTIONS.jsonl [--vault ...] [--split dev] [--foreign 40] [--unread]

Questions are cases as `eval/questions.jsonl` has them, with evidence paths as citations give them, or relative to the
folder. They must not be those that the reader was taught with, or its scores would mean more in the fit than in life.
Besides its own off-topic questions each folder is asked `--foreign` of the other folders' questions.

"Answers" parts answerable questions with a right line among the first two from all others. "Speaks" parts answerable
and near-topic questions from off-topic ones; its intercept is moved so that `ANSWERABLE_NONE` of the answerable
questions is below 0.5. Each folder's figures are from a fit on the other folders.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from rag_bot.evaluation.cases import NEAR_TOPIC, OFF_TOPIC, split_of
from rag_bot.evaluation.intervals import auroc
from rag_bot.library import Library
from rag_bot.query.answer import Investigation, Stopwatch, investigate
from rag_bot.query.open_index import Sources

Floats = NDArray[np.float64]

ANSWERS = ("reader",)
SPEAKS = ("reader", "cosine", "words", "unmentioned")
UNREAD = ("line_cosine", "words")
SHOWN = 2  # of the first lines one has to be right
# So many of the answerable questions have a "speaks" below 0.5 and are taken for off-topic ones. Of those whose right
# line was among the first two that is one in forty; chosen so that nine in ten off-topic ones are told.
ANSWERABLE_NONE = 0.077
NEAR_WEIGHT = 0.7  # near-topic questions are made to deceive, and rarer in life than in this data; set by hand
RIDGE = 1e-3  # for each question; set by hand, so that no coefficient grows without end


@dataclass(frozen=True, slots=True)
class Measured:
    """What asking a question gave: `right` says that one of the first two lines answers it."""

    folder: str
    kind: str
    right: bool
    missing: bool
    features: Mapping[str, float]


def main() -> None:
    options = _read_options()
    if options.rows and options.rows.is_file():
        rows = [Measured(**row) for row in json.loads(options.rows.read_text(encoding="utf-8"))]
    else:
        rows = list(_measure_all(options))
        if options.rows:
            options.rows.write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
    if options.unread:
        report(rows, UNREAD, UNREAD)
    else:
        report(rows, ANSWERS, SPEAKS)


def report(rows: Sequence[Measured], answers: Sequence[str], speaks: Sequence[str]) -> None:
    """Print the coefficients fitted on all folders, and for each folder what those fitted on the others do."""
    folders = list(dict.fromkeys(row.folder for row in rows))
    answering, speaking = np.zeros(len(rows)), np.zeros(len(rows))
    for folder in folders:
        others = [row for row in rows if row.folder != folder]
        numbers = [number for number, row in enumerate(rows) if row.folder == folder]
        answering[numbers] = _probabilities(_fit_answers(others, answers), [rows[at] for at in numbers], answers)
        speaking[numbers] = _probabilities(_fit_speaks(others, speaks), [rows[at] for at in numbers], speaks)
    kinds = np.array([row.kind for row in rows])
    odds = np.log(speaking / (1 - speaking))
    shift = np.quantile(odds[kinds == ""], ANSWERABLE_NONE)
    speaking = 1 / (1 + np.exp(shift - odds))
    _print_coefficients("ANSWERS", answers, _fit_answers(rows, answers))
    speaks_moved = _fit_speaks(rows, speaks)
    speaks_moved[0] -= shift
    _print_coefficients("SPEAKS", speaks, speaks_moved)
    right, missing = np.array([row.right for row in rows]), np.array([row.missing for row in rows])
    answerable, near, off = kinds == "", kinds == NEAR_TOPIC, kinds == OFF_TOPIC
    for least in np.arange(0.3, 0.8, 0.05):
        answered = (answering >= least) & ~missing
        of_right, of_wrong = answered[answerable & right], answered[answerable & ~right]
        print(
            f"answering >= {least:.2f}: right {of_right.mean():.3f}, wrong {of_wrong.mean():.3f}, "
            f"near {answered[near].mean():.3f}, off {answered[off].mean():.3f}; "
            f"of the answered right {right[answered].mean():.3f}"
        )
    for least in np.arange(0.05, 0.8, 0.05):
        of_answerable, of_near, of_off = (np.mean(speaking[kind] < least) for kind in (answerable, near, off))
        print(f"speaking < {least:.2f}: answerable {of_answerable:.3f}, near {of_near:.3f}, off {of_off:.3f}")
    for folder in [*folders, ""]:
        own = np.array([folder in ("", row.folder) for row in rows])
        good, wrong = answering[own & answerable & right], answering[own & answerable & ~right]
        deceived = answering[own & near]
        off_topic = float(auroc(speaking[own & answerable], speaking[own & off]))
        print(
            f"{folder or 'all':24} answerable {sum(own & answerable)}, right {right[own & answerable].mean():.3f}; "
            f"AUROC right : near {float(auroc(good, deceived)):.3f}, right : wrong {float(auroc(good, wrong)):.3f}, "
            f"answerable : off {off_topic:.3f}; "
            f"lacking a name: right {missing[own & right].mean():.3f}, near {missing[own & near].mean():.3f}"
        )
    for low in np.arange(0, 1, 0.2):
        inside = (answering >= low) & (answering < low + 0.2) & ~off
        if inside.any():
            mean, share = answering[inside].mean(), right[inside].mean()
            print(f"answering {low:.1f}-{low + 0.2:.1f}: n={inside.sum()}, mean {mean:.2f}, right {share:.2f}")


def _fit_answers(rows: Sequence[Measured], names: Sequence[str]) -> Floats:
    return _fit(rows, names, np.array([row.right for row in rows]))


def _fit_speaks(rows: Sequence[Measured], names: Sequence[str]) -> Floats:
    return _fit(rows, names, np.array([row.kind != OFF_TOPIC for row in rows]))


def _fit(rows: Sequence[Measured], names: Sequence[str], positive: NDArray[np.bool_]) -> Floats:
    """Intercept and coefficients of a logistic regression."""
    weights = np.array([NEAR_WEIGHT if row.kind == NEAR_TOPIC else 1.0 for row in rows])
    model = LogisticRegression(C=1 / (RIDGE * len(rows)), max_iter=1_000)
    model.fit(_inputs(rows, names), positive, sample_weight=weights)
    return np.concatenate([model.intercept_, model.coef_[0]])


def _inputs(rows: Sequence[Measured], names: Sequence[str]) -> Floats:
    return np.array([[row.features[name] for name in names] for row in rows])


def _probabilities(coefficients: Floats, rows: Sequence[Measured], names: Sequence[str]) -> Floats:
    probabilities: Floats = 1 / (1 + np.exp(-(coefficients[0] + _inputs(rows, names) @ coefficients[1:])))
    return probabilities


def _print_coefficients(title: str, names: Sequence[str], coefficients: Floats) -> None:
    named = ", ".join(f'"{name}": {value:.3f}' for name, value in zip(("intercept", *names), coefficients, strict=True))
    print(f"{title} = {{{named}}}")


def _measure_all(options: argparse.Namespace) -> Iterator[Measured]:
    random.seed(0)
    vaults = [(Path(folder), _read_questions(Path(file), options.split)) for folder, file in options.vault]
    with tempfile.TemporaryDirectory() as work:
        for folder, questions in vaults:
            foreign = [q for other, some in vaults if other != folder for q in some]
            drawn = random.sample(foreign, min(options.foreign, len(foreign)))
            foreign = [{"question": q["question"], "kind": OFF_TOPIC, "answerable": False} for q in drawn]
            reader = "" if options.unread else None
            with Library(index=Path(work) / folder.name, reader=reader) as library:
                library.ingest([folder])
                for question in [*questions, *foreign]:
                    found = library.with_sources(
                        lambda sources, question=question: _investigate(sources, question)  # type: ignore[misc]
                    )
                    kind = "" if question["answerable"] else question["kind"]
                    right = bool(question["answerable"]) and _is_right(question, found, folder.name)
                    judgement = found.judgement
                    yield Measured(folder.name, kind, right, bool(judgement.missing), asdict(judgement.features))
            print(f"{folder.name} measured", flush=True)


def _investigate(sources: Sources, question: Mapping[str, Any]) -> Investigation:
    earlier = question.get("turns") or ()
    return investigate(sources, question["question"], filters=None, earlier=earlier, watch=Stopwatch())


def _is_right(question: Mapping[str, Any], found: Investigation, label: str) -> bool:
    """Whether one of the first two lines stands in a note with evidence and matches the pattern, or is evidence."""
    quotes = [line.quote for line in found.judged if line.quote][:SHOWN]
    for quote in quotes:
        path = quote.note_path.removeprefix(f"{label}/")
        for piece in question["evidence"]:
            if piece["path"].removeprefix(f"{label}/") != path:
                continue
            text, evidence = " ".join(quote.text.split()), " ".join(piece["quote"].split())
            if re.search(question["pattern"], quote.text, re.I | re.S) or evidence in text or text in evidence:
                return True
    return False


def _read_questions(file: Path, split: str) -> list[dict[str, Any]]:
    questions = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [question for question in questions if split in ("all", split_of(question["id"]))]


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fit the verdict and show how well it does.")
    parser.add_argument("--vault", nargs=2, action="append", default=[], metavar=("FOLDER", "QUESTIONS"))
    parser.add_argument("--split", default="all", choices=("all", "dev", "test"), help="half of the questions")
    parser.add_argument("--foreign", type=int, default=40, help="questions of other folders asked of each")
    parser.add_argument("--unread", action="store_true", help="fit the verdict without a reader")
    parser.add_argument("--rows", type=Path, help="where what was measured is kept, and taken from if it is there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
