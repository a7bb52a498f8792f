"""Notes in the panel: safe, and with the cited lines marked exactly."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot.library import Library
from rag_bot.records import Note
from rag_bot.ui.notes.links import LinkTargets
from rag_bot.ui.notes.note_list import NoteLists
from rag_bot.ui.notes.panel import LONGEST_RENDERED, heading_lines, open_note, render_missing, render_note
from rag_bot.ui.reports import line_number

TARGETS = LinkTargets(("notes/a.md", "notes/deep/b.md", "notes/deep/My Note.md", "notes/other/b.md"))
LINKS = TARGETS.of("notes/a.md")


def note(text: str, *, path: str = "notes/a.md", body_start_line: int = 1, **metadata: object) -> Note:
    return Note(path, Path("/n"), "notes", "A <title>", "", text, metadata, body_start_line, "", len(text), 0)


def render(text: str, first: int = 0, last: int = -1, path: str = "notes/a.md") -> str:
    return render_note(note(text, path=path), TARGETS.of(path), cited=range(first, last + 1))


def cited_lines(html: str) -> list[str]:
    """The text of what is marked, in order."""
    found = re.findall(r'<span class="line cited" data-line="\d+">(.*?)</span>', html, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", line) for line in found]


@pytest.mark.parametrize(
    ("text", "line", "marked"),
    [
        ("# One\n\ntwo\nthree\n", 1, ["One"]),
        ("one\ntwo\nthree\n", 2, ["two"]),
        ("one *two\nthree* four\nfive", 2, ["three four"]),
        ("one\r\ntwo\r\nthree\r\n", 2, ["two"]),
        ("- one\n  - two\n    - three\n- four\n", 2, ["two"]),
        ("1. one\n\n   more\n2. two\n", 3, ["more"]),
        ("> one\n> two\n", 2, ["two"]),
        ("|a|b|\n|-|-|\n|c|d|\n|e|f|\n", 3, ["c", "d"]),
        ("```py\none\n\nthree\n```\n", 4, ["three"]),
        ("x\n\n    one\n    two\n", 4, ["two"]),
        ("- a\n\n  ```\n  one\n  two\n  ```\n", 5, ["two"]),
        ("one  \ntwo\\\nthree", 2, ["two"]),
    ],
)
def test_exactly_the_cited_line_is_marked(text: str, line: int, marked: list[str]) -> None:
    assert cited_lines(render(text, line, line)) == marked


def test_comments_are_shown_only_where_nothing_else_is_in_the_cited_lines() -> None:
    text = (
        "The rent is 700. %% ask Jo %%\n\n%%\nLess\n\nin June\n%%\n\nDue in <!-- the --> May.\n\n```\n%% code %%\n```\n"
    )
    for first, last, marked in ((1, 1, ["The rent is 700."]), (9, 9, ["Due in  May."]), (1, 4, ["The rent is 700."])):
        html = render(text, first, last)
        assert cited_lines(html) == marked
        body = html.partition('class="body"')[2]
        assert [words in body for words in ("Jo", "Less", "June", "the --", "%% code %%")] == [False] * 4 + [True]
    assert cited_lines(render(text, 6, 6)) == ["in June"]


def test_a_code_span_over_two_lines_marks_its_whole_paragraph() -> None:
    assert cited_lines(render("one `two\nthree` four\n\nfive", 2, 2)) == ["one two three four"]


def test_emphasis_over_lines_stays_well_nested() -> None:
    html = render("a **b\nc** d", 2, 2)
    assert '<span class="line" data-line="1">a <strong>b</strong></span>' in html
    assert '<span class="line cited" data-line="2"><strong>c</strong> d</span>' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<style>body{display:none}</style>",
        '<form action="https://e.example"><input></form>',
        "![x](data:image/png;base64,AAAA)",
        "![x](picture.png)",
        '[x](javascript:alert(1) "t")',
        "[x](data:text/html,<b>)",
        "[x](vbscript:a)",
        "[x](file:///etc/passwd)",
        "[x](//e.example/a)",
        "<javascript:alert(1)>",
        "[[<img src=x onerror=alert(1)>]]",
        '[[a" onmouseover="alert(1)|words]]',
        "```<script>\n<script>alert(1)</script>\n```",
        "| <b>a</b> |\n|---|\n| <i>b</i> |",
    ],
)
def test_nothing_of_a_note_becomes_markup_of_its_own(text: str) -> None:
    body = render(text).split('<div class="body" dir="auto">')[1]
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z!][a-zA-Z0-9]*)", body))
    assert tags <= {"p", "span", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "div", "aside"}
    attributes = set(re.findall(r"\s([\w-]+)=", " ".join(re.findall(r"<[^>]*>", body))))
    assert attributes <= {"class", "data-line", *(("tabindex", "role", "aria-label") if "<table" in body else ())}


@pytest.mark.parametrize("written", ["![plan](https://e.example/p.png)", "![](http://e.example/p.svg?x)"])
def test_images_on_the_web_are_words_with_a_link_and_nothing_is_fetched(written: str) -> None:
    html = render(written)
    assert "<img" not in html
    assert 'target="_blank" rel="noopener noreferrer nofollow"' in html
    assert "an image on the web" in html


@pytest.mark.parametrize("written", ["![[plan.png]]", "![[plan.png|300]]", "![a plan](img/plan.png)"])
def test_an_image_that_is_not_there_is_said_to_be_so(written: str) -> None:
    assert "(the image plan.png is not there)" in render(written)
    assert "is of a kind that is not shown" in render(written.replace(".png", ".svg"))


def test_headings_stand_below_those_of_the_page_and_leave_no_level_out() -> None:
    html = render("## Before\n\n# Locks\n\n### Cellar\n\n#### Door\n\n## Gate\n\n# Keys")
    levels = re.findall(r'<h(\d) class="level-(\d)">', html)
    assert levels == [("3", "2"), ("3", "1"), ("4", "3"), ("5", "4"), ("4", "2"), ("3", "1")]
    assert re.findall(r"</h(\d)>", html) == ["2", *(level for level, _ in levels)]  # first the title of the note


def test_a_callout_is_a_box_whose_title_and_lines_are_their_own() -> None:
    text = "> [!warning]- Frost *tonight*\n> - [x] one\n> - two\n\nafter"
    html = render(text, 3, 3)
    assert cited_lines(html) == ["two"]
    assert '<details class="callout careful" open="">' in html
    assert '<summary class="title"><span class="line" data-line="1"><b class="kind">Warning</b> Frost' in html
    assert '<span class="line" data-line="2"><span class="box" role="img" aria-label="done">' in html
    assert "open" not in re.findall("<details[^>]*>", render(text, 5, 5))[-1]
    assert cited_lines(render(text, 1, 1)) == ["Warning Frost tonight"]


def test_a_kind_that_nobody_knows_is_a_callout_and_a_word_in_brackets_is_none() -> None:
    assert '<b class="kind">My kind</b>' in render("> [!my kind]\n> x")
    assert "<blockquote>" in render("> [note] x")


def test_footnotes_lead_to_their_line_and_keep_all_lines() -> None:
    text = "One.[^a1] Two.[^x]\n\n[^x]: First *line*\n    second\n\n    third\n\nEnd."
    html = render(text, 6, 6)
    assert cited_lines(html) == ["third"]
    assert re.findall('data-line="([0-9]+)"', html) == ["1", "3", "4", "6", "8"]
    assert 'data-heading="[^x]" aria-label="Footnote x">x</a>' in html
    assert heading_lines(note(text), "[^x]") == range(3, 4)
    assert not heading_lines(note(text), "[^a1]")


def test_blocks_and_headings_below_others_are_found() -> None:
    text = "# A\n\n## B\n\n- one\n  two ^id\n"
    assert heading_lines(note(text), "^id") == range(5, 7)
    assert heading_lines(note(text), "A#B") == range(3, 4)


def test_formulas_are_shown_and_money_stays() -> None:
    html = render("It is $\\frac{a}{b}$, not $5 and $6, US$5 or 7$, $HOME/$USER, `$x$`, \\$x$.")
    assert html.count("<math") == 1
    assert "not $5 and $6, US$5 or 7$, $HOME/$USER" in html
    assert cited_lines(render("a\n\n$$\nx^2\n$$\n\nb", 4, 4)) == ["x2"]
    assert cited_lines(render("$$\n\\nothing{x}\n$$\n", 2, 2)) == ["\\nothing{x}"]


def test_links_to_the_web_open_elsewhere_and_tell_nothing() -> None:
    html = render("[web](https://e.example/?a=1&b=2)")
    assert '<a href="https://e.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("[x](deep/b.md)", "notes/deep/b.md"),
        ("[x](./deep/b.md#part)", "notes/deep/b.md"),
        ("[x](deep/My%20Note.md)", "notes/deep/My Note.md"),
        ("[[My Note]]", "notes/deep/My Note.md"),
        ("[[my note|words]]", "notes/deep/My Note.md"),
        ("[[deep/b]]", "notes/deep/b.md"),
        ("[[other/b#Part]]", "notes/other/b.md"),
        ("[[#Part]]", "notes/a.md"),
    ],
)
def test_links_between_notes_open_the_note(written: str, path: str) -> None:
    assert f'data-note="{path}"' in render(written)


@pytest.mark.parametrize("written", ["[x](missing.md)", "[[missing]]", "[x](../../etc/passwd)", "[x](/notes/a.md)"])
def test_links_to_what_is_not_a_note_are_only_words(written: str) -> None:
    assert "<a " not in render(written)


def test_a_wikilink_shows_its_words() -> None:
    assert ">words</a>" in render("[[My Note|words]]")
    assert "missing › Part" in render("[[missing#Part]]")


def test_brackets_without_end_are_shown_as_text() -> None:
    assert cited_lines(render("[[" * 20_000 + "\n**x**", 2, 2)) == ["**x**"]


def test_definitions_are_lines_like_any_other() -> None:
    assert cited_lines(render("[a]: https://e.example\n[b]: c\n", 2, 2)) == ["[b]: c"]


def test_a_citation_is_seen_however_deep_its_list_is_nested() -> None:
    deep = "\n".join("  " * level + "- x" for level in range(200))
    assert cited_lines(render(deep, 150, 150)) == ["  " * 149 + "- x"]


def test_a_heading_that_a_link_names_is_found() -> None:
    assert heading_lines(note("# A\n\ntext\n\n## The *Part*\n"), "the part") == range(5, 6)
    assert not heading_lines(note("# A\n"), "missing")


def test_front_matter_is_a_folded_table_and_opens_when_it_is_cited() -> None:
    text = "---\ntags: [a]\n---\nbody line\n"
    made = note(text, body_start_line=4, tags=["<a>"], date="2026-11-22", aliases=[])
    html = render_note(made, LINKS, cited=range(4, 5))
    assert '<details class="properties">' in html
    assert '<span class="tag">&lt;a&gt;</span>' in html
    assert "aliases" not in html
    assert cited_lines(html) == ["body line"]
    assert '<details open class="properties cited">' in render_note(made, LINKS, cited=range(2, 3))


def test_the_header_names_note_and_lines_and_says_when_the_file_has_changed() -> None:
    html = render_note(note("x\ny\n"), LINKS, cited=range(1, 3), change="elsewhere")
    assert "A &lt;title&gt;" in html
    assert "notes/a.md:1-2" in html
    assert "has changed since it was indexed" in html
    assert "has changed" not in render("x")


def test_a_note_without_a_citation_is_not_said_to_have_lines_that_changed() -> None:
    words = "The note has changed since it was indexed. Below is the text as indexed; sync to update it."
    for change in ("elsewhere", "rewritten"):
        assert words in render_note(note("x\n"), LINKS, change=change)
    assert "Below is its text as indexed, which still answers." in render_note(note("x\n"), LINKS, change="deleted")


def test_plain_text_is_shown_as_it_stands() -> None:
    html = render("# no <heading>\n  * no list", 2, 2, path="notes/a.txt")
    assert '<pre class="plain">' in html
    assert cited_lines(html) == ["  * no list"]
    assert "# no &lt;heading&gt;" in html


@pytest.mark.parametrize(
    "text",
    [
        "$" * 50_000,
        "$a$" * 16_000,
        "$$(" * 16_000,
        f"${'(' * 900}$ " * 50,
        f"${'{' * 900}$ ${chr(92)}sqrt{{${'x^{' * 300}$",
        "> [!note]- x\n" * 3_000,
        "".join(f"{'> ' * level}[!note]- x\n" for level in range(300)),
        "![[a.png]]" * 9_000,
        "[^a]: " * 9_000,
        "[^a]:\n\n" * 9_000,
        "[^1]" * 20_000,
        "![" * 20_000,
        "- [x] " * 9_000,
    ],
)
def test_a_note_beyond_reason_is_shown_and_grows_by_no_more_than_its_markup(text: str) -> None:
    html = render(text, 1, 1)  # a hang is one of what reads it: each takes about a second
    assert len(html) < 60 * len(text) + 10_000
    assert cited_lines(html)


def test_a_very_long_note_is_shown_around_the_citation() -> None:
    text = "".join(f"line {number}\n" for number in range(1, LONGEST_RENDERED // 4))
    html = render(text, 20_000, 20_000)
    assert cited_lines(html) == ["line 20000"]
    assert "are not shown" in html
    assert len(html) < 60_000
    assert len(render("x" * (LONGEST_RENDERED + 1), 1, 1)) < 7_000


def test_a_small_table_that_would_fill_megabytes_is_shown_as_its_lines() -> None:
    columns = 100
    text = f"|{'h|' * columns}\n|{'-|' * columns}\n" + "|x\n" * 7_000
    html = render(text, 5, 5)
    assert "<table" not in html
    assert cited_lines(html) == ["|x"]
    assert len(html) < 2 * len(text)


def test_a_long_table_that_people_write_is_a_table() -> None:
    html = render("| day | km |\n| --- | --- |\n" + "| Monday | 12 |\n" * 1_500, 3, 3)
    assert html.count("<tr>") == 1_501


def test_a_note_of_very_many_lines_is_shown_around_the_citation() -> None:
    text = "a\n" * 40_000
    html = render(text, 30_000, 30_000)
    assert cited_lines(html) == ["a"]
    assert len(html) < len(text)


@pytest.mark.parametrize("end", [9, 10**9, 10**30])
def test_lines_beyond_the_end_of_a_note_are_its_last(
    library: Library, write: Callable[..., Path], notes: Path, end: int
) -> None:
    write("key.md", "---\nplace: hall\n---\n\nThe key\nis under\nthe mat.")
    library.ingest([notes])
    html = open_note(library, NoteLists(library), "notes/key.md", range(6, end + 1), "", None)
    assert cited_lines(html) == ["is under", "the mat."]
    assert "notes/key.md:6-7" in html


@pytest.mark.parametrize(
    ("reported", "number"),
    [
        (7, 7),
        ("7", 7),
        ("", 0),
        (None, 0),
        (-1, 0),
        (1.5, 0),
        (float("nan"), 0),
        (float("inf"), 0),
        (10**30, 0),
        ("9" * 1_000_000, 0),
        ("x", 0),
        ([1], 0),
        ({"a": 1}, 0),
        (True, 0),
        ("²", 0),
    ],
)
def test_what_is_no_line_is_none(reported: object, number: int) -> None:
    assert line_number(reported) == number


def test_a_note_that_is_gone_is_named() -> None:
    assert "notes/&lt;gone&gt;.md" in render_missing("notes/<gone>.md")
    assert "&lt;gone&gt;</h2>" in render_missing("notes/<gone>.md")
    assert "The index has no such note" in render_missing("a.md")
    assert "not in the index yet" in render_missing("a.md", "new")
    assert "could not be read" in render_missing("a.md", "unreadable")
