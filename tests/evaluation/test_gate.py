"""Retrieval and answers on the corpus do not fall below eval/baseline.json.

Where a change makes the figures better, or a fall is worth it, write new ones and commit them with the change:

    rag-bot ingest && rag-bot eval run --baseline eval/baseline.json
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag_bot import Library, UsageError
from rag_bot.evaluation.cases import read_cases
from rag_bot.evaluation.compare import Baseline, baseline_of, falls, newly_wrong, read_baseline, write_baseline
from rag_bot.evaluation.results import Result
from rag_bot.evaluation.runs import run_cases
from tests.conftest import ROOT

QUESTIONS = ROOT / "eval" / "questions.jsonl"
BASELINE = ROOT / "eval" / "baseline.json"
REMEDY = "If that is meant: `rag-bot ingest && rag-bot eval run --baseline eval/baseline.json`, and commit the file."


@pytest.fixture(scope="module")
def result(corpus_library: Library) -> Result:
    return run_cases(corpus_library, read_cases(QUESTIONS), file=str(QUESTIONS))


def _explain(result: Result, baseline: Baseline) -> str:
    flipped = [f"{one.case.id}: {one.case.question}" for one in newly_wrong(result, baseline)]
    return "\n".join([*map(str, falls(result, baseline)), "Cases that were right:", *flipped, REMEDY])


def test_no_measure_falls_below_the_interval_of_the_baseline(result: Result) -> None:
    baseline = read_baseline(BASELINE)
    assert falls(result, baseline) == [], _explain(result, baseline)


def test_every_piece_of_evidence_stands_in_the_corpus(result: Result) -> None:
    assert [(outcome.case.id, one.problem) for outcome in result.outcomes for one in outcome.missing] == []


def test_a_worse_result_falls_and_names_its_cases(result: Result, tmp_path: Path) -> None:
    write_baseline(result, tmp_path / "baseline.json")
    baseline = read_baseline(tmp_path / "baseline.json")
    assert baseline == baseline_of(result)
    assert falls(result, baseline) == []
    broken = {outcome.case.id for outcome in result.outcomes if outcome.right and outcome.case.kind == "fact"}
    worse = replace(
        result,
        outcomes=tuple(
            replace(one, right=False, scores={**one.scores, "right_answers": 0.0}) if one.case.id in broken else one
            for one in result.outcomes
        ),
    )
    assert [one.baseline.name for one in falls(worse, baseline)] == ["right_answers"]
    assert {outcome.case.id for outcome in newly_wrong(worse, baseline)} == broken
    said = _explain(worse, baseline)
    assert "right_answers is 0." in said
    assert all(id_ in said for id_ in broken)


def test_a_measure_that_is_gone_is_a_fall(result: Result) -> None:
    answerable = tuple(outcome for outcome in result.outcomes if outcome.case.answerable)
    gone = falls(replace(result, outcomes=answerable), baseline_of(result))
    assert "right_abstentions is not measured" in "\n".join(map(str, gone))


@pytest.mark.parametrize("text", ["{}", "[1", '{"format": "rag-bot baseline 0"}'])
def test_another_file_is_no_baseline(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(UsageError, match="is no baseline"):
        read_baseline(tmp_path / "other.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read_baseline(tmp_path / "none.json")
