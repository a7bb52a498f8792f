"""Markdown as people write it beyond CommonMark: what is quoted, what it stands under, how it is shown."""

from __future__ import annotations

import pytest

from rag_bot.markdown import Kind, parse, plain_text, quotable_lines


def read(text: str) -> list[tuple[tuple[str, ...], str]]:
    """What stands above each line, and its plain text."""
    lines = quotable_lines(text, parse(text))
    return [(line.ancestors, plain_text(text[line.span.start_char : line.span.end_char])) for line in lines]


def test_the_head_of_a_callout_stands_above_its_lines_and_is_no_line() -> None:
    text = "> [!warning]- Wet *hives*\n> Open them late. Dry them.\n>\n> - frames first\n>   - then lids\n"
    assert read(text) == [
        (("Wet hives",), "Open them late."),
        (("Wet hives",), "Dry them."),
        (("Wet hives",), "frames first"),
        (("Wet hives", "frames first"), "then lids"),
    ]
    assert read("> [!tip]\n> Smoke them.\n") == [(("Tip",), "Smoke them.")]


def test_a_callout_of_a_head_alone_says_what_it_says() -> None:
    assert read("> [!tip] Bees sleep at night.\n\nMore.\n") == [((), "Bees sleep at night."), ((), "More.")]


def test_callouts_nest_and_end() -> None:
    text = "- item\n\n  > [!note] Outer\n  > a\n  > > [!note] Inner\n  > > b\n\n  c\n\nd\n"
    assert read(text) == [
        ((), "item"),
        (("item", "Outer"), "a"),
        (("item", "Outer", "Inner"), "b"),
        (("item",), "c"),
        ((), "d"),
    ]


def test_a_definition_stands_below_its_term() -> None:
    text = "Aseptic unit\n: a clean room\n: its filter\n\nTerm two\n\n: one. Two.\n\nAfter.\n"
    assert read(text) == [
        ((), "Aseptic unit"),
        (("Aseptic unit",), "a clean room"),
        (("Aseptic unit",), "its filter"),
        ((), "Term two"),
        (("Term two",), "one."),
        (("Term two",), "Two."),
        ((), "After."),
    ]
    assert parse(text)[0].kind is Kind.ITEM


def test_a_footnote_stands_below_the_sentence_that_refers_to_it() -> None:
    text = "It rains. The fee[^fee] rose. It is due.\n\n[^fee]: 12 euros a month.\n[^lost]: Nobody refers to it.\n"
    assert read(text)[-2:] == [(("The fee rose.",), "12 euros a month."), ((), "Nobody refers to it.")]


def test_a_formula_is_one_line() -> None:
    text = "The sum is\n$$\na. b\n\n= c. d\n$$\nand more.\n\n$$x = 1$$\n\n$$ is open\n"
    kinds = [(line.kind, text[line.span.start_char : line.span.end_char]) for line in quotable_lines(text, parse(text))]
    assert kinds == [
        (Kind.PARAGRAPH, "The sum is"),
        (Kind.CODE, "$$\na. b\n\n= c. d\n$$"),
        (Kind.PARAGRAPH, "and more."),
        (Kind.CODE, "$$x = 1$$"),
        (Kind.PARAGRAPH, "$$ is open"),
    ]


def test_each_field_is_a_line() -> None:
    text = "Sponsor:: Fergal Tuohy of the hospital\nday rate:: 310\nLead:: me\n"
    assert [words for _, words in read(text)] == [
        "Sponsor:: Fergal Tuohy of the hospital",
        "day rate:: 310",
        "Lead:: me",
    ]


def test_rows_and_points_of_html_are_lines() -> None:
    text = "<table>\n<tr><th>Day</th><th>Fee</th></tr>\n<tr><td>Monday</td><td>12</td></tr>\n</table>\n"
    assert [words for _, words in read(text)] == ["Day Fee", "Monday 12"]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("## Fees {#fees .wide}", "Fees"),
        ("The lease ends in May. ^lease-1", "The lease ends in May."),
        ('{{< figure src="a.png" >}}The hive', "The hive"),
        ("It is $a_1 * b_1 * c$ here", "It is $a_1 * b_1 * c$ here"),
        ("between $5 and *$6*", "between $5 and $6"),
        ("- [/] half done", "half done"),
        ("==marked== words", "marked words"),
        ("> > nested\n> > twice", "nested twice"),
        ("x^2 and {a}", "x^2 and {a}"),
    ],
)
def test_what_is_no_word_is_not_shown(markdown: str, expected: str) -> None:
    assert plain_text(markdown) == expected
