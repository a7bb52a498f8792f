"""Two rankings become one."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from rag_bot.query.fusion import RARE_WORDS, combine, fuse
from rag_bot.settings import RetrievalSettings

COSINES = {"a": 0.9, "b": 0.5, "c": 0.1}
WORDS = {"b": 10.0, "c": 5.0}


def test_scores_are_weighed_as_they_are_words_in_units_of_rare_ones() -> None:
    settings = RetrievalSettings(fusion="linear", dense_weight=0.5)
    scores = dict(combine(COSINES, WORDS, passages=98, settings=settings))
    assert scores["a"] == pytest.approx(0.45)
    assert scores["b"] == pytest.approx(0.25 + 0.5 * 10 / (RARE_WORDS * log(100)))


def test_the_convex_sum_normalises_both_searches() -> None:
    settings = RetrievalSettings(fusion="convex", dense_weight=0.6)
    scores = dict(combine(COSINES, WORDS, passages=3, settings=settings))
    assert scores["a"] == pytest.approx(0.6)
    assert scores["b"] == pytest.approx(0.6 * 0.5 + 0.4)
    assert scores["c"] == pytest.approx(0.4 * 0.5)


def test_reciprocal_ranks_ignore_the_scores() -> None:
    settings = RetrievalSettings(fusion="rrf", dense_weight=0.5)
    scores = dict(combine(COSINES, WORDS, passages=3, settings=settings))
    assert scores["a"] == pytest.approx(0.5)
    assert scores["b"] == pytest.approx(0.5 * 61 / 62 + 0.5)


def test_equal_scores_are_in_the_order_of_keys() -> None:
    assert [key for key, _ in combine({"b": 0.5, "a": 0.5}, {}, passages=2, settings=RetrievalSettings())] == ["a", "b"]


def test_feedback_lifts_what_is_like_the_best_passage() -> None:
    def unit(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        vector = np.array(values, dtype=np.float32)
        return vector / np.linalg.norm(vector)

    vectors = {"best": unit(0.78, 0.62, 0), "alike": unit(0.55, 0.83, 0), "other": unit(0.62, 0, 0.78)}
    question = unit(1, 0, 0)

    def ranked(feedback: float) -> list[str]:
        settings = RetrievalSettings(feedback=feedback)
        return [key for key, _ in fuse(vectors, {}, question, passages=3, settings=settings)]

    assert ranked(0.0) == ["best", "other", "alike"]
    assert ranked(1.0) == ["best", "alike", "other"]


def test_scores_are_relative_to_the_best_and_nothing_found_is_no_error() -> None:
    vectors = {"a": np.array([1, 0], np.float32), "b": np.array([-1, 0], np.float32)}
    settings = RetrievalSettings()
    assert fuse(vectors, {}, vectors["a"], passages=2, settings=settings) == [("a", 1.0), ("b", 0.0)]
    assert fuse({}, {}, vectors["a"], passages=0, settings=settings) == []
