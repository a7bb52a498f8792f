"""Answers by a language model are measured as they are shown, and what the model wrote is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.evaluation.measures import measure, summarise
from rag_bot.evaluation.report import report_html
from rag_bot.evaluation.results import read_result, save_result
from rag_bot.evaluation.runs import run_cases
from tests.llm.scripted import scripted

KEY = Case(
    id="key",
    question="Where is the key?",
    kind="fact",
    answerable=True,
    pattern="mat",
    evidence=(Evidence("notes/a.md", "under the mat"),),
)
FRANCE = Case(
    id="france", question="What is the capital of France?", kind="off-topic", answerable=False, pattern="", evidence=()
)


@pytest.fixture
def keys(library: Library, notes: Path, write: Callable[..., Path]) -> Library:
    write("a.md", "The key lies under the mat.")
    write("b.md", "Bread needs flour, water and salt.")
    library.ingest([notes])
    return library


def test_a_supported_sentence_with_the_pattern_is_right_and_its_cost_is_kept(keys: Library) -> None:
    llm = scripted("The key lies under the mat [1]. It belongs to Anna Berg [1].")
    result = run_cases(keys, [KEY, FRANCE], llm=llm)
    key, france = result.outcomes
    assert key.right
    assert key.prose
    assert [sentence.support for sentence in key.prose.sentences] == ["supported", "not"]
    assert (key.scores["unsupported_share"], key.scores["reworded_share"]) == (0.5, 0.0)
    assert key.scores["fell_back"] == 0.0
    assert key.scores["citation_precision"] == 1.0
    assert france.prose is None
    assert france.right
    assert result.settings["llm"] == "scripted:model"
    found = measure(result.outcomes)
    assert found["answer_tokens"].value > 0
    assert found["first_words_p50_ms"].cases == 1


def test_what_only_an_unsupported_sentence_says_is_not_right(keys: Library) -> None:
    llm = scripted("The key lies somewhere in the house, perhaps with Anna. Bread needs flour, water and salt [2].")
    case = Case(**{name: getattr(KEY, name) for name in KEY.__slots__} | {"pattern": "Anna"})
    [outcome] = run_cases(keys, [case], llm=llm).outcomes
    assert not outcome.right


def test_where_quotes_answered_the_models_sentences_are_kept_all_the_same(keys: Library, tmp_path: Path) -> None:
    result = run_cases(keys, [KEY], llm=scripted("It is in Lisbon with 45 sailors."))
    [outcome] = result.outcomes
    assert outcome.right
    assert outcome.prose
    assert (outcome.prose.shown, len(outcome.prose.sentences)) == ("quotes", 1)
    assert "nothing that your notes say" in outcome.prose.notice
    assert outcome.scores["fell_back"] == 1.0
    save_result(result, tmp_path / "result.json")
    assert read_result(tmp_path / "result.json") == result
    assert summarise(result)["fell_back"] == 1.0


def test_a_follow_up_is_rewritten_by_the_model_and_searched_for_so(keys: Library) -> None:
    case = Case(
        **{name: getattr(KEY, name) for name in KEY.__slots__}
        | {"question": "Where is it?", "turns": ("Is there a key?",)}
    )
    llm = scripted("Where is the key?", "The key lies under the mat [1].")
    [outcome] = run_cases(keys, [case], llm=llm).outcomes
    assert outcome.right
    assert outcome.scores["recall@1"] == 1.0


def test_the_page_of_a_run_shows_what_the_model_wrote_to_a_failed_case(keys: Library) -> None:
    case = Case(**{name: getattr(KEY, name) for name in KEY.__slots__} | {"pattern": "cellar"})
    result = run_cases(keys, [case], llm=scripted("The key lies under the mat [1]. It has <b>9</b> teeth."))
    page = report_html(result)
    assert "the model wrote" in page
    assert "The key lies under the mat. It has 9 teeth. (not in these lines)" in page
