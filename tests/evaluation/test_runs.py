"""Cases are asked, judged by their patterns and evidence, and kept with what is needed to understand them later."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library, UsageError
from rag_bot.cli import main
from rag_bot.evaluation.cases import Case, Evidence, make_case
from rag_bot.evaluation.evidence import text_finder
from rag_bot.evaluation.measures import missing_evidence, summarise
from rag_bot.evaluation.results import (
    keep_result,
    kept_results,
    read_result,
    result_json,
    results_folder,
    save_result,
)
from rag_bot.evaluation.runs import run_cases
from rag_bot.records import Answer

Write = Callable[..., Path]
FRANCE = "What is the capital of France?"


def _case(**values: object) -> Case:
    given = {"id": "a", "question": "Where is the key?", "kind": "fact", "answerable": True, "pattern": "mat"}
    return Case(**{**given, "evidence": (Evidence("notes/a.md", "under the mat"),), **values})  # type: ignore[arg-type]


@pytest.fixture
def keys(library: Library, notes: Path, write: Write) -> Library:
    write("a.md", "The key lies under the mat.")
    write("b.md", "Bread needs flour, water and salt.")
    library.ingest([notes])
    return library


@pytest.fixture
def run_command(keys: Library, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `rag-bot eval ...` on the keys: exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["--index", str(keys.settings.index), "--cache", str(keys.settings.cache), "eval", *arguments])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two cases in a file."""
    path = tmp_path / "cases.jsonl"
    lines = [
        {"id": "a", "question": "Where is the key?", "kind": "fact", "answerable": True, "pattern": "mat"}
        | {"evidence": [{"path": "notes/a.md", "quote": "under the mat"}]},
        {"id": "c", "question": FRANCE, "kind": "off-topic", "answerable": False, "pattern": "", "evidence": []},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_right_wrong_and_abstaining_are_counted_apart(keys: Library) -> None:
    cases = [
        _case(),
        _case(id="b", pattern="carpet", kind="why"),
        _case(id="c", question=FRANCE, answerable=False, pattern="", evidence=()),
        _case(id="d", answerable=False, pattern="", evidence=()),
    ]
    summary = summarise(run_cases(keys, cases))
    assert summary["right_answers"] == 0.5
    assert summary["right_abstentions"] == 0.5
    assert summary["abstention_accuracy"] == 0.75
    assert summary["recall@5"] == summary["nDCG@10"] == summary["MRR"] == 1.0
    assert summary["citation_precision"] == summary["citation_recall"] == 1.0
    assert [one["id"] for one in summary["failed"]] == ["b", "d"]


def test_an_outcome_keeps_what_was_quoted_found_and_expected(keys: Library) -> None:
    heard: list[int] = []
    (outcome,) = run_cases(keys, [_case()], on_case=heard.append).outcomes
    assert heard == [1]
    assert (outcome.right, outcome.verdict, outcome.expected[0].location) == (True, "answered", "notes/a.md:1")
    assert [(one.location, one.text, one.relevant) for one in outcome.citations] == [
        ("notes/a.md:1", "The key lies under the mat.", True)
    ]
    assert [(hit.rank, hit.location, hit.pieces) for hit in outcome.hits] == [
        (1, "notes/a.md:1", (0,)),
        (2, "notes/b.md:1", ()),
    ]
    assert outcome.hits[0].dense_rank == 1
    assert 0 < outcome.confidence < 1
    assert outcome.seconds > 0


def test_evidence_that_no_longer_stands_is_named_and_counts_as_not_found(keys: Library) -> None:
    evidence = (Evidence("notes/a.md", "under the stone"), Evidence("notes/z.md", "gone"))
    result = run_cases(keys, [_case(evidence=evidence)])
    assert [(one["id"], one["problem"]) for one in missing_evidence(result.outcomes)] == [
        ("a", "the quote no longer stands in notes/a.md"),
        ("a", "the note notes/z.md is not indexed"),
    ]
    summary = summarise(result)
    assert summary["missing_evidence"] == 2
    assert summary["recall@5"] == summary["nDCG@10"] == summary["MRR"] == summary["citation_recall"] == 0.0


@pytest.mark.parametrize(
    "question", ["Where does the boathouse key hang?", "What does the boathouse key open besides?"]
)
def test_an_answer_with_a_sentence_of_the_line_named_is_right_and_proven(
    library: Library, notes: Path, question: str
) -> None:
    notes.mkdir(exist_ok=True)
    (notes / "boat.md").write_text(
        "# Boat\n\nThe boathouse key hangs behind the blue door. Besides, the boathouse key can open the garden gate.\n"
    )
    library.ingest([notes])
    (outcome,) = run_cases(library, [make_case(text_finder(library), question, ("notes/boat.md:3",))]).outcomes
    assert outcome.right
    assert outcome.scores["recall@1"] == outcome.scores["nDCG@10"] == 1.0
    assert outcome.scores["citation_recall"] == outcome.scores["citation_precision"] == 1.0


def test_a_follow_up_is_asked_with_the_turns_before_it(keys: Library) -> None:
    (outcome,) = run_cases(keys, [_case(question="And where is it?", turns=("Who has the key?",))]).outcomes
    assert outcome.hits[0].location == "notes/a.md:1"


def test_a_question_that_cannot_be_asked_names_its_case(keys: Library) -> None:
    with pytest.raises(UsageError, match="case 'a' cannot be asked: The question has 6,000"):
        run_cases(keys, [_case(question="why" * 2000)])


def test_a_result_says_what_was_asked_of_what(keys: Library) -> None:
    result = run_cases(keys, [_case()], file="/somewhere/cases.jsonl")
    status = keys.status()
    assert (result.cases_file, result.index.fingerprint) == ("cases.jsonl", status.fingerprint)
    assert (result.index.notes, result.index.generation) == (2, keys.generation())
    assert result.settings["dense_weight"] == keys.settings.retrieval.dense_weight
    assert result.versions["tantivy"]
    assert str(keys.settings.index) not in result_json(result)


def test_a_saved_result_is_read_as_it_was(keys: Library, tmp_path: Path) -> None:
    result = run_cases(keys, [_case(), _case(id="b", turns=())], file="cases.jsonl")
    save_result(result, tmp_path / "result.json")
    assert read_result(tmp_path / "result.json") == result
    with pytest.raises(UsageError, match="cannot be written"):
        save_result(result, tmp_path / "none" / "result.json")


def test_a_result_from_before_there_were_verdicts_is_read(keys: Library, tmp_path: Path) -> None:
    result = run_cases(keys, [_case(), _case(id="c", question=FRANCE, answerable=False, pattern="", evidence=())])
    values = json.loads(result_json(result))
    for outcome in values["outcomes"]:
        outcome["abstained"] = outcome.pop("verdict") == "none"
        del outcome["case"]["date"]
    (tmp_path / "old.json").write_text(json.dumps(values))
    assert [outcome.verdict for outcome in read_result(tmp_path / "old.json").outcomes] == ["answered", "none"]
    values["outcomes"][0]["verdict"] = "perhaps"
    (tmp_path / "old.json").write_text(json.dumps(values))
    with pytest.raises(UsageError, match="is no result of this version"):
        read_result(tmp_path / "old.json")


def test_a_case_is_asked_on_its_date(keys: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    days: list[object] = []
    ask = Library.ask

    def remember(self: Library, question: str, **options: Any) -> Answer:
        days.append(options["today"])
        return ask(self, question, **options)

    monkeypatch.setattr(Library, "ask", remember)
    run_cases(keys, [_case(date="2026-04-02"), _case(id="b")])
    assert days == [date(2026, 4, 2), None]


def test_kept_results_lie_beside_the_index_for_nobody_else_and_older_ones_stay(keys: Library) -> None:
    result = run_cases(keys, [_case()], file="cases.jsonl")
    paths = [keep_result(result, keys.settings) for _ in range(2)]
    folder = results_folder(keys.settings)
    assert folder == keys.settings.index.parent / "evaluations" / keys.settings.index.name
    assert [one.stat().st_mode & 0o777 for one in (folder, folder.parent)] == [0o700, 0o700]
    assert sorted(kept_results(keys.settings)) == sorted(paths)
    assert all(read_result(path) == result for path in paths)


def test_the_results_of_an_index_are_not_those_of_one_beside_it(keys: Library) -> None:
    beside = keys.settings.model_copy(update={"index": keys.settings.index.with_name("other")})
    path = keep_result(run_cases(keys, [_case()]), beside)
    assert kept_results(beside) == [path]
    assert path not in kept_results(keys.settings)


@pytest.mark.parametrize("text", ["", "{}", '{"hits": []}', "\x00"])
def test_a_file_that_is_no_result_gets_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(UsageError, match=r"other.json is no result of this version"):
        read_result(tmp_path / "other.json")


def test_a_result_of_another_version_or_none_gets_one_line(keys: Library, tmp_path: Path) -> None:
    text = result_json(run_cases(keys, [_case()])).replace("rag-bot result 1", "rag-bot result 0")
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(UsageError, match="'rag-bot result 0', this version reads 'rag-bot result 1'"):
        read_result(tmp_path / "old.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read_result(tmp_path / "none.json")


@pytest.mark.parametrize("made", ["yesterday", "", "2026-11-22", "2026-13-01T10:00:00Z", "../2026-11-22T10:30:00Z"])
def test_a_result_with_a_time_that_is_none_gets_one_line(keys: Library, tmp_path: Path, made: str) -> None:
    save_result(replace(run_cases(keys, [_case()]), made=made), tmp_path / "odd.json")
    with pytest.raises(UsageError, match=r"odd\.json was made at .*, which is no time like 20"):
        read_result(tmp_path / "odd.json")


def test_eval_run_prints_saves_and_writes_a_page(
    run_command: Callable[..., tuple[int, str, str]], file: Path, tmp_path: Path
) -> None:
    save, page = tmp_path / "result.json", tmp_path / "result.html"
    code, out, err = run_command(
        "run", str(file), "--save", str(save), "--html", str(page), "--set", "dense_weight=0.3"
    )
    assert code == 0, err
    assert "right answers" in out
    assert "dense_weight 0.3" in out
    assert read_result(save).settings["dense_weight"] == 0.3
    assert page.read_text().startswith("<!doctype html>")
    assert "saved in" in err


def test_eval_run_json_has_the_keys_of_the_contract(
    run_command: Callable[..., tuple[int, str, str]], file: Path
) -> None:
    code, out, err = run_command("run", str(file), "--json", "--progress")
    summary = json.loads(out)
    assert code == 0, err
    assert {"cases", "right_answers", "right_abstentions", "recall@5", "citation_precision"} <= summary.keys()
    assert {"right_first_two", "answered_right", "answered_share_of_near_topic", "completeness"} <= summary.keys()
    assert list(summary["verdicts"]) == ["answered", "closest", "none"]
    assert sum(sum(counts.values()) for counts in summary["verdicts"].values()) == 2
    assert {"by_kind", "failed", "missing", "missing_evidence", "median_seconds", "intervals"} <= summary.keys()
    assert {"recall@1", "recall@10", "nDCG@10", "MRR", "citation_recall", "auroc", "latency_p95_ms"} <= summary.keys()
    assert summary["by_kind"]["fact"]["right"] == 1.0
    assert {"stage": "cases", "done": 2, "total": 2} in [json.loads(line) for line in err.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "weight=1"), "dense_weight"),
        (("--set", "dense_weight=2"), "dense_weight"),
        (("--set", "dense_weight"), "NAME=VALUE"),
        (("--set", "chunk_tokens=64"), "the index's own"),
        (("--split", "train"), "Splits are: dev, test, all"),
        (("--kind", "why"), "Kinds are: fact, off-topic"),
    ],
)
def test_wrong_settings_halves_and_kinds_get_one_line(
    run_command: Callable[..., tuple[int, str, str]], file: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = run_command("run", str(file), *arguments)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert said in err
