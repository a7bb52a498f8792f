"""What notes plan, wish, think or still have to do is no fact, and what they say of a part is not said of all."""

from __future__ import annotations

import pytest

from rag_bot.embedding import EmbeddingModel
from rag_bot.query.check import Checker, Line, Verdict
from rag_bot.records import PARTLY, SUPPORTED, UNSUPPORTED


@pytest.fixture(scope="module")
def checker(model: EmbeddingModel) -> Checker:
    return Checker(model)


def verdict_of(checker: Checker, line: str, sentence: str, above: str = "Notes") -> Verdict:
    return checker.check(sentence, checker.read([Line(line, above)]))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "We plan to add a circuit breaker in the second quarter.",
            "A circuit breaker was added in the second quarter.",
        ),
        ("Thinking about cancelling the gym (39 euros a month).", "I cancelled the gym."),
        ("Thinking about cancelling the gym (39 euros a month).", "I will cancel the gym."),
        ("We were supposed to drive to the lake but it rained.", "We drove to the lake."),
        ("Tom expects the load test to take two weeks.", "The load test took two weeks."),
        (
            "Belmont's lawyer wants the cap raised to 250,000 euros. No decision.",
            "The cap was raised to 250,000 euros.",
        ),
        ("She suggested 50 mg of iron. I haven't started yet.", "I take 50 mg of iron."),
        ("Priya thinks that the cache key is wrong.", "The cache key is wrong."),
        ("- [ ] Hanne: recruit 15 participants for the study", "Hanne has recruited 15 participants for the study."),
        ("Liability: policy 88-2041, cancel by 30 September.", "The liability policy was cancelled by 30 September."),
    ],
)
def test_a_plan_a_wish_a_thought_or_a_task_is_no_fact(checker: Checker, line: str, sentence: str) -> None:
    verdict = verdict_of(checker, line, sentence)
    assert verdict.support == PARTLY
    assert any(reason.startswith("the notes say this as a ") for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "We plan to add a circuit breaker in the second quarter.",
            "We will add a circuit breaker in the second quarter.",
        ),
        (
            "We plan to add a circuit breaker in the second quarter.",
            "A circuit breaker is planned for the second quarter.",
        ),
        ("- [ ] Hanne: recruit 15 participants for the study", "Hanne is to recruit 15 participants for the study."),
        ("- [x] Lukas: fix the export crash", "Lukas fixed the export crash."),
        ("We were supposed to drive to the lake but it rained, so we played cards.", "It rained and we played cards."),
        ("The plan of the gym costs 39 euros a month.", "The gym plan costs 39 euros a month."),
        ("We thought it was the cache, but the index was broken.", "The index was broken."),
    ],
)
def test_what_is_told_as_the_plan_it_is_or_was_done_is_supported(checker: Checker, line: str, sentence: str) -> None:
    assert verdict_of(checker, line, sentence).support == SUPPORTED


def test_a_task_that_is_ticked_off_is_not_still_to_be_done(checker: Checker) -> None:
    verdict = verdict_of(checker, "- [x] Lukas: fix the export crash", "Lukas still has to fix the export crash.")
    assert (verdict.support, verdict.reasons) == (PARTLY, ("the notes say that this is done",))


def test_a_heading_that_says_weekly_makes_no_all_of_two(checker: Checker) -> None:
    line = "Two of the five pilot customers complained about slow search."
    verdict = verdict_of(checker, line, "All pilot customers complained about slow search.", "Harbour project: weekly")
    assert verdict.support in (PARTLY, UNSUPPORTED)
