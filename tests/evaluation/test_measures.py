"""The figures mean what they say: worked examples for each measure, its interval, and the judge behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log2
from pathlib import Path

import numpy as np
import pytest

from rag_bot import Library
from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.evaluation.compare import MeasureDifference
from rag_bot.evaluation.evidence import (
    EvidenceFinder,
    LocatedEvidence,
    hit_holds,
    quote_holds,
    relevant_quotes,
    supports,
)
from rag_bot.evaluation.intervals import (
    auroc,
    can_differ,
    digits_of,
    interval_of_auroc,
    interval_of_mean,
    interval_of_share,
    is_too_wide,
    randomisation_p,
)
from rag_bot.evaluation.measures import Measure, count_verdicts, first_evidence_rank, measure, measure_kinds
from rag_bot.evaluation.results import Outcome
from rag_bot.evaluation.scores import claims_no_more, score_case, score_ranking
from rag_bot.evaluation.tables import difference_words, figure
from rag_bot.evaluation.tables import interval as interval_words
from rag_bot.records import (
    ANSWERED,
    CLOSEST,
    NONE,
    QUOTES,
    Answer,
    Chunk,
    Citation,
    Excerpt,
    Hit,
    Note,
    Quote,
    SearchRanks,
)

Write = Callable[..., Path]
TEXT = "Ada has the key.\nBob has the mat.\n\nCleo has the lamp and the oil.\n"


def _note(path: str = "notes/a.md", text: str = TEXT) -> Note:
    return Note(path, Path("/notes"), "notes", "a", "", text, {}, 1, "hash", len(text), 0)


def _hit(rank: int, start: int, end: int, path: str = "notes/a.md", duplicates: tuple[str, ...] = ()) -> Hit:
    line = TEXT.count("\n", 0, start) + 1
    chunk = Chunk(f"{path}{start}", path, rank, (), "", TEXT[start:end], start, end, line, line)
    return Hit(chunk, _note(path), 1 / rank, rank, SearchRanks(), duplicates)


def _quote(text: str, path: str = "notes/a.md") -> Quote:
    start = max(TEXT.find(text), 0)
    return Quote(text, path, "a", (), (), start, start + len(text), 1, 1, 0.5)


def _piece(quote: str, *passages: str, line: int = 1) -> LocatedEvidence:
    start = TEXT.find(quote)
    bounds = ((start, start + len(quote)),) if start >= 0 else ()
    return LocatedEvidence(Evidence("notes/a.md", quote), _note(), bounds, ((line, line),) if bounds else (), passages)


def _outcome(id_: str, answerable: bool, right: bool, confidence: float, **scores: float) -> Outcome:
    case = Case(id_, "Why?", "fact" if answerable else "off-topic", answerable, "x" if answerable else "", ())
    return Outcome(case, (), right, ANSWERED if answerable else NONE, confidence, (), (), scores, 0.1)


def test_a_passage_holds_evidence_that_it_contains_or_stands_in_or_has_the_larger_part_of() -> None:
    piece = _piece("Ada has the key.")
    assert hit_holds(piece, _hit(1, 0, len(TEXT)))
    assert hit_holds(piece, _hit(1, 4, 11))
    assert hit_holds(piece, _hit(1, 6, 40))
    assert not hit_holds(piece, _hit(1, 10, 40))
    assert not hit_holds(piece, _hit(1, 0, len(TEXT), path="notes/b.md"))


def test_a_passage_that_stands_for_copies_holds_what_they_hold() -> None:
    piece = _piece("Bob has the mat.", line=2)
    assert hit_holds(piece, _hit(1, 0, 10, "notes/b.md", ("notes/c.md:2", "notes/a.md:1-2")))
    assert not hit_holds(piece, _hit(1, 0, 10, "notes/b.md", ("notes/a.md:3-9", "notes/c.md:1-2")))


def test_a_piece_is_proven_by_lines_that_hold_all_its_letters() -> None:
    piece = _piece("Ada has the key.\nBob has the mat.")
    first, second = _quote("Ada has the key."), _quote("Bob has the mat")
    assert supports(piece, [first, second])
    assert not supports(piece, [first])
    assert quote_holds(piece, first)
    assert supports(piece, [_quote("- Ada has the  key. Bob has the mat. So.", "notes/b.md")])
    assert not supports(_piece("nowhere"), [_quote("nowhere")])


def test_quoted_lines_that_prove_nothing_are_not_relevant() -> None:
    pieces = [_piece("Ada has the key."), _piece("Bob has the mat.")]
    quotes = [_quote("Ada has the key."), _quote("Cleo has the lamp and the oil.")]
    assert relevant_quotes(pieces, quotes) == [True, False]


def test_recall_counts_pieces_and_reciprocal_rank_the_first_passage() -> None:
    pieces = [_piece("Ada has the key.", "notes/a.md:1"), _piece("Cleo has the lamp and the oil.", "notes/a.md:4")]
    hits = [_hit(1, 17, 33), _hit(2, 0, 16)]
    scores = score_ranking(pieces, hits, [(), (0,)])
    ideal, got = 1 + 1 / log2(3), 1 / log2(3)
    assert scores == pytest.approx(
        {"nDCG@10": got / ideal, "MRR": 0.5, "recall@1": 0.0, "recall@5": 0.5, "recall@10": 0.5}
    )


def test_without_any_passage_every_measure_of_the_ranking_is_zero() -> None:
    scores = score_ranking([_piece("Ada has the key.", "notes/a.md:1")], [], [])
    assert set(scores.values()) == {0.0}


def test_a_copy_that_was_collapsed_is_not_asked_for_again() -> None:
    pieces = [_piece("Ada has the key.", "notes/a.md:1", "notes/a.md:9")]
    scores = score_ranking(pieces, [_hit(1, 0, 16, duplicates=("notes/a.md:9",))], [(0,)])
    assert scores["nDCG@10"] == 1.0


def test_the_judge_finds_evidence_and_the_passages_that_hold_it(library: Library, notes: Path, write: Write) -> None:
    write("a.md", TEXT)
    library.ingest([notes])
    judge = EvidenceFinder(library)
    piece = judge.locate(Evidence("notes/a.md", "Cleo has the lamp"))
    assert (piece.location, piece.problem, len(piece.passages)) == ("notes/a.md:4", "", 1)
    assert judge.locate(Evidence("notes/a.md", "Dora")).problem == "the quote no longer stands in notes/a.md"
    assert judge.locate(Evidence("notes/b.md", "Dora")).problem == "the note notes/b.md is not indexed"
    below = judge.locate(Evidence("a.md", "Cleo has the lamp"))
    assert (below.location, below.evidence.path) == ("notes/a.md:4", "notes/a.md")


def test_shares_are_means_over_the_cases_they_apply_to() -> None:
    found = measure(
        [
            _outcome("a", True, True, 0.9, right_answers=1.0, citation_precision=0.5),
            _outcome("b", True, False, 0.4, right_answers=0.0),
            _outcome("c", False, True, 0.4, right_abstentions=1.0),
        ]
    )
    assert (found["right_answers"].value, found["right_answers"].cases) == (0.5, 2)
    assert (found["citation_precision"].value, found["citation_precision"].cases) == (0.5, 1)
    assert (found["right_abstentions"].value, found["right_abstentions"].low) == (1.0, 0.2065)  # one case tells little
    assert (found["auroc"].value, found["auroc_off_topic"].value) == (0.75, 0.75)
    assert "auroc_near_topic" not in found
    assert found["latency_p50_ms"].value == 100.0
    assert measure([]) == {}


def test_kinds_are_measured_apart() -> None:
    outcomes = [_outcome("a", True, True, 0.9), _outcome("b", True, False, 0.4), _outcome("c", False, True, 0.4)]
    kinds = measure_kinds(outcomes)
    assert {kind: one["right"].value for kind, one in kinds.items()} == {"fact": 0.5, "off-topic": 1.0}


def _answer(verdict: str, *quotes: Quote, excerpts: tuple[Excerpt, ...] = ()) -> Answer:
    citations = tuple(Citation(number, quote) for number, quote in enumerate(quotes, start=1))
    return Answer("Why?", "", citations, verdict, 0.5, QUOTES, (), (), {}, excerpts=excerpts)


def _scores(answer: Answer, *pieces: LocatedEvidence, pattern: str = "key", kind: str = "fact") -> dict[str, float]:
    answerable = bool(pattern)
    case = Case("a", "Why?", kind, answerable, pattern, tuple(piece.evidence for piece in pieces))
    return score_case(case, pieces, answer, (), (), right=True)


def test_a_quote_is_right_that_matches_in_a_note_of_the_evidence_or_holds_it() -> None:
    piece, elsewhere = _piece("Ada has the key."), _quote("Ada has the key too", "notes/b.md")
    lamp = _quote("Cleo has the lamp")
    for quotes, right in (
        ([_quote("Ada has the key.")], 1.0),
        ([lamp, _quote("has the key")], 1.0),
        ([lamp, lamp, _quote("Ada has the key.")], 0.0),
        ([elsewhere], 0.0),
        ([_quote("- Ada has the key.", "notes/b.md")], 1.0),
    ):
        assert _scores(_answer(CLOSEST, *quotes), piece)["right_first_two"] == right
    assert _scores(_answer(CLOSEST, elsewhere))["right_first_two"] == 1.0
    assert _scores(_answer(CLOSEST, _quote("Ada has")), piece, pattern="nothing")["right_first_two"] == 1.0


def test_answered_and_right_is_less_than_right() -> None:
    names = ("right_first_two", "answered_right", "answered_share_of_answerable", "none_share_of_answerable")
    for verdict, expected in ((ANSWERED, (1, 1, 1, 0)), (CLOSEST, (1, 0, 0, 0))):
        scores = _scores(_answer(verdict, _quote("Ada has the key.")), _piece("Ada has the key."))
        assert tuple(scores[name] for name in names) == expected
        assert scores["abstention_accuracy"] == 1.0
    scores = _scores(_answer(NONE), _piece("Ada has the key."))
    assert tuple(scores[name] for name in names) == (0, 0, 0, 1)
    assert scores["abstention_accuracy"] == 0.0


def test_of_an_answer_in_parts_those_count_that_stand_in_quotes_or_around_them() -> None:
    parts = [_piece("Ada has the key."), _piece("Bob has the mat."), _piece("Cleo has the lamp")]
    around = Excerpt("notes/a.md", "a", (), (), TEXT[:33], 0, 33, 1, 2, (1,))
    quote = _quote("Ada has the key.")
    assert _scores(_answer(CLOSEST, quote), *parts)["completeness"] == pytest.approx(1 / 3)
    assert _scores(_answer(CLOSEST, quote, excerpts=(around,)), *parts)["completeness"] == pytest.approx(2 / 3)
    assert _scores(_answer(NONE), *parts)["completeness"] == 0.0
    assert "completeness" not in _scores(_answer(CLOSEST, quote), parts[0])


@pytest.mark.parametrize(
    ("kind", "measure_of_kind", "values", "no_more"),
    [
        ("near-topic", "answered_share_of_near_topic", (1, 0, 0), (False, True, True)),
        ("feedback", "answered_share_of_near_topic", (1, 0, 0), (False, True, True)),
        ("off-topic", "none_share_of_off_topic", (0, 0, 1), (False, False, True)),
    ],
)
def test_near_the_topic_closest_claims_no_more_than_there_is_and_off_topic_only_none(
    kind: str, measure_of_kind: str, values: tuple[int, ...], no_more: tuple[bool, ...]
) -> None:
    answers = [_answer(verdict) for verdict in (ANSWERED, CLOSEST, NONE)]
    case = Case("a", "Why?", kind, False)
    assert tuple(claims_no_more(case, answer) for answer in answers) == no_more
    scores = [_scores(answer, pattern="", kind=kind) for answer in answers]
    assert tuple(score[measure_of_kind] for score in scores) == values
    assert tuple(bool(score["abstention_accuracy"]) for score in scores) == no_more


def test_verdicts_are_counted_by_the_sort_of_case() -> None:
    outcomes = [_outcome("a", True, True, 0.9), _outcome("b", True, False, 0.4), _outcome("c", False, True, 0.4)]
    near = replace(outcomes[2], case=replace(outcomes[2].case, kind="feedback"), verdict=CLOSEST)
    assert count_verdicts([*outcomes, near]) == {
        "answered": {"answerable_right": 1, "answerable_wrong": 1, "near_topic": 0, "off_topic": 0},
        "closest": {"answerable_right": 0, "answerable_wrong": 0, "near_topic": 1, "off_topic": 0},
        "none": {"answerable_right": 0, "answerable_wrong": 0, "near_topic": 0, "off_topic": 1},
    }


def test_the_rank_of_the_first_evidence_is_none_where_there_is_none() -> None:
    assert first_evidence_rank(_outcome("a", True, True, 0.9)) is None


def test_an_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    inside = 0
    for _ in range(200):
        low, high = interval_of_mean((generator.random(60) < 0.7).astype(float))
        inside += low <= 0.7 <= high
    assert 180 <= inside <= 199


def test_the_same_values_give_the_same_interval_each_time() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.5])
    assert interval_of_mean(values) == interval_of_mean(values)


def test_auroc_is_the_chance_that_the_positive_is_above_with_ties_half() -> None:
    assert auroc(np.array([0.9, 0.5]), np.array([0.5, 0.1])) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    low, high = interval_of_auroc(np.array([0.9, 0.8, 0.7]), np.array([0.5, 0.1]))
    assert (low, high) == (1.0, 1.0)


@pytest.mark.filterwarnings("error")
def test_one_case_or_equal_cases_have_an_interval_of_no_width_and_no_difference() -> None:
    single, equal = np.array([0.3]), np.array([0.5, 0.5, 0.5])
    assert interval_of_mean(single) == (0.3, 0.3)
    assert interval_of_mean(equal) == (0.5, 0.5)
    assert interval_of_auroc(single, np.array([0.1])) == (1.0, 1.0)
    assert interval_of_auroc(single, equal) == (0.0, 0.0)
    assert interval_of_auroc(equal, equal) == (0.5, 0.5)
    assert randomisation_p(single, np.array([0.9])) == 1.0
    assert randomisation_p(equal, equal) == 1.0
    assert randomisation_p(equal, np.array([0.6, 0.6, 0.6])) == pytest.approx(2 / 2**3)


def test_the_randomisation_test_agrees_with_counting_all_ways() -> None:
    before, after = np.zeros(6), np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    assert randomisation_p(before, after) == pytest.approx(2 / 2**5, abs=0.008)
    assert randomisation_p(before, before) == 1.0
    assert randomisation_p(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == 1.0


@pytest.mark.parametrize(
    ("right", "total", "shown", "interval"),
    [
        (5, 5, "too few to tell", "0.6 – 1.0"),
        (20, 40, "0.5", "0.4 – 0.6"),
        (114, 140, "0.81", "0.74 – 0.87"),
        (9_000, 10_000, "0.900", "0.894 – 0.906"),
    ],
)
def test_a_share_is_shown_with_the_digits_that_its_cases_carry(
    right: int, total: int, shown: str, interval: str
) -> None:
    low, high = interval_of_share(right, total)
    one = Measure("right", right / total, low, high, total)
    assert (figure(one), interval_words(one)) == (shown, interval)
    assert is_too_wide((low, high)) == (shown == "too few to tell")
    assert digits_of((low, high)) == len(interval.partition(" ")[0]) - 2


def test_values_between_0_and_1_never_have_a_narrower_interval_than_by_bootstrap() -> None:
    values = np.random.default_rng(2).random(60)
    (low, high), (narrow_low, narrow_high) = interval_of_share(values.sum(), 60), interval_of_mean(values)
    assert low < narrow_low < narrow_high < high


def test_fewer_than_six_cases_that_differ_cannot_tell_whatever_they_are() -> None:
    assert [number for number in range(10) if can_differ(number)] == [6, 7, 8, 9]
    for number in (5, 6):  # the plainest difference there can be
        assert (randomisation_p(np.zeros(number), np.ones(number)) < 0.05) == can_differ(number)


@pytest.mark.parametrize(
    ("differing", "p", "words"),
    [
        (0, 1.0, ("0.25", "0.75", "none", "", "0 of 8")),
        (4, 0.125, ("0.25", "0.75", "+0.50", "too few to tell", "4 of 8")),
        (8, 0.0078, ("0.25", "0.75", "+0.50", "0.008", "8 of 8")),
    ],
)
def test_a_difference_says_in_how_many_cases_it_is(differing: int, p: float, words: tuple[str, ...]) -> None:
    assert difference_words(MeasureDifference("right", 0.25, 0.75, p, 8, differing)) == words
