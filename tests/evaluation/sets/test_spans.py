"""How much of the spans that answer is retrieved, and how much else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag_bot import UsageError
from rag_bot.cli import main
from rag_bot.evaluation.sets.bench import Bench
from rag_bot.evaluation.sets.spans import read_spans, score_spans
from rag_bot.settings import Settings

TEA = "\ufeffIntroduction.\r\n\r\nGreen tea wants eighty degrees. Black tea wants boiling water.\r\n"
RENT = "# Häuser 🏠\n\nThe rent is due on the third.\n\n# Garden\n\nWater the tomatoes daily.\n"


def _question(id_: str, text: str, file: str, *quotes: str) -> dict[str, Any]:
    source = {"tea.md": TEA, "rent.txt": RENT}[file]
    spans = [{"start": source.find(one), "end": source.find(one) + len(one), "content": one} for one in quotes]
    return {"_id": id_, "text": text, "file": file, "spans": spans}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    (folder / "corpora").mkdir(parents=True)
    (folder / "corpora" / "tea.md").write_bytes(TEA.encode())
    (folder / "corpora" / "rent.txt").write_bytes(RENT.encode())
    questions = [
        _question("t", "How hot should green tea be?", "tea.md", "Green tea wants eighty degrees."),
        _question("r", "When is the rent due?", "rent.txt", "The rent is due on the third."),
    ]
    return _write(folder, questions)


def _write(folder: Path, questions: list[dict[str, Any]]) -> Path:
    (folder / "queries_spans.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in questions))
    return folder


@pytest.mark.parametrize(
    ("passages", "recall", "precision", "iou"),
    [
        ([["a", 0, 20]], 1.0, 0.5, 0.5),
        ([["a", 15, 25]], 0.3, 0.3, 3 / 17),
        ([["a", 0, 12], ["a", 8, 20]], 1.0, 0.5, 0.5),
        ([["a", 0, 20], ["b", 0, 20]], 1.0, 0.25, 0.25),
        ([["b", 0, 20]], 0.0, 0.0, 0.0),
        ([], 0.0, 0.0, 0.0),
    ],
)
def test_characters_are_counted_once_and_other_files_count_as_wrong(
    passages: list[list[Any]], recall: float, precision: float, iou: float
) -> None:
    gold = ((5, 10), (10, 12), (8, 12), (17, 20))
    assert score_spans("a", gold, passages) == pytest.approx({"recall": recall, "precision": precision, "IoU": iou})


def test_the_spans_are_found_in_files_with_marks_and_other_line_ends(
    folder: Path, tmp_path: Path, model_cache: Path
) -> None:
    spans = read_spans(folder)
    assert spans.mismatched == ()
    with Bench(spans, tmp_path / "work") as bench:
        asked = bench.ask(Settings(notes=(), index=tmp_path / "unused", cache=model_cache))
    assert asked.values("recall") == [1.0, 1.0]
    assert all(0 < value < 1 for value in asked.values("precision"))
    assert spans.by_file() == {"rent.txt": ["r"], "tea.md": ["t"]}


def test_spans_that_do_not_stand_there_are_named_and_left_out(folder: Path) -> None:
    moved = _question("moved", "Which tea?", "tea.md", "Green tea wants eighty degrees.", "Black tea")
    moved["spans"][0]["start"] += 1
    lost = _question("lost", "Which water?", "tea.md", "boiling water")
    lost["spans"][0]["content"] = "boiled water"
    spans = read_spans(_write(folder, [moved, lost]))
    assert spans.mismatched == ("moved", "lost")
    assert list(spans.questions) == ["moved"]
    assert spans.gold["moved"] == ("corpora/tea.md", ((TEA.find("Black tea"), TEA.find("Black tea") + 9),))


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([{"_id": "a", "text": "b", "file": "tea.md"}], "1 has no 'spans'"),
        ([{"_id": "a", "text": "b", "file": "no.md", "spans": []}], r"1 names .*no.md, which cannot be read"),
        ([{"_id": "a", "text": "b", "file": "tea.md", "spans": [{"start": 1}]}], "1 has a span without"),
        ([{"_id": "a", "text": "b", "file": "tea.md", "spans": []}], "no question with a span"),
    ],
)
def test_what_is_wrong_with_a_set_is_said_in_one_line(folder: Path, questions: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_spans(_write(folder, questions))


def test_the_command_reports_by_file_and_for_passages_of_a_size(
    folder: Path, tmp_path: Path, model_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--cache", str(model_cache), "eval", "spans", str(folder), "--work", str(tmp_path / "work")]
    with pytest.raises(SystemExit, match="0"):
        main([*arguments, "--chunk-tokens", "64", "-k", "1", "--json"])
    result = json.loads(capsys.readouterr().out)
    assert result["settings"]["chunk_tokens"] == 64
    assert result["by_file"]["tea.md"]["recall"]["value"] == 1.0
    assert list(result["measures"]) == ["recall", "precision", "IoU"]
    with pytest.raises(SystemExit, match="0"):
        main(arguments)
    printed = capsys.readouterr().out
    assert "rent.txt" in printed
    assert "IoU" in printed
