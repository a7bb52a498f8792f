"""Whatever the text, a check ends with one of four words; a line says itself and never another number."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rag_bot.check import Checker, CitedLine, SentenceSupport
from rag_bot.check.claims import claims_nothing, verbatim
from rag_bot.check.dates import find_days_and_times
from rag_bot.check.numbers import find_numbers
from rag_bot.check.statement import read_statement
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, UNSUPPORTED
from tests.conftest import CORPUS

LANGUAGES = ("english", "dutch", "french", "german", "italian", "spanish", "swedish", "russian")
CHECKER = Checker(None)
FEW = settings(max_examples=150)
CORPUS_LINES = [
    line.strip() for path in sorted(CORPUS.rglob("*.md")) for line in path.read_text().splitlines() if len(line) > 30
]
NUMBERED = [line for line in CORPUS_LINES if re.search(r"(?<![\w.,:/-])\d{2,3} [a-z]", line) and "http" not in line]
# Pieces that parsers stumble over: amounts, days, markup that is not closed, and letters of many scripts.
PIECES = (
    "one twenty-five hundred million dos zwei vingt quatre et demi eleven first 3rd ² ½ ٣ １２ 1,234.5 -5 $ €3m 12% 7h "
    "2026-02-30 31/12 14. Mai May Frıday APRİL 5月14日 25:61 7 pm not n't only - [ ] ~~ ** ` [[ ]( <b> &amp; \\ | > # "
    "Straße ﬁ ǅ naïve e\u0301\u0301\u0301 кошка שלום مرحبا नमस्ते สวัสดี 안녕하세요 会議 カフェ 👩‍👩‍👧 🇩🇪 "
    "\u202e \u200b \ufeff \x00 \x1b \u2028 "
    "' ’ “ ( : ; … 。 Yes notes"
).split(" ")
TEXTS = st.one_of(
    st.text(max_size=120),
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.sampled_from(CORPUS_LINES),
)
LONG = {
    "a word of 60 letters": "pneumono" * 8,
    "a word of 4,000 letters": "a" * 4_000,
    "words": "word " * 800,
    "different words": " ".join(
        f"w{chr(97 + number % 26)}ord{'abc'[number % 3] * (number % 9)}" for number in range(600)
    ),
    "names": "Aa.Bb-" * 660,
    "digits": "9" * 4_000,
    "grouped digits": "1,234." * 660,
    "numbers": "12 km " * 660,
    "number words": "one hundred and " * 250,
    "one number word": "vingt-" * 660,
    "days": "2024-01-01 " * 360,
    "days in words": "14 May " * 570,
    "times": "7:30 " * 800,
    "brackets": "[" * 2_000 + "](" * 1_000,
    "negations": "not " * 1_000,
    "quotes": "“" * 4_000,
    "digits of other scripts": "𝟛٣" * 2_000,
    "combining marks": "e" + "\u0301" * 3_900,
    "right to left": "שלום עולם " * 400,
    "Thai": "สวัสดีครับ" * 400,
    "Chinese": "会议在星期五下午举行。" * 360,
    "emoji": "👩‍👩‍👧" * 800,
    "control characters": "\x00\x1b\r\n" * 1_000,
    "unclosed markup": "~~**`[[" * 570,
}


def is_sound(verdict: SentenceSupport, lines: int) -> bool:
    known = verdict.support in (SUPPORTED, REWORDED, UNSUPPORTED, NO_CLAIM)
    return known and set(verdict.lines) <= {*range(lines)} and 0 <= verdict.score <= 1


@FEW
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_breaks_a_check(sentence: str, line: str, context: str) -> None:
    evidence = CHECKER.read([CitedLine(line, context), CitedLine(context), CitedLine("")])
    assert is_sound(CHECKER.check(sentence, evidence, question=line), 3)
    assert is_sound(CHECKER.check(sentence, evidence, among=[1]), 3)


@FEW
@given(TEXTS)
def test_no_text_breaks_the_parts(text: str) -> None:
    statement = read_statement(text, LANGUAGES)
    assert all(item.text or item.value is not None for item in statement.items)
    for found in (find_days_and_times(text), list(find_numbers(text))):
        assert all(0 <= start < end <= len(text) for start, end, _ in found)
    claims_nothing(statement, statement)
    verbatim(statement, [statement])


@FEW
@given(TEXTS)
def test_a_line_supports_itself(text: str) -> None:
    assert CHECKER.check(text, CHECKER.read([CitedLine(text)])).support in (SUPPORTED, NO_CLAIM)


@given(st.sampled_from(NUMBERED), st.integers(min_value=13, max_value=900))
def test_a_line_with_another_number_is_not_what_it_says(line: str, more: int) -> None:
    match = re.search(r"(?<![\w.,:/-])\d{2,3}(?= [a-z])", line)
    assert match
    other = str(int(match[0]) + more)
    assume(other not in line)
    changed = f"{line[: match.start()]}{other}{line[match.end() :]}"
    assert CHECKER.check(changed, CHECKER.read([CitedLine(line)])).support == UNSUPPORTED


@pytest.mark.parametrize(("sentence", "line"), list(product(LONG, ["same", "days in words", "different words"])))
def test_long_and_strange_text_ends(sentence: str, line: str) -> None:
    said = LONG[sentence][:4_000]
    written = LONG.get(line, said)
    evidence = CHECKER.read([CitedLine(written), CitedLine("The rent is due on day 3.", written)])
    assert is_sound(CHECKER.check(said, evidence), 2)
