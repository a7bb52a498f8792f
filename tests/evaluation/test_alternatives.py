"""Evidence in groups: of several places that say the same, one suffices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.evaluation.cases import Case, Evidence, needs, read_cases
from rag_bot.evaluation.runs import run_cases

Write = Callable[..., Path]


def _case(*evidence: Evidence) -> Case:
    return Case("a", "Where is the key to the shed?", "fact", True, "mat", evidence)


@pytest.fixture
def keys(library: Library, notes: Path, write: Write) -> Library:
    write("a.md", "The key to the shed lies under the mat.")
    write("b.md", "Bread needs flour, water and salt.")
    library.ingest([notes])
    return library


def test_a_group_is_one_need_and_each_piece_without_a_group_another() -> None:
    evidence = [Evidence("a.md", "1", "x"), Evidence("a.md", "2"), Evidence("b.md", "3", "x"), Evidence("b.md", "4")]
    assert needs(evidence) == [(0, 2), (1,), (3,)]
    assert needs([]) == []


def test_one_alternative_suffices_for_the_whole_recall(keys: Library) -> None:
    there, gone = Evidence("notes/a.md", "under the mat", "place"), Evidence("notes/a.md", "in the barn", "place")
    (outcome,) = run_cases(keys, [_case(there, gone)]).outcomes
    assert outcome.scores["recall@5"] == outcome.scores["citation_recall"] == 1.0


def test_pieces_without_a_group_each_count(keys: Library) -> None:
    there, gone = Evidence("notes/a.md", "under the mat"), Evidence("notes/a.md", "in the barn")
    (outcome,) = run_cases(keys, [_case(there, gone)]).outcomes
    assert outcome.scores["recall@5"] == outcome.scores["citation_recall"] == 0.5


def test_a_group_is_read_from_a_file(tmp_path: Path) -> None:
    line = (
        '{"id": "a", "question": "Where?", "kind": "fact", "answerable": true, "pattern": "mat", '
        '"evidence": [{"path": "a.md", "quote": "mat", "group": "place"}, {"path": "b.md", "quote": "mat"}]}'
    )
    (tmp_path / "cases.jsonl").write_text(line)
    assert [piece.group for piece in read_cases(tmp_path / "cases.jsonl")[0].evidence] == ["place", ""]
