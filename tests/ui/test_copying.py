"""What is copied from the page, as Markdown and as plain text."""

from __future__ import annotations

from markdown_it import MarkdownIt

from rag_bot.records import (
    ANSWERED,
    CLOSEST,
    PROSE,
    QUOTES,
    SUPPORTED,
    UNSUPPORTED,
    Answer,
    Citation,
    Difference,
    Quote,
    Sentence,
)
from rag_bot.ui.copying import all_quoted, quoted, whole

EVIL = "[x](javascript:alert(1)) <img src=x onerror=alert(1)>"


def cited(number: int, text: str, line: int) -> Citation:
    last = line + text.count("\n")
    return Citation(number, Quote(text, "notes/flat.md", "Flat", (), (), 0, len(text), line, last, 1.0))


def answer(citations: list[Citation], sentences: tuple[Sentence, ...] = (), **more: object) -> Answer:
    told = {"verdict": ANSWERED, "mode": QUOTES, **more}
    return Answer("Q?", "", tuple(citations), confidence=1.0, sentences=sentences, nearest=(), timings_ms={}, **told)  # type: ignore[arg-type]


def test_lines_are_copied_word_for_word_with_their_place() -> None:
    copy = quoted("- The rent is **€900**,\r\n\r\n  due on the 3rd.\n", "notes/flat.md:12-14")
    assert copy.markdown == "> - The rent is **€900**,\n>\n>   due on the 3rd.\n>\n> — notes/flat.md:12-14"
    assert copy.plain == "- The rent is **€900**,\n\n  due on the 3rd.\n(notes/flat.md:12-14)"


def test_each_of_several_quotes_is_a_block_of_its_own() -> None:
    copy = all_quoted([cited(1, "One.", 1), cited(2, "Two.", 7)])
    assert copy.markdown == "> One.\n>\n> — notes/flat.md:1\n\n> Two.\n>\n> — notes/flat.md:7"
    assert copy.plain == "One.\n(notes/flat.md:1)\n\nTwo.\n(notes/flat.md:7)"


def test_an_answer_by_quotes_says_its_verdict_and_how_its_numbered_lines_differ() -> None:
    differs = (Difference((1, 2), ("900", "950"), ("", "")),)
    copy = whole(answer([cited(1, "€900.", 1), cited(2, "€950.", 2)], verdict=CLOSEST, differences=differs))
    verdict, differing, first, second = copy.plain.split("\n\n")
    assert verdict.startswith("Your notes come near this")
    assert differing == "Your notes differ: 900 [1], 950 [2]."
    assert (first, second) == ("€900.\n([1] notes/flat.md:1)", "€950.\n([2] notes/flat.md:2)")
    assert copy.markdown.endswith("> €950.\n>\n> — [2] notes/flat.md:2")


def test_an_answer_in_prose_is_copied_as_laid_out_with_its_sources_and_doubts_below() -> None:
    sentences = (
        Sentence("The rent is €900.", (1,), SUPPORTED),
        Sentence("It is paid in gold.", (1,), UNSUPPORTED, ("gold",), before="\n- "),
    )
    copy = whole(answer([cited(1, "Rent: €900.", 4)], sentences, mode=PROSE))
    assert copy.plain == "The rent is €900. [1]\n- It is paid in gold. [1]\n\nRent: €900.\n([1] notes/flat.md:4)"
    assert copy.markdown.startswith("The rent is €900. [1]\n- ⚠ not in these lines, gold: It is paid in gold. [1]")
    assert copy.markdown.endswith("> Rent: €900.\n>\n> — [1] notes/flat.md:4")


def test_what_a_model_wrote_becomes_no_link_or_html_where_it_is_pasted() -> None:
    copy = whole(answer([], (Sentence(EVIL, (), SUPPORTED),), mode=PROSE))
    html = MarkdownIt().render(copy.markdown)
    assert "<a" not in html
    assert "<img" not in html


def test_of_a_long_list_what_is_shown_at_first_is_copied() -> None:
    listed = answer([cited(number, f"Line {number}.", number) for number in range(1, 101)], statement="There are 100.")
    copy = whole(listed)
    assert copy.plain.startswith("There are 100.\n\nLine 1.")
    assert copy.plain.count("notes/flat.md") == 20
