"""Whatever the text: a line supports itself, another number never passes, and hostile input ends."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rag_bot.check.reading.statement import read_statement

from rag_bot.check import Checker, CitedLine
from rag_bot.models import EmbeddingModel
from rag_bot.records import NO_CLAIM, SUPPORTED, UNSUPPORTED
from tests.conftest import CORPUS

SUPPORTS = {SUPPORTED, "partly", UNSUPPORTED, NO_CLAIM}
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CORPUS_LINES = [
    line.strip() for path in sorted(CORPUS.rglob("*.md")) for line in path.read_text().splitlines() if len(line) > 30
]
NUMBERED = [line for line in CORPUS_LINES if re.search(r"(?<![\w.-])\d+%? ", line) and "http" not in line]


@pytest.fixture(scope="module")
def checker(model: EmbeddingModel) -> Checker:
    return Checker(model)


@FEW
@given(st.one_of(st.text(max_size=200), st.sampled_from(CORPUS_LINES)))
def test_a_line_supports_itself(checker: Checker, text: str) -> None:
    verdict = checker.check(text, checker.read([CitedLine(text)]))
    assert verdict.support in (SUPPORTED, NO_CLAIM)


@FEW
@given(st.sampled_from(NUMBERED), st.integers(min_value=1, max_value=900))
def test_a_line_with_another_number_is_never_supported(checker: Checker, line: str, more: int) -> None:
    match = re.search(r"(?<![\w.-])\d+(?=%? )", line)
    assert match
    other = str(int(match[0]) + more)
    assume(not re.search(rf"\b{other}\b", line))
    changed = f"{line[: match.start()]}{other}{line[match.end() :]}"
    assert checker.check(changed, checker.read([CitedLine(line)])).support != SUPPORTED


@FEW
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=100))
def test_no_text_breaks_it(checker: Checker, sentence: str, line: str, context: str) -> None:
    verdict = checker.check(sentence, checker.read([CitedLine(line, context), CitedLine(context)]), question=line)
    assert verdict.support in SUPPORTS
    assert 0 <= verdict.score <= 1
    assert set(verdict.lines) <= {0, 1}


@pytest.mark.parametrize(
    "hostile",
    [
        "word " * 4_000,
        "9" * 10_000,
        "1,234." * 3_000,
        "[" * 5_000 + "](" * 5_000,
        "not " * 2_000,
        "Aa.Bb-" * 3_000,
        "2024-01-01 " * 1_800,
        "one hundred and " * 1_200,
        "a/" * 10_000,
        "“" * 9_000,
        "𝟛٣" * 4_000,
    ],
)
def test_hostile_input_ends(checker: Checker, hostile: str) -> None:
    evidence = checker.read([CitedLine(hostile), CitedLine("The rent is due on day 3.", hostile)])
    assert checker.check(hostile, evidence).support in (UNSUPPORTED, NO_CLAIM)
    assert checker.check(hostile[:3_900], evidence).support in SUPPORTS
    assert read_statement(hostile, ("english", "german")).text is not None


def test_a_sentence_too_long_to_be_checked_says_so(checker: Checker) -> None:
    line = "The rent is due. " * 400
    assert checker.check(line, checker.read([CitedLine(line)])).reasons == (
        "a sentence of 6,800 characters is too long to be checked",
    )
