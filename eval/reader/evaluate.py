"""Measures a taught reader beside the packaged one, on what neither was taught with.

    python -m eval.reader.evaluate reader.onnx DATA PUBLIC PACKAGED [--only lines paragraphs sentences speed]

Both read the same lines: those nearest by words, and those of the passages that the packaged one likes best.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from eval.reader.network import ANSWERS, MOST_TOKENS, RELEVANCE, SAYS, OnnxReader, Pair, open_tokenizer, read_rows
from eval.reader.prepare import (
    OUR_VAULTS,
    SHARED,
    Reading,
    half_of,
    is_left_out,
    sentence_pair,
    shared_readings,
    squad_readings,
)
from eval.reader.vault import Question, Vault, right_and_doubtful

BY_WORDS, IN_PASSAGES = 40, 24  # candidate lines of a question
PASSAGES = 16  # passages that the packaged reader orders; the lines of the first are candidates
JUDGED = 3  # passages, the best of which judges whether there is an answer
MIXTURES = (0.1, 0.2, 0.3, 0.5, 1.0)  # of RELEVANCE beside ANSWERS
SQUAD_ARTICLES = (  # of SQuAD 2.0's dev set, none of them among the eight that are taught
    "Computational_complexity_theory",
    "Steam_engine",
    "European_Union_law",
    "Harvard_University",
    "Immune_system",
    "Islamism",
    "Warsaw",
    "Force",
)
SQUAD_QUESTIONS = 25  # answerable ones of an article, and as many that are not
TIMED = {15: 200, 60: 100, MOST_TOKENS: 40}  # tokens of a pair -> pairs timed

Floats = NDArray[np.float32]
Read = Callable[[Sequence[Pair]], Floats]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the readers are given for a question: lines, which of them are right, and passages."""

    question: Question
    lines: list[str]
    right: list[bool]
    passages: list[str]


def candidates_of(vault: Vault, question: Question, packaged: Read) -> Candidates:
    wording = question["question"]
    nearest = vault.line_index.nearest(wording, BY_WORDS)
    windows = [vault.passages[index] for index in vault.passage_index.nearest(wording, PASSAGES)]
    liked = packaged([(wording, text) for text, _ in windows])[:, 0] if windows else np.zeros(0)
    windows = [windows[index] for index in np.argsort(-liked)]
    more = [index for _, span in windows for index in span if index not in nearest]
    indexes = nearest + more[:IN_PASSAGES]
    right, _ = right_and_doubtful(vault, question)
    lines, is_right = [vault.lines[index].text for index in indexes], [index in right for index in indexes]
    return Candidates(question, lines, is_right, [text for text, _ in windows[:JUDGED]])


def area(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """AUROC, NaN where all labels are the same."""
    return float(roc_auc_score(labels, scores)) if 0 < sum(labels) < len(labels) else float("nan")


def measured_lines(
    candidates: Sequence[Candidates], outputs: Sequence[Floats], over: Sequence[Floats], mix: Any
) -> dict[str, Any]:
    """How often the right line is first, and among the first two; AUROC of answerable against near-topic questions.

    `outputs` are of the lines, `over` of the passages; `mix` makes one score of the outputs of a text.
    """
    first = second = answerable = reachable = 0
    best, best_passage, labels = [], [], []
    for candidate, lines, passages in zip(candidates, outputs, over, strict=True):
        if not candidate.lines:
            continue
        scores = mix(lines)
        if candidate.question["answerable"]:
            order = np.argsort(-scores, kind="stable")[:2]
            ranked = [candidate.right[index] for index in order]
            answerable, reachable = answerable + 1, reachable + any(candidate.right)
            first, second = first + ranked[0], second + any(ranked)
        if candidate.question["answerable"] or candidate.question["kind"] == "near-topic":
            labels.append(bool(candidate.question["answerable"]))
            best.append(float(scores.max()))
            best_passage.append(float(mix(passages).max()))
    return {
        "answerable": answerable,
        "among the candidates": reachable,
        "first": first,
        "first two": second,
        "AUROC line": round(area(best, labels), 3),
        "AUROC passage": round(area(best_passage, labels), 3),
    }


def in_one_go(read: Read, texts: Sequence[Sequence[str]], questions: Sequence[str]) -> list[Floats]:
    """The outputs for the texts of each question, all read in batches of similar length."""
    outputs = read([(question, text) for question, some in zip(questions, texts, strict=True) for text in some])
    ends = np.cumsum([len(some) for some in texts])
    return np.split(outputs, ends[:-1])


def vault_figures(vault: Vault, questions: Sequence[Question], packaged: Read, taught: Read) -> dict[str, Any]:
    candidates = [candidates_of(vault, question, packaged) for question in questions]
    wordings = [candidate.question["question"] for candidate in candidates]
    figures = {}
    for name, read in (("packaged", packaged), ("taught", taught)):
        lines = in_one_go(read, [candidate.lines for candidate in candidates], wordings)
        passages = in_one_go(read, [candidate.passages for candidate in candidates], wordings)
        if name == "packaged":
            figures[name] = measured_lines(candidates, lines, passages, lambda outputs: outputs[:, 0])
            continue
        for output in (ANSWERS, RELEVANCE):
            label = {ANSWERS: "answers", RELEVANCE: "relevance"}[output]
            figures[label] = measured_lines(candidates, lines, passages, lambda outputs, at=output: outputs[:, at])
        for share in MIXTURES:
            figures[f"answers + {share} relevance"] = measured_lines(
                candidates,
                lines,
                passages,
                lambda outputs, part=share: outputs[:, ANSWERS] + part * outputs[:, RELEVANCE],
            )
    return figures


def reading_figures(readings: Sequence[Reading], read: Read, output: int) -> dict[str, Any]:
    """Right sentence first, and AUROC of answerable or not by the best sentence, over paragraphs."""
    texts = [
        [f"{reading.title}: {text}" if reading.title else text for text in reading.sentences] for reading in readings
    ]
    outputs = in_one_go(read, texts, [reading.question for reading in readings])
    scores = [some[:, output] for some in outputs]
    answerable = [(some, reading) for some, reading in zip(scores, readings, strict=True) if reading.right]
    first = [int(some.argmax()) in reading.right for some, reading in answerable]
    labels = [bool(reading.right) for reading in readings]
    best = area([float(some.max()) for some in scores], labels)
    return {"questions": len(readings), "first": round(float(np.mean(first)), 3), "AUROC": round(best, 3)}


def left_out_readings(data: Path, public: Path) -> dict[str, list[Reading]]:
    rng = random.Random(12)
    squad: list[Reading] = []
    for article in json.loads((public / "squad2-dev-16-articles.json").read_text())["data"]:
        if article["title"] in SQUAD_ARTICLES:
            found = list(squad_readings([article], "squad2"))
            for is_answerable in (True, False):
                some = [reading for reading in found if bool(reading.right) is is_answerable]
                squad += rng.sample(some, min(SQUAD_QUESTIONS, len(some)))
    sets = data / "answerability" / "public"
    others = {name: list(shared_readings(read_rows(sets / f"{name}.jsonl"))) for name in ("qed-nq", "molweni")}
    return {"SQuAD 2.0, 8 articles": squad, **others}


def sentence_figures(data: Path, packaged: Read, taught: Read) -> dict[str, Any]:
    """AUROC and balanced accuracy at 0, by set."""
    figures = {}
    folder = data / "checker"
    for file in [
        folder / "pairs-personal-more.jsonl",
        folder / "pairs-public.jsonl",
        *sorted((folder / "public").glob("*.jsonl")),
    ]:
        rows = [sentence_pair(row, 1.0) for row in read_rows(file)]
        pairs, labels = [(row["sentence"], row["text"]) for row in rows], [row["label"] for row in rows]
        figures[file.stem] = {"pairs": len(pairs)} | {
            name: [
                round(area(scores.tolist(), labels), 3),
                round(float(balanced_accuracy_score(labels, scores > 0)), 3),
            ]
            for name, scores in (("packaged", packaged(pairs)[:, 0]), ("taught", taught(pairs)[:, SAYS]))
        }
    return figures


def speed_figures(files: Mapping[str, Path], tokenizer: Any) -> dict[str, Any]:
    """Milliseconds a pair, one at a time, in one thread; the readers take turns."""
    readers = {name: OnnxReader(file, threads=1) for name, file in files.items()}
    spent: dict[str, dict[int, list[float]]] = {name: {length: [] for length in TIMED} for name in readers}
    for length, count in TIMED.items():
        words = ["note"] * (length - 8)  # beside the question's four words and the marks
        batch_pairs = [("where is my note", " ".join(words))]
        for _ in range(count):
            for name, reader in readers.items():
                start = time.perf_counter()
                reader.scores(tokenizer, batch_pairs)
                spent[name][length].append(time.perf_counter() - start)
    # The quickest tenth: what others do on the machine meanwhile only adds to it.
    return {
        name: {length: round(1_000 * float(np.quantile(times, 0.1)), 2) for length, times in by_length.items()}
        for name, by_length in spent.items()
    }


def precision_figures(int8: Path, float32: Path, tokenizer: Any, readings: Sequence[Reading]) -> dict[str, Any]:
    """By output: mean difference between both files, and how many pairs lie on the same side of 0."""
    pairs = [(reading.question, text) for reading in readings for text in reading.sentences]
    ours, exact = (OnnxReader(file).scores(tokenizer, pairs) for file in (int8, float32))
    return {
        name: {
            "mean difference": round(float(np.abs(ours[:, output] - exact[:, output]).mean()), 3),
            "same side": round(float(((ours[:, output] > 0) == (exact[:, output] > 0)).mean()), 4),
        }
        for name, output in (("answers", ANSWERS), ("says", SAYS), ("relevance", RELEVANCE))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("reader", "data", "public", "packaged"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--float32", type=Path, help="the export before it was made int8")
    parts = ("decide", "lines", "paragraphs", "sentences", "precision", "speed")
    parser.add_argument("--only", nargs="*", choices=parts, default=parts)
    parser.add_argument("--vaults", type=Path, default=OUR_VAULTS, help="our own vaults, for `decide`")
    options = parser.parse_args()
    tokenizer = open_tokenizer(options.packaged / "tokenizer.json")
    readers = {"packaged": OnnxReader(options.packaged / "model.onnx"), "taught": OnnxReader(options.reader)}

    def packaged(pairs: Sequence[Pair]) -> Floats:
        return readers["packaged"].scores(tokenizer, pairs)

    def taught(pairs: Sequence[Pair]) -> Floats:
        return readers["taught"].scores(tokenizer, pairs)

    def show(part: str, name: str, figures: Any) -> None:
        print(json.dumps({"part": part, "name": name, "figures": figures}), flush=True)

    if "decide" in options.only:
        for file in sorted(options.vaults.glob("[A-D].jsonl")):
            rows = [row for row in read_rows(file) if is_left_out(row["id"])]
            show("decide", file.stem, vault_figures(Vault.read(file.with_suffix("")), rows, packaged, taught))
    if "lines" in options.only:
        for name, folder in SHARED.items():
            rows = read_rows(options.data / "questions" / f"questions-{name}.jsonl")
            rows = [row for row in rows if half_of(row["id"]) == "test" and not row.get("turns")]
            vault = Vault.read(options.data / "vaults" / folder)
            show("lines", name, vault_figures(vault, rows, packaged, taught))
    if "paragraphs" in options.only:
        for name, readings in left_out_readings(options.data, options.public).items():
            some = {"packaged": reading_figures(readings, packaged, 0)}
            some |= {"answers": reading_figures(readings, taught, ANSWERS)}
            some |= {"relevance": reading_figures(readings, taught, RELEVANCE)}
            show("paragraphs", name, some)
    if "sentences" in options.only:
        for name, some in sentence_figures(options.data, packaged, taught).items():
            show("sentences", name, some)
    if "precision" in options.only and options.float32:
        readings = left_out_readings(options.data, options.public)["qed-nq"]
        show("precision", "int8", precision_figures(options.reader, options.float32, tokenizer, readings))
    if "speed" in options.only:
        files = {"packaged": options.packaged / "model.onnx", "taught": options.reader}
        show("speed", "ms", speed_figures(files, tokenizer))


if __name__ == "__main__":
    main()
