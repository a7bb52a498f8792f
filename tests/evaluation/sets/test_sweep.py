"""Settings over ranges: chosen on one half of the questions, reported on the other."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from rag_bot import Library, UsageError
from rag_bot.cli import main
from rag_bot.evaluation.cases import split_of
from rag_bot.evaluation.runs import override
from rag_bot.evaluation.sets.beir import read_beir
from rag_bot.evaluation.sets.bench import Bench, RememberingModel
from rag_bot.evaluation.sets.case_set import read_case_set
from rag_bot.evaluation.sets.sweep import Sweep, read_grid, sweep_settings
from rag_bot.models import EmbeddingModel
from rag_bot.settings import Settings
from tests.evaluation.sets.test_beir import QUESTIONS, make_set

CASES = Path(__file__).parents[3] / "eval" / "questions.jsonl"


@pytest.fixture
def settings(tmp_path: Path, model_cache: Path) -> Settings:
    return Settings(notes=(), index=tmp_path / "unused", cache=model_cache)


def _sweep(tmp_path: Path, settings: Settings, *ranges: str) -> Sweep:
    with Bench(read_beir(make_set(tmp_path / "small")), tmp_path / "work") as bench:
        return sweep_settings(bench, settings, read_grid(ranges))


@pytest.mark.parametrize(
    ("ranges", "combinations"),
    [
        (["dense_weight=0.3:0.5:0.1"], [{"dense_weight": value} for value in ("0.3", "0.4", "0.5")]),
        (["dense_weight=0.3:0.5:0.15"], [{"dense_weight": value} for value in ("0.3", "0.45")]),
        (["candidates=50, 100,50"], [{"candidates": value} for value in ("50", "100")]),
        (["candidates=50,100:300:100"], [{"candidates": value} for value in ("50", "100", "200", "300")]),
        (
            ["fusion=rrf,convex", "chunk-tokens=96,128"],
            [{"fusion": fusion, "chunk_tokens": tokens} for fusion in ("rrf", "convex") for tokens in ("96", "128")],
        ),
    ],
)
def test_ranges_have_both_ends_and_every_combination_is_tried(
    ranges: list[str], combinations: list[dict[str, str]]
) -> None:
    assert read_grid(ranges) == combinations


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ([], "Nothing to try"),
        (["weight=1,2"], "Unknown setting 'weight'"),
        (["dense_weight=0.1:0.5"], "no range; write FIRST:LAST:STEP"),
        (["dense_weight=0.5:0.1:0.1"], "no range"),
        (["dense_weight=0:1:0"], "no range"),
        (["dense_weight=0:1:-0.1"], "no range"),
        (["dense_weight=a:b:c"], "no range"),
        (["dense_weight=0:1:0.00001"], "no range"),
        (["dense_weight=0:NaN:1"], "no range"),
        (["dense_weight=,"], "Nothing to try"),
        (["dense_weight=0:1:0.01", "candidates=10:100:10"], "1,010 combinations"),
    ],
)
def test_what_is_no_range_is_refused(ranges: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_grid(ranges)


def test_the_present_settings_come_first_and_win_between_equals(tmp_path: Path, settings: Settings) -> None:
    present = override(settings, {"dense_weight": "0.6"})
    swept = _sweep(tmp_path, present, "dense_weight=0.5:0.7:0.1")
    assert [trial.values["dense_weight"] for trial in swept.trials] == [0.6, 0.5, 0.7]
    assert swept.best is swept.present
    assert swept.tested == swept.tested_present
    assert (swept.p, swept.measure) == (1.0, "nDCG@10")
    assert (swept.dev, swept.test) == tuple(Counter(map(split_of, QUESTIONS))[half] for half in ("dev", "test"))


def test_the_best_on_one_half_is_measured_on_the_other(tmp_path: Path, settings: Settings) -> None:
    folder = make_set(tmp_path / "small")
    # Words that stand in another document than the one that is meant: only meaning finds it.
    asked = dict.fromkeys(QUESTIONS, "Which drink must not be boiled when it rests in the fridge at night?")
    lines = [json.dumps({"_id": id_, "text": f"{text} {id_}"}) for id_, text in asked.items()]
    (folder / "queries.jsonl").write_text("\n".join(lines))
    rows = "".join(f"{id_}\tE\t1\n" for id_ in asked)
    (folder / "qrels" / "test.tsv").write_text(rows)
    present = override(settings, {"dense_weight": "0"})
    with Bench(read_beir(folder), tmp_path / "work") as bench:
        swept = sweep_settings(bench, present, read_grid(["dense_weight=0,1"]), measure="RR")
    assert swept.best.values == {"dense_weight": 1.0}
    assert swept.best.score > swept.present.score
    assert swept.tested.value > swept.tested_present.value
    assert swept.tested.cases == swept.test


def test_each_question_is_encoded_once(model: EmbeddingModel) -> None:
    remembering = RememberingModel(model)
    vector = remembering.encode_query("tea")
    assert remembering.encode_query("tea") is vector
    assert (vector == model.encode_query("tea")).all()


def test_a_setting_out_of_its_range_is_refused_before_anything_is_asked(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(UsageError, match=r"dense_weight is '1\.5'"):
        _sweep(tmp_path, settings, "dense_weight=0.5,1.5")
    assert not list(tmp_path.glob("work/small-*/index-*"))


def test_an_unknown_measure_names_those_there_are(tmp_path: Path, settings: Settings) -> None:
    questions, said = read_beir(make_set(tmp_path / "small")), r"'F1' here\. Measures are: nDCG@10, R@10"
    with Bench(questions, tmp_path / "work") as bench, pytest.raises(UsageError, match=said):
        sweep_settings(bench, settings, read_grid(["fusion=rrf"]), measure="F1")


def test_cases_are_asked_of_the_own_index_and_another_size_of_another(
    tmp_path: Path, corpus_settings: Settings, corpus_library: Library
) -> None:
    before = corpus_library.generation()
    cases = tmp_path / "some.jsonl"
    cases.write_text("".join(CASES.read_text().splitlines(keepends=True)[:12]))
    with Bench(read_case_set(cases, corpus_library), tmp_path / "work") as bench:
        swept = sweep_settings(bench, corpus_settings, read_grid(["fusion=rrf"]), measure="recall@5")
        assert not list(bench.work.glob("index-*"))
        assert swept.present.score > 0.5
        sized = sweep_settings(bench, corpus_settings, read_grid(["chunk_tokens=96"]))
    assert [trial.values["chunk_tokens"] for trial in sized.trials] == [256, 96]
    assert len(list(bench.work.glob("index-*"))) == 1
    assert corpus_library.generation() == before


def test_the_command_marks_the_best_and_saves_all_trials(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, saved = make_set(tmp_path / "small"), tmp_path / "sweep.json"
    arguments = ["--cache", str(settings.cache), "eval", "sweep", "fusion=convex,rrf", "--beir", str(folder)]
    arguments += ["--work", str(tmp_path / "work"), "--save", str(saved)]
    with pytest.raises(SystemExit, match="0"):
        main(arguments)
    printed = capsys.readouterr().out
    assert "nDCG@10 on dev" in printed
    assert "best, present" in printed
    assert "On test: best 1.0000 (1.000-1.000), which are the present settings" in printed
    with pytest.raises(SystemExit, match="0"):
        main([*arguments, "--json"])
    swept = json.loads(capsys.readouterr().out)
    kept = json.loads(saved.read_text())
    assert swept["trials"][0]["fusion"] == swept["present"]["fusion"] == settings.retrieval.fusion
    assert {trial["fusion"] for trial in swept["trials"]} == {"convex", "rrf", settings.retrieval.fusion}
    assert {**kept, "made": ""} == {**swept, "made": ""}
    assert swept["test"] == swept["test_of_present"]


def test_the_command_takes_one_set_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = ["--beir", str(tmp_path), "--spans", str(tmp_path)]
    with pytest.raises(SystemExit, match="2"):
        main(["eval", "sweep", "fusion=rrf", *both])
    assert "exclude each other" in capsys.readouterr().err
