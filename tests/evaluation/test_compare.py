"""Two results are compared case by case, and what is compared is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag_bot import Library, UsageError
from rag_bot.cli import main
from rag_bot.evaluation.cases import Case
from rag_bot.evaluation.compare import baseline_of, compare_results, comparison_json, falls
from rag_bot.evaluation.results import Cited, IndexFacts, Outcome, Result, save_result
from rag_bot.records import ANSWERED, NONE

QUOTED = (Cited("notes/a.md:1", "The key lies under the mat.", 0.8, True),)


def _outcome(id_: str, right: bool, *, confidence: float = 0.9, answerable: bool = True) -> Outcome:
    kind = "fact" if answerable else "near-topic"
    case = Case(id_, f"Where is {id_}?", kind, answerable, "x" if answerable else "", ())
    name = "right_answers" if answerable else "right_abstentions"
    verdict = NONE if right != answerable else ANSWERED
    citations = () if verdict == NONE else QUOTED
    return Outcome(case, (), right, verdict, confidence, citations, (), {name: float(right)}, 0.1)


def _result(*outcomes: Outcome) -> Result:
    index = IndexFacts("model", "fingerprint", "1", 1, 1)
    return Result("cases.jsonl", "2026-11-22T10:00:00Z", {}, index, "", {}, outcomes)


def test_differences_are_paired_and_flips_named_in_both_directions() -> None:
    before = _result(*(_outcome(str(number), number < 5) for number in range(10)))
    after = _result(*(_outcome(str(number), number > 0) for number in range(10)))
    comparison = compare_results(before, after)
    (right,) = (one for one in comparison.differences if one.name == "right_answers")
    assert (right.before, right.after, right.cases) == (0.5, 0.9, 10)
    assert right.p == pytest.approx((2 * (1 + 6)) / 2**6, abs=0.02)  # six pairs changed, one of them for the worse
    assert [flip.id for flip in comparison.broken] == ["0"]
    assert [flip.id for flip in comparison.fixed] == ["5", "6", "7", "8", "9"]
    assert (comparison.fixed[0].before, comparison.fixed[0].after) == ((), ("notes/a.md:1",))
    assert comparison.left_out == ""


def test_a_result_does_not_differ_from_itself() -> None:
    same = _result(_outcome("a", True), _outcome("b", False), _outcome("c", True, answerable=False, confidence=0.2))
    comparison = compare_results(same, same)
    assert {one.p for one in comparison.differences} == {1.0}
    assert {one.after - one.before for one in comparison.differences} == {0.0}
    cases = {one.name: one.cases for one in comparison.differences}
    assert (cases["auroc"], cases["auroc_near_topic"], "auroc_off_topic" in cases) == (3, 3, False)
    assert comparison.fixed == comparison.broken == ()


def test_of_a_share_that_is_better_low_a_rise_is_a_fall() -> None:
    name = "answered_share_of_near_topic"
    answered, closest = (
        _result(*(replace(_outcome(str(number), True, answerable=False), scores={name: value}) for number in range(9)))
        for value in (1.0, 0.0)
    )
    assert falls(closest, baseline_of(answered)) == []
    assert [str(fallen) for fallen in falls(answered, baseline_of(closest))] == [
        f"{name} is 1.0000, above 0.2991, the upper end of the baseline's 0.0000"
    ]


def test_settings_that_differ_are_named() -> None:
    before = replace(_result(_outcome("a", True)), settings={"dense_weight": 0.5, "candidates": 100})
    after = replace(before, settings={"dense_weight": 0.6, "candidates": 100})
    assert compare_results(before, after).changed_settings == ("dense_weight 0.5, then 0.6",)
    assert compare_results(before, before).changed_settings == ()


def test_only_common_cases_are_compared_and_that_is_said() -> None:
    changed = _outcome("b", True)
    changed = replace(changed, case=replace(changed.case, pattern="y"))
    before = _result(_outcome("a", True), _outcome("b", True), _outcome("c", True))
    after = _result(_outcome("a", False), changed, _outcome("d", True), _outcome("e", True))
    comparison = compare_results(before, after, ("one.json", "two.json"))
    assert comparison.common == 1
    assert comparison.left_out == "1 only in one.json, 2 only in two.json, 1 written otherwise in both"
    with pytest.raises(UsageError, match=r"one.json and two.json have no case in common"):
        compare_results(before, _result(_outcome("z", True)), ("one.json", "two.json"))


def test_the_json_has_a_figure_for_each_measure() -> None:
    values = comparison_json(compare_results(_result(_outcome("a", True)), _result(_outcome("a", False))))
    json.dumps(values)
    assert values["differences"]["right_answers"] == {
        "before": 1.0,
        "after": 0.0,
        "difference": -1.0,
        "p": 1.0,
        "cases": 1,
        "differing": 1,
    }
    assert values["broken"][0]["question"] == "Where is a?"


@pytest.fixture
def compare(library: Library, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `rag-bot eval compare`: exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        settings = ("--index", str(library.settings.index), "--cache", str(library.settings.cache))
        with pytest.raises(SystemExit) as left:
            main([*settings, "eval", "compare", *arguments])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run


def test_two_saved_results_are_compared_without_an_index(
    compare: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    save_result(_result(_outcome("a", True), _outcome("b", False)), tmp_path / "1.json")
    save_result(_result(_outcome("a", False)), tmp_path / "2.json")
    code, out, err = compare(str(tmp_path / "1.json"), str(tmp_path / "2.json"))
    assert code == 0, err
    assert "Right before, wrong after:" in out
    assert "a: Where is a? -> notes/a.md:1, then abstained" in out
    assert "Not compared: 1 only in" in out


def test_two_settings_are_run_on_the_same_cases(
    compare: Callable[..., tuple[int, str, str]],
    library: Library,
    notes: Path,
    write: Callable[..., Path],
    tmp_path: Path,
) -> None:
    write("a.md", "The key lies under the mat.")
    library.ingest([notes])
    case = {"id": "a", "question": "Where is the key?", "kind": "fact", "answerable": True, "pattern": "mat"}
    evidence = [{"path": "notes/a.md", "quote": "under the mat"}]
    (tmp_path / "cases.jsonl").write_text(json.dumps({**case, "evidence": evidence}))
    code, out, err = compare("default", "fusion=rrf,dense_weight=0.5", str(tmp_path / "cases.jsonl"), "--json")
    assert code == 0, err
    values = json.loads(out)
    assert (values["before"], values["after"], values["common"]) == ("default", "fusion=rrf,dense_weight=0.5", 1)
    assert values["differences"]["recall@5"]["after"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.json", "default"), "none.json cannot be read"),
        (("default", "nonsense=1"), "Unknown setting 'nonsense'"),
        (("default", "dense_weight=much"), "dense_weight"),
    ],
)
def test_what_cannot_be_compared_gets_one_line_before_anything_runs(
    compare: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = compare(*arguments, "none.jsonl")
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
