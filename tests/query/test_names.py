"""A note that the question names is found, whatever its text says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rag_bot import Library
from rag_bot.query.names import NameIndex
from rag_bot.text.terms import content_terms


def test_the_words_of_file_names_and_titles_name_a_note() -> None:
    names = [("n/People/Pedro Sanz.md", "Pedro Sanz"), ("n/Honey cake.md", "Honey cake"), ("n/a.md", "Bee hives")]
    index = NameIndex.of(names, ("english",))

    def named(question: str) -> list[str]:
        return list(index.search(content_terms(question)))

    assert named("What is Pedro's phone number?") == ["n/People/Pedro Sanz.md"]
    assert named("how do I bake the honey cake") == ["n/Honey cake.md"]
    assert named("where is the bee hive?") == ["n/a.md"]
    assert named("How much flour?") == []
    assert index.has(content_terms("hive")[0])
    assert not index.has(content_terms("wasp")[0])


def test_a_note_is_found_and_mentioned_by_its_name_alone(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write("Oxymel for colds.md", "200 ml cider vinegar, honey, thyme. Two weeks in the dark.")
    for number in range(8):
        write(f"{number}.md", f"How I make jam number {number}: fruit and sugar, boiled.")
    library.ingest([notes])
    assert library.search("How do I make oxymel?")[0].note.title == "Oxymel for colds"
    assert "oxymel" not in library.ask("How do I make oxymel?").unmentioned
    assert library.ask("How do I make pemmican?").unmentioned == ("pemmican",)
