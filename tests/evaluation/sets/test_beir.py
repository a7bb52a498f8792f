"""Sets in BEIR's layout go through the pipeline, and a run that was stopped goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library, UsageError, WriterBusy
from rag_bot.cli import main
from rag_bot.evaluation.runs import override, split_assignments
from rag_bot.evaluation.scores import rank_notes, score_rankings
from rag_bot.evaluation.sets.beir import document_as_note, read_beir
from rag_bot.evaluation.sets.bench import Bench
from rag_bot.evaluation.sets.question_set import SetResult
from rag_bot.records import Progress
from rag_bot.settings import Settings
from rag_bot.store.moving import begin_with

DOCUMENTS = {
    "https://x/a?b=1": ("Vim macros", "Record with q and a letter, play back with @ and that letter."),
    "B": ("Bread", "Flour, water, salt and a night in the fridge make a good loaf."),
    "c/../c": ("Rent", "The rent is due on the third of each month, by bank transfer."),
    "D": ("Bicycle", "---\ntags: [sport]\n---\n\nOil the chain every two hundred kilometres."),
    "E": ("Tea", "Tea\n\nGreen tea wants water of eighty degrees, no more."),
    "F": ("", "The library closes at eight in the evening on weekdays."),
    "empty": ("", ""),
}
QUESTIONS = {
    "q1": "How do I record a vim macro?",
    "q2": "When is the rent due?",
    "q3": "How hot should water for green tea be?",
    "q4": "How often does a bicycle chain need oil?",
    "q5": "When does the library close?",
    "q6": "What goes into a good loaf of bread?",
}
GRADES = {"q1": "https://x/a?b=1", "q2": "c/../c", "q3": "E", "q4": "D", "q5": "F", "q6": "B"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small set with one right document for each question."""
    return make_set(tmp_path / "small")


def make_set(folder: Path) -> Path:
    (folder / "qrels").mkdir(parents=True)
    corpus = [{"_id": id_, "title": title, "text": text} for id_, (title, text) in DOCUMENTS.items()]
    _write_lines(folder / "corpus.jsonl", corpus)
    _write_lines(folder / "queries.jsonl", [{"_id": id_, "text": text} for id_, text in QUESTIONS.items()])
    rows = "".join(f"{question}\t{document}\t1\n" for question, document in GRADES.items())
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{rows}")
    return folder


def _write_lines(path: Path, values: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in values))


@pytest.fixture
def settings(tmp_path: Path, model_cache: Path) -> Settings:
    return Settings(notes=(), index=tmp_path / "unused", cache=model_cache)


def _ask(
    folder: Path, settings: Settings, *given: str, on_progress: Callable[[Progress], None] = lambda _: None
) -> SetResult:
    with Bench(read_beir(folder), folder.parent / "work", on_progress) as bench:
        return bench.ask(override(settings, split_assignments(given)))


def _kept(folder: Path) -> list[list[dict[str, Any]]]:
    """The lines of each file of what was found, by the settings' order of names."""
    files = sorted((folder.parent / "work").glob("small-*/found/*.jsonl"))
    return [[json.loads(line) for line in file.read_text().splitlines()] for file in files]


def _stop_after(questions: int) -> Callable[[Progress], None]:
    def stop(progress: Progress) -> None:
        if progress.stage == "questions" and progress.done == questions:
            raise KeyboardInterrupt

    return stop


def test_every_question_finds_its_document_and_nothing_is_left_out(folder: Path, settings: Settings) -> None:
    seen: list[str] = []
    asked = _ask(folder, settings, on_progress=lambda progress: seen.append(progress.stage))
    assert {question: found[0] for question, found in asked.results.items()} == GRADES
    assert asked.values("nDCG@10") == [1.0] * 6
    assert asked.index.notes == len(DOCUMENTS)
    assert list(dict.fromkeys(seen)) == ["documents", "notes", "index", "questions"]


def test_documents_with_the_same_passage_stand_at_the_same_place(folder: Path, settings: Settings) -> None:
    with (folder / "corpus.jsonl").open("a") as corpus:
        corpus.write(json.dumps({"_id": "twin", "title": "Rent", "text": DOCUMENTS["c/../c"][1]}) + "\n")
    assert _ask(folder, settings).results["q2"][:2] == ["c/../c", "twin"]


def test_a_stopped_run_goes_on_with_the_questions_that_are_left(folder: Path, settings: Settings) -> None:
    with pytest.raises(KeyboardInterrupt):
        _ask(folder, settings, on_progress=_stop_after(2))
    [file] = (folder.parent / "work").glob("small-*/found/*.jsonl")
    way, first, second = file.read_text().splitlines()
    marked = json.dumps(json.loads(first) | {"found": ["seen before"]})
    file.write_text(f"{way}\n{marked}\n{second}\n" + '{"id": "q3", "quest')
    asked = _ask(folder, settings)
    assert asked.results["q1"] == ["seen before"]
    assert asked.values("RR") == [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert [line.get("id") for line in _kept(folder)[0]] == [None, *QUESTIONS]


def _stop_at(stage: str) -> Callable[[Progress], None]:
    def stop(progress: Progress) -> None:
        if progress.stage == stage and progress.done:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("stage", ["documents", "notes", "index"])
def test_an_ingest_that_was_stopped_goes_on(folder: Path, settings: Settings, stage: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        _ask(folder, settings, on_progress=_stop_at(stage))
    asked = _ask(folder, settings)
    assert asked.index.notes == len(DOCUMENTS)
    assert asked.values("RR") == [1.0] * 6
    assert (asked.index.runs[0].counts["chunks_embedded"] == 0) == (stage == "index")


def test_an_index_begins_with_one_that_was_stopped_or_with_nothing(folder: Path, settings: Settings) -> None:
    with pytest.raises(KeyboardInterrupt):
        _ask(folder, settings, on_progress=_stop_at("index"))
    assert _ask(folder, settings, "chunk_tokens=64").values("RR") == [1.0] * 6
    begin_with(folder / "begun", folder / "qrels")
    assert not (folder / "begun").exists()


def test_documents_are_in_the_order_of_a_usual_search(folder: Path, settings: Settings) -> None:
    asked = _ask(folder, settings)
    [index] = (folder.parent / "work").glob("small-*/index-*")
    documents = read_beir(folder).documents
    with Library(settings.model_copy(update={"index": index})) as library:
        for question, text in QUESTIONS.items():
            assert asked.results[question] == [documents[path] for path in rank_notes(library.search(text))]


def test_a_work_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"corpus\.jsonl cannot be written to: .* Choose another with --work"):
        Bench(read_beir(folder), folder / "corpus.jsonl")


def test_other_retrieval_uses_the_same_index_and_keeps_its_answers_apart(folder: Path, settings: Settings) -> None:
    first = _ask(folder, settings, "fusion=convex")
    second = _ask(folder, settings, "fusion=rrf", "dense_weight=0.1")
    assert (first.index.runs[0].counts["added"], second.index.runs[0].counts["added"]) == (len(DOCUMENTS), 0)
    assert len(list((folder.parent / "work").glob("small-*/index-*"))) == 1
    assert sorted(lines[0]["retrieval"]["fusion"] for lines in _kept(folder)) == ["convex", "rrf"]


def test_a_question_in_other_words_is_asked_again(folder: Path, settings: Settings) -> None:
    _ask(folder, settings)
    queries = (folder / "queries.jsonl").read_text()
    (folder / "queries.jsonl").write_text(queries.replace(QUESTIONS["q1"], "How often should I oil my chain?"))
    asked = _ask(folder, settings)
    assert asked.results["q1"][0] == "D"
    assert asked.values("RR")[0] < 1


def test_passages_of_another_size_get_another_index_that_embeds_only_what_differs(
    folder: Path, settings: Settings
) -> None:
    _ask(folder, settings)
    asked = _ask(folder, settings, "chunk_tokens=64")
    assert asked.index.runs[0].counts["chunks_embedded"] == 0
    assert asked.index.runs[0].counts["chunks_reused"] == asked.index.chunks
    assert len(list((folder.parent / "work").glob("small-*/index-*"))) == 2
    assert asked.values("RR") == [1.0] * 6


def test_a_question_that_cannot_be_asked_counts_as_without_result(folder: Path, settings: Settings) -> None:
    queries = (folder / "queries.jsonl").read_text()
    (folder / "queries.jsonl").write_text(queries.replace(QUESTIONS["q2"], "rent " * 500))
    asked = _ask(folder, settings)
    assert asked.refused == 1
    assert asked.scores["q2"] == {"nDCG@10": 0.0, "R@10": 0.0, "R@100": 0.0, "RR": 0.0}


def test_two_runs_do_not_work_in_the_same_folder(folder: Path, settings: Settings) -> None:
    with Bench(read_beir(folder), folder.parent / "work") as bench, pytest.raises(WriterBusy, match="is writing"):
        _ask(folder, settings)
    assert bench.work.name.startswith("small-")


def test_measures_count_questions_without_result_and_take_grades() -> None:
    judged = {"a": {"x": 2, "y": 1}, "b": {"z": 1}}
    scores = score_rankings(judged, {"a": ["y", "x"], "b": []}, ("nDCG@10", "R@10", "RR"))
    ideal, got = 2 + 1 / 1.5849625, 1 + 2 / 1.5849625
    assert scores["a"] == pytest.approx({"nDCG@10": got / ideal, "R@10": 1.0, "RR": 1.0})
    assert scores["b"] == {"nDCG@10": 0.0, "R@10": 0.0, "RR": 0.0}


@pytest.mark.parametrize(
    ("title", "text", "note"),
    [
        ("Tea", "Green is best.", "# Tea\n\nGreen is best.\n"),
        ("Tea\n time ", "Green.", "# Tea time\n\nGreen.\n"),
        ("", "Green.", "Green.\n"),
        ("Tea", "", "# Tea\n"),
        ("", "", "\n"),
        ("Tea", "Tea\n\nGreen.", "# Tea\n\nGreen.\n"),
        ("Tea", "\n# Tea\nGreen.", "# Tea\nGreen.\n"),
        ("Tea", "Tea is green.", "# Tea\n\nTea is green.\n"),
        ("Tea", "---\nid: 1\n---\n\nGreen.", "---\nid: 1\n---\n# Tea\n\nGreen.\n"),
        ("Tea", "---\nid: 1\n---\nTea\r\nGreen.", "---\nid: 1\n---\n# Tea\r\nGreen.\n"),
        ("Tea", "---\ntitle: Tea\n---\nGreen.", "---\ntitle: Tea\n---\nGreen.\n"),
        ("Tea", "---\nid: 1\n---", "---\nid: 1\n---\n# Tea\n"),
        ("Tea", "---\nno end", "# Tea\n\n---\nno end\n"),
    ],
)
def test_a_document_becomes_a_note_with_its_title_once(title: str, text: str, note: str) -> None:
    assert document_as_note(title, text) == note


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("corpus.jsonl", None, "corpus.jsonl cannot be read"),
        ("corpus.jsonl", "", "corpus.jsonl is empty"),
        ("corpus.jsonl", '{"_id": "a", "text": "b"}\n{', "corpus.jsonl:2 is not JSON"),
        ("corpus.jsonl", '{"_id": "a"}', "corpus.jsonl:1 has no 'text'"),
        ("corpus.jsonl", "[1]", "corpus.jsonl:1 has no '_id'"),
        ("corpus.jsonl", '{"_id": "a", "text": "b"}\n' * 2, "the id 'a' twice"),
        ("queries.jsonl", None, "queries.jsonl cannot be read"),
        ("queries.jsonl", '{"_id": "q1", "text": "Why?"}', "judges 5 questions .* such as 'q2'"),
        ("qrels/test.tsv", None, "no judgements for the split 'test'. A BEIR set has"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "holds no judgements"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\tB\n", "test.tsv:2 is no judgement"),
    ],
)
def test_what_is_wrong_with_a_set_is_said_in_one_line(folder: Path, file: str, content: str | None, said: str) -> None:
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content)
    with pytest.raises(UsageError, match=said) as raised:
        read_beir(folder)
    assert "\n" not in str(raised.value)


def test_an_unknown_split_names_those_there_are(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"'dev'\. It has test"):
        read_beir(folder, "dev")


def test_settings_by_name_are_checked(settings: Settings) -> None:
    changed = override(settings, split_assignments(["dense-weight=0.25", "chunk_tokens=96"]))
    assert (changed.retrieval.dense_weight, changed.chunk_tokens, changed.cache) == (0.25, 96, settings.cache)
    for given, said in (
        (["weight=1"], "Unknown setting 'weight'"),
        (["fusion"], "write NAME=VALUE"),
        (["fusion=rrf", "fusion=convex"], "given twice"),
        (["dense_weight=2"], "dense_weight is '2'"),
        (["fusion=best"], "fusion is 'best'"),
        (["chunk_tokens=1"], "chunk_tokens is '1'"),
    ):
        with pytest.raises(UsageError, match=said):
            override(settings, split_assignments(given))


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    printed = capsys.readouterr()
    return int(str(raised.value.code)), printed.out, printed.err


def test_the_command_prints_measures_and_saves_every_question(
    folder: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, common = folder.parent / "result.json", ("--cache", str(settings.cache), "eval", "beir", str(folder))
    work = ("--work", str(folder.parent / "work"))
    code, out, _ = _run(capsys, *common, *work, "--set", "dense_weight=0.5", "--save", str(saved), "--json")
    result, whole = json.loads(out), json.loads(saved.read_text())
    assert code == 0
    assert result["measures"]["nDCG@10"] == {"value": 1.0, "low": 1.0, "high": 1.0, "cases": 6}
    assert (result["set"], result["split"], result["settings"]["dense_weight"]) == ("small", "test", 0.5)
    assert {"documents", "questions", "notes", "passages"} <= result["counts"].keys()
    assert whole.pop("questions")["q2"]["found"][0] == "c/../c"
    assert whole == result
    code, out, _ = _run(capsys, *common, *work)
    assert code == 0
    assert "nDCG@10" in out
    assert "1.0000 (1.000-1.000)" in out


def test_the_command_names_what_is_missing_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, said = _run(capsys, "eval", "beir", str(tmp_path / "nowhere"))
    assert (code, out) == (2, "")
    assert said.startswith(f"rag-bot: {tmp_path / 'nowhere'} has no judgements")
    assert said.count("\n") == 1
