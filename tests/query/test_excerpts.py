"""Citations are shown in the whole of what they stand in, verbatim."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.query.excerpts import excerpts_of
from rag_bot.records import Citation, Excerpt, Quote

Around = Callable[..., tuple[Excerpt, ...]]


@pytest.fixture
def around(library: Library, notes: Path, write: Callable[..., Path]) -> Around:
    """The excerpts around these pieces of a note's text."""

    def make(text: str, *quoted: str, name: str = "note.md") -> tuple[Excerpt, ...]:
        write(name, text)
        library.ingest([notes])
        note = library.note(f"notes/{name}")
        assert note
        citations = []
        for number, piece in enumerate(quoted, start=1):
            start = note.text.index(piece)
            first, last = note.text.count("\n", 0, start) + 1, note.text.count("\n", 0, start + len(piece)) + 1
            quote = Quote(piece, note.path, note.title, (), (), start, start + len(piece), first, last, 1.0)
            citations.append(Citation(number, quote))
        excerpts = excerpts_of(citations, {note.path: note})
        for excerpt in excerpts:
            assert excerpt.text == note.text[excerpt.start_char : excerpt.end_char]
        return excerpts

    return make


def test_a_sentence_comes_with_its_paragraph(around: Around) -> None:
    paragraph = "Uploads have a limit. For the Standard plan the limit is 5 MB. Ask for more."
    (excerpt,) = around(f"# Plans\n\n{paragraph}\n\nOther things.\n", "Uploads have a limit.")
    assert excerpt.text == paragraph
    assert excerpt.citations == (1,)


def test_a_bullet_comes_with_its_list_parents_and_siblings(around: Around) -> None:
    note = "Before.\n\n- Tent\n  - eight pegs\n  - a mallet\n- Food\n  - rice\n\nAfter.\n"
    (excerpt,) = around(note, "  - a mallet".strip())
    assert excerpt.text == "- Tent\n  - eight pegs\n  - a mallet\n- Food\n  - rice"


def test_of_a_long_list_the_bullets_own_part_is_shown(around: Around) -> None:
    rest = "\n".join(f"- Item {number}\n  - detail {number}" for number in range(20))
    (excerpt,) = around(f"{rest}\n", "- detail 7")
    assert excerpt.text == "- Item 7\n  - detail 7"


def test_a_row_comes_with_its_table(around: Around) -> None:
    table = "| Room | Paint |\n|---|---|\n| Kitchen | RAL 9010 |\n| Hall | RAL 7035 |"
    (excerpt,) = around(f"# Flat\n\n{table}\n", "| Hall | RAL 7035 |")
    assert excerpt.text == table


def test_code_comes_with_the_paragraph_before_it(around: Around) -> None:
    (excerpt,) = around("# tmux\n\nEnd all sessions.\n\n```\ntmux kill-server\n```\n", "```\ntmux kill-server\n```")
    assert excerpt.text.startswith("End all sessions.")


def test_neighbours_are_one_excerpt_and_others_of_the_note_follow_in_the_order_of_their_citations(
    around: Around,
) -> None:
    note = "# A\n\nOne. Two.\n\nThree.\n\n## B\n\nFour.\n"
    excerpts = around(note, "Four.", "Two.", "One.")
    assert [excerpt.citations for excerpt in excerpts] == [(1,), (2, 3)]
    assert excerpts[1].text == "One. Two."


def test_a_notes_date_is_that_of_its_front_matter_or_its_name(around: Around) -> None:
    assert around("Sowed peas.\n", "Sowed peas.", name="2026-03-14.md")[0].date == "2026-03-14"
    text = "---\ndate: 2025-01-02\n---\nSowed beans.\n"
    assert around(text, "Sowed beans.", name="2026-03-15.md")[0].date == "2025-01-02"


def test_a_sentence_deep_in_one_long_line_is_shown_alone(around: Around) -> None:
    line = " ".join(f"Box {number} has nails." for number in range(5_000))
    (excerpt,) = around(f"# Boxes\n\n{line}\n", "Box 4321 has nails.")
    assert excerpt.text == "Box 4321 has nails."
