"""What a model writes is read the same, however it comes in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_bot.query.prose.written import SentenceReader, Written

CASES = {
    "One. Two.": [("One.", (), "\n"), ("Two.", (), " ")],
    "It is 33%. [1] It was 20% [2].": [("It is 33%.", (1,), "\n"), ("It was 20%.", (2,), " ")],
    "It is so [1][3]. And [1, 2] so. [4]": [("It is so.", (1, 3), "\n"), ("And so.", (1, 2, 4), " ")],
    "See e.g. the list [2-4].": [("See e.g. the list.", (2, 3, 4), "\n")],
    "Known (passage 2). Also【3†L4】.": [("Known.", (2,), "\n"), ("Also.", (3,), " ")],
    "The notes say:\n- first [1]\n- second [2]\n\nSo there.": [
        ("The notes say:", (), "\n"),
        ("first", (1,), "\n- "),
        ("second", (2,), "\n- "),
        ("So there.", (), "\n\n"),
    ],
    "1. One thing. It is big.\n2. Another": [
        ("One thing.", (), "\n1. "),
        ("It is big.", (), " "),
        ("Another", (), "\n2. "),
    ],
    "## Result\nYes.": [("Result", (), "\n\n"), ("Yes.", (), "\n")],
    "Run this:\n```sh\ngit fetch\n\ngit pull [1]\n```\nDone.": [
        ("Run this:", (), "\n"),
        ("git fetch", (), "\n\n    "),
        ("git pull [1]", (), "\n    "),
        ("Done.", (), "\n\n"),
    ],
    "It is **bold** [1].": [("It is bold.", (1,), "\n")],
    "See [the page](https://evil.example/?q=secret) [1] ![x](https://evil.example/i.png).": [
        ("See the page x.", (1,), "\n")
    ],
    "See [the page](https://evil.example/aaaaaaa": [("See the page", (), "\n")],
    "~~Mia~~ Jo cooks.": [("Jo cooks.", (), "\n")],
    "It is 33%. It was 20%.": [("It is 33%.", (), "\n"), ("It was 20%.", (), " ")],
    "It is 33%.<|im_end|>": [("It is 33%.", (), "\n")],
    "Run `git log. -p` first. Then stop.": [("Run git log. -p first.", (), "\n"), ("Then stop.", (), " ")],
    "[1]": [],
    "An array a[1] is not cited": [("An array a is not cited", (1,), "\n")],
}


def read(text: str, *, step: int) -> list[Written]:
    reader = SentenceReader()
    found = [one for start in range(0, len(text), step) for one in reader.feed(text[start : start + step])]
    return [*found, *reader.finish()]


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_sentences_come_with_their_numbers_and_what_parts_them(text: str, step: int) -> None:
    assert [(one.text, one.numbers, one.before) for one in read(text, step=step)] == CASES[text]


@pytest.mark.parametrize("step", [1, 1000])
def test_a_heading_is_known_for_one_and_what_follows_is_none(step: int) -> None:
    read_so = read("## The fee. And more\nIt is 5.\n# Due\n- On Monday.", step=step)
    assert [one.text for one in read_so if one.is_heading] == ["The fee.", "And more", "Due"]


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="ab.?! \n[]12-`#(<|>)", max_size=60), st.integers(1, 7))
def test_pieces_make_no_difference(text: str, step: int) -> None:
    assert [one.text for one in read(text, step=step)] == [one.text for one in read(text, step=1000)]


def test_what_has_not_ended_is_the_draft() -> None:
    reader = SentenceReader()
    assert [one.text for one in reader.feed("One. Tw")] == ["One."]
    assert reader.draft == "Tw"
    assert reader.feed("o is [") == []
    assert reader.draft == "Two is"
