"""Does the checker see what is wrong? Precision and recall, and what share of each kind it judges right.

    python -m eval.checker.measure [--public FOLDER] [--errors dev]

`--public` adds pairs made from the data sets in a folder (`eval/checker/public.py`); `--errors` prints the sentences of
a half that are judged wrong.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from eval.checker.pairs import Pair, our_pairs
from eval.checker.public import public_pairs
from rag_bot.check import CheckedLines, Checker, CitedLine, SentenceSupport
from rag_bot.models import EmbeddingModel
from rag_bot.records import REWORDED, SUPPORTED

TRUE_KINDS = ("verbatim", "paraphrase", "shortened", "merged")


@dataclass(frozen=True, slots=True)
class Judged:
    pair: Pair
    verdict: SentenceSupport
    milliseconds: float

    @property
    def is_kept(self) -> bool:
        return self.verdict.support == SUPPORTED

    @property
    def is_right(self) -> bool:
        return self.is_kept == self.pair.is_true


def judge_all(checker: Checker, pairs: Iterable[Pair]) -> list[Judged]:
    """Every pair judged, the lines of each passage read once."""
    read: dict[tuple[CitedLine, ...], CheckedLines] = {}
    judged = []
    for pair in pairs:
        if pair.lines not in read:
            read[pair.lines] = checker.read(pair.lines)
        began = time.perf_counter()
        verdict = checker.check(pair.sentence, read[pair.lines])
        judged.append(Judged(pair, verdict, (time.perf_counter() - began) * 1000))
    return judged


def precision_and_recall(judged: Sequence[Judged]) -> tuple[float, float]:
    """Of the sentences called supported the share that is, and of those that are the share called so."""
    kept = [one for one in judged if one.is_kept]
    true = [one for one in judged if one.pair.is_true]
    return sum(one.pair.is_true for one in kept) / max(1, len(kept)), sum(one.is_kept for one in true) / max(
        1, len(true)
    )


def by_kind(judged: Sequence[Judged]) -> dict[str, tuple[float, int]]:
    """For each kind the share judged right, and how many there are: true ones kept, false ones caught."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.pair.kind].append(one)
    return {kind: (sum(one.is_right for one in group) / len(group), len(group)) for kind, group in groups.items()}


def table(halves: dict[str, list[Judged]]) -> str:
    """A Markdown table with a column for each half."""
    kinds = sorted({kind for judged in halves.values() for kind in by_kind(judged)}, key=_order)
    rows = [f"| | {' | '.join(halves)} |", f"|---|{'---|' * len(halves)}"]
    for name, at in (("precision of ‘supported’", 0), ("recall of ‘supported’", 1)):
        rows.append(f"| {name} | {' | '.join(f'{precision_and_recall(one)[at]:.3f}' for one in halves.values())} |")
    for kind in kinds:
        shares = [by_kind(judged).get(kind) for judged in halves.values()]
        cells = [f"{share[0]:.2f} ({share[1]})" if share else "" for share in shares]
        rows.append(f"| {kind}, {'kept' if kind in TRUE_KINDS else 'caught'} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _order(kind: str) -> tuple[int, str]:
    return (TRUE_KINDS.index(kind), kind) if kind in TRUE_KINDS else (len(TRUE_KINDS), kind)


def _report(judged: Sequence[Judged]) -> None:
    halves = {
        f"{source}, {split}": [one for one in judged if (one.pair.source, one.pair.split) == (source, split)]
        for source in dict.fromkeys(one.pair.source for one in judged)
        for split in ("dev", "test")
    }
    print(table(halves))
    partly = [one for one in judged if one.pair.label == "partly"]
    held_back = [one for one in judged if one.pair.is_true and not one.is_kept]
    print(f"\nadditions called partly: {sum(one.verdict.support == REWORDED for one in partly)} of {len(partly)}")
    print(f"true ones not kept: {sum(one.verdict.support == REWORDED for one in held_back)} partly of {len(held_back)}")
    times = sorted(one.milliseconds for one in judged)
    print(f"milliseconds a sentence: p50 {times[len(times) // 2]:.0f}, p95 {times[int(len(times) * 0.95)]:.0f}")


def _errors(judged: Sequence[Judged], split: str) -> None:
    for one in sorted(judged, key=lambda one: (one.pair.source, one.pair.kind)):
        if one.pair.split == split and not one.is_right:
            verdict = one.verdict
            print(f"{one.pair.source}/{one.pair.kind}: {one.pair.sentence}")
            print(
                f"    {verdict.support} {verdict.score:.2f} {verdict.reasons} "
                f"{[one.pair.lines[index].text for index in verdict.lines]}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--public", type=Path, help="folder with answerability/ and vaults/")
    parser.add_argument("--errors", choices=("dev", "test"))
    parser.add_argument(
        "--cache", type=Path, default=Path(gettempdir()) / "rag-bot-eval", help="for the converted model"
    )
    wanted = parser.parse_args()
    checker = Checker(EmbeddingModel.prepare("all-MiniLM-L6-v2", wanted.cache))
    pairs = [*our_pairs(), *(public_pairs(wanted.public) if wanted.public else ())]
    judged = judge_all(checker, pairs)
    if wanted.errors:
        _errors(judged, wanted.errors)
    _report(judged)


if __name__ == "__main__":
    main()
