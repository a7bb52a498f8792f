"""The quoted lines are verbatim, and bring what belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rag_bot import Answer, Library
from rag_bot.models.reader import DefaultReader, Scores

Ask = Callable[[str, str], Answer]


@pytest.fixture
def ask(library: Library, notes: Path, write: Callable[..., Path]) -> Ask:
    """Ask a library of one note."""

    def ask_note(text: str, question: str) -> Answer:
        write("note.md", text)
        library.ingest([notes])
        answer = library.ask(question)
        for citation in answer.citations:
            quote = citation.quote
            raw = (notes / "note.md").read_bytes().decode()
            assert raw[quote.start_char : quote.end_char] == quote.text
            lines = raw.splitlines()[quote.start_line - 1 : quote.end_line]
            assert quote.text.splitlines()[0] in lines[0]
            assert quote.text.splitlines()[-1] in lines[-1]
        return answer

    return ask_note


def first(answer: Answer) -> str:
    return answer.citations[0].quote.text


def test_a_bullet_that_asks_brings_its_answer(ask: Ask) -> None:
    asked = "- Where are the spare keys?\n  - At the neighbour's.\n  - Ring twice.\n"
    note = f"# Q&A\n\n{asked}- Who feeds the cat?\n  - Tom does.\n"
    assert first(ask(note, "where are the spare keys")) == (
        "- Where are the spare keys?\n  - At the neighbour's.\n  - Ring twice."
    )


def test_a_flat_question_brings_the_bullets_up_to_the_next_question(ask: Ask) -> None:
    note = "- Where are the spare keys?\n- At the neighbour's.\n- Ring twice.\n- Who feeds the cat?\n- Tom does.\n"
    assert first(ask(note, "where are the spare keys")) == (
        "- Where are the spare keys?\n- At the neighbour's.\n- Ring twice."
    )


def test_a_sentence_with_a_colon_brings_the_code_it_announces(ask: Ask) -> None:
    note = "# Disk\n\nTo see which folders are large, run:\n\n```\ndu -sh * | sort -h\n```\n\nThat is all.\n"
    assert "du -sh * | sort -h" in first(ask(note, "How do I see which folders are large?"))


def test_a_short_command_comes_with_the_sentence_before_it(ask: Ask) -> None:
    note = "# tmux\n\nYou can end all sessions with one command.\n\n```\ntmux kill-server\n```\n\nThat is all.\n"
    assert first(ask(note, "How do I end all tmux sessions?")).endswith("tmux kill-server\n```")


def test_long_code_is_quoted_in_part(ask: Ask) -> None:
    lines = "\n".join(f"walrus_{number} = {number}" for number in range(40))
    answer = ask(f"# Walrus\n\n```\n{lines}\n```\n", "walrus_3 walrus_4")
    assert all(citation.quote.text.count("\n") < 12 for citation in answer.citations)


def test_a_colon_brings_the_whole_list(ask: Ask) -> None:
    note = "For the tent we need:\n\n- eight pegs\n  - two spare\n- a mallet\n\nOther things follow here.\n"
    quote = first(ask(note, "What do we need for the tent?"))
    assert quote.endswith("- a mallet")
    assert "two spare" in quote


def test_a_heading_brings_its_section(ask: Ask) -> None:
    note = "# Garden\n\n## Watering the tomatoes\n\nEvery second evening.\n\n## Roses\n\nPrune in March.\n"
    assert "Every second evening." in ask(note, "watering the tomatoes").text


def test_one_sentence_of_a_paragraph_is_quoted_and_not_the_rest(ask: Ask) -> None:
    note = "We met at noon. The contract with Miller ends in June 2027. Lunch was fine, and it rained.\n"
    assert first(ask(note, "When does the contract with Miller end?")) == "The contract with Miller ends in June 2027."


def test_a_table_row_answers_with_its_header_as_context(ask: Ask) -> None:
    note = "| Room | Paint |\n|---|---|\n| Kitchen | RAL 9010 |\n| Hall | RAL 7035 |\n"
    answer = ask(note, "Which paint is in the kitchen?")
    assert first(answer) == "| Kitchen | RAL 9010 |"
    assert "Room" in " ".join(answer.citations[0].quote.context)


def test_a_line_of_links_to_other_notes_is_no_answer(ask: Ask) -> None:
    note = "# Start\n\n- [Where the spare keys are](keys.md)\n- [[Spare keys]]\n\nThe spare keys lie in the blue box.\n"
    assert first(ask(note, "Where are the spare keys?")) == "The spare keys lie in the blue box."


def test_windows_line_ends_and_a_byte_order_mark_stay_verbatim(ask: Ask) -> None:
    note = "\ufeff# Café\r\n\r\n- Opening hours?\r\n  - From nine to five.\r\n"
    answer = ask(note, "What are the opening hours?")
    assert first(answer) == "- Opening hours?\r\n  - From nine to five."
    assert (answer.citations[0].quote.start_line, answer.citations[0].quote.end_line) == (3, 4)


def test_a_giant_line_is_quoted_in_part(ask: Ask) -> None:
    note = (
        "filler words of no interest go on. " * 3000 + "The vault code is 4711. " + "more filler follows here. " * 3000
    )
    answer = ask(note, "What is the vault code?")
    assert "The vault code is 4711." in answer.text
    assert len(answer.text) < 5000


CONCERT = """---
date: 2024-12-24
author: Jo Kim
location: Lund
tags: [music, retro]
---
# Choir concert

We sang Bach and two carols; the tenors came in too late.
"""


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("When was the choir concert?", "date: 2024-12-24"),
        ("Where was the choir concert?", "location: Lund"),
        ("Who is the author of the choir concert note?", "author: Jo Kim"),
        ("Which tags does the choir concert have?", "tags: [music, retro]"),
    ],
)
def test_an_entry_of_the_front_matter_answers_what_asks_for_it(ask: Ask, question: str, entry: str) -> None:
    assert first(ask(CONCERT, question)) == entry


@pytest.mark.parametrize(
    ("entry", "question"),
    [
        ("authors:\n  - Priya Nair\n  - Owen Cole", "Who wrote The Living Soil?"),
        ("publisher: Ashgrove Press", "Who published The Living Soil?"),
        ("price: 749 EUR", "How much did The Living Soil cost?"),
        ("weight: 2.4 kg", "How heavy is The Living Soil?"),
        ("rating: 5/5", "What rating did I give The Living Soil?"),
        ("next_appointment: 2025-03-18", "When is the next appointment for The Living Soil?"),
        ("autorin: Priya Nair", "Wer ist die Autorin von The Living Soil?"),
        ("ort: Leipzig, Raum 204", "Wo ist The Living Soil?"),
        ("datum: 2024-03-12", "Wann war The Living Soil?"),
    ],
)
def test_keys_of_many_kinds_are_found_and_quoted_whole(ask: Ask, entry: str, question: str) -> None:
    note = f"---\nisbn: 978-1-23456-789-7\n{entry}\nlayout: page\n---\n# The Living Soil\n\nFungi feed roots.\n"
    assert first(ask(note, question)) == entry


def test_toml_has_entries_too(ask: Ask) -> None:
    note = '+++\ntitle = "Stalker"\ndirector = "Andrei Tarkovsky"\n+++\n# Stalker\n\nThree men walk into the Zone.\n'
    assert first(ask(note, "Who directed Stalker?")) == 'director = "Andrei Tarkovsky"'


def test_the_body_answers_before_the_front_matter_where_it_says_more(ask: Ask) -> None:
    answer = ask(CONCERT, "What did we sing at the choir concert?")
    assert [citation.quote.text for citation in answer.citations] == [CONCERT.splitlines()[-1]]


def test_a_title_line_is_no_answer_where_the_note_says_more(ask: Ask) -> None:
    said = "The payment queue stopped on 13 August because the disk was full."
    note = f"---\ntitle: Incident 13 August 2024\n---\n\n{said}\n"
    answer = ask(note, "What happened on 13 August 2024?")
    assert [citation.quote.text for citation in answer.citations] == [said]


def test_a_tag_list_is_no_answer_where_the_note_says_more(ask: Ask) -> None:
    note = (
        "---\ntags: [retro, heron]\n---\n# Heron\n\n- The release was rolled back #retro\n- Nobody owned the alerts\n"
    )
    answer = ask(note, "#retro")
    assert not any(citation.quote.text.startswith("tags:") for citation in answer.citations)


def test_a_title_under_another_key_and_on_two_lines_does_not_push_out_the_answer(ask: Ask) -> None:
    said = "Install the Visual C++ Redistributable and start again."
    title = "WinError 126: the specified module of torch could not be loaded on Windows"
    wrapped = title.replace(" could ", " could\n  ")
    note = f"---\nquestion: '{wrapped}'\n---\n# {title}\n\n{said}\n"
    texts = [citation.quote.text for citation in ask(note, "WinError 126: torch module could not be loaded").citations]
    assert any(said in text for text in texts)
    assert not any(text.startswith("question:") for text in texts)


def test_an_open_question_does_not_push_out_what_answers_it_elsewhere(ask: Ask) -> None:
    said = "GDPR review is not needed because no personal data leaves our servers (Legal confirmed)."
    note = f"# Kickoff\n\n- Do we need a GDPR review of it, and when?\n- Which address?\n\n## Later\n\n{said}\n"
    assert said in ask(note, "Do we need a GDPR review, and when?").text


def test_a_question_that_ends_a_paragraph_is_not_joined_with_the_next_one(ask: Ask) -> None:
    note = "We booked the small hall. And who moderates?\n\nThe catering is ordered and costs 1,200 crowns.\n"
    answer = ask(note, "Who moderates?")
    assert "And who moderates?" in [citation.quote.text for citation in answer.citations]


def test_a_paragraph_that_only_asks_brings_the_next_one(ask: Ask) -> None:
    note = "And who moderates the panel?\n\nAnna Berg does, since Tom is away.\n"
    assert first(ask(note, "Who moderates the panel?")).endswith("since Tom is away.")


@pytest.mark.parametrize(("question", "lines_read"), [("Where are the spare keys?", 10), ("How do whales sleep?", 20)])
def test_no_more_lines_are_read_than_it_takes_to_know(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, question: str, lines_read: int
) -> None:
    read, numbers = DefaultReader.read, list[int]()

    def counted(reader: DefaultReader, asked: str, texts: Sequence[str]) -> tuple[Scores, Scores]:
        numbers.append(len(texts))
        return read(reader, asked, texts)

    monkeypatch.setattr(DefaultReader, "read", counted)
    bills = "".join(f"- Bill {number} was paid in March.\n" for number in range(100, 160))
    answer = ask(f"# House\n\n{bills}- The spare keys are at the neighbour's.\n", question)
    assert sum(numbers) == lines_read
    assert ("neighbour" in answer.text) == (lines_read == 10)
