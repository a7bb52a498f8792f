"""A note that the question names is found, whatever its text says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.query import names
from rag_bot.query.names import named_notes
from rag_bot.query.open_index import Sources


def test_a_note_is_found_by_its_file_name_title_or_alias(library: Library, write: Callable[..., Path]) -> None:
    notes = write("People/Pedro Sanz.md", "Phone 0151 2234").parents[1]
    write("Honey cake.md", "flour, eggs")
    write("a.md", "# Bee hives\n\nThree.")
    write("b.md", "---\naliases: [the old mill, Mühle]\n---\nRent 300.")
    write("recipes/Soup.md", "carrots")
    write("Clients/Acme/log.md", "---\ntags: [dentist]\n---\nPaid in May.")
    for number in range(8):
        write(f"plain/{number}.md", f"On day {number} it rained, and we stayed at home all day.")
    library.ingest([notes])

    def named(question: str) -> list[str]:
        return library.with_sources(lambda sources: list(named_notes(sources, sources.words.content_terms(question))))

    assert named("What is Pedro's phone number?") == ["notes/People/Pedro Sanz.md"]
    assert named("how do I bake the honey cake") == ["notes/Honey cake.md"]
    assert named("where is the bee hive?") == ["notes/a.md"]
    assert named("rent of the OLD MILL") == named("muhle") == ["notes/b.md"]
    assert named("What of Acme?") == named("dentists") == ["notes/Clients/Acme/log.md"]
    assert named("How much flour?") == []
    assert library.search("soup recipe")[0].note.path == "notes/recipes/Soup.md"
    assert library.ask("What is Pedro's phone number?").citations[0].quote.text == "Phone 0151 2234"


def test_what_a_named_note_says_is_read_among_many_that_mention_the_name(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write("People/Paddy Geraghty.md", "My bee mentor, 79 years old.")
    for number in range(20):
        write(f"Daily/{number}.md", f"Paddy and I had tea number {number}; Paddy, as always, told of the weather.")
    library.ingest([notes])
    assert library.ask("Who is Paddy?").citations[0].quote.text.startswith("My bee mentor")


def test_a_note_is_found_and_mentioned_by_its_name_alone(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write("Oxymel for colds.md", "200 ml cider vinegar, honey, thyme. Two weeks in the dark.")
    for number in range(8):
        write(f"{number}.md", f"How I make jam number {number}: fruit and sugar, boiled.")
    library.ingest([notes])
    assert library.search("How do I make oxymel?")[0].note.title == "Oxymel for colds"
    assert "oxymel" not in library.ask("How do I make oxymel?").unmentioned
    assert library.search("How do I make oxmyel?")[0].note.title == "Oxymel for colds"
    assert library.ask("How do I make pemmican?").unmentioned == ("pemmican",)


def test_a_rename_embeds_nothing_and_changes_what_a_note_is_called(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    for number in range(30):
        write(f"old/{number}.md", f"Note {number} tells of the weather, and of hour {number * 7} in it.")
    write("old/Vinegar.md", "200 ml, two weeks in the dark.")
    library.ingest([notes])
    (notes / "old").rename(notes / "new")
    (notes / "new/Vinegar.md").rename(notes / "new/Quince.md")
    report = library.ingest()
    assert (report.chunks_embedded, len(report.plan.moved)) == (0, 31)
    assert library.search("quince")[0].note.path == "notes/new/Quince.md"
    answer = library.ask("How long does the vinegar take?")
    assert "vinegar" in answer.unmentioned
    assert library.verify().problems == ()


def test_of_common_words_only_those_are_read_that_may_change_which_notes_are_best(
    library: Library, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    places = ("garden", "harbour", "kitchen", "workshop")
    things = ("Ladder", "Rope", "Kettle", "Lamp", "Bucket", "Anvil")
    for number, thing in enumerate(things * 4):
        place = places[number % 4]
        write(f"{place}/{thing} report {number}.md", f"# Report of the {place}\n\nIt was seen on day {number}.")
    library.ingest([write("Anvil.md", "# Kitchen report\n\nHeavy.").parent])
    monkeypatch.setattr(names, "COMMON", 5)
    asked = [f"{thing} report {place}" for thing in (*things, "Ladder rope", "anvil kettle 7") for place in places]

    def named(sources: Sources) -> list[dict[str, float]]:
        return [named_notes(sources, sources.words.content_terms(text)) for text in asked]

    read = list[int]()
    may_be_best = names._Standing.may_be_best

    def counted(self: names._Standing, more: int, weight: float) -> list[int]:
        found = may_be_best(self, more, weight)
        read.append(len(found))
        return found

    def everyone(self: names._Standing, *_: float) -> list[int]:
        return sorted({*self.by_place, *(note for note, _ in self.parts)})

    monkeypatch.setattr(names._Standing, "may_be_best", counted)
    of_some = library.with_sources(named)
    monkeypatch.setattr(names._Standing, "may_be_best", everyone)
    assert of_some == library.with_sources(named)
    assert all(of_some)
    assert 0 < min(read) < max(read)
