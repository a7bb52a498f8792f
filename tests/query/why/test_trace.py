"""Where a passage is lost is read off the working of the answer itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp
from pathlib import Path

import pytest

from rag_bot import Filters, Library, UsageError
from rag_bot.cli.why import trace_json
from rag_bot.models.reader import DEFAULT_READER
from rag_bot.query.answer import ANSWER_HITS, Stopwatch, investigate
from rag_bot.query.quotes import HITS_READ
from rag_bot.query.verdict import LEAST
from rag_bot.query.why.trace import Stage, Trace
from rag_bot.records import CLOSEST, NONE
from rag_bot.settings import RetrievalSettings, Settings
from rag_bot.store.vectors import ExactVectors
from tests.conftest import CORPUS

Write = Callable[..., Path]

TREES = (
    "oak beech ash elm maple birch alder willow poplar lime pine spruce larch cedar yew fir juniper hazel hawthorn "
    "holly rowan chestnut walnut cherry plum pear apple quince medlar mulberry"
).split()


def _stage(trace: Trace, name: str) -> Stage:
    return next(stage for stage in trace.farthest.stages if stage.name == name)


@pytest.fixture(scope="module")
def forest(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Thirty notes on as many trees, of which each search gives ten."""
    folder = tmp_path_factory.mktemp("forest") / "trees"
    folder.mkdir()
    for number, tree in enumerate(TREES):
        (folder / f"{tree}.md").write_text(f"# {tree}\n\nThe {tree} was planted in {1900 + number} by the gardener.\n")
    (folder / "boat.md").write_text("# Sailing\n\nA reef knot ties two ropes of one size.\n")
    retrieval = RetrievalSettings(candidates=10)
    settings = Settings(index=folder.parent / "index", cache=model_cache, retrieval=retrieval)
    with Library(settings) as library:
        library.ingest([folder])
        yield library


def test_a_passage_that_is_quoted_was_not_lost_and_has_the_number_of_its_citation(corpus_library: Library) -> None:
    question = "What share of the BIG-Bench tasks was emergent?"
    citation = next(c for c in corpus_library.ask(question).citations if "33%" in c.quote.text)
    trace = corpus_library.why(question, citation.quote.location)
    assert trace.farthest.citation == citation.number
    assert trace.lost_at is None
    assert all(stage.passed for stage in trace.farthest.stages)
    assert trace.farthest.verdict == f"Nothing was lost: it is shown as citation {citation.number}."


@pytest.mark.parametrize(
    "question",
    [
        "What share of the BIG-Bench tasks was emergent?",
        "What is chain-of-thought meditation?",
        "Which company is Jason Wei from?",
        "What is the capital of France?",
    ],
)
def test_what_is_shown_by_the_trace_of_every_note_is_what_the_answer_cites(
    corpus_library: Library, question: str
) -> None:
    cited = {(c.quote.note_path, c.number) for c in corpus_library.ask(question).citations}
    shown = set()
    for path, _ in corpus_library.note_titles():
        trace = corpus_library.why(question, path)
        for passage in (trace.farthest, *trace.others):
            assert (passage.citation is None) == (passage.lost is not None)
            if passage.citation:
                shown.add((path, passage.citation))
    assert shown <= cited
    assert {path for path, _ in shown} == {path for path, _ in cited}


def test_a_note_that_is_not_indexed_is_told_why(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "The parcel is at the post office.")
    write(".gitignore", "secret.md\n")
    library.ingest([notes])
    write("new.md", "A parcel came.")
    write("secret.md", "The parcel is a surprise.")
    write(".hidden.md", "The parcel is a surprise.")
    write("parcel.fig", "<p>The parcel</p>")
    write("picture.md", b"\x89PNG\x00\x01\x02\x00parcel\x00")
    outside = notes.parent / "elsewhere.md"
    outside.write_text("The parcel")

    def absence(place: str) -> tuple[object, str]:
        trace = library.why("Where is the parcel?", place)
        assert trace.lost_at == "indexed"
        assert trace.farthest.chunk is None
        return trace.farthest.stages[0].detail["reason"], trace.farthest.verdict

    reason, verdict = absence("notes/new.md:1")
    assert reason == "new"
    assert verdict == "Not indexed: notes/new.md is on disk but not indexed yet; run `rag-bot ingest`."
    assert absence("new.md")[0] == "new"
    reason, verdict = absence(str(notes / "secret.md"))
    assert reason == "ignored"
    assert str(notes / ".gitignore") in verdict
    assert absence("notes/.hidden.md")[0] == "hidden"
    assert absence("parcel.fig")[0] == "format"
    assert absence("picture.md")[0] == "binary"
    reason, verdict = absence(str(outside))
    assert reason == "outside"
    assert "lies in no folder that is ingested" in verdict
    reason, verdict = absence("notes/b.md")
    assert reason == "missing"
    assert "did you mean notes/a.md" in verdict


def test_the_nearest_notes_are_named_where_another_one_may_have_been_meant(
    library: Library, notes: Path, write: Write
) -> None:
    for name in ("work/rent/flat.md", "work/rent/garage.md", "home.md", "work/Flat.txt"):
        write(name, "The parcel is at the post office.")
    library.ingest([notes])
    write("new.md", "A parcel came.")
    write("home.fig", "<p>A parcel came.</p>")
    outside = notes.parent / "flat.md"
    outside.write_text("The parcel")

    def nearest(place: str) -> list[str]:
        return list(library.why("Where is the parcel?", place).farthest.stages[0].detail["nearest"])

    assert nearest("notes/work/rent/flta.md")[0] == "notes/work/rent/flat.md"
    assert nearest("flat:3") == ["notes/work/Flat.txt", "notes/work/rent/flat.md"]
    assert nearest("rent") == nearest("work/rent/") == ["notes/work/rent/flat.md", "notes/work/rent/garage.md"]
    assert nearest(str(notes)) == ["notes/home.md", "notes/work/Flat.txt", *nearest("rent")]
    assert nearest("home.fig") == ["notes/home.md"]
    assert nearest(str(outside))[:2] == ["notes/work/rent/flat.md", "notes/work/Flat.txt"]
    assert nearest("new.md") == nearest("qqqq.xyz") == []
    with pytest.raises(UsageError, match="names no note"):
        library.why("Where is the parcel?", " ")


def test_a_file_that_can_not_be_read_is_said_to_be_unreadable(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "The parcel is at the post office.")
    write("torn.md", "The parcel. " * 10_000 + "\0" * 10_000)
    assert [failure.path for failure in library.ingest([notes]).failed] == ["notes/torn.md"]
    trace = library.why("Where is the parcel?", "torn.md")
    assert trace.farthest.stages[0].detail["reason"] == "unreadable"


def test_lines_without_a_passage_are_told_why(library: Library, notes: Path, write: Write) -> None:
    write("empty.md", "")
    file = write("a.md", "The parcel is at the post office.\n\n\nThe key is there too.\n")
    library.ingest([notes])

    def reason(place: str) -> object:
        trace = library.why("Where is the parcel?", place)
        assert trace.lost_at == "indexed"
        return trace.farthest.stages[0].detail["reason"]

    assert reason("a.md:2-3") == "blank"
    assert reason("a.md:70-80") == "beyond"
    assert reason("empty.md") == "empty"
    file.write_text(file.read_text() + "More.\n" * 80)
    assert reason("a.md:70-80") == "changed"
    assert "the note has changed" in library.why("Where is the parcel?", "a.md:1").farthest.stages[0].message


def test_a_place_is_a_note_path_a_file_or_the_end_of_a_path(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("work/a.md", "The parcel is at the post office.")
    write("work/b.md", "The key is here.")
    write("home/b.md", "The key is there.")
    library.ingest([notes])
    monkeypatch.chdir(notes / "work")
    for place in ("notes/work/a.md", "work/a.md:1", "a.md", str(notes / "work" / "a.md"), "./a.md:1-1", "../work/a.md"):
        assert library.why("Where is the parcel?", place).note == "notes/work/a.md"
    assert library.why("Where is the key?", "b.md").note == "notes/work/b.md"  # a file here comes first
    monkeypatch.chdir(notes.parent)
    with pytest.raises(UsageError, match=r"2 notes are called b.md: notes/home/b.md, notes/work/b.md"):
        library.why("Where is the key?", "b.md")
    for wrong in ("a.md:0", "a.md:5-3"):
        with pytest.raises(UsageError, match="The lines of"):
            library.why("Where is the key?", wrong)


def test_a_passage_that_the_filters_leave_out_is_lost_there(library: Library, notes: Path, write: Write) -> None:
    write("work/a.md", "The budget is tight. #money")
    write("home/b.md", "The budget is fine.")
    library.ingest([notes])
    trace = library.why("Is the budget tight?", "a.md", filters=Filters(folder="home"))
    assert trace.lost_at == "filters"
    assert [stage.name for stage in trace.farthest.stages] == ["indexed", "filters"]
    assert "folder 'home'" in trace.farthest.verdict
    trace = library.why("Is the budget fine?", "b.md", filters=Filters(tag="money"))
    assert "its note is not in tag 'money'" in trace.farthest.verdict
    assert "has no tag" in trace.farthest.verdict
    assert _stage(library.why("budget", "b.md", filters=Filters(folder="home")), "dense").detail["of"] == 1


def test_a_passage_without_meaning_or_words_of_the_question_is_no_candidate(forest: Library) -> None:
    question = "Which oak was planted by the gardener?"
    trace = forest.why(question, "boat.md")
    assert trace.lost_at == "candidates"
    dense, words = _stage(trace, "dense"), _stage(trace, "words")
    exact = forest.with_sources(
        lambda sources: ExactVectors(sources.catalogue.live_vectors()).query(sources.model.encode_query(question), 100)
    )
    assert trace.farthest.chunk
    ranks = {key: (rank, pytest.approx(cosine, abs=1e-3)) for rank, (key, cosine) in enumerate(exact, start=1)}
    assert (dense.detail["rank"], dense.detail["cosine"]) == ranks[trace.farthest.chunk.key]
    assert dense.detail["of"] == 31
    assert dense.detail["limit"] == 10
    assert not dense.passed
    assert not words.passed
    assert words.detail["rank"] is None
    assert words.detail["lacks"] == ["oak", "planted", "gardener"]
    assert "raise the setting retrieval.candidates" in trace.farthest.verdict


def test_words_are_ranked_over_all_passages_and_said_to_count_for_nothing_beyond_the_best(forest: Library) -> None:
    question = "Which oak was planted by the gardener?"
    by_words = forest.with_sources(lambda sources: sources.words.query(question, 100))
    places = {key: rank for rank, (key, _) in enumerate(by_words, start=1)}
    traces = [forest.why(question, f"trees/{tree}.md") for tree in TREES]
    stages = [_stage(trace, "words") for trace in traces]
    keys = [trace.farthest.chunk.key for trace in traces if trace.farthest.chunk]
    assert [stage.detail["rank"] for stage in stages] == [places[key] for key in keys]
    assert [stage.passed for stage in stages] == [places[key] <= 10 for key in keys]
    assert stages[0].detail["has"] == ["oak", "planted", "gardener"]
    assert stages[1].detail["lacks"] == ["oak"]
    assert any(not stage.passed and stage.message.endswith("its words count for nothing") for stage in stages)


def test_candidates_are_cut_by_the_budget_and_the_rest_is_read(forest: Library) -> None:
    question = "Which tree was planted by the gardener?"
    hits = forest.search(question, limit=ANSWER_HITS)
    places = {hit.chunk.note_path: hit.rank for hit in hits}
    lost = {}
    for tree in TREES:
        trace = forest.why(question, f"trees/{tree}.md")
        lost[trace.note] = trace.lost_at
        if trace.lost_at == "budget":
            assert _stage(trace, "budget").detail["rank"] > ANSWER_HITS
        if trace.note in places:
            assert _stage(trace, "budget").detail["rank"] == places[trace.note]
    assert "budget" in lost.values()
    assert HITS_READ == ANSWER_HITS
    assert not {lost[path] for path in places} & {"read", "budget", "candidates"}


def test_the_ranking_before_feedback_is_that_of_a_search_without_feedback(corpus_library: Library) -> None:
    question = "What changed for people who work on models?"
    settings = corpus_library.settings
    plain = settings.model_copy(update={"retrieval": settings.retrieval.model_copy(update={"feedback": 0.0})})
    for path, _ in corpus_library.note_titles():
        after = corpus_library.why(question, path)
        with Library(plain) as without:
            before = without.why(question, after.farthest.chunk.location if after.farthest.chunk else path)
        same = next(passage for passage in (before.farthest, *before.others) if passage.chunk == after.farthest.chunk)
        rank = next(stage.detail["rank"] for stage in same.stages if stage.name == "fused")
        assert _stage(after, "fused").detail["rank_before_feedback"] == rank


def test_a_copy_is_collapsed_as_a_duplicate_of_the_better_passage(library: Library, notes: Path, write: Write) -> None:
    facts = ["Rent is due on the third", "The landlord is Mrs Abel", "Bins go out on Mondays", "Lifts run in May"]
    write("nested.md", "# House\n\n- Facts\n" + "".join(f"  - {fact}\n" for fact in facts))
    write("flat.txt", "House\n- Facts\n" + "".join(f"- {fact}\n" for fact in facts))
    write("one.md", "The parcel is at the post office.")
    write("two.md", "The parcel is at the post office.")
    library.ingest([notes])
    kept, lost = sorted(
        (library.why("When is the rent due?", place) for place in ("nested.md", "flat.txt")),
        key=lambda trace: trace.lost_at or "",
    )
    assert kept.lost_at is None
    assert lost.lost_at == "duplicates"
    assert kept.farthest.chunk
    assert _stage(lost, "duplicates").detail["of"] == kept.farthest.chunk.location
    assert "shown as citation 1; the text is not lost" in lost.farthest.verdict
    same = library.why("Where is the parcel?", "two.md")
    assert "has the very text of notes/one.md:1" in same.farthest.verdict


def test_an_answer_that_is_kept_back_loses_even_the_best_passage(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "The parcel is at the post office.")
    library.ingest([notes])
    trace = library.why("What is the capital of France?", "a.md")
    assert trace.lost_at == "verdict"
    stage = _stage(trace, "verdict")
    assert stage.detail["verdict"] == NONE
    assert stage.detail["speaking"] < LEAST
    assert "no note has “capital”, “France”" in stage.message
    assert _stage(trace, "quotes").message.startswith("would be citation 1")
    assert trace.farthest.citation is None


@pytest.mark.parametrize("reader", [DEFAULT_READER, ""])
def test_what_the_verdict_is_made_of_is_what_was_weighed(
    reader: str, tmp_path: Path, notes: Path, write: Write, model_cache: Path
) -> None:
    write("a.md", "The parcel from Berlin is at the post office.")
    with Library(Settings(index=tmp_path / "index", cache=model_cache, reader=reader)) as library:
        library.ingest([notes])
        for question in ("Where is the parcel?", "Where is the parcel from Lisbon?", "What is the capital of France?"):
            detail = _stage(library.why(question, "a.md"), "verdict").detail
            assert detail["verdict"] == library.ask(question).verdict
            for name, added in detail["adds"].items():
                assert detail[name] == pytest.approx(1 / (1 + exp(-sum(added.values()))), abs=0.001)
                assert list(added.values()) == sorted(added.values())


def test_a_name_that_the_lines_lack_is_said_to_forbid_that_they_answer(
    library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "The ferry to Lindholm leaves at 7:40.")
    library.ingest([notes])
    trace = library.why("When does the ferry to Lindholm leave in 1999?", "a.md")
    stage = _stage(trace, "verdict")
    assert (stage.detail["verdict"], stage.detail["missing"]) == (CLOSEST, ["1999"])
    assert stage.message.startswith("the lines only come near: they lack “1999”")
    assert trace.farthest.citation == 1


def test_what_the_reader_gave_a_line_is_said(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "# Post\n\nThe parcel is at the post office.\n\nIt was a cold day and the dog slept.\n")
    library.ingest([notes])
    question = "Where is the parcel?"
    best = _stage(library.why(question, "a.md:3"), "read")
    investigation = library.with_sources(
        lambda sources: investigate(sources, question, filters=None, watch=Stopwatch())
    )
    answers = investigation.judged[0].scored.answers
    assert best.detail["by"] == "reader"
    assert best.detail["best"]["reader"] == round(answers, 4)
    assert f"reader {best.detail['best']['reader']:+.2f}" in best.message
    other = library.why(question, "a.md:5")
    quotes = _stage(other, "quotes")
    assert quotes.detail["rule"] == "score"
    assert quotes.detail["line"]["reader"] < quotes.detail["least_reader"]
    assert quotes.detail["least_score"] is None
    heading = library.why(question, "a.md:1")
    assert heading.lost_at == "read"
    assert "headings are read with the lines below them" in heading.farthest.verdict


def test_a_line_that_is_not_picked_but_stands_in_what_is_shown_is_said_to(
    library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "The parcel is at the post office. It was a cold day.\nThe dog slept by the stove.\n")
    library.ingest([notes])
    trace = library.why("Where is the parcel?", "a.md:2")
    assert trace.lost_at == "quotes"
    assert trace.farthest.shown_around == 1
    assert trace.farthest.verdict.endswith("It is shown all the same, unmarked, around citation 1.")


def test_without_a_reader_lines_are_told_the_rules_of_words(
    tmp_path: Path, notes: Path, write: Write, model_cache: Path
) -> None:
    bullets = ["Rent is due on the third day", "Rent goes to Mrs Abel", "Bins go out early", "Lifts run in May"]
    write("a.md", "# House\n\n" + "".join(f"- {bullet}\n" for bullet in bullets))
    dues = ["water", "gas", "power", "phone", "waste", "lift"]
    write("dues.md", "".join(f"The {due} bill is due on Friday at the town hall.\n\n" for due in dues))
    with Library(Settings(index=tmp_path / "index", cache=model_cache, reader="")) as library:
        library.ingest([notes])

        def stage(question: str, place: str, name: str = "quotes") -> Stage:
            return _stage(library.why(question, place), name)

        assert stage("When is the rent due?", "a.md:3").detail["citation"] == 1
        read = stage("When is the rent due?", "a.md:3", "read")
        assert (read.detail["by"], read.detail["best"]["reader"]) == ("meaning", None)
        assert "meaning" in read.message
        sibling = stage("When is the rent due?", "a.md:4")
        assert sibling.detail["rule"] == "siblings"
        assert sibling.detail["line"]["location"] == "notes/a.md:4"
        assert sibling.detail["best_line"]["location"] == "notes/a.md:3"
        assert stage("rent", "a.md:6").detail["rule"] in ("siblings", "score")
        rules = [stage("Which bill is due on Friday?", f"dues.md:{line}").detail["rule"] for line in range(1, 13, 2)]
        assert sorted(rules) == ["", "", "", "", "", "most"]


def test_lines_that_a_reader_has_read_are_told_no_rules_of_words(library: Library, notes: Path, write: Write) -> None:
    dues = ["water", "gas", "power", "phone", "waste", "lift"]
    write("dues.md", "".join(f"The {due} bill is due on Friday at the town hall.\n\n" for due in dues))
    library.ingest([notes])
    stages = [
        _stage(library.why("Which bill is due on Friday?", f"dues.md:{line}"), "quotes") for line in range(1, 13, 2)
    ]
    assert sorted(stage.detail["rule"] for stage in stages) == ["", "", "", "", "", "most"]
    [most] = [stage for stage in stages if stage.detail["rule"]]
    assert "words" not in most.message
    assert f"5 better lines are shown, down to reader {most.detail['last_quote']['reader']:+.2f}" in most.message


def test_copies_that_differ_are_both_kept_and_say_so(library: Library, notes: Path, write: Write) -> None:
    for name, price in (("old", "6.90"), ("new", "7.50")):
        where = (
            "at the bakery in the narrow street behind the old church, where the bus stops on its way to the harbour"
        )
        write(f"{name}.md", f"A loaf of rye bread costs {price} euros {where}.\n")
    library.ingest([notes])
    for name, other in (("old", "new"), ("new", "old")):
        trace = library.why("What does a loaf of rye bread cost?", f"{name}.md")
        stage = _stage(trace, "duplicates")
        assert stage.detail["differing"] == [f"notes/{other}.md:1"]
        assert f"notes/{other}.md:1 differs in a number, name, date or negation" in stage.message
        assert trace.farthest.citation is not None


def test_a_line_that_another_note_says_too_is_a_repeat(library: Library, notes: Path, write: Write) -> None:
    line = "The parcel from Berlin is at the post office."
    write("a.md", f"# Post\n\n{line}\n\nLetters come at noon, stamps are in the drawer, and the scale is broken.\n")
    write("b.md", f"# Errands\n\n{line}\n\nBuy bread, milk and eggs, mend the bike, and bring the books back.\n")
    library.ingest([notes])
    stages = [_stage(library.why("Where is the parcel from Berlin?", name), "quotes") for name in ("a.md:3", "b.md:3")]
    assert sorted(stage.detail["rule"] for stage in stages) == ["", "repeats"]
    [shown] = [stage.detail["line"]["location"] for stage in stages if not stage.detail["rule"]]
    [repeated] = [stage for stage in stages if stage.detail["rule"]]
    assert f"but citation 1, {shown}, says the same" in repeated.message


def test_a_note_without_lines_is_explained_by_the_passage_that_came_farthest(corpus_library: Library) -> None:
    question = "What share of the BIG-Bench tasks was emergent?"
    chunks = corpus_library.with_sources(lambda sources: list(sources.catalogue.chunks()))
    path = max(corpus_library.note_titles(), key=lambda note: sum(chunk.note_path == note[0] for chunk in chunks))[0]
    trace = corpus_library.why(question, path)
    passages = (trace.farthest, *trace.others)
    assert len(passages) > 1
    assert {passage.chunk.key for passage in passages if passage.chunk} == {
        chunk.key for chunk in chunks if chunk.note_path == path
    }
    assert len(trace.farthest.stages) == max(len(passage.stages) for passage in passages)


def test_a_follow_up_and_a_misspelt_word_are_traced_as_they_were_searched_for(
    library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "# Greenhouse\n\nThe greenhouse was repaired in April.\n")
    write("b.md", "# Boiler\n\nThe boiler was repaired in October.\n")
    library.ingest([notes])
    trace = library.why("When was it repaired?", "a.md", earlier=["Where is the greenhouse?"])
    assert trace.question == "When was it repaired?"
    assert trace.searched_for == library.ask(trace.question, earlier=["Where is the greenhouse?"]).searched_for
    assert "greenhouse" in _stage(trace, "words").detail["has"]
    misspelt = library.why("When was the greenhuose repaired?", "a.md")
    assert _stage(misspelt, "words").detail["lacks"] == []


def test_lines_that_only_link_to_other_notes_are_not_read(library: Library, notes: Path, write: Write) -> None:
    write("index.md", "- [[Parcel post]]\n- [[Parcel insurance]]\n")
    write("a.md", "The parcel is at the post office.")
    library.ingest([notes])
    trace = library.why("Where is the parcel?", "index.md")
    assert trace.lost_at == "read"
    assert "they only link to other notes; no question brings them" in trace.farthest.verdict


def test_lines_that_can_never_be_compared_are_said_to_be(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "---\ndate: 2024-12-24\nsource:\n---\n# Choir concert\n\nWe sang Bach and two carols.\n")
    library.ingest([notes])
    assert library.why("When was the choir concert?", "a.md:2").farthest.citation == 1
    empty = library.why("When was the choir concert?", "a.md:3").farthest
    assert empty.verdict == (
        "Not read line by line: these lines were not read by the reader: they hold no text that could be quoted; "
        "no question brings them as an answer."
    )


def test_a_title_line_is_said_to_give_way_to_other_lines(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "---\ntitle: Choir concert\n---\n\nThe choir concert began with Bach and ended with two carols.\n")
    library.ingest([notes])
    stage = _stage(library.why("What was sung at the choir concert?", "a.md:2"), "quotes")
    assert stage.detail["rule"] == "names"
    assert "it only names or sorts the note, and other lines say more" in stage.message


def test_a_passage_within_the_quote_of_another_one_is_shown(
    tmp_path: Path, notes: Path, write: Write, model_cache: Path
) -> None:
    things = "a warm coat of wool, two pairs of boots, the tent with its pegs, maps, matches and rope".split(", ")
    listed = "".join(
        f"- {thing}, which the shop in the harbour of Bergen sells until late in May\n" for thing in things
    )
    write("a.md", f"# Trips\n\nFor the trip to Norway we must pack these things:\n\n{listed}")
    with Library(Settings(index=tmp_path / "index", cache=model_cache, chunk_tokens=48)) as library:
        library.ingest([notes])
        trace = library.why("What must we pack for the trip to Norway?", "a.md:9")
    assert trace.lost_at is None
    assert trace.farthest.citation == 1
    assert _stage(trace, "quotes").message == "shown as part of citation 1, notes/a.md:3-9"


def test_the_graph_search_is_explained_as_the_exact_one(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.ingest([CORPUS])  # one of its own: below 100 passages Chroma writes its graph whenever it is opened
    question, path = "What changed for people who work on models?", "corpus/talk/big-bench.md"
    exact = trace_json(library.why(question, path))
    monkeypatch.setattr("rag_bot.store.indexes.SMALL_LIBRARY", 0)
    with Library(library.settings) as other:
        assert trace_json(other.why(question, path)) == exact


def test_a_note_that_the_question_names_is_a_candidate_by_its_name(library: Library, notes: Path, write: Write) -> None:
    write("Oxymel.md", "Honey and vinegar, one to one, for four weeks.")
    library.ingest([notes])
    stage = _stage(library.why("How is the oxymel made?", "Oxymel.md"), "candidates")
    assert "the name of its note" in stage.detail["by"]


def test_what_is_counted_or_of_a_day_is_said_to_be(library: Library, notes: Path, write: Write) -> None:
    write("2026-03-05.md", "Saw bees.\n")
    write("2026-03-06.md", "Rain.\n")
    library.ingest([notes])
    counted = library.why("How many notes mention bees?", "2026-03-05.md")
    assert [stage.name for stage in counted.farthest.stages] == ["counted"]
    assert counted.farthest.citation == 1
    lost = library.why("How many notes mention bees?", "2026-03-06.md")
    assert lost.farthest.verdict == (
        "Not shown: told from the catalogue, nothing is searched (You have 1 note mentioning “bees”); none of the 1 "
        "cited lines is of this note."
    )
    dated = library.why("What did I do on 5 March 2026?", "2026-03-06.md")
    assert dated.farthest.verdict == "Not shown: what the notes have of 5 March 2026 is shown; it is not."
    assert library.why("What did I do on 5 March 2026?", "2026-03-05.md").farthest.citation == 1
