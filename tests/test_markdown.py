"""Blocks, sentences and bullets, and the spans that say where they stand."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag_bot.markdown import Block, Kind, LineIndex, entries, parse, plain_text, quotable_lines
from rag_bot.markdown.readable import readable
from rag_bot.text.sentences import code_spans, sentences

PIECES = [
    *(
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " ",
        "  ",
        "    ",
        "\t",
        ">",
        "> ",
        "- ",
        "* ",
        "+ ",
        "1. ",
        "10) ",
        "# ",
        "### ",
        "---\n",
    ),
    *(
        "===\n",
        "```\n",
        "~~~\n",
        "`",
        "``",
        "**",
        "_",
        "[",
        "]",
        "(",
        ")",
        "[[",
        "]]",
        "[a]: /b\n",
        "<div>\n",
        "<!--",
        "-->",
    ),
    *(
        "| a | b |\n",
        "|---|---|\n",
        "| 1 | 2 |\n",
        "word",
        "One. Two! Three? ",
        "e.g. this",
        "v1.2",
        "。",
        "漢字。かな！",
        "é",
    ),
    *(
        "\ufeff",
        "\0",
        "\u202e",
        "\u2066",
        "\f",
        "\v",
        "\u2028",
        "\u2029",
        "\x85",
        "\u00a0",
        "\u200b",
        "\x1c",
        "😀",
        "\\",
        "&amp;",
    ),
    *(
        "x" * 400,
        "long words here " * 30,
        "- [ ] task\n",
        "> [!note] Title\n",
        "\n  - deep\n    - deeper\n",
        "  " * 30 + "- far\n",
    ),
]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)
deep = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(["- a", "1. b", "> c", "text", "# h", "", "```"])), max_size=60
)
deep_text = deep.map(lambda lines: "\n".join(" " * indent + line for indent, line in lines))


def text_of(text: str, piece: Block) -> str:
    return text[piece.span.start_char : piece.span.end_char]


def outline(text: str) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, text_of(text, block)) for block in parse(text)]


def quoted(text: str) -> list[str]:
    return [text[line.span.start_char : line.span.end_char] for line in quotable_lines(text, parse(text))]


@settings(max_examples=400, deadline=None)
@given(hostile | deep_text, st.integers(1, 5), st.booleans())
def test_every_non_blank_character_that_is_read_is_in_exactly_one_block(text: str, body: int, plain: bool) -> None:
    text = readable(text, body_start_line=body, has_comments=not plain)
    blocks = parse(text, body_start_line=body, plain=plain)
    end = 0
    for block in blocks:
        assert block.span.start_char >= end
        assert not text[end : block.span.start_char].strip()
        assert text_of(text, block) == text_of(text, block).strip() != ""
        end = block.span.end_char
    assert not text[end:].strip()


@settings(max_examples=400, deadline=None)
@given(hostile | deep_text, st.integers(1, 5), st.booleans())
@example(">\x0c>", 1, False)
@example("> \x0b\u3000> A sentence.", 1, False)
def test_lines_lie_inside_their_blocks_in_order(text: str, body: int, plain: bool) -> None:
    text = readable(text, body_start_line=body, has_comments=not plain)
    blocks = parse(text, body_start_line=body, plain=plain)
    end = 0
    for line in quotable_lines(text, blocks):
        block = blocks[line.block]
        assert end <= line.span.start_char < line.span.end_char <= block.span.end_char
        assert block.span.start_char <= line.span.start_char
        quote = text[line.span.start_char : line.span.end_char]
        assert quote == quote.strip()
        assert len(quote) <= 2_000
        end = line.span.end_char


@settings(max_examples=200, deadline=None)
@given(hostile | deep_text)
def test_line_numbers_are_those_of_an_editor(text: str) -> None:
    text = readable(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for block in parse(text):
        span = block.span
        body = text_of(text, block).replace("\r\n", "\n").replace("\r", "\n")
        assert "\n".join(lines[span.start_line - 1 : span.end_line]).strip() == body


@settings(max_examples=200, deadline=None)
@given(hostile | deep_text)
def test_parents_are_earlier_items_and_ancestors_follow_them(text: str) -> None:
    blocks = parse(text)
    for index, block in enumerate(blocks):
        if block.parent is None:
            assert block.ancestors == () or "[^" in text
        else:
            parent = blocks[block.parent]
            assert block.parent < index
            assert parent.kind in (Kind.ITEM, Kind.CALLOUT)
            assert block.ancestors == (*parent.ancestors, parent.plain)


@settings(max_examples=300, deadline=None)
@given(hostile)
def test_plain_text_of_anything_is_one_line(text: str) -> None:
    assert len(plain_text(text).splitlines()) <= 1


def test_a_heading_inside_a_fence_is_code() -> None:
    assert outline("# A\n\n```\n# no\n```\n") == [("heading", 1, "# A"), ("code", 0, "```\n# no\n```")]


def test_a_setext_heading_is_a_heading() -> None:
    text = "Title *here*\n===\n\nSub\n---\ntext"
    assert [(block.kind, block.level, block.plain) for block in parse(text)] == [
        (Kind.HEADING, 1, "Title here"),
        (Kind.HEADING, 2, "Sub"),
        (Kind.PARAGRAPH, 0, ""),
    ]
    assert parse(text)[2].headings == ("Title here", "Sub")


def test_a_heading_is_not_among_its_own_headings() -> None:
    text = "# A\n## B\n### C\n## D\np"
    assert [block.headings for block in parse(text)] == [(), ("A",), ("A", "B"), ("A",), ("A", "D")]


def test_lines_before_the_body_are_front_matter() -> None:
    text = "---\ntitle: x\n---\n# A"
    blocks = parse(text, body_start_line=4)
    assert [(block.kind, text_of(text, block)) for block in blocks] == [
        (Kind.FRONT_MATTER, "---\ntitle: x\n---"),
        (Kind.HEADING, "# A"),
    ]
    assert [text[u.span.start_char : u.span.end_char] for u in quotable_lines(text, blocks)] == ["title: x", "# A"]


def test_the_content_of_an_item_after_its_first_paragraph_is_its_child() -> None:
    text = "- one\n  more\n\n  second\n\n  ```\n  code\n  ```\n  - nested\n"
    blocks = parse(text)
    assert [(block.kind, text_of(text, block), block.parent) for block in blocks] == [
        (Kind.ITEM, "- one\n  more", None),
        (Kind.PARAGRAPH, "second", 0),
        (Kind.CODE, "```\n  code\n  ```", 0),
        (Kind.ITEM, "- nested", 0),
    ]
    assert {block.ancestors for block in blocks[1:]} == {("one more",)}


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("  - a\n   - b\n   - c\n  - d\n", [1, 2, 2, 1]),
        ("- a\n\t- b\n\t\t- c\n- d", [1, 2, 3, 1]),
        ("* a\n - b\n  + c\n* d", [1, 2, 3, 1]),
        ("- a\n      - far\n      - far too\n- b", [1, 2, 2, 1]),
        ("- a\n- b\n", [1, 1]),
        ("> - a\n>   - b\n> - c", [1, 2, 1]),
        ("- a\n\n text\n\n- b", [1, 0, 1]),
    ],
)
def test_bullets_nest_the_way_they_are_indented(text: str, levels: list[int]) -> None:
    assert [block.level for block in parse(text)] == levels


def test_numbers_aligned_to_the_right_are_siblings() -> None:
    text = " 8. a\n 9. b\n10. c\n11. d\n"
    assert [block.level for block in parse(text)] == [1, 1, 1, 1]
    assert [block.level for block in parse("10. a\n 1. b\n")] == [1, 1]


def test_an_item_without_text_of_its_own_is_still_a_parent() -> None:
    text = "-\n  ```\n  x\n  ```\n- - a\n  - b\n"
    assert [(block.kind, block.level, block.parent) for block in parse(text)] == [
        (Kind.ITEM, 1, None),
        (Kind.CODE, 0, 0),
        (Kind.ITEM, 1, None),
        (Kind.ITEM, 2, 2),
    ]


def test_a_callout_is_its_head_and_what_is_below_it() -> None:
    text = "> [!note] Title\n> Body. More.\n>\n> - item\n"
    assert [block.kind for block in parse(text)] == [Kind.CALLOUT, Kind.PARAGRAPH, Kind.PARAGRAPH, Kind.ITEM]
    assert quoted(text) == ["Body.", "More.", "> - item"]


def test_definitions_of_links_are_lines_like_any_other() -> None:
    assert outline("[a]: http://x\n\nText") == [("paragraph", 0, "[a]: http://x"), ("paragraph", 0, "Text")]


def test_what_is_nested_too_deep_is_kept() -> None:
    text = ">" * 300 + " bottom"
    assert [text_of(text, block) for block in parse(text)] == [text]


def test_plain_text_files_have_no_code_and_no_html() -> None:
    text = "a\n\n    indented\n\n<div>\nb"
    assert [block.kind for block in parse(text)] == [Kind.PARAGRAPH, Kind.CODE, Kind.HTML]
    assert [block.kind for block in parse(text, plain=True)] == [Kind.PARAGRAPH] * 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_count_the_same(end: str) -> None:
    text = end.join(["\ufeff# A", "", "- b", "- c", "", "text"])
    assert [(block.kind, block.span.start_line) for block in parse(text)] == [
        (Kind.HEADING, 1),
        (Kind.ITEM, 3),
        (Kind.ITEM, 4),
        (Kind.PARAGRAPH, 6),
    ]
    assert parse(text)[0].plain == "A"


@pytest.mark.parametrize("mark", ["\0", "\u202e", "\f", "\u2028", "\x85", "\x1c"])
def test_odd_characters_do_not_shift_spans(mark: str) -> None:
    text = f"# A{mark}B\n\none{mark}two\n\n- c"
    assert [text_of(text, block) for block in parse(text)] == [f"# A{mark}B", f"one{mark}two", "- c"]


def test_a_table_gives_one_unit_per_row_under_its_header() -> None:
    text = "| Name | *Age* |\n|---|---|\n| Ann | 3 |\n| Bob | 4 |\n"
    found = quotable_lines(text, parse(text))
    assert [text[u.span.start_char : u.span.end_char] for u in found] == ["| Ann | 3 |", "| Bob | 4 |"]
    assert {line.ancestors for line in found} == {("Name | Age",)}


def test_short_code_is_one_unit_and_long_code_parts_at_blank_lines() -> None:
    short = "```\na\n\nb\n```"
    assert quoted(short) == [short]
    long = "```\n" + "a\n" * 10 + "\n" + "b\n" * 10 + "```"
    assert [quote.count("\n") for quote in quoted(long)] == [10, 10]


def test_code_that_is_too_long_parts_at_the_ends_of_lines() -> None:
    lines = [f"call_number_{number}({'x' * 180})" for number in range(40)]
    found = quoted("\n".join(["```", *lines, "```"]))
    assert len(found) > 1
    assert [line for unit in found for line in unit.split("\n") if line != "```"] == lines


def test_a_short_item_is_one_unit_and_a_long_one_is_quoted_by_the_sentence() -> None:
    assert quoted("- One. Two.") == ["- One. Two."]
    sentence = "This is a sentence of a long item that goes on for a while. "
    assert quoted("- " + sentence * 8) == ["- " + sentence.strip(), *[sentence.strip()] * 7]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ("See e.g. this, i.e. that. Next.", ["See e.g. this, i.e. that.", "Next."]),
        ("Dr. Smith vs. J. R. Brown, Fig. 3. End.", ["Dr. Smith vs. J. R. Brown, Fig. 3.", "End."]),
        ("It fell to 310 ms. Lukas is on holiday.", ["It fell to 310 ms.", "Lukas is on holiday."]),
        ("Call Ms. Yilmaz about the 2 ms. or so.", ["Call Ms. Yilmaz about the 2 ms. or so."]),
        ("It is No. 5 of ten. No. Really.", ["It is No. 5 of ten.", "No.", "Really."]),
        ("Cats, dogs, etc. are fine. Cats etc. Dogs.", ["Cats, dogs, etc. are fine.", "Cats etc.", "Dogs."]),
        ("Use v1.2 or 3.5 of example.com and foo.py. Then `a. b` runs.", None),
        ('He said "Stop." Then (it ended.) Yes.', ['He said "Stop."', "Then (it ended.)", "Yes."]),
        ('"Why?" he asked. So did I. Fine.', ['"Why?" he asked.', "So did I.", "Fine."]),
        ("日本語です。次の文！終わり？はい", ["日本語です。", "次の文！", "終わり？", "はい"]),
        ("**Bold.** Then *more.* End", ["**Bold.**", "Then *more.*", "End"]),
        ("Wait... what? Ok", ["Wait... what?", "Ok"]),
    ],
)
def test_sentences_end_where_a_reader_would_say(text: str, expected: list[str] | None) -> None:
    expected = expected or ["Use v1.2 or 3.5 of example.com and foo.py.", "Then `a. b` runs."]
    assert quoted(text) == expected


def test_a_line_break_that_was_meant_ends_a_sentence() -> None:
    text = "Milk\nBread and butter\nEggs\nA longer line at the end"
    assert quoted(text) == text.split("\n")


def test_a_line_break_that_only_wraps_does_not() -> None:
    text = "This paragraph was wrapped by an editor\nat some forty columns, as many people\nlike to do. Second one."
    assert quoted(text) == [text.split(" Second")[0], "Second one."]


def test_the_address_of_a_link_does_not_count_as_width() -> None:
    text = "I wrote about how I use\n[this](https://example.com/" + "long/" * 20 + ") to do it."
    assert quoted(text) == [text]


def test_a_giant_sentence_is_cut_at_white_space_or_anywhere() -> None:
    words = quoted("word " * 2_000)
    assert max(map(len, words)) <= 1_000
    assert {piece.split()[-1] for piece in words} == {"word"}
    assert max(map(len, quoted("漢" * 10_000))) <= 1_000


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**bold** *it* __x__ _y_ ~~no~~ ==hi==", "bold it x y no hi"),
        ("`__init__.py` and snake_case_name", "__init__.py and snake_case_name"),
        ("[text](http://a.b/c_(d)) ![alt](x.png)", "text alt"),
        ("[![badge](a.svg)](http://b)", "badge"),
        ("[[Note]] and [[Note#Part|alias]]", "Note and alias"),
        ("[a][ref] <https://x.y> <b>c</b> d[^1]", "a https://x.y c d"),
        ("## Title\n> - [x] done\n> more", "Title done more"),
        (r"a \* b &amp; c", "a * b & c"),
        ("a\u202eb\0c", "abc"),
        ("5 * 3 * 2", "5 * 3 * 2"),
    ],
)
def test_plain_text_keeps_the_words(markdown: str, expected: str) -> None:
    assert plain_text(markdown) == expected


def test_code_spans_need_backticks_of_the_same_number() -> None:
    text = "`a` ``b ` c`` `d"
    assert [text[start:end] for start, end in code_spans(text, 0, len(text))] == ["`a`", "``b ` c``"]


HOSTILE = {
    "brackets": "[[" * 50_000,
    "links": "[](" * 30_000,
    "backticks": " ".join("`" * (n % 300) for n in range(2_000)),
    "dots": "." * 100_000,
    "dots and closers": ".)" * 50_000,
    "stars": "*a " * 30_000,
    "references": "[a]: /b\n" * 10_000,
    "headings": "# h\n" * 10_000,
    "quotes": ">" * 2_000 + "\n" + "> a\n" * 5_000,
    "deep list": "".join(" " * n + "- a\n" for n in range(400)),
    "blank lines": "\n" * 100_000,
    "spaces": ". " + " " * 100_000 + "x",
    "comments": "<!--\n" * 10_000,
    "table": "| a | b |\n|---|---|\n" + "| x | y |\n" * 5_000,
    "one line": "word. " * 40_000,
    "lone returns": "- a\r" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_more_than_a_few_seconds(name: str) -> None:
    text = HOSTILE[name]
    begin = time.process_time()
    quotable_lines(text, parse(text))
    plain_text(text[:2_000])
    assert time.process_time() - begin < 20  # it would be minutes if a step were quadratic


def test_lines_of_an_empty_text() -> None:
    assert LineIndex.of("") == LineIndex((0,), (0,))
    assert parse("") == ()


@pytest.mark.parametrize(
    "text",
    ["Das Treffen ist am 3. Oktober um 18 Uhr.", "Sie bringt z. B. Kuchen mit.", "Abgabe ist der 31. Juli."],
)
def test_german_ordinals_and_parted_abbreviations_end_no_sentence(text: str) -> None:
    assert [text[start:end] for start, end in sentences(text, 0, len(text))] == [text]


def _entries(text: str) -> list[str]:
    lines = text.count("\n") + 1
    front = quotable_lines(text, parse(text, body_start_line=lines + 1))
    return [text[line.span.start_char : line.span.end_char] for line in entries(text, front)]


def test_an_entry_of_front_matter_is_a_key_with_all_lines_of_its_value() -> None:
    authors, colours, venue = "authors:\n- Priya\n- Owen", "colours = [\n  'red',\n]", "venue:\n  city: Lund\n  hall: B"
    text = f"---\ndate: 2024-12-24\n{authors}\n{colours}\n\n{venue}\n---\n"
    assert _entries(text) == ["date: 2024-12-24", authors, colours, venue]


def test_an_entry_without_a_value_is_none() -> None:
    assert _entries("---\nsource:\naliases: []\nrating: null\nlink: 'https://a.example/b: c'\n---\n") == [
        "link: 'https://a.example/b: c'"
    ]


def test_of_a_long_entry_each_line_stands_below_its_key() -> None:
    text = "---\nguests:\n" + "".join(f"  - Guest {number}\n" for number in range(20)) + "---\n"
    found = list(entries(text, quotable_lines(text, parse(text, body_start_line=24))))
    assert len(found) == 20
    assert {line.ancestors for line in found} == {("guests",)}


@settings(max_examples=200, deadline=None)
@given(hostile | deep_text)
def test_entries_lie_inside_the_front_matter_in_order(text: str) -> None:
    blocks = [block for block in parse(text, body_start_line=6)[:1] if block.kind is Kind.FRONT_MATTER]
    found = list(entries(text, quotable_lines(text, blocks)))
    assert all(one.span.end_char <= other.span.start_char for one, other in pairwise(found))
    assert all(text[line.span.start_char : line.span.end_char].strip() for line in found)
    assert all(line.span.end_char <= blocks[0].span.end_char for line in found)
