"""Tantivy finds passages by their words."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import tantivy

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


def test_passages_with_all_words_are_found_up_to_a_limit(words: WordIndex) -> None:
    assert words.keys_with_all("running the RUNNER in são paulo", 10) == ["a"]
    assert words.keys_with_all("runners tasks", 10) == []
    assert words.keys_with_all("nowhere", 10) == words.keys_with_all("", 10) == []
    words.update([(f"t{number}", "tasks") for number in range(20)])
    assert len(words.keys_with_all("tasks", 10)) == 10
    assert sorted(words.keys_with_all("tasks bench", 10)) == ["b"]


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


def _texts(seed: int, count: int) -> list[str]:
    """Of one to 200 words, of which few are frequent."""
    chance = random.Random(seed)
    words, weights = [f"w{number}" for number in range(500)], [1 / (number + 5) for number in range(500)]
    return [" ".join(chance.choices(words, weights, k=chance.randint(1, 200))) for _ in range(count)]


def _edited_and_fresh(tmp_path: Path) -> tuple[WordIndex, WordIndex]:
    """The same passages, once after many edits in many segments, once entered together in another order."""
    edited = WordIndex.open(tmp_path / "edited", create=True)
    live = {f"first {number}": text for number, text in enumerate(_texts(1, 80))}
    edited.update(live.items())
    for edit in range(40):
        gone = sorted(live)[edit % 7 :: 40]
        for key in gone:
            del live[key]
        new = {f"{edit} {number}": text for number, text in enumerate(_texts(edit + 2, len(gone)))}
        live |= new
        edited.update(new.items(), removed=gone)
    fresh = WordIndex.open(tmp_path / "fresh", create=True)
    fresh.update(sorted(live.items(), key=lambda entry: entry[1]))
    return edited, fresh


def test_after_many_edits_the_same_passages_rank_and_score_as_in_a_fresh_index(tmp_path: Path) -> None:
    edited, fresh = _edited_and_fresh(tmp_path)
    assert edited._index.searcher().num_segments > 1  # else there is nothing to be seen
    questions = [*(f"w{number}" for number in range(60)), *(text[:30] for text in _texts(99, 60))]
    for question in questions:
        for limit in (1, 10, 200):
            assert edited.query(question, limit) == fresh.query(question, limit)
    assert [edited.query(question, 10, among=["39 0", "39 1"]) for question in questions] == [
        fresh.query(question, 10, among=["39 0", "39 1"]) for question in questions
    ]


def test_what_words_are_counted_and_found_alike_tells_nothing_of_edits(tmp_path: Path) -> None:
    edited, fresh = _edited_and_fresh(tmp_path)
    for number in range(100):
        assert edited.document_frequency((f"w{number}",)) == fresh.document_frequency((f"w{number}",))
        assert edited.similar(f"w{number}", 1, 5) == fresh.similar(f"w{number}", 1, 5)


def test_a_language_whose_passages_are_all_gone_is_none_of_the_index(words: WordIndex) -> None:
    german = "Der Zug nach Köln fährt nicht, weil die Gleise unter dem Schnee liegen und keiner sie räumt"
    words.update([("z", german)])
    assert words.languages == ("english", "german")
    words.update((), removed=["z"])
    assert list(words.languages) == ["english"]
    assert words.passages_in("german") == 0


def test_the_scores_are_those_that_tantivy_gives_in_a_fresh_index(tmp_path: Path) -> None:
    _, fresh = _edited_and_fresh(tmp_path)
    searcher = fresh._index.searcher()
    for number in range(100):
        query = tantivy.Query.term_query(fresh._index.schema, "text", f"w{number}", "freq")
        own = {searcher.doc(address)["key"][0]: score for score, address in searcher.search(query, 200).hits}
        assert dict(fresh.query(f"w{number}", 200)) == pytest.approx(own, rel=1e-5)
