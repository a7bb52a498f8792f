"""Both searches are fused, copies collapse, filters hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Chunk, Filters, Library, Note, UsageError
from rag_bot.query import retrieve
from rag_bot.query.duplicates import collapse, repeats, word_shingles
from rag_bot.records import SearchRanks

Write = Callable[..., Path]


def _entry(path: str, text: str) -> list[tuple[Chunk, Note]]:
    note = Note(path, Path("/n"), "n", "T", "", text, {}, 1, "h", 1, 1)
    return [(Chunk(path, path, 0, (), "", text, 0, len(text), 1, 1), note)]


def test_a_passage_that_repeats_a_better_one_is_named_and_not_shown_again() -> None:
    text = "The meeting moved from Monday to Tuesday because of the holiday"
    ranked = [
        (_entry("n/a.md", text), 0.9, SearchRanks()),
        (_entry("n/b.md", f"- {text}!"), 0.8, SearchRanks()),
        (_entry("n/c.md", "Something else stands in this one altogether"), 0.7, SearchRanks()),
    ]
    hits = collapse(ranked, 10)
    assert [(hit.rank, hit.chunk.note_path, hit.duplicates) for hit in hits] == [
        (1, "n/a.md", ("n/b.md:1",)),
        (2, "n/c.md", ()),
    ]


def test_short_and_empty_texts_are_compared_too() -> None:
    assert repeats(word_shingles("Yes."), word_shingles("yes"))
    assert not repeats(word_shingles("Yes."), word_shingles("no"))
    assert not repeats(word_shingles("---"), word_shingles("***"))


def test_the_two_forms_of_one_note_do_not_answer_twice(library: Library, notes: Path, write: Write) -> None:
    facts = [
        "Rent is due on the third",
        "The landlord is Mrs Abel",
        "Bins go out on Mondays",
        "The lift is serviced in May",
    ]
    write("nested.md", "# House\n\n- Facts\n" + "".join(f"  - {fact}\n" for fact in facts))
    write("flat.txt", "House\n- Facts\n" + "".join(f"- {fact}\n" for fact in facts))
    library.ingest([notes])
    answer = library.ask("When is the rent due?")
    assert len([c for c in answer.citations if "Rent is due" in c.quote.text]) == 1
    hits = library.search("When is the rent due?")
    assert len(hits) == 1
    assert len(hits[0].duplicates) == 1


def test_filters_restrict_to_folder_and_tag(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("work/a.md", "---\ntags: [money]\n---\nThe budget is tight.")
    write("home/b.md", "The budget is fine. #money")
    write("home/c.md", "The budget is unknown.")
    library.ingest([notes])

    def paths(**filters: Any) -> set[str]:
        return {hit.chunk.note_path for hit in library.search("budget", filters=Filters(**filters))}

    assert paths() == {"notes/work/a.md", "notes/home/b.md", "notes/home/c.md"}
    assert paths(folder="home") == {"notes/home/b.md", "notes/home/c.md"}
    assert paths(tag="money") == {"notes/work/a.md", "notes/home/b.md"}
    assert paths(folder="notes/home", tag="#Money") == {"notes/home/b.md"}
    with pytest.raises(UsageError, match="folder 'away'"):
        paths(folder="away")
    monkeypatch.chdir(notes / "work")
    assert paths(folder=".") == {"notes/work/a.md"}
    assert paths(folder="../home") == {"notes/home/b.md", "notes/home/c.md"}


def test_where_a_filter_left_notes_out_the_answer_that_there_is_none_says_so(
    library: Library, notes: Path, write: Write
) -> None:
    write("work/a.md", "The budget is tight.")
    write("home/b.md", "The spare key of the shed hangs behind the mirror. #keys")
    library.ingest([notes])
    question = "Where does the spare key of the shed hang?"
    assert library.ask(question).notice == ""
    answer = library.ask(question, filters=Filters(folder="work"))
    assert (answer.abstained, answer.notice) == (True, "Only notes in work were searched.")
    assert library.ask(question, filters=Filters("home", "keys")).notice == ""
    assert library.ask("What is the capital of France?").notice == ""


def test_the_graph_search_finds_what_the_exact_one_finds(
    corpus_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "What changed for people who work on models?"

    def found(library: Library, filters: Filters | None = None) -> list[tuple[str, float]]:
        return [(hit.chunk.key, round(hit.score, 4)) for hit in library.search(question, filters=filters)]

    exact = found(corpus_library)
    monkeypatch.setattr("rag_bot.store.indexes.SMALL_LIBRARY", 0)
    with Library(corpus_library.settings) as library:
        assert found(library) == exact
        assert found(library, Filters(folder="corpus")) == exact
        monkeypatch.setattr(retrieve, "EXACT_UP_TO", 0)
        assert found(library, Filters(folder="corpus")) == exact


def test_a_hit_says_why_it_was_found(corpus_library: Library) -> None:
    hit = corpus_library.search("chain-of-thought meditation")[0]
    assert hit.rank == 1
    assert hit.why.word_rank == 1
    assert hit.why.word_score
    assert hit.why.dense_score
    assert hit.chunk.location == f"{hit.chunk.note_path}:{hit.chunk.start_line}-{hit.chunk.end_line}"


def test_a_passage_that_stands_in_two_notes_is_cited_from_the_one_that_passes_the_filter(
    library: Library, notes: Path, write: Write
) -> None:
    write("archive/a.md", "The lift is serviced in May.")
    write("home/a.md", "The lift is serviced in May.")
    library.ingest([notes])
    (hit,) = library.search("When is the lift serviced?", filters=Filters(folder="home"))
    assert (hit.chunk.note_path, hit.duplicates) == ("notes/home/a.md", ())
    assert library.ask("When is the lift serviced?", filters=Filters(folder="home")).citations[0].quote.note_path == (
        "notes/home/a.md"
    )
