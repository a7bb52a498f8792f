"""Question -> Answer, without a language model: retrieve, find the lines, decide whether they answer, number them."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import UsageError
from rag_bot.query.anchors import anchors_of
from rag_bot.query.days import ALL_SHOWN, lines_of_times
from rag_bot.query.duplicates import differences
from rag_bot.query.excerpts import excerpts_of
from rag_bot.query.followups import reword
from rag_bot.query.linked import linked_hits
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import JudgedLine, TermWeights, closest_of, judge, score_lines
from rag_bot.query.reading import reading_text
from rag_bot.query.retrieve import Ranked, rank, search, take
from rag_bot.query.times import AskedTimes, notes_lacking
from rag_bot.query.vault.vault_answer import answer_of_vault
from rag_bot.query.verdict import Judgement, judge_question
from rag_bot.records import (
    ANSWERED,
    CLOSEST,
    NONE,
    NOT_READ,
    QUOTES,
    UNREAD_NAMED,
    Answer,
    Citation,
    Difference,
    Filters,
    Hit,
    Sentence,
    filters_sentence,
    left_out_words,
    merged,
    verdict_words,
    waiting_words,
)
from rag_bot.store.note_dates import date_of
from rag_bot.store.staleness import change_since
from rag_bot.text.terms import language_of

ANSWER_HITS = 10  # passages that an answer is made of; set by hand
DIFFERING = 2  # of the first lines one has to be among those that differ, for it to be told; set by hand
NEAREST = 3  # passages that are named where there is no answer; set by hand
LONGEST_QUESTION = 2_000  # characters; set by hand
FEW = 0.05  # of the passages, in the question's language; set by hand
TELLING_WORDS = 2  # that only grammar needs, from which a question's language is believed; set by hand


class Stopwatch:
    """Collects the milliseconds of named stages."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self.milliseconds: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.milliseconds[stage] = round((now - self._last) * 1000, 1)
        self._last = now

    def total(self) -> dict[str, float]:
        return self.milliseconds | {"total": round((time.perf_counter() - self._began) * 1000, 1)}


@dataclass(frozen=True, slots=True)
class Investigation:
    """What is found out about a question before it is answered.

    `query` is what was searched for in place of the question, `vector` its unit vector, `judged` the lines of the best
    hits, best first, with what becomes of each. `was_read` says whether the reader has read them, `left_out` where
    an answer may be that the search could not reach, `unread_language` that of the question if such a one. `times` are
    those of the query, `no_notes_of` those of them, in words, that no note is of; `of_times` says that all of their
    lines are asked for.
    """

    question: str
    query: str
    vector: NDArray[np.float32]
    ranked: Ranked
    hits: list[Hit]
    terms: TermWeights
    judged: list[JudgedLine]
    was_read: bool
    judgement: Judgement
    left_out: str = ""
    unread_language: str = ""
    is_filtered: bool = False
    times: AskedTimes = field(default_factory=AskedTimes)
    no_notes_of: tuple[str, ...] = ()
    of_times: bool = False


def clean_question(question: str) -> str:
    """The question without surrounding and repeated white space; bytes that were no text are question marks.

    Raises:
        UsageError: nothing is left, or it is longer than a question can be.
    """
    cleaned = " ".join(unicodedata.normalize("NFC", question.encode("utf-8", "replace").decode()).split())
    if not any(character.isalnum() for character in cleaned):
        raise UsageError(f"The question {cleaned!r} has no word in it. Ask something like: What did I note about X?")
    if len(cleaned) > LONGEST_QUESTION:
        raise UsageError(
            f"The question has {len(cleaned):,} characters; at most {LONGEST_QUESTION:,} can be asked. Shorten it."
        )
    return cleaned


def find(
    sources: Sources,
    question: str,
    *,
    limit: int,
    filters: Filters | None = None,
    earlier: Sequence[str] = (),
    today: date | None = None,
) -> tuple[list[Hit], dict[str, float]]:
    """The best passages for a question, and the milliseconds each stage took."""
    watch = Stopwatch()
    query, vector = _encoded(sources, clean_question(question), earlier, watch)
    times = AskedTimes.of(query, today or date.today())
    hits = search(sources, query, vector, limit=limit, filters=filters, times=times)
    watch.lap("search")
    return hits, watch.total()


def answer(
    sources: Sources,
    question: str,
    *,
    filters: Filters | None = None,
    earlier: Sequence[str] = (),
    today: date | None = None,
) -> Answer:
    """The lines of the notes that answer or come nearest, or that the notes don't speak of it.

    Where the question is about the notes as a whole: what the catalogue says. `earlier` are the questions before it in
    a conversation, oldest first; `today` is the day it is asked on.

    Raises:
        UsageError: the question is empty or too long, or no note passes the filters.
    """
    watch = Stopwatch()
    told = answer_of_vault(sources, clean_question(question), filters, today or date.today(), earlier)
    if told:
        return replace(told[0], timings_ms=watch.total())
    return quoted(investigate(sources, question, filters=filters, earlier=earlier, today=today, watch=watch), watch)


def investigate(
    sources: Sources,
    question: str,
    *,
    filters: Filters | None,
    earlier: Sequence[str] = (),
    today: date | None = None,
    watch: Stopwatch,
) -> Investigation:
    """Everything that an answer is made of. Raises as `answer`."""
    question = clean_question(question)
    query, vector = _encoded(sources, question, earlier, watch)
    times = AskedTimes.of(query, today or date.today(), filters)
    no_notes_of = notes_lacking(sources, times)
    ranked = rank(sources, query, vector, limit=ANSWER_HITS, filters=filters, times=times)
    hits = take(sources, ranked, vector, ANSWER_HITS)
    watch.lap("search")
    asks_for_all = times.asks_for_all()
    terms = TermWeights.of(sources, query if asks_for_all else times.query or query)
    of_times = lines_of_times(sources, times, filters, ANSWER_HITS) if asks_for_all else None
    left_out = ""
    if of_times and of_times.judged:
        hits, judged, was_read, judgement = of_times.hits, of_times.judged, False, ALL_SHOWN
        left_out = f"{of_times.more:,} older passages of that time are not shown." if of_times.more else ""
    else:
        hits += linked_hits(sources, terms, hits, ranked.paths)
        judged, was_read, judgement = _read(sources, query, vector, terms, hits, times)
        # A line may name the day all the same; where none does, nothing is told of it.
        if asks_for_all and judgement.verdict != ANSWERED:
            judgement = replace(judgement, verdict=NONE, unmentioned=())
        if judgement.verdict == CLOSEST:
            judged = closest_of(judged)
    watch.lap("read")
    is_answered = judgement.verdict == ANSWERED
    return Investigation(
        question,
        query,
        vector,
        ranked,
        hits,
        terms,
        judged,
        was_read,
        judgement,
        left_out=left_out if is_answered else _left_out(sources, filters or Filters(), judgement.verdict),
        unread_language="" if is_answered else _unread_language(sources, question),
        is_filtered=not is_answered and bool(filters),
        times=times,
        no_notes_of=no_notes_of,
        of_times=judgement is ALL_SHOWN,
    )


def _read(
    sources: Sources,
    query: str,
    vector: NDArray[np.float32],
    terms: TermWeights,
    hits: Sequence[Hit],
    times: AskedTimes,
) -> tuple[list[JudgedLine], bool, Judgement]:
    """The lines with what becomes of each, whether the reader has read them, and what they are taken to say."""
    reader = sources.reader if sources.reader and sources.reader.reads_words(query) else None
    anchors = anchors_of(times.query)
    lines = score_lines(sources, query, vector, terms, hits, reader, anchors, times)
    judged = list(judge(lines, was_read=reader is not None))
    judgement = judge_question(
        query,
        terms,
        hits,
        judged,
        was_read=reader is not None and reader.calibrated,
        reads_words=sources.model.reads_words(query),
        anchors=anchors,
        times=times,
    )
    return judged, reader is not None, judgement


def quoted(investigation: Investigation, watch: Stopwatch) -> Answer:
    """The answer by quotes: the lines that answer or come nearest, or none."""
    judgement = investigation.judgement
    shown = [line for line in investigation.judged if line.quote] if judgement.verdict != NONE else []
    notes = {hit.note.path: hit.note for hit in investigation.hits}
    order, differing = _newest_first(shown) if not investigation.of_times else (shown, ())
    times = [asked.words for asked in investigation.times.dates]
    is_of_another = judgement.verdict == NONE or any(words in judgement.missing for words in times)
    no_notes_of = investigation.no_notes_of if is_of_another else ()
    citations = tuple(
        Citation(number, quote, change_since(notes[quote.note_path], quote.text))
        for number, quote in enumerate((line.quote for line in order if line.quote), start=1)
    )
    excerpts = excerpts_of(citations, notes)
    watch.lap("quotes")
    found = Answer(
        question=investigation.question,
        text="\n\n".join(f"{citation.quote.text} [{citation.number}]" for citation in citations),
        citations=citations,
        verdict=judgement.verdict,
        confidence=round(judgement.answering, 4),
        mode=QUOTES,
        sentences=tuple(Sentence(citation.quote.text, (citation.number,)) for citation in citations),
        nearest=() if citations else tuple(investigation.hits[:NEAREST]),
        timings_ms=watch.total(),
        searched_for=investigation.query,
        notice=investigation.left_out,
        excerpts=excerpts,
        differences=differing,
        unmentioned=judgement.unmentioned,
        missing=tuple(word for word in judgement.missing if not (no_notes_of and word in times)),
        unread_language=investigation.unread_language,
        is_filtered=investigation.is_filtered,
        dates=investigation.times.dates,
        no_notes_of=no_notes_of,
    )
    return found if citations else replace(found, text=verdict_words(found))


def _newest_first(shown: Sequence[JudgedLine]) -> tuple[list[JudgedLine], tuple[Difference, ...]]:
    """The lines to quote; of those that differ in a number, name or date the newest note's comes first."""
    scored = [line.scored for line in shown]
    lines = [
        (
            reading_text(line.hit.note, line.line).removeprefix(line.hit.note.title),
            line.hit.note.path,
            date_of(line.hit.note),
        )
        for line in scored
    ]
    order, found = list(shown), []
    for group, words in differences(lines):
        places = sorted(group)
        if places[0] >= DIFFERING:
            continue
        for place, number in zip(places, group, strict=True):
            order[place] = shown[number]
        dates = tuple(lines[number][2] for number in group)
        found.append(Difference(tuple(place + 1 for place in places), tuple(words), dates))
    return order, tuple(found)


def _encoded(
    sources: Sources, question: str, earlier: Sequence[str], watch: Stopwatch
) -> tuple[str, NDArray[np.float32]]:
    """What is searched for in place of a question, and its unit vector."""
    query = reword(sources, question, earlier)
    vector = sources.model.encode_query(query)
    watch.lap("encode")
    return query, vector


def _unread_language(sources: Sources, question: str) -> str:
    """The question's language ("German") where hardly any passage is in it and the model knows no other; else ""."""
    language = language_of(question, telling=TELLING_WORDS)
    if not language or sources.model.is_multilingual:
        return ""
    is_read = sources.words.passages_in(language) >= FEW * sources.words.count()
    return "" if is_read else language.capitalize()


def _left_out(sources: Sources, filters: Filters, verdict: str) -> str:
    """That an answer may be elsewhere: where filters left notes out of the search, or files are not or can't be read.

    Where nothing was found, what was not read for other reasons is told as well.
    """
    said = [filters_sentence(filters)] if filters else []
    if (filters.since or filters.until) and (undated := sources.catalogue.undated(filters)):
        notes = "1 note without a date was" if undated == 1 else f"{undated:,} notes without a date were"
        said.append(f"{notes} left out.")
    if waiting := waiting_words(sources.catalogue.waiting()):
        said.append(waiting)
    unread = [*sources.catalogue.failed()]
    files = f"{len(unread):,} {'file' if len(unread) == 1 else 'files'}"
    entries = [entry for entry in merged(sources.catalogue.left_out().values()) if entry.reason in NOT_READ]
    if verdict == NONE and entries:
        told = [f"{files} that cannot be read"] if unread else []
        told += [left_out_words(replace(entry, kinds={})) for entry in entries]
        said.append(f"Not read: {', '.join(told)}; see `rag-bot status`.")
    elif unread:
        named = f": {', '.join(unread)}." if len(unread) <= UNREAD_NAMED else "; see `rag-bot status`."
        said.append(f"{files} could not be read{named}")
    return " ".join(said)
