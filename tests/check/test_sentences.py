"""What the checker sees in a sentence, one kind of mistake at a time."""

from __future__ import annotations

import pytest

from rag_bot.check import CheckedLines, Checker, CitedLine
from rag_bot.models import EmbeddingModel
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, UNSUPPORTED

TASKS = "BIG-Bench and scale > How the tasks split > BIG-Bench has 202 downstream tasks:"
COT = "Reasoning via prompting > Chain-of-thought prompting"
LINES = (
    CitedLine("- Emergent abilities: 33% of the BIG-Bench tasks, with performance flat for a while.", TASKS),
    CitedLine("- Smoothly increasing: 29% of the BIG-Bench tasks, which are small tasks.", TASKS),
    CitedLine("- Small models do worse with CoT: it hurts their performance.", COT),
    CitedLine("- Large models do better with CoT: it helps their performance.", COT),
    CitedLine("- The slides of this talk have not been published yet.", "Overview"),
    CitedLine("- The speaker was Jason Wei of OpenAI.", "Overview"),
    CitedLine("- On 2024-10-03 the second disk failed; the mirror kept everything.", "Server"),
    CitedLine("- Does Jason read papers every day?", "Questions"),
)


@pytest.fixture(scope="module")
def checker(model: EmbeddingModel) -> Checker:
    return Checker(model)


@pytest.fixture(scope="module")
def evidence(checker: Checker) -> CheckedLines:
    return checker.read(LINES)


def test_a_paraphrase_is_supported_by_the_line_it_tells(checker: Checker, evidence: CheckedLines) -> None:
    verdict = checker.check("According to your notes, 33% of the BIG-Bench tasks are emergent.", evidence)
    assert (verdict.support, verdict.lines, verdict.reasons) == (SUPPORTED, (0,), ())


def test_a_sentence_over_two_lines_stands_on_both(checker: Checker, evidence: CheckedLines) -> None:
    verdict = checker.check("CoT helps large models but hurts small ones.", evidence)
    assert (verdict.support, verdict.lines) == (SUPPORTED, (2, 3))


def test_a_changed_number_is_seen_and_the_right_one_named(checker: Checker, evidence: CheckedLines) -> None:
    verdict = checker.check("45% of the BIG-Bench tasks are emergent.", evidence)
    assert (verdict.support, verdict.lines) == (UNSUPPORTED, ())
    assert verdict.reasons[0] == "the notes say 33%, not 45%"


@pytest.mark.parametrize(
    "sentence",
    [
        "29% of the BIG-Bench tasks are emergent.",  # the number of another line
        "33 of the BIG-Bench tasks are emergent.",  # the unit is gone
        "On 2024-11-03 the second disk failed.",
        "The speaker was Jason Wei of Google.",
        "The slides of this talk have been published.",
        "Large models do worse with CoT.",
        "CoT hurts large models but helps small ones.",
        "The cat sat on the mat.",
        "Jason reads papers every day and writes a diary.",
    ],
)
def test_what_the_lines_do_not_say_is_not_supported(checker: Checker, evidence: CheckedLines, sentence: str) -> None:
    verdict = checker.check(sentence, evidence)
    assert verdict.support in (UNSUPPORTED, REWORDED)
    assert verdict.reasons


def test_an_invented_half_is_at_most_partly_supported(checker: Checker, evidence: CheckedLines) -> None:
    sentence = "The second disk failed on 3 October 2024, after the neighbour had spilled his coffee."
    assert checker.check(sentence, evidence).support in (REWORDED, UNSUPPORTED)


@pytest.mark.parametrize(
    "sentence", ["According to your notes:", "Here is what your notes say about the slides:", "?", "", "***"]
)
def test_a_lead_in_claims_nothing(checker: Checker, evidence: CheckedLines, sentence: str) -> None:
    assert checker.check(sentence, evidence, question="Where are the slides?").support == NO_CLAIM


@pytest.mark.parametrize(
    "sentence", ["Yes.", "The slides are on Mars.", "Here are 3 notes:", "According to your notes, Anna:"]
)
def test_a_lead_in_with_a_claim_is_one(checker: Checker, evidence: CheckedLines, sentence: str) -> None:
    assert checker.check(sentence, evidence, question="Where are the slides?").support != NO_CLAIM


def test_only_the_cited_lines_count(checker: Checker, evidence: CheckedLines) -> None:
    sentence = "The speaker was Jason Wei of OpenAI."
    assert checker.check(sentence, evidence, among=[0, 5]).lines == (5,)
    assert checker.check(sentence, evidence, among=[0, 1]).support == UNSUPPORTED
    assert checker.check(sentence, evidence, among=[]).support == UNSUPPORTED


def test_a_name_of_the_question_alone_is_no_support(checker: Checker, evidence: CheckedLines) -> None:
    verdict = checker.check("The speaker was Sam Altman.", evidence, question="Was Sam Altman the speaker?")
    assert verdict.support == UNSUPPORTED


def test_a_script_that_the_model_cannot_read_is_judged_by_words(checker: Checker) -> None:
    evidence = checker.read([CitedLine("会议在星期五下午举行。"), CitedLine("预算是三百万元。")])
    assert checker.check("会议在星期五下午举行", evidence).support == SUPPORTED
    assert checker.check("猫喜欢在花园里睡觉。", evidence).support != SUPPORTED


def test_to_be_like_a_thing_is_more_than_to_be_named_beside_it(checker: Checker) -> None:
    named = checker.read([CitedLine("Chain-of-thought prompting changed the way AI works.")])
    likened = checker.read([CitedLine("AI work is like gardening: much of it is waiting.")])
    assert checker.check("AI work is like a chain-of-thought.", named).support != SUPPORTED
    assert checker.check("AI work is like gardening.", likened).support == SUPPORTED


def test_a_name_of_one_line_is_not_tied_to_the_words_of_another(checker: Checker) -> None:
    evidence = checker.read(
        [
            CitedLine("The shed's anchor weighs 38 kilograms."),
            CitedLine("The password is QUUX."),
            CitedLine("Ask the owner."),
        ]
    )
    sentence = "The shed's anchor weighs 38 kilograms and the owner of it is QUUX."
    assert checker.check(sentence, evidence).support != SUPPORTED
    assert checker.check("The password is QUUX.", evidence).support == SUPPORTED


def test_a_line_that_asks_and_goes_on_states_only_what_is_no_question(checker: Checker) -> None:
    evidence = checker.read([CitedLine("- Is the goal set top-down? My own question, not settled in the talk.")])
    assert checker.check("The goal is set top-down.", evidence).support != SUPPORTED
    answered = checker.read([CitedLine("- How long did I sleep? Eight hours.")])
    assert checker.check("You slept eight hours.", answered).support == SUPPORTED


def test_a_word_too_many_makes_it_partly_supported(checker: Checker) -> None:
    evidence = checker.read([CitedLine("- The speaker was Jason Wei of OpenAI.")])
    assert checker.check("The speaker was Jason Wei of OpenAI, a pioneer.", evidence).support != SUPPORTED


def test_yes_and_no_in_a_sentence_are_claims(checker: Checker) -> None:
    evidence = checker.read([CitedLine("The pool opens at nine.")])
    assert checker.check("The answer is no.", evidence, question="Is the pool open?").support == REWORDED
    assert checker.check("There is no answer in the notes.", evidence).support == NO_CLAIM


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("If the backup fails, Tomas is called.", "The backup fails."),
        ("Pets are not allowed, except fish.", "Fish are not allowed."),
        ("Maria might lead the project.", "Maria leads the project."),
        ("Maria used to lead the project.", "Maria leads the project."),
        ("Some customers complained.", "Most customers complained."),
    ],
)
def test_what_a_line_says_with_care_is_not_said_flatly(checker: Checker, line: str, sentence: str) -> None:
    evidence = checker.read([CitedLine(line)])
    assert checker.check(sentence, evidence).support != SUPPORTED
    assert checker.check(line, evidence).support == SUPPORTED


def test_entries_of_a_log_are_not_mixed(checker: Checker) -> None:
    evidence = checker.read(
        [CitedLine("- 4 May 2024: 10 km in 52 minutes."), CitedLine("- 11 May 2024: half marathon in 1:58:30.")]
    )
    assert checker.check("You ran the half marathon on 4 May 2024.", evidence).support != SUPPORTED
    assert checker.check("You ran the half marathon on 11 May 2024.", evidence).support == SUPPORTED


def test_words_without_any_content_are_no_free_pass(checker: Checker, evidence: CheckedLines) -> None:
    for sentence in ("Not any more.", "Of course not.", "It is not so."):
        assert checker.check(sentence, evidence).support not in (SUPPORTED, NO_CLAIM)
