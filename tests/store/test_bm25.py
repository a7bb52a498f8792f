"""Tantivy finds passages by their words."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_bot.errors import IndexUnusable
from rag_bot.store.bm25 import FOLDER_NAME, WordIndex
from rag_bot.text.terms import content_terms


@pytest.fixture
def words(tmp_path: Path) -> WordIndex:
    index = WordIndex.open(tmp_path, create=True)
    index.update([("a", "The runners were running in São Paulo"), ("b", "202 tasks in BIG-Bench"), ("c", "中文 笔记")])
    return index


def _keys(words: WordIndex, question: str, **options: object) -> list[str]:
    return [key for key, _ in words.query(question, 10, **options)]  # type: ignore[arg-type]


def test_word_forms_case_and_accents_do_not_matter(words: WordIndex) -> None:
    assert _keys(words, "who RUNS in sao paulo?") == ["a"]


def test_hyphens_numbers_and_other_scripts_are_found(words: WordIndex) -> None:
    assert _keys(words, "big bench") == ["b"]
    assert _keys(words, "202") == ["b"]
    assert _keys(words, "笔记") == ["c"]


def test_query_syntax_is_plain_text(words: WordIndex) -> None:
    assert _keys(words, 'text:running AND (NOT "x') == ["a"]
    assert _keys(words, "") == []
    assert _keys(words, "*:*") == []


def test_only_the_allowed_keys_are_found(words: WordIndex) -> None:
    assert _keys(words, "running tasks", among=["b"]) == ["b"]
    assert _keys(words, "running tasks", among=[]) == []


def test_updating_a_key_replaces_it_and_removing_takes_it_out(words: WordIndex) -> None:
    words.update([("a", "swimming")], removed=["b"])
    assert words.count() == 2
    assert _keys(words, "running tasks swimming") == ["a"]


def test_another_reader_sees_the_commit(words: WordIndex, tmp_path: Path) -> None:
    words.update([("d", "zebra")])
    assert _keys(WordIndex.open(tmp_path, create=True), "zebra") == ["d"]


def test_stop_words_are_left_out_unless_there_is_nothing_else() -> None:
    assert content_terms("What is the capital of France?") == [("capit",), ("franc",)]
    assert content_terms("who is") == [("who",), ("is",)]


def test_a_damaged_folder_is_explained_in_one_line(tmp_path: Path) -> None:
    (tmp_path / FOLDER_NAME).mkdir()
    (tmp_path / FOLDER_NAME / "meta.json").write_text("{")
    with pytest.raises(IndexUnusable, match="tantivy cannot be used") as caught:
        WordIndex.open(tmp_path, create=True)
    assert "\n" not in str(caught.value)
