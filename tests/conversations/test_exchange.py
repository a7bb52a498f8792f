"""What is saved of an exchange comes back as it was, from any version of the file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rag_bot.conversations import SavedExchange
from rag_bot.conversations.exchange import from_json, to_json
from rag_bot.records import (
    ANSWERED,
    NO_CLAIM,
    NONE,
    PROSE,
    REWORDED,
    SUPPORTED,
    UNSUPPORTED,
    Answer,
    AskedDate,
    Citation,
    DateRange,
    Difference,
    Excerpt,
    Filters,
    Place,
    Quote,
    Sentence,
    Usage,
)
from tests.conversations.samples import ASKED, EVERYWHERE, exchange, hit, quoted

TEXT = st.text(st.characters(), max_size=30)  # surrogates and control characters too
NUMBER = st.integers(0, 2**53)
SCORE = st.floats(allow_nan=False)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
QUOTES = st.builds(Quote, TEXT, TEXT, TEXT, TEXTS, TEXTS, NUMBER, NUMBER, NUMBER, NUMBER, SCORE)
SUPPORTS = st.sampled_from([SUPPORTED, REWORDED, UNSUPPORTED, NO_CLAIM])
SENTENCES = st.builds(Sentence, TEXT, st.lists(NUMBER, max_size=3).map(tuple), SUPPORTS, TEXTS, TEXT)
CITATIONS = st.builds(Citation, NUMBER, QUOTES, TEXT)
NUMBERS = st.lists(NUMBER, max_size=3).map(tuple)
EXCERPTS = st.builds(
    Excerpt, TEXT, TEXT, TEXTS, TEXTS, TEXT, NUMBER, NUMBER, NUMBER, NUMBER, NUMBERS, TEXT, st.booleans()
)
DIFFERENCES = st.builds(Difference, NUMBERS, TEXTS, TEXTS)
RANGES = st.builds(DateRange, st.dates(), st.dates())
ANSWERS = st.builds(
    Answer,
    question=TEXT,
    text=TEXT,
    citations=st.lists(CITATIONS, max_size=3).map(tuple),
    verdict=TEXT,
    confidence=SCORE,
    mode=TEXT,
    sentences=st.lists(SENTENCES, max_size=3).map(tuple),
    nearest=st.just(()),
    timings_ms=st.dictionaries(TEXT, SCORE, max_size=3),
    searched_for=TEXT,
    model=TEXT,
    notice=TEXT,
    draft=TEXT,
    usage=st.none() | st.builds(Usage, NUMBER, NUMBER),
    excerpts=st.lists(EXCERPTS, max_size=2).map(tuple),
    differences=st.lists(DIFFERENCES, max_size=2).map(tuple),
    unmentioned=TEXTS,
    missing=TEXTS,
    dates=st.lists(st.builds(AskedDate, TEXT, st.lists(RANGES, max_size=2).map(tuple), NUMBER, NUMBER)).map(tuple),
    no_notes_of=TEXTS,
    statement=TEXT,
    total=NUMBER,
)
PLACES = st.lists(st.builds(Place, TEXT, TEXT, TEXTS, NUMBER, NUMBER, SCORE), max_size=2).map(tuple)
DAYS = st.none() | st.dates()
FILTERS = st.builds(Filters, st.none() | TEXT, st.none() | TEXT, DAYS, DAYS)
EXCHANGES = st.builds(SavedExchange, TEXT, TEXT, FILTERS, ANSWERS, TEXT, PLACES)
NAMES = st.sampled_from(
    [
        "key",
        "answer",
        "verdict",
        "excerpts",
        "differences",
        "filters",
        "folder",
        "since",
        "nearest",
        "citations",
        "quote",
        "usage",
        "sentences",
        "timings_ms",
        "text",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | SCORE | NUMBER | TEXT, lambda one: st.lists(one) | st.dictionaries(NAMES, one)
)


@given(EXCHANGES)
@settings(max_examples=60, deadline=None)
def test_an_exchange_comes_back_from_json_as_it_was(saved: SavedExchange) -> None:
    assert from_json(to_json(saved)) == saved


@given(JSON)
@settings(max_examples=60, deadline=None)
def test_whatever_json_it_is_there_is_an_exchange_that_can_be_saved_again(values: Any) -> None:
    read = from_json(json.dumps(values).encode())
    assert from_json(to_json(read)) == read


def test_of_the_nearest_notes_only_their_places_are_kept() -> None:
    near = hit("notes/b.md", "Flat", ("Flat", "Keys"), "The words of the note.")
    saved = SavedExchange("k", "Where?", EVERYWHERE, replace(quoted("Where?"), nearest=(near,)), ASKED)
    assert saved.answer.nearest == ()
    assert saved.nearest == (Place("notes/b.md", "Flat", ("Flat", "Keys"), 3, 4, 0.25),)
    assert (saved.nearest[0].location, saved.nearest[0].name) == ("notes/b.md:3-4", "Flat › Keys")
    assert b"The words of the note" not in to_json(saved)
    assert from_json(to_json(saved)) == saved


def test_fields_of_a_later_version_are_left_out_and_those_an_earlier_one_lacked_get_their_defaults() -> None:
    saved = exchange("k", "When is the rent due?", "On the third.")
    values = json.loads(to_json(saved))
    values["mood"] = values["answer"]["voice"] = values["answer"]["citations"][0]["quote"]["colour"] = [{"new": 1}]
    assert from_json(json.dumps(values).encode()) == saved
    for name in ("model", "notice", "usage", "sentences", "confidence"):
        del values["answer"][name]
    del values["nearest"], values["answer"]["citations"][0]["quote"]["context"]
    read = from_json(json.dumps(values).encode())
    assert (read.answer.model, read.answer.usage, read.answer.sentences, read.answer.confidence) == ("", None, (), 0.0)
    assert read.answer.citations == saved.answer.citations


def test_an_answer_of_before_there_were_verdicts_has_one() -> None:
    for saved, abstained in ((exchange("k", "q", "A line."), False), (exchange("k", "q"), True)):
        values = json.loads(to_json(saved))
        for name in ("verdict", "excerpts", "differences", "unmentioned", "missing"):
            del values["answer"][name]
        values["answer"]["abstained"] = abstained
        assert from_json(json.dumps(values).encode()) == saved
        assert saved.answer.verdict == (NONE if abstained else ANSWERED)


def test_a_folder_of_before_there_were_filters_is_one() -> None:
    for folder, filters in (("notes/flat", Filters(folder="notes/flat")), ("", Filters())):
        values = json.loads(to_json(exchange("k", "q", "A line.")))
        del values["filters"]
        values["folder"] = folder
        assert from_json(json.dumps(values).encode()) == exchange("k", "q", "A line.", filters=filters)


def test_what_earlier_versions_called_support_is_read_by_todays_words() -> None:
    named: list[dict[str, Any]] = [
        {"text": "A", "citations": [], "support": support} for support in ("partly", "", "not", "supported")
    ]
    read = from_json(json.dumps({"answer": {"mode": PROSE, "sentences": named}}).encode())
    supports = [sentence.support for sentence in read.answer.sentences]
    assert supports == [REWORDED, NO_CLAIM, UNSUPPORTED, SUPPORTED]


def test_a_value_of_another_type_gets_the_default() -> None:
    values = {"key": 7, "asked": None, "answer": {"mode": PROSE, "sentences": [{"text": "A", "support": 3}, "B"]}}
    read = from_json(json.dumps(values).encode())
    assert (read.key, read.asked, read.answer.mode) == ("", "", PROSE)
    assert read.answer.sentences == (Sentence("A", (), SUPPORTED),)
