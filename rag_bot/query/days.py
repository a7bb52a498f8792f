"""A question for all of a time, "what did I do yesterday?", is answered with what the notes have of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_bot.markdown import Line, LineIndex
from rag_bot.query.lines import lines_in
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import JudgedLine, ScoredLine, quote_lines
from rag_bot.query.times import MOST_DATED, AskedTimes
from rag_bot.query.verdict import Features, Judgement
from rag_bot.records import ANSWERED, Chunk, DatedPlace, Filters, Hit, Note, SearchRanks
from rag_bot.store.note_dates import HEADING, LINE, OF_ITS_OWN, PATH, TITLE

_WRITTEN_THEN = (
    PATH,
    TITLE,
    HEADING,
    LINE,
    OF_ITS_OWN,
)  # not only made or changed then


ALL_SHOWN = Judgement(ANSWERED, 1.0, 1.0, Features(0.0, 0.0, 0.0, 0.0, 0.0))


@dataclass(frozen=True, slots=True)
class LinesOfTimes:
    """The passages of a time, each as one quote, and how many `more` there are."""

    hits: list[Hit]
    judged: list[JudgedLine]
    more: int


def lines_of_times(sources: Sources, times: AskedTimes, filters: Filters | None, limit: int) -> LinesOfTimes:
    """The passages of the times, oldest first; at most `limit`: of more the newest, and these first."""
    places = sources.catalogue.dated([one for asked in times.dates for one in asked.ranges], MOST_DATED)
    places = [place for place in places if place.source in _WRITTEN_THEN] or places
    paths = sources.catalogue.paths_matching(filters) if filters else None
    whole = {place.path for place in places if not place.start_line}
    found: dict[tuple[str, int], tuple[Chunk, Note, DatedPlace]] = {}
    for place in places:
        if (paths is not None and place.path not in paths) or (place.start_line and place.path in whole):
            continue
        note = sources.catalogue.find_note(place.path)
        for chunk in sources.catalogue.chunks_of(place.path) if note else ():
            if note and place.has(chunk):
                found.setdefault((place.path, max(chunk.start_line, place.start_line)), (chunk, note, place))
    hits, judged = list[Hit](), list[JudgedLine]()
    in_order = list(found.values())
    for chunk, note, place in in_order if len(in_order) <= limit else reversed(in_order):
        hit = Hit(chunk, note, 1.0, len(hits) + 1, SearchRanks())
        body = [line for line in lines_in(hit) if line.span.start_line >= note.body_start_line and place.has(line.span)]
        if body and len(judged) < limit:
            hits.append(hit)
            judged.append(_as_one(hit, body))
    return LinesOfTimes(hits, judged, len(found) - len(hits))


def _as_one(hit: Hit, lines: Sequence[Line]) -> JudgedLine:
    first, last = lines[0], lines[-1]
    span = LineIndex.of(hit.note.text).span(first.span.start_char, last.span.end_char)
    return JudgedLine(ScoredLine(hit, first, 0.0, 1.0, 1.0), quote_lines(hit.note, first, span, 1.0))
