"""What notes plan, wish, think or still have to do is no fact, and what they say of a part is not said of all."""

from __future__ import annotations

import pytest

from rag_bot.check import Checker, CitedLine, SentenceSupport
from rag_bot.models import EmbeddingModel
from rag_bot.records import REWORDED, SUPPORTED, UNSUPPORTED


@pytest.fixture(scope="module")
def checker(model: EmbeddingModel) -> Checker:
    return Checker(model)


def verdict_of(checker: Checker, line: str, sentence: str, above: str = "Notes") -> SentenceSupport:
    return checker.check(sentence, checker.read([CitedLine(line, above)]))


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
    assert verdict.support == REWORDED
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
    assert (verdict.support, verdict.reasons) == (REWORDED, ("the notes say that this is done",))


def test_a_heading_that_says_weekly_makes_no_all_of_two(checker: Checker) -> None:
    line = "Two of the five pilot customers complained about slow search."
    verdict = verdict_of(checker, line, "All pilot customers complained about slow search.", "Harbour project: weekly")
    assert verdict.support in (REWORDED, UNSUPPORTED)


BECAUSE = "We moved the launch to May, because the payment provider has not certified us yet."
CONTACTS = "Contact: Mr. Brandt for household, Ms. Yilmaz for liability."
SCARF = "Gave her the blue teapot, Nadia gave her a scarf."
PILOT = "Two of the five pilot customers complained about slow search."
ONLY = "Only customers who signed up before 2024 keep the old price."


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (PILOT, "Five pilot customers complained about slow search."),
        (PILOT, "All five pilot customers complained about slow search."),
        (ONLY, "All customers keep the old price."),
        (ONLY, "Customers keep the old price."),
        ("I take 50 mg of iron every other day.", "I take 50 mg of iron every day."),
        ("Hanne gets 12,000 euros for the user study.", "Hanne gets at most 12,000 euros for the user study."),
        ("Lent Tobias 120 euros for his bike.", "Tobias lent me 120 euros for his bike."),
        (SCARF, "I gave Nadia a scarf."),
        (CONTACTS, "Contact Mr. Brandt for liability."),
        (BECAUSE, "The payment provider has not certified us because we moved the launch."),
    ],
)
def test_a_part_told_of_all_and_sides_exchanged_are_not_supported(checker: Checker, line: str, sentence: str) -> None:
    assert verdict_of(checker, line, sentence).support in (REWORDED, UNSUPPORTED)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (PILOT, "Two of the five pilot customers complained about slow search."),
        (PILOT, "Two of five pilot customers complained that search was slow."),
        (ONLY, "Customers who signed up before 2024 keep their old price."),
        ("I take 50 mg of iron every other day.", "I take 50 mg of iron every other day."),
        ("Trips need to be requested at least 10 days ahead.", "Trips must be requested at least 10 days ahead."),
        ("Lent Tobias 120 euros for his bike.", "I lent Tobias 120 euros for his bike."),
        (SCARF, "Nadia gave her a scarf."),
        (CONTACTS, "Contact Mr. Brandt for household."),
        (BECAUSE, "We moved the launch because the payment provider has not certified us yet."),
        (BECAUSE, "Because the payment provider has not certified us yet, we moved the launch."),
    ],
)
def test_the_same_parts_and_sides_are_supported(checker: Checker, line: str, sentence: str) -> None:
    assert verdict_of(checker, line, sentence).support == SUPPORTED


def test_absent_and_not_included_are_no_contradiction(checker: Checker) -> None:
    absent = verdict_of(
        checker, "Present: Priya, Lukas. Absent: Marcus (sick).", "Marcus was absent because he was sick."
    )
    breakfast = verdict_of(checker, "The hotel costs 96 euros a night without breakfast.", "Breakfast is not included.")
    included = verdict_of(checker, "The hotel costs 96 euros, breakfast not included.", "Breakfast is included.")
    assert not any("without ‘not’" in reason for reason in absent.reasons)
    assert "the notes deny this" not in breakfast.reasons
    assert included.support == UNSUPPORTED
