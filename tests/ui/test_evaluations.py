"""The page of evaluations: the list of runs, one result, two compared, and what is shown where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.evaluation.compare import compare_results
from rag_bot.evaluation.feedback import KIND
from rag_bot.evaluation.results import Result, keep_result, results_folder, save_result
from rag_bot.evaluation.runs import run_cases
from rag_bot.settings import Settings
from rag_bot.ui.evaluation.evaluation_job import EvaluationJob, EvaluationState
from rag_bot.ui.evaluation.evaluations import Evaluations, evaluating
from rag_bot.ui.evaluation.result_view import comparison_html, place_html, result_html

EVIL = '<img src=x onerror="alert(1)">'
CASES = [
    Case("tram", "When does the night tram leave?", "fact", True, "two", (Evidence("n/trams.md", "leaves at two"),)),
    Case("bus", "What colour is the airport bus?", "why", True, "yellow", (Evidence("n/buses.md", "The bus is blue"),)),
    Case("gone", f"Where is the ferry {EVIL}?", "fact", True, f"pier|{EVIL}", (Evidence(f"n/{EVIL}.md", EVIL),)),
    Case("opera", "Who composed the opera about whales?", "off-topic", False, "", ()),
]


@pytest.fixture(scope="module")
def library(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("evaluated") / "n"
    folder.mkdir()
    (folder / "trams.md").write_text(f"# Trams {EVIL}\n\nThe night tram leaves at two {EVIL}.\n")
    (folder / "buses.md").write_text("# Buses\n\nThe airport bus is blue.\n")
    with Library(Settings(index=folder.parent / "index", cache=model_cache)) as opened:
        opened.ingest([folder])
        yield opened


@pytest.fixture(scope="module")
def result(library: Library) -> Result:
    return run_cases(library, CASES, file="some/questions.jsonl")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(index=tmp_path / "index")


@pytest.fixture
def page(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluations:
    """The page in a working folder without anything."""
    monkeypatch.chdir(tmp_path)
    library = Library(settings)
    return Evaluations(library, EvaluationJob(library))


def words(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def made_at(result: Result, minute: int, **changes: Any) -> Result:
    return replace(result, made=f"2026-11-22T10:{minute:02}:00Z", **changes)


def test_before_the_first_run_everything_explains_itself(page: Evaluations) -> None:
    views = page.views((), notes=5)
    assert "No cases yet. Thumbs up or down" in words(views["evaluating"])
    assert "No runs yet" in views["runs"]
    assert views["result"] == ""
    assert "Nothing is indexed yet" in page.views((), notes=0)["evaluating"]


def test_the_feedback_and_the_files_of_the_working_folder_can_be_chosen(page: Evaluations, tmp_path: Path) -> None:
    assert page.files() == []
    line = '{"id": "a", "question": "A?", "kind": "feedback", "answerable": false, "pattern": "", "evidence": []}\n'
    for name in ("eval/questions.jsonl", "feedback/index/cases.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(line)
    (tmp_path / "eval" / "other.jsonl").write_text("{}\n")
    assert page.files() == [
        ("Your feedback · 1 case", str(tmp_path / "feedback" / "index" / "cases.jsonl")),
        ("eval/questions.jsonl · 1 case", "eval/questions.jsonl"),
    ]
    views = page.views((), notes=5)
    assert views["evaluating"] == ""
    assert re.findall(r'<option value="(.*?)"', views["cases"]) == [path for _, path in page.files()] + [""]
    (tmp_path / "feedback" / "index" / "cases.jsonl").write_text("broken")
    assert page.files()[0][0] == "Your feedback"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (EvaluationState(running=True, file=f"/x/{EVIL}.jsonl", done=3, total=40), "3 of 40"),
        (EvaluationState(running=True, stopped=True, file="/x/a.jsonl", done=3, total=40), "Stopping …"),
        (EvaluationState(stopped=True), "nothing of this run is kept"),
        (EvaluationState(error=f"It failed {EVIL}."), "It failed <img"),
    ],
)
def test_how_a_run_goes_is_said(state: EvaluationState, expected: str) -> None:
    html = evaluating(state, 5, has_cases=True)
    assert expected in words(html)
    assert "<img" not in html
    assert ("data-stop" in html) == state.running


def test_runs_are_listed_newest_first_and_the_newest_is_shown(
    page: Evaluations, settings: Settings, result: Result
) -> None:
    keep_result(made_at(result, 1), settings)
    rrf = {**result.settings, "fusion": "rrf"}
    keep_result(made_at(result, 2, settings=rrf, cases_file=f"{EVIL}.jsonl".replace("/", "")), settings)
    views = page.views((), notes=5)
    assert re.findall(r'data-run="(.*?)"', views["runs"])[1] == "2026-11-22T100100-questions.json"
    assert "fusion rrf" in words(views["runs"])
    assert "dense_weight" not in views["runs"]
    assert views["runs"].count(" checked") == 1
    assert words(views["runs"]).count(" 4 too few to tell too few to tell ") == 2
    assert "onerror" in words(views["result"])
    assert "<img" not in views["runs"] + views["result"]


def test_only_settings_that_differ_are_told(page: Evaluations, settings: Settings, result: Result) -> None:
    for minute, some in enumerate(({"a": 1, "b": 2}, {"a": 1, "b": 3, "new": "x"}, {"a": 1, "b": "", "c": None})):
        keep_result(made_at(result, minute, settings=some), settings)
    told = re.findall(r'<td class="faint">(.*?)</td>', page.views((), notes=5)["runs"])
    assert told == ["", "b 3", "b 2"]


def test_feedback_is_called_so(page: Evaluations, settings: Settings, result: Result) -> None:
    of_feedback = tuple(replace(one, case=replace(one.case, kind=KIND)) for one in result.outcomes)
    keep_result(made_at(result, 1, outcomes=of_feedback, cases_file="cases.jsonl"), settings)
    assert "Your feedback 4" in words(page.views((), notes=5)["runs"])


def test_broken_and_foreign_files_are_named_and_skipped(page: Evaluations, settings: Settings, result: Result) -> None:
    keep_result(made_at(result, 1), settings)
    folder = results_folder(settings)
    (folder / "zebra.json").write_text("{}")
    (folder / f"{EVIL}.json".replace("/", "")).write_bytes(b"\xff\xfe\x00")
    (folder / "folder.json").mkdir()
    save_result(replace(result, made="yesterday"), folder / "odd.json")
    views = page.views((), notes=5)
    assert views["runs"].count("Skipped: ") == 3
    assert "odd.json was made at 'yesterday', which is no time" in words(views["runs"])
    assert "zebra.json is no result of this version" in words(views["runs"])
    assert "<img" not in views["runs"]
    assert views["runs"].count("<tr") == 2
    assert "4 cases" in words(views["result"])


def test_a_chosen_run_that_is_gone_gives_way_to_the_newest(
    page: Evaluations, settings: Settings, result: Result
) -> None:
    names = [keep_result(made_at(result, minute), settings).name for minute in (1, 2, 3)]
    assert page.views((names[0], names[1]), notes=5)["runs"].count(" checked") == 2
    (results_folder(settings) / names[2]).unlink()
    views = page.views((names[2],), notes=5)
    assert re.findall(r'data-run="(.*?)"', views["runs"]) == [names[1], names[0]]
    assert views["runs"].count(" checked") == 1


def test_two_ticked_runs_are_compared_the_older_before_the_newer(
    page: Evaluations, settings: Settings, result: Result
) -> None:
    wrong = replace(result.outcomes[0], right=False, scores=dict(result.outcomes[0].scores) | {"right_answers": 0.0})
    older = keep_result(made_at(result, 1, outcomes=(wrong, *result.outcomes[1:])), settings).name
    newer = keep_result(made_at(result, 2), settings).name
    html = page.views((newer, older), notes=5)["result"]
    assert "Wrong before, right after: 1 case" in html
    assert "When does the night tram leave?" in html
    assert 'data-note="n/trams.md"' in html
    assert "right answers 0.00 0.33 +0.33 too few to tell 1 of 3" in words(html)
    assert 'Right before, wrong after</h3><p class="hint">No case.' in html


def test_runs_without_a_case_in_common_say_so(page: Evaluations, settings: Settings, result: Result) -> None:
    names = [
        keep_result(made_at(result, minute, outcomes=some), settings).name
        for minute, some in ((1, result.outcomes[:1]), (2, result.outcomes[1:]))
    ]
    assert "no case in common" in page.views((names[0], names[1]), notes=5)["result"]


def test_a_result_tells_figures_plots_and_each_failed_case_with_links(result: Result) -> None:
    html = result_html(result, "Cases")
    told = words(html)
    assert "2 of 4 cases went wrong" in told
    assert html.count("<svg") == 3
    for expected in ("right answers", "95 % interval", "fact", "off-topic", "What colour is the airport bus?"):
        assert expected in told
    assert "an answer that matches yellow" in told
    assert 'data-note="n/buses.md" data-start="3" data-end="3"' in html
    assert "is not indexed" in told
    assert html.count('<details class="failed"') == 2


def test_everything_from_notes_and_cases_is_escaped(result: Result) -> None:
    for html in (result_html(result, EVIL), comparison_html(compare_results(result, result, (EVIL, EVIL)))):
        assert "<img" not in html
        assert not re.search(r"<[^>]* onerror=", re.sub(r'"[^"]*"', "", html))


@pytest.mark.parametrize(
    ("place", "link"),
    [
        ("n/a.md:12-15", 'data-note="n/a.md" data-start="12" data-end="15"'),
        ("n/a:b.md:3", 'data-note="n/a:b.md" data-start="3" data-end="3"'),
        ("nowhere", ""),
        ("n/a.md:x", ""),
        (":1", ""),
    ],
)
def test_places_are_links_that_open_the_note_there(place: str, link: str) -> None:
    html = place_html(place)
    assert ("<a " in html) == bool(link)
    assert link in html
    assert place in unescape(html)
