"""A question asked once more with everything kept: what answers it, and how every passage stands in both searches."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag_bot.query.answer import ANSWER_HITS, Investigation, Stopwatch, investigate, quoted
from rag_bot.query.fusion import Ranking
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import JudgedLine, TermWeights
from rag_bot.query.retrieve import Candidates, rank, take
from rag_bot.query.verdict import ANSWERS, ANSWERS_UNREAD, SPEAKS, SPEAKS_UNREAD
from rag_bot.records import Answer, Chunk, Excerpt, Filters, Hit, Note, Quote
from rag_bot.store.vectors import ExactVectors

BATCH = 4_096  # vectors that are compared at a time; set by hand

Lines = tuple[int, int] | None
"""The first and the last line that are asked about; None for all."""
Standing = dict[str, tuple[int, float]]
"""Rank and score of each key."""


@dataclass(frozen=True, slots=True)
class Target:
    """A passage that is asked about. `lines` are those that were named, `change` is as in a citation."""

    chunk: Chunk
    note: Note
    passages: int
    lines: Lines
    change: str


@dataclass(frozen=True, slots=True)
class FullSearch:
    """What is known of a question. `dense` and `words` give the standing of every passage that passes the filters.

    `before_feedback` is the first ranking, `fused` the one that counts, `hits` are all candidates with copies
    collapsed; `passages_with` gives for each of the question's words those of the passages asked about in which it
    stands. `answers` and `speaks` are what the verdict's features weigh, `reranked` the passages that the reader put
    in order.
    """

    investigation: Investigation
    answer: Answer
    filters: Filters | None
    allowed: Collection[str]
    dense: Standing
    words: Standing
    before_feedback: Standing
    fused: Standing
    hits: list[Hit]
    judged: list[JudgedLine]
    passages_with: dict[str, set[str]]
    answers: Mapping[str, float]
    speaks: Mapping[str, float]
    reranked: int

    @classmethod
    def of(
        cls,
        sources: Sources,
        question: str,
        filters: Filters | None,
        earlier: Sequence[str],
        today: date | None,
        chunks: Collection[Chunk],
    ) -> FullSearch:
        """Ask the question as `answer` does, and look at what it leaves aside. Raises as `answer`."""
        watch, reader = Stopwatch(), sources.reader
        investigation = investigate(sources, question, filters=filters, earlier=earlier, today=today, watch=watch)
        catalogue, ranked = sources.catalogue, investigation.ranked
        query, vector = investigation.query, investigation.vector
        allowed = catalogue.keys_matching(filters) if filters else catalogue.live_keys()
        by_words = [pair for pair in sources.words.query(query, sources.words.count()) if pair[0] in allowed]
        # Every passage by its exact cosine, whatever index is in use, without holding all vectors at once.
        keys = sorted(allowed)
        by_meaning = [
            pair
            for start in range(0, len(keys), BATCH)
            for pair in ExactVectors(catalogue.vectors(keys[start : start + BATCH])).query(vector, BATCH)
        ]
        by_meaning.sort(key=lambda pair: (-pair[1], pair[0]))
        without_feedback = replace(sources, settings=sources.settings.model_copy(update={"feedback": 0.0}))
        by_reader = investigation.was_read and reader is not None and reader.calibrated
        return cls(
            investigation=investigation,
            answer=quoted(investigation, watch),
            filters=filters,
            allowed=allowed,
            dense=_standing(by_meaning),
            words=_standing(by_words),
            before_feedback=_standing(
                rank(
                    without_feedback,
                    query,
                    vector,
                    limit=ANSWER_HITS,
                    filters=filters,
                    times=investigation.times,
                ).fused
            ),
            fused=_standing(ranked.fused),
            hits=take(sources, ranked, vector, len(ranked.fused)),
            judged=investigation.judged,
            passages_with=_words_in(sources, investigation, {chunk.key for chunk in chunks}),
            answers=ANSWERS if by_reader else ANSWERS_UNREAD,
            speaks=SPEAKS if by_reader else SPEAKS_UNREAD,
            reranked=sources.settings.reranked if reader else 0,
        )

    @property
    def candidates(self) -> Candidates:
        """What both searches found."""
        return self.investigation.ranked.candidates

    @property
    def quotes(self) -> list[Quote]:
        """The lines that are shown, in the order of their numbers; where none is, those that were picked."""
        shown = [citation.quote for citation in self.answer.citations]
        return shown or [judged.quote for judged in self.judged if judged.quote]

    def citation_of(self, chunk: Chunk, lines: Lines) -> int | None:
        """The number of the first citation that shows something of a passage, of `lines` where these are given."""
        shown = (citation.number for citation in self.answer.citations if stands_in(citation.quote, chunk, lines))
        return next(shown, None)

    def shown_around(self, chunk: Chunk, lines: Lines) -> int | None:
        """The number of the first citation in whose excerpt they stand."""
        shown = (excerpt.citations[0] for excerpt in self.answer.excerpts if stands_in(excerpt, chunk, lines))
        return next(shown, None)

    def judged_in(self, chunk: Chunk, lines: Lines) -> list[JudgedLine]:
        """The lines of a passage that were read with the question, best first; of `lines`, where these are given."""
        return [
            judged
            for judged in self.judged
            if judged.scored.hit.note.path == chunk.note_path
            and chunk.start_char <= judged.scored.line.span.start_char < chunk.end_char
            and overlap(lines, (judged.scored.line.span.start_line, judged.scored.line.span.end_line))
        ]

    def missing(self, key: str) -> list[str]:
        """The question's words that do not stand in a passage."""
        return [word for word, keys in self.passages_with.items() if key not in keys]

    def hit_of(self, chunk: Chunk) -> Hit | None:
        """The hit that a passage is; None where it is the copy of another one, or no candidate."""
        return next((hit for hit in self.hits if hit.chunk == chunk), None)


def overlap(lines: Lines, span: tuple[int, int]) -> bool:
    """Whether a span has some of these lines; without any, it has."""
    return not lines or (lines[0] <= span[1] and span[0] <= lines[1])


def stands_in(part: Quote | Excerpt, chunk: Chunk, lines: Lines) -> bool:
    """Whether a part of a note has something of a passage, of its `lines` where these are given."""
    in_passage = part.start_char < chunk.end_char and chunk.start_char < part.end_char
    return part.note_path == chunk.note_path and in_passage and overlap(lines, (part.start_line, part.end_line))


def _standing(ranking: Ranking) -> Standing:
    return {key: (place, score) for place, (key, score) in enumerate(ranking, start=1)}


def _words_in(sources: Sources, investigation: Investigation, keys: set[str]) -> dict[str, set[str]]:
    """For each of the question's words that are searched for, those of the passages that have it."""
    words = dict.fromkeys(re.findall(r"\w(?:[\w'’.-]*\w)?", investigation.query))
    terms = investigation.terms.weights.keys()
    searched = [word for word in words if TermWeights.of(sources, word).weights.keys() & terms]
    return {word: {key for key, _ in sources.words.query(word, len(keys), among=keys)} for word in searched}
