"""The excerpts of an answer by quotes: the best one whole, the others folded, unless their lines differ."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

from rag_bot.records import ANSWERED, QUOTES, Answer, Citation, Difference, Excerpt, Quote
from rag_bot.ui.chat.answer_view import whole_answer

EVIL = '"><img src=x onerror="alert(1)">'
TABLE = "| Hive | Honey |\n|---|---|\n| Agnes | 14.2 |\n| Berta | 9.8 |"


def cited(number: int, excerpt: Excerpt, words: str, change: str = "") -> Citation:
    start = excerpt.start_char + excerpt.text.index(words)
    line = excerpt.start_line + excerpt.text[: excerpt.text.index(words)].count("\n")
    place = (start, start + len(words), line, line + words.count("\n"))
    above = (excerpt.note_path, excerpt.title, excerpt.headings, excerpt.context)
    return Citation(number, Quote(words, *above, *place, 0.9), change)


def excerpt(text: str, *numbers: int, path: str = "bees/honey.md", **more: object) -> Excerpt:
    made = Excerpt(path, "Honey", ("Honey", "2025"), (), text, 40, 40 + len(text), 6, 6 + text.count("\n"), numbers)
    return replace(made, **more)  # type: ignore[arg-type]


def shown(excerpts: list[Excerpt], citations: list[Citation], *differences: Difference) -> str:
    answer = Answer("q", "", tuple(citations), ANSWERED, 0.9, QUOTES, (), (), {"total": 9.0}, excerpts=tuple(excerpts))
    return whole_answer(replace(answer, differences=differences), ())


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()


def marked(html: str) -> list[str]:
    return [text_of(piece) for piece in re.findall("<mark>(.*?)</mark>", html, re.DOTALL)]


def test_the_best_excerpt_stands_whole_below_what_it_stands_under_with_its_place_and_date() -> None:
    best = excerpt(TABLE, 1, date="2025-08-01")
    html = shown([best], [cited(1, best, "| Berta | 9.8 |")])
    assert html.partition("</p>")[2].startswith('<figure class="quote excerpt"')
    assert text_of(html).removeprefix("Your notes answer this.").lstrip().startswith("Honey › 2025 2025-08-01")
    assert "<th>Hive</th>" in html
    assert marked(html) == ["Berta", "9.8"]
    assert 'data-start="9" data-end="9"' in html
    assert ">bees/honey.md:9<" in html
    assert "<details" not in html


def test_a_date_that_stands_in_the_name_is_not_said_twice() -> None:
    best = excerpt("One.", 1, title="2025-08-01 Harvest", date="2025-08-01")
    assert text_of(shown([best], [cited(1, best, "One.")])).count("2025-08-01") == 1


def test_rows_without_their_head_get_it_from_what_stands_above_them() -> None:
    row = excerpt("| Berta | 9.8 |", 1, context=("Hives", "Hive | Honey"))
    html = shown([row], [cited(1, row, "| Berta | 9.8 |")])
    assert re.findall("<th>(.*?)</th>", html) == ["Hive", "Honey"]
    assert text_of(html).removeprefix("Your notes answer this.").lstrip().startswith("Honey › 2025 › Hives")
    whole = excerpt(TABLE, 1, context=("Hives", "Hive | Honey"))
    assert "Hive | Honey" not in text_of(shown([whole], [cited(1, whole, "| Berta | 9.8 |")]))


def test_further_excerpts_are_folded_below_the_beginning_of_their_cited_line() -> None:
    best, second = excerpt("One.", 1), excerpt("Before. - **Two** of [[them]].", 2, path="b.md", title="Second")
    html = shown([best, second], [cited(1, best, "One."), cited(2, second, "- **Two** of [[them]].")])
    summary = re.search("<summary.*?</summary>", html, re.DOTALL)
    assert summary
    assert text_of(summary[0]) == "2Second › Honey › 2025Two of them."
    assert "<details" in html
    assert not re.search("<details[^>]* open", html)
    rows = excerpt(TABLE, 2, path="b.md")
    html = shown([best, rows], [cited(1, best, "One."), cited(2, rows, "| Berta | 9.8 |")])
    assert '<span class="begins" dir="auto">Berta · 9.8</span>' in html


def test_excerpts_whose_lines_differ_stand_open_below_words_on_how() -> None:
    first, second, third = (
        excerpt("It is 7.50.", 1),
        excerpt("It is 6.90.", 2, path="b.md"),
        excerpt("Else.", 3, path="c.md"),
    )
    citations = [cited(1, first, "It is 7.50."), cited(2, second, "It is 6.90."), cited(3, third, "Else.")]
    difference = Difference((1, 2), ("7.50", "6.90"), ("2026-01-02", "2025-03-04"))
    html = shown([first, second, third], citations, difference)
    assert (
        text_of(html)
        .removeprefix("Your notes answer this.")
        .startswith("Your notes differ: 7.50 [1] (2026-01-02), 6.90 [2] (2025-03-04).")
    )
    assert re.findall(r"<details[^>]*?( open)?>", html) == [" open", ""]


def test_places_of_several_citations_follow_each_other_in_the_order_of_the_note() -> None:
    both = excerpt("One.\n\nTwo.\nThree.", 1, 2)
    html = shown([both], [cited(1, both, "Two.\nThree."), cited(2, both, "One.")])
    assert "bees/honey.md:6, 8-9" in text_of(html)


def test_a_note_that_has_changed_is_said_to_have_once() -> None:
    both = excerpt("One. Two.", 1, 2)
    html = shown([both], [cited(1, both, "One.", "deleted"), cited(2, both, "Two.", "deleted")])
    assert html.count("the note is no longer there") == 1


def test_plain_text_and_lines_from_the_midst_of_code_are_shown_as_they_stand() -> None:
    plain = excerpt("# *one*", 1, path="a.txt")
    assert '<div class="verbatim"><mark># *one*</mark>' in shown([plain], [cited(1, plain, "# *one*")])
    code = excerpt("# one\nb: *c*", 1, is_code=True)
    assert "<pre><code># one\n<mark>b: *c*</mark>" in shown([code], [cited(1, code, "b: *c*")])


def test_a_citation_that_is_not_in_its_excerpt_is_named_below_it() -> None:
    best = excerpt("One.", 1)
    moved = replace(cited(1, best, "One.").quote, start_char=3, end_char=7)
    html = shown([best], [Citation(1, moved)])
    assert marked(html) == []
    assert 'class="cite"' in html


def test_saved_answers_without_excerpts_show_their_lines() -> None:
    html = shown([], [cited(1, excerpt("One."), "One.")])
    assert "<blockquote" in html
    assert 'data-number="1"' in html


def test_nothing_of_a_note_becomes_live() -> None:
    evil = {"path": f"{EVIL}.md", "title": EVIL, "headings": (EVIL,), "context": (EVIL,), "date": EVIL}
    first, second = excerpt(EVIL, 1, **evil), excerpt(f"{EVIL} ", 2, **evil)  # type: ignore[arg-type]
    html = shown([first, second], [cited(1, first, EVIL, EVIL), cited(2, second, EVIL)])
    assert "<img" not in html
    assert not re.search(r"<[^>]* onerror=", re.sub(r'"[^"]*"', "", html))
