"""Embeds are read as if they stood there, and cited where they stand; a line that only points brings what it means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.records import ANSWERED, Filters


@pytest.fixture
def vault(library: Library, write: Callable[..., Path]) -> Library:
    """An index of notes that embed and link each other, in a circle too, among others."""
    notes = write(
        "Lisbon trip.md", "# Lisbon trip\n\nHotel Mundial.\n\n## What to pack\n\n![[Packing#Summer]]\n"
    ).parent
    write("Packing.md", "## Winter\n\n- wool hat\n\n## Summer\n\n- sun cream and sandals ^sun\n\n![[Lisbon trip]]\n")
    write("House.md", "# House\n\n- Wi-Fi password: see [[Router]]\n- Boiler code: ![[Codes^b]]\n- ![[Gone#x]]\n")
    write("Router.md", "Stands in the hall. The key is tulip-42.")
    write("Codes.md", "- 1111 for the gate ^a\n- 7788, turn twice ^b\n")
    for number in range(12):
        write(f"days/{number}.md", f"Day {number}: rain, tea with a neighbour, the bus was late again.")
    library.ingest([notes])
    return library


def test_an_embedded_section_is_read_below_what_stands_above_it(vault: Library) -> None:
    answer = vault.ask("What do I pack for the trip to Lisbon?")
    quotes = {
        (citation.quote.note_path, citation.quote.start_line): citation.quote.text for citation in answer.citations
    }
    assert quotes["notes/Packing.md", 7] == "- sun cream and sandals ^sun"
    assert ("notes/Packing.md", 3) not in quotes
    assert answer.verdict == ANSWERED


def test_an_embedded_block_answers(vault: Library) -> None:
    answer = vault.ask("What is the code of the boiler?")
    assert "- 7788, turn twice ^b" in [citation.quote.text for citation in answer.citations[:2]]
    assert "1111" not in answer.text


def test_a_line_that_only_points_brings_what_it_points_to(vault: Library) -> None:
    answer = vault.ask("What is the Wi-Fi password?")
    found = [(citation.quote.note_path, citation.quote.text) for citation in answer.citations]
    assert ("notes/Router.md", "The key is tulip-42.") in found
    inside = vault.ask("What is the Wi-Fi password?", filters=Filters(folder="days"))
    assert not any(citation.quote.note_path == "notes/Router.md" for citation in inside.citations)


def test_what_is_pointed_to_is_read_there_where_it_is_found_by_itself_too(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write("House.md", "# House\n\n- Wi-Fi password: see [[Router]]\n")
    write("Router.md", "In the hall. Key tulip-42.")
    library.ingest([notes])
    quotes = [citation.quote.text for citation in library.ask("What is the Wi-Fi password?").citations]
    assert "Key tulip-42." in quotes
