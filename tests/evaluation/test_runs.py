"""Cases are read with care, and judged by their patterns and evidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library, UsageError
from rag_bot.evaluation.cases import Case, Evidence, read_cases
from rag_bot.evaluation.runs import run_cases, summarise

Write = Callable[..., Path]


def _case(**values: object) -> Case:
    given = {"id": "a", "question": "Where is the key?", "kind": "fact", "answerable": True, "pattern": "mat"}
    return Case(**{**given, "evidence": (Evidence("notes/a.md", "under the mat"),), **values})  # type: ignore[arg-type]


@pytest.fixture
def keys(library: Library, notes: Path, write: Write) -> Library:
    write("a.md", "The key lies under the mat.")
    write("b.md", "Bread needs flour, water and salt.")
    library.ingest([notes])
    return library


def test_right_wrong_and_abstaining_are_counted_apart(keys: Library) -> None:
    cases = [
        _case(),
        _case(id="b", pattern="carpet", kind="why"),
        _case(id="c", question="What is the capital of France?", answerable=False, pattern="", evidence=()),
        _case(id="d", answerable=False, pattern="", evidence=()),
    ]
    summary = summarise(run_cases(keys, cases))
    assert summary["right_answers"] == 0.5
    assert summary["right_abstentions"] == 0.5
    assert summary["recall@5"] == 1.0
    assert summary["citation_precision"] == 1.0
    assert [one["id"] for one in summary["failed"]] == ["b", "d"]


def test_evidence_that_no_longer_stands_is_counted(keys: Library) -> None:
    summary = summarise(run_cases(keys, [_case(evidence=(Evidence("notes/a.md", "under the stone"),))]))
    assert summary["missing_evidence"] == 1
    assert summary["recall@5"] == 0.0


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", json.dumps({"id": "a", "question": "q", "kind": "k", "answerable": True, "pattern": "("})]
)
def test_a_line_that_is_no_case_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "cases.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(UsageError, match=r"cases.jsonl:2 is no case"):
        read_cases(tmp_path / "cases.jsonl")


def test_a_missing_or_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_cases(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(UsageError, match="no questions"):
        read_cases(tmp_path / "empty.jsonl")
