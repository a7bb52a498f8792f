"""A piece of a note as HTML, with the cited words marked exactly where they stand."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from rag_bot.ui.notes.links import LinkTargets
from rag_bot.ui.notes.marked_view import Mark, code_marked, is_rows, plain_marked, render_marked

LINKS = LinkTargets(("notes/a.md", "notes/other.md")).of("notes/a.md")


def rendered(text: str, *quotes: str, header: str = "") -> str:
    """The text with these parts of it marked, each with its number behind it."""
    marks = [
        Mark(text.index(quote), text.index(quote) + len(quote), Markup("<i>{}</i>").format(number))
        for number, quote in enumerate(quotes, start=1)
    ]
    return render_marked(text, marks, header, LINKS)


def shape(html: str) -> str:
    """On one line; marks that follow each other are one."""
    return re.sub(r"\s*\n\s*", "", html).replace("</mark><mark>", "")


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def marked(html: str) -> str:
    return "".join(text_of(piece) for piece in re.findall("<mark>(.*?)</mark>", html, re.DOTALL))


def test_a_sentence_is_marked_in_its_paragraph_with_its_emphasis_and_the_words_of_its_links() -> None:
    html = rendered("**One** two. *Three* [fo. ur](http://e.com). Five.", "*Three* [fo. ur](http://e.com).")
    assert shape(html).startswith("<p><strong>One</strong> two. <em><mark>Three</mark></em><mark> </mark><a ")
    assert '<a href="http://e.com" target="_blank" rel="noopener noreferrer nofollow" class="away">' in html
    assert "<mark>fo. ur</mark></a><mark>.</mark>" in html
    assert marked(html) == "Three fo. ur."
    assert html.index("<i>1</i>") < html.index(" Five.")


def test_emphasis_that_begins_or_ends_where_the_mark_does_is_kept() -> None:
    assert shape(rendered("**One. Two.** three", "**One.", "Two.")) == (
        "<p><strong><mark>One.</mark><i>1</i> <mark>Two.</mark></strong><i>2</i> three</p>"
    )


def test_lists_keep_their_nesting_wherever_they_are_cut_and_boxes_are_boxes() -> None:
    html = shape(rendered("    - a\n        - b\n    - [x] c\n\t- [ ] d".replace("\t", "    "), "- b", "- [x] c"))
    assert html.startswith("<ul><li>a<ul><li><mark>b</mark><i>1</i></li></ul></li><li class=")
    assert '<span class="box" role="img" aria-label="done">☑</span> <mark>c</mark><i>2</i>' in html
    assert 'aria-label="open">☐</span> d' in html


def test_a_mark_over_several_blocks_has_its_number_once_behind_the_last() -> None:
    html = shape(rendered("Do:\n\n- a\n- b\n\nEnd.", "Do:\n\n- a\n- b"))
    assert html == ("<p><mark>Do:</mark></p><ul><li><mark>a</mark></li><li><mark>b</mark><i>1</i></li></ul><p>End.</p>")


def test_rows_of_a_table_are_marked_cell_by_cell() -> None:
    html = shape(rendered("| A | B |\n|---|---|\n| 1 | 1 |\n| 2 | 1 \\| 2 |", "| 2 | 1 \\| 2 |"))
    assert "<th>A</th><th>B</th>" in html
    assert "<tr><td>1</td><td>1</td></tr><tr><td><mark>2</mark><i>1</i></td><td><mark>1 | 2</mark></td></tr>" in html
    assert html.startswith('<div class="wide" tabindex="0" role="group" aria-label="Table"><table>')
    assert html.endswith("</table></div>")


@pytest.mark.parametrize(("header", "heads"), [("A | B", ["A", "B"]), ("B", ["", "B"]), ("", ["", ""])])
def test_rows_without_their_head_get_it(header: str, heads: list[str]) -> None:
    html = shape(rendered("| 1 | x |\n| 2 | y |", "| 2 | y |", header=header))
    assert re.findall("<th>(.*?)</th>", html) == heads
    assert html.count("<td>") == 4
    assert marked(html) == "2y"


def test_what_is_rows_of_a_table_without_a_head() -> None:
    assert [is_rows(text) for text in ("| 1 |", "| 1 |\n| 2 |")] == [True, True]
    assert [is_rows(text) for text in ("a | b", "| A |\n|---|\n| 1 |", "", "- | x |")] == [False] * 4


def test_code_is_code_and_its_lines_are_marked() -> None:
    assert shape(rendered("So:\n\n```py\na <b>\n  c\n```", "  c")) == (
        "<p>So:</p><pre><code>a &lt;b&gt;<mark>  c</mark><i>1</i></code></pre>"
    ).replace("&gt;<mark>", "&gt;<mark>").replace("<mark>  c", "<mark>c")
    html = code_marked("# no heading\nb = 1\n```", [Mark(13, 18, Markup("<i>1</i>"))])
    assert html == "<pre><code># no heading\n<mark>b = 1</mark><i>1</i></code></pre>"


def test_lines_that_were_wrapped_flow_and_others_end_where_they_end() -> None:
    wrapped = "This line goes on until there is no more room in it, and\nthen it goes on."
    assert "<br" not in rendered(wrapped, wrapped)
    assert marked(rendered(wrapped, wrapped)) == wrapped
    assert rendered("NCT:: due in May\nTax:: paid").count("<br") == 1


@pytest.mark.parametrize("key", ["related", "**Rent paid**", "due-date", "[place"])
def test_each_field_has_a_line_for_itself_however_long_it_is(key: str) -> None:
    before = "What came before the fields goes on until there is no more room, and"
    field = f"{key}:: Ann, Bob and all of the others who came with them to the old mill"
    after = "what comes behind the last of them"
    html = rendered("\n".join((before, field, field.upper(), after)), "Bob and all of the others")
    assert html.count("<br") == 3
    assert marked(html) == "Bob and all of the others"


def test_words_with_colons_are_no_field() -> None:
    wrapped = "This line goes on until there is no more room in it, and\nstd::vector goes on: here it is."
    assert "<br" not in rendered(wrapped)


def test_a_callout_is_a_box_with_its_kind_and_title() -> None:
    html = shape(rendered("> [!warning] Correction\n> Not so.", "Not so."))
    assert html == (
        '<div class="callout careful"><p class="title"><b class="kind">Warning</b> Correction</p>'
        "<p><mark>Not so.</mark><i>1</i></p></div>"
    )


def test_a_folded_callout_is_open_where_its_words_are_marked() -> None:
    text = "> [!tip]- One\n> two\n\n> [!tip]- Three\n> four"
    assert re.findall("<details[^>]*?( open[^>]*)?>", rendered(text, "four")) == ["", ' open=""']
    assert rendered("> [!tip]+ One\n> two").startswith('<details class="callout good" open="">')


@pytest.mark.parametrize("written", ["[[other]]", "[words](other.md)", "[words](other.md#part)", "![[other]]"])
def test_links_to_notes_open_them(written: str) -> None:
    assert 'data-note="notes/other.md"' in rendered(f"See {written}.", f"See {written}.")


def test_marks_of_footnotes_open_the_note_there() -> None:
    html = rendered("One.[^1] Two.", "One.[^1]")
    assert 'data-note="notes/a.md" data-heading="[^1]"' in html
    assert "[^a-z]" in rendered("Matches [^a-z].")


def test_a_definition_of_a_footnote_stands_where_it_is_with_all_its_lines() -> None:
    html = rendered("One.\n\n[^n]: Two\n    three\n\n    four\n\nFive.", "four")
    assert text_of(shape(html)).split() == ["One.nTwothreefour1Five."]
    assert marked(html) == "four"


def test_a_formula_is_marked_as_a_whole() -> None:
    html = rendered("So $a + b$ is.", "So $a + b$")
    assert "<mark>So </mark><mark><math><mi>a</mi><mo>+</mo><mi>b</mi></math></mark><i>1</i> is." in html
    assert "<mark><math" in rendered("So $a + b$ is.", "b$ is.")
    assert '<div class="formula"><mark><math display="block">' in rendered("$$\na^2\n$$", "a^2")


def test_what_markdown_swallows_is_shown_as_it_stands() -> None:
    text = "see [[a b. C d|words]] x"
    assert rendered(text, "see [[a b.") == f'<div class="verbatim"><mark>see [[a b.</mark><i>1</i>{text[10:]}</div>'


def test_text_that_is_no_markdown_is_shown_as_it_stands() -> None:
    html = plain_marked("# a\n*b* <i>", [Mark(4, 7, Markup("<i>1</i>"))])
    assert html == '<div class="verbatim"># a\n<mark>*b*</mark><i>1</i> &lt;i&gt;</div>'


HOSTILE = (
    '<img src=x onerror="alert(1)"> <script>alert(1)</script>',
    "![leak](https://evil.example/p.png) [click](javascript:alert(1)) [data](data:text/html,x)",
    "[![x](https://evil.example/p.png)](javascript:alert(1)) <https://evil.example>",
    '- [ ] <b onmouseover="alert(1)">\n- </li></ul></figure><svg/onload=alert(1)>',
    '> [!<img>] x\n> [!a"onclick=b] y',
    '| <img src=x> | "x |\n|---|---|\n| </td><script> | ![](http://evil.example) |',
    "```<img>\n</code></pre><img src=x>\n```\n[1]: javascript:alert(1)\n[1]",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_note_becomes_live(text: str) -> None:
    for html in (rendered(text, text), rendered(text, text[:9]), code_marked(text, []), plain_marked(text, [])):
        assert not set(re.findall(r"<(\w+)", html)) & {"img", "script", "svg", "iframe", "style", "form"}
        assert not re.search(r"<[^>]* on\w+=", re.sub(r'"[^"]*"', "", html))
        for address in re.findall('(?:href|src)="([^"]*)"', html):
            assert address == "#" or re.match("https?://", address)
            assert f'href="{address}" target="_blank" rel="noopener noreferrer nofollow"' in html or address == "#"


def test_a_link_has_no_link_inside() -> None:
    html = rendered("[![x](https://a.example/p.png) words](https://b.example)")
    assert html.count("<a ") == 1


SPACES = "\u2000\u2001\u2009\u200a"


@given(st.text(alphabet=f"ab.*_`[]()|-#>~!\\&;<$^=1\n\t {SPACES}x", max_size=60), st.data())
@settings(max_examples=300, deadline=None)
def test_a_mark_from_space_to_space_changes_nothing_of_what_is_read(text: str, data: st.DataObject) -> None:
    words = [word.span() for word in re.finditer(r"\S+", text)]
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    html = render_marked(text, [Mark(words[first][0], words[last][1], Markup("<i>①</i>"))], "", LINKS)
    assert html.count("①") == 1
    plain = re.sub(r"</?mark>|<i>①</i>", "", html).replace("</code><code>", "")
    assert plain in (render_marked(text, [], "", LINKS), plain_marked(text, []))


@given(st.text(alphabet=f"ab.*_`[]()|-#>~!\\&;<$^=1\n\t {SPACES}x", max_size=60), st.data())
@settings(max_examples=200, deadline=None)
def test_a_mark_anywhere_is_well_formed(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    html = render_marked(text, [Mark(start, data.draw(st.integers(start, len(text))), Markup("<i>①</i>"))])
    assert html.count("①") == 1
    assert html.count("<mark>") == html.count("</mark>")
