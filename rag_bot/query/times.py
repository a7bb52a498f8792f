"""The times that a question asks for, and which lines are of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import log

from rag_bot.markdown import Line
from rag_bot.query.lines import text_of
from rag_bot.query.open_index import Sources
from rag_bot.records import AskedDate, DateRange, Filters, Note, NoteDate
from rag_bot.store.note_dates import dates_of, ranges_in
from rag_bot.text.date_words import folded, time_words
from rag_bot.text.dates import find_dates, without_dates
from rag_bot.text.terms import STOP_WORDS, is_stop_word, words_of

MOST_DATED = 300  # places of a time whose passages are added: of more of them the time tells little; set by hand
_LANGUAGES = ("english", "german", "french", "spanish")  # those that `text.date_words` reads
# Words of questions about a day that ask for all of it, without accents.
_OF_ALL = frozenset(
    """happen happened happens happening go going went note notes noted write writes written wrote record recorded entry
    entries diary journal log day days daily think thought anything everything something today
    machen mache gemacht tun tat getan passieren passiert geschah geschehen los notiert notiere notiz notizen schrieb
    geschrieben eintrag eintrage tagebuch tag alles etwas
    est faire fait fais passe note notes notees noter ecrit ecrire journal jour tout
    hacer hice hizo hecho paso pasa pasado anote apunte apuntado notas nota escribi escrito diario dia todo""".split()
)
_LATER = 1_000  # days, of another weekday, month and year
_WORD = re.compile(r"[^\W\d_]{2,}")  # "s'est-il" is two of them, what is elided is none


@dataclass(frozen=True, slots=True)
class AskedTimes:
    """The times of a question, any of which a line may be of. `query` is it without them."""

    dates: tuple[AskedDate, ...] = ()
    query: str = ""
    today: date = field(default_factory=date.today)
    _known: dict[str, list[NoteDate]] = field(default_factory=dict)

    @classmethod
    def of(cls, query: str, today: date, filters: Filters | None = None) -> AskedTimes:
        """What the query names; where it only asks what happened, the time of the filters."""
        dates = tuple(find_dates(query, today))
        if not dates and filters and (filters.since or filters.until):
            filtered = DateRange(filters.since or date.min, filters.until or date.max)
            times = cls((AskedDate("", (filtered,), 0, 0),), query, today)
            if times.asks_for_all():
                return times
        return cls(dates, without_dates(query, dates) if dates else query, today)

    def asks_for_all(self) -> bool:
        """Whether nothing but the times themselves is asked for: "what did I do yesterday?"."""
        words = [word for word in _WORD.findall(self.query.lower()) if folded(word) not in _OF_ALL]
        return bool(self.dates) and all(any(is_stop_word(word, name) for name in _LANGUAGES) for word in words)

    def lacking(self, note: Note, line: Line) -> list[str]:
        """The question's times, as they stand there, that a line is not of: none where it is of one of them.

        Of a time are a line that names it, and what stands in a section or note of it.
        """
        if not self.dates or any(self._is_of(asked, note, line) for asked in self.dates):
            return []
        return [asked.words for asked in self.dates]

    def _is_relative(self, asked: AskedDate) -> bool:
        """Whether its words mean another time on another day: "yesterday"; "Monday" may be every Monday."""
        weekdays = time_words().weekdays.intersection(map(folded, words_of(asked.words)))
        if weekdays and not self.asks_for_all():
            return False
        return [one.ranges for one in find_dates(asked.words, self.today + timedelta(_LATER))] != [asked.ranges]

    def _is_of(self, asked: AskedDate, note: Note, line: Line) -> bool:
        if note.path not in self._known:
            self._known[note.path] = dates_of(note)
        known, number = self._known[note.path], line.span.start_line
        if any(
            asked.overlaps(one.range) for one in known if not one.start_line or one.start_line <= number <= one.end_line
        ):
            return True
        text = "\n".join((text_of(note, line.span), *line.headings, *line.ancestors))
        words = {folded(word) for word in words_of(f"{text}\n{note.path}\n{note.title}")}
        is_named = all(folded(word) in words or word in STOP_WORDS for word in words_of(asked.words))
        if is_named and not self._is_relative(asked):  # the "yesterday" of a line is another day's
            return True
        longest = max((each.last - each.first for each in asked.ranges), default=timedelta(0))
        return any(
            asked.overlaps(named) and named.last - named.first <= max(longest, timedelta(7))  # "April" is no day of it
            for named in ranges_in(text, known, self.today)
        )


def dated_passages(sources: Sources, times: AskedTimes, allowed: set[str] | None) -> dict[str, float]:
    """The passages of the times, each with what that is worth: as BM25 weighs a word that stands in all of them."""
    places = sources.catalogue.dated([one for asked in times.dates for one in asked.ranges], MOST_DATED)
    if not places or len(places) == MOST_DATED:
        return {}
    keys = {
        chunk.key
        for path in dict.fromkeys(place.path for place in places)
        for chunk in sources.catalogue.chunks_of(path)
        if any(place.has(chunk) for place in places if place.path == path)
    }
    worth = log(1 + (sources.words.count() + 1) / (len(keys) + 0.5))
    return {key: worth for key in sorted(keys) if allowed is None or key in allowed}


def notes_lacking(sources: Sources, times: AskedTimes) -> tuple[str, ...]:
    """The times, in words, that no note is of."""
    return tuple(
        str(asked.nearest(times.today)) for asked in times.dates if not sources.catalogue.dated(asked.ranges, 1)
    )
