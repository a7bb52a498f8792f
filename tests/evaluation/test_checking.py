"""The figures of the checker are what they say, and `rag-bot eval checker` gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag_bot import UsageError
from rag_bot.cli import main
from rag_bot.evaluation.checking import (
    JudgedPair,
    Pair,
    by_kind,
    by_source,
    measure_checker,
    milliseconds,
    overlap,
    read_pairs,
    wrong_pairs,
)
from rag_bot.evaluation.intervals import interval_of_share
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, UNSUPPORTED
from tests.query.cross_encoders import save_cross_encoder

LINES = [["Flat > Rent", "- The rent is €900, due on the 3rd."], ["Flat > Rent", "- The deposit is €1,800."]]
SAID = "The rent is €900, due on the 3rd."
Run = Callable[..., tuple[int, str, str]]


def _line(**changes: Any) -> str:
    pair = {"id": "a", "lines": LINES, "sentence": SAID, "label": "supported", "kind": "verbatim"}
    return json.dumps({**pair, **changes})


def _judged(label: str, support: str, overlap: float = 1.0, kind: str = "k", **changes: Any) -> JudgedPair:
    pair = Pair("a", (("", "x"),), "x", label, kind, "s")  # type: ignore[arg-type]
    return JudgedPair(pair, support, (), overlap, changes.get("seconds", 0.0), 0.0)


def _values(judged: Sequence[JudgedPair]) -> dict[str, float]:
    return {name: measure.value for name, measure in measure_checker(judged).measures.items()}


@pytest.fixture
def pairs(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, name: str = "pairs.jsonl") -> Path:
        (tmp_path / name).write_text("\n".join(lines))
        return tmp_path / name

    return write


@pytest.fixture
def run(tmp_path: Path, model_cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def run_checker(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--index", str(tmp_path / "index"), "--cache", str(model_cache), "eval", "checker", *arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run_checker


def test_each_measure_counts_what_it_says() -> None:
    judged = [
        *(_judged("supported", support) for support in (SUPPORTED, SUPPORTED, REWORDED, UNSUPPORTED, NO_CLAIM)),
        *(_judged("not", support, 0.5) for support in (SUPPORTED, REWORDED, UNSUPPORTED, UNSUPPORTED)),
    ]
    figures = measure_checker(judged)
    assert (figures.true, figures.false) == (5, 4)
    assert {name: (measure.value, measure.cases) for name, measure in figures.measures.items()} == {
        "precision": (0.6667, 3),
        "recall": (0.4, 5),
        "false_supported": (0.25, 4),
        "true_not": (0.2, 5),
        "balanced_accuracy": (0.65, 9),  # 4 of 5 true ones, 2 of 4 false ones
        "overlap": (1.0, 9),
    }
    assert figures.threshold == 1.0
    assert [(one.pair.label, one.support) for one in wrong_pairs(judged)] == [
        ("not", SUPPORTED),
        ("supported", UNSUPPORTED),
    ]


def test_what_needs_both_sorts_is_left_out_where_one_is_missing() -> None:
    assert _values([_judged("not", SUPPORTED), _judged("not", UNSUPPORTED)]) == {"false_supported": 0.5}
    assert _values([_judged("supported", REWORDED)]) == {"recall": 0.0, "true_not": 0.0}
    without_supported = _values([_judged("supported", REWORDED), _judged("not", REWORDED)])
    assert "precision" not in without_supported
    assert without_supported["balanced_accuracy"] == 0.5


def test_the_floor_has_the_best_threshold_of_the_pairs_themselves() -> None:
    shares = {"supported": (0.4, 0.8, 0.9), "not": (0.2, 0.5, 0.6, 0.95)}
    figures = measure_checker([_judged(label, REWORDED, share) for label, these in shares.items() for share in these])
    assert figures.threshold == 0.8
    assert figures.measures["overlap"].value == round((2 / 3 + 3 / 4) / 2, 4)


def test_the_figures_of_a_kind_are_those_of_its_pairs() -> None:
    judged = [_judged("supported", SUPPORTED), _judged("not", SUPPORTED, kind="number")]
    kinds = by_kind(judged)
    assert {kind: (figures.true, figures.false) for kind, figures in kinds.items()} == {"k": (1, 0), "number": (0, 1)}
    assert kinds["number"].measures["false_supported"].value == 1.0
    assert by_source(judged)["s"].true == 1


def test_times_are_in_milliseconds() -> None:
    judged = [_judged("not", REWORDED, seconds=number / 1000) for number in range(101)]
    assert milliseconds(judged) == {"sentence": {"p50": 50.0, "p95": 95.0}, "lines": {"p50": 0.0, "p95": 0.0}}


@pytest.mark.parametrize(
    ("sentence", "share"),
    [
        (SAID, 1.0),
        ("The flat's rents were due.", 1.0),  # stemmed, and what stands above a line counts
        ("The rent is paid by Jonas.", 1 / 3),
        ("", 0.0),
    ],
)
def test_overlap_is_the_share_of_content_words_that_stand_there(sentence: str, share: float) -> None:
    assert overlap(sentence, [(context, text) for context, text in LINES]) == pytest.approx(share)


def test_overlap_stems_as_the_language_of_the_lines_does() -> None:
    lines = [("Wohnung", "Die Mieten werden immer am dritten Tag des Monats von uns überwiesen.")]
    assert overlap("Die Miete wird überwiesen.", lines) == 1.0


@pytest.mark.parametrize(
    ("count", "total", "low", "high"), [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0)]
)
def test_the_interval_of_a_share_is_wilson_s(count: int, total: int, low: float, high: float) -> None:
    assert np.round(interval_of_share(count, total), 4).tolist() == [low, high]


def test_pairs_are_read_as_they_stand_with_their_file_for_a_source(pairs: Callable[..., Path]) -> None:
    first = pairs(_line(), "", _line(id=7, source="web", question="When?", label="not"))
    second = pairs(_line(id="b"), name="more.jsonl")
    read = read_pairs([first, second])
    assert [(one.id, one.source, one.is_true) for one in read] == [
        ("a", "pairs", True),
        ("7", "web", False),
        ("b", "more", True),
    ]
    assert read[0].lines[0] == ("Flat > Rent", "- The rent is €900, due on the 3rd.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Invalid JSON"),
        ("[]", "Input should be an object"),
        (_line(label="partly"), "label Input should be 'supported' or 'not'"),
        (_line(lines=[]), "it has no lines"),
        (_line(lines=[["Flat", " "]]), "its lines are empty"),
        (_line(lines=[["Flat"]]), "lines.0.1 Field required"),
        (_line(lines="text"), "lines Input should be a valid array"),
        (_line(sentence=" "), "its sentence is empty"),
        (_line(id=""), "its id is empty"),
        ('{"id": "b"}', "sentence Field required"),
    ],
)
def test_a_line_that_is_no_pair_is_named_with_what_is_wrong(
    run: Run, pairs: Callable[..., Path], line: str, said: str
) -> None:
    code, out, error = run(str(pairs(_line(id="first"), line)))
    assert (code, out) == (2, "")
    assert re.match(rf"rag-bot: \S*pairs.jsonl:2 is no pair: .*{re.escape(said)}", error)
    assert len(error.splitlines()) == 1


def test_other_files_that_are_none_get_one_line(run: Run, pairs: Callable[..., Path]) -> None:
    assert run(str(pairs("", " "))) == (2, "", "rag-bot: " + str(pairs("", " ")) + " holds no pairs.\n")
    code, _, error = run("missing.jsonl")
    assert (code, len(error.splitlines())) == (2, 1)
    assert "The pairs missing.jsonl cannot be read" in error
    with pytest.raises(UsageError, match=r"'a' stands in .*pairs.jsonl and in .*more.jsonl"):
        read_pairs([pairs(_line()), pairs(_line(), name="more.jsonl")])


def test_json_names_what_each_pair_was_called_and_needs_no_index(
    run: Run, pairs: Callable[..., Path], tmp_path: Path
) -> None:
    file = pairs(_line(), _line(id="b", sentence="The rent is €950, due on the 3rd.", label="not", kind="number"))
    code, out, error = run(str(file), "--json")
    values = json.loads(out)
    assert (code, error) == (0, "")
    assert values["pairs"] == [{"id": "a", "support": "supported"}, {"id": "b", "support": "not"}]
    assert values["figures"]["precision"]["value"] == 1.0
    assert values["figures"]["called"]["false"] == {**dict.fromkeys(values["figures"]["called"]["true"], 0), "not": 1}
    assert values["by_kind"]["number"]["false_supported"]["value"] == 0.0
    assert values["by_kind"]["number"]["precision"] is None
    assert list(values["by_source"]) == ["pairs"]
    assert values["milliseconds"]["sentence"]["p50"] > 0
    assert not (tmp_path / "index").exists()


def test_a_sentence_that_claims_nothing_is_called_none(run: Run, pairs: Callable[..., Path]) -> None:
    code, out, _ = run(str(pairs(_line(sentence="Here is what I found:"))), "--json")
    assert (code, json.loads(out)["pairs"]) == (0, [{"id": "a", "support": "none"}])


def test_people_get_tables_and_on_demand_the_sentences_that_are_wrong(run: Run, pairs: Callable[..., Path]) -> None:
    files = [
        str(pairs(_line(), _line(id="lie", label="not", kind="[bold]loud"))),
        str(pairs(_line(id="c"), name="more.jsonl")),
    ]
    code, out, _ = run(*files)
    assert code == 0
    assert "precision of ‘supported’" in out
    assert "[bold]loud" in out
    assert "more" in out
    assert "Wrong:" not in out
    assert max(map(len, out.splitlines())) <= 100
    assert f"lie ([bold]loud): {SAID} -> supported" in run(*files, "--wrong")[1]


def test_a_model_that_checks_as_well_can_be_set(run: Run, pairs: Callable[..., Path], tmp_path: Path) -> None:
    model = save_cross_encoder(tmp_path / "contradicts", ("contradiction", "entailment", "neutral"), "contradiction")
    reworded = str(pairs(_line(sentence="Die Miete ist 900 € und nicht mehr.")))
    supports = [
        json.loads(run(reworded, "--json", *options)[1])["pairs"][0]["support"]
        for options in ((), ("--set", f"check_model={model}"))
    ]
    assert supports[0] != "not"
    assert supports[1] == "not"
    code, _, error = run(reworded, "--set", "dense_weight=1")
    assert code == 2
    assert "Those that count here are: reader, check_model" in error


def test_it_says_how_far_it_is_and_ends_at_ctrl_c(
    run: Run, pairs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_bot.cli.progress.LEAST_SECONDS", 0.0)
    file = str(pairs(*(_line(id=str(number)) for number in range(3))))
    _, _, error = run(file)
    assert error.splitlines() == [f"rag-bot: Checking: {done} of 3 ({done / 3:.0%})" for done in (1, 2)]

    def stop(*_: object) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag_bot.evaluation.checking.overlap", stop)
    assert run(file) == (130, "", "rag-bot: Stopped. Nothing is lost.\n")
