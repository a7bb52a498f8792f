"""What nobody reads: machine text and comments are neither embedded nor quoted, all else is."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from textwrap import wrap

import pytest
from hypothesis import given, settings

from rag_bot.markdown import as_shown, parse, plain_text, quotable_lines, without_comments
from rag_bot.markdown.readable import readable
from tests.ingestion.test_chunking import chunks_of
from tests.test_markdown import hostile

RANDOM = random.Random(13)
PICTURE = base64.b64encode(RANDOM.randbytes(225_000)).decode()  # 300,000 characters
MINIFIED = "".join(f"var n{n}=(t,e)=>{{if(t){{e.push(t[{n}],{n}*r)}}return this.call(e)}};" for n in range(100))
MACHINE_TEXT = {
    "a picture": f"![the apiary](data:image/png;base64,{PICTURE})",
    "a picture in HTML": f'<img src="data:image/png;base64,{PICTURE}">',
    "wrapped": "\n".join(wrap(PICTURE[:20_000], 76)),
    "a drawing": "```compressed-json\n" + "\n\n".join(wrap(PICTURE[:20_000], 256)) + "\n```",
    "hex digits": RANDOM.randbytes(2_000).hex(),
    "a minified script": MINIFIED,
    "data on one line": json.dumps([{"id": n, "at": n * 0.37, "tag": f"a{n}"} for n in range(300)]),
    "a row of numbers": " ".join(f"{RANDOM.random():.6f}," for _ in range(1_000)),
}
WORDS = {
    "a hash": "The commit is 3f2a9c0b1d4e5f60718293a4b5c6d7e8f9012345.",
    "a public key": f"ssh-rsa {PICTURE[:716]} me@home",
    "a token": ".".join(PICTURE[n : n + 200] for n in (0, 300, 600)),
    "a long address": "https://example.org/" + "/".join(["honey-prices", "2026", "07"] * 30),
    "German compounds": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz " * 40,
    "Chinese on one line": "养蜂人每天早上去蜂箱看看。蜂蜜在七月收获，价格为每公斤十二欧元。" * 100,
    "Japanese on one line": "蜂蜜は七月に収穫します。値段は一キロ十二ユーロです。" * 100,
    "Hindi on one line": "मधुमक्खी पालक हर सुबह छत्तों को देखता है। " * 100,
    "prose on one line": "The bees fly out in the morning, and by noon they are back. " * 200,
    "a wide table": "| a | b |\n|---|---|\n| " + " | ".join(str(n * 37) for n in range(1_000)) + " |",
    "paths": "\n".join(f"src/components/administration/{name}/settings.py" for name in ["orders", "people"] * 30),
    "rows of numbers": "\n".join(f"2026-03-{n % 28 + 1:02},{n * 13},{n * 0.5:.2f},{n * 7}" for n in range(300)),
}


@pytest.mark.parametrize("name", MACHINE_TEXT)
def test_machine_text_costs_no_more_than_the_words_around_it(name: str) -> None:
    text = f"Before it.\n\n{MACHINE_TEXT[name]}\n\nAfter it.\n"
    chunks = chunks_of(text)
    assert len(chunks) <= 4
    assert sum(len(" ".join(chunk.embedded_text.split())) for chunk in chunks) < 300
    quoted = [text[line.span.start_char : line.span.end_char] for line in quotable_lines(readable(text), parse(text))]
    assert [quoted[0], quoted[-1]] == ["Before it.", "After it."]
    assert len("".join(quoted)) < 200


@pytest.mark.parametrize("name", WORDS)
def test_what_people_write_or_may_ask_for_is_read(name: str) -> None:
    assert readable(WORDS[name]) == WORDS[name]


def test_words_beside_machine_text_on_its_line_are_read() -> None:
    for name in ("a picture", "a minified script"):
        seen = readable(f"Before it it says {MACHINE_TEXT[name]} and after it.")
        assert seen.startswith("Before it it says ")
        assert seen.endswith(" and after it.")
    assert (
        plain_text(readable(f"See ![the apiary](data:image/png;base64,{PICTURE[:1_500]}) here"))
        == "See the apiary here"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a %%secret%% b", "a b"),
        ("a <!-- secret\n\nsecret --> b", "a b"),
        ("a\n\n%%\nsecret\n\n# secret\n%%\n\nb", "a b"),
        ("a `%%code%%` and `<!-- code -->` b", "a `%%code%%` and `<!-- code -->` b"),
        ("```\n%% code %%\n<!-- code -->\n```\n%%secret%%", "``` %% code %% <!-- code --> ```"),
        ("up by 20%% or 30%% a year", "up by 20%% or 30%% a year"),
        ("%% open, and <!-- open", "%% open, and <!-- open"),
        ("one %% here\n\nand one %% there", "one %% here and one %% there"),
    ],
)
def test_comments_are_not_read(text: str, expected: str) -> None:
    assert " ".join(readable(text).split()) == expected


def test_a_comment_hides_the_blocks_in_it_and_is_not_embedded() -> None:
    text = "# Head\nThe fee is 12. %%or 13?%% It rose.\n\n<!--\n## Draft\n- secret\n-->\n\nEnd.\n"
    assert [block.plain for block in parse(text)] == ["Head", "", ""]
    assert all("secret" not in chunk.embedded_text and "13" not in chunk.embedded_text for chunk in chunks_of(text))
    quoted = [text[line.span.start_char : line.span.end_char] for line in quotable_lines(readable(text), parse(text))]
    assert quoted == ["# Head", "The fee is 12.", "It rose.", "End."]


def test_front_matter_and_plain_text_have_no_comments() -> None:
    text = "---\nformat: %%d\n---\n50 %%d\n"
    assert readable(text, body_start_line=4) == text
    assert readable("a %%b%%", has_comments=False) == "a %%b%%"


@settings(max_examples=300, deadline=None)
@given(hostile)
def test_without_its_comments_a_text_has_the_same_lines(text: str) -> None:
    assert [mark for mark in without_comments(text) if mark in "\r\n"] == [mark for mark in text if mark in "\r\n"]


@settings(max_examples=300, deadline=None)
@given(hostile)
def test_what_is_read_has_the_same_length_and_lines(text: str) -> None:
    seen = readable(text)
    assert len(seen) == len(text)
    assert all(read == written or read.isspace() for read, written in zip(seen, text, strict=True))
    assert [mark for mark in seen if mark in "\r\n"] == [mark for mark in text if mark in "\r\n"]


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        ("The rent %% was less %% is 700.", "The rent is 700."),
        ("The rent is 700.\n%% ask Jo %%\nIt is due in May.", "The rent is 700.\nIt is due in May."),
        ("%% ask\nJo %%\n> The rent is 700. <!-- or not -->", "> The rent is 700."),
        ("- one\n  %% not me %%\n- two", "- one\n- two"),
        ("Rent:\u00a0700\u00a0€\n\u00a0\nDue in May.", "Rent:\u00a0700\u00a0€\nDue in May."),
    ],
)
def test_what_is_shown_of_a_piece_has_neither_comments_nor_the_room_they_took(piece: str, text: str) -> None:
    shown = as_shown(piece)
    assert shown.text == text
    for word in ("rent", "one", "two", "700"):
        if word in piece:
            assert shown.text.startswith(word, shown.place(piece.index(word)))
    assert as_shown("A row of %% signs %%.", has_comments=False).text == "A row of %% signs %%."


def test_of_two_merged_versions_both_are_lines_and_the_marks_around_them_are_none() -> None:
    text = "Rota\n\n<<<<<<< HEAD\nJo cooks.\n=======\nKim cooks.\n>>>>>>> other\n\nAll eat.\n"
    lines = quotable_lines(readable(text), parse(text))
    assert [text[line.span.start_char : line.span.end_char] for line in lines] == [
        "Rota",
        "Jo cooks.",
        "Kim cooks.",
        "All eat.",
    ]
    assert not any(line.headings for line in lines)
    assert as_shown(text).text == "Rota\n\nJo cooks.\nKim cooks.\n\nAll eat.\n"
    shown = f"As git has it:\n\n```\n{text}```\n\nJo cooks\n=======\n"
    assert readable(shown) == shown


def test_merge_markers_that_never_end_are_read_once() -> None:
    reading = "from rag_bot.markdown.readable import readable; readable('<<<<<<< mine\\n' * 200_000)"
    subprocess.run([sys.executable, "-c", reading], timeout=120, check=True)


def test_spaces_in_the_heading_of_an_org_file_are_read_once() -> None:
    reading = "from rag_bot.markdown import parse_note; parse_note('a.org', '* x' + ' ' * 1_000_000 + 'y')"
    subprocess.run([sys.executable, "-c", reading], timeout=120, check=True)
