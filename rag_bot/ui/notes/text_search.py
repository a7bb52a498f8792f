"""Which notes have some words in their text, and on which line: found by the index of words, as questions are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

from rag_bot.errors import RagBotError
from rag_bot.library import Library
from rag_bot.markdown import plain_text
from rag_bot.query.open_index import Sources
from rag_bot.records import Chunk
from rag_bot.text.terms import spellings, words_of

MOST_PASSAGES = 1_000  # that are looked up for some words; set by hand
_LONGEST = 160  # characters of a line that are shown; set by hand
_BEFORE = 40  # characters that are shown before the first of the words; set by hand
_MARKS = " \t|*+-#>"  # of lists, tables, headings and quotes, around a line
_KEPT = 32  # searches that are remembered; set by hand
_Words = tuple[tuple[str, ...], ...]  # each in the spellings of the languages that the notes are written in


@dataclass(frozen=True, slots=True)
class FoundText:
    """The passages that have all of the words, one for each note, by its path; `is_cut` where there are more."""

    passages: Mapping[str, Chunk] = field(default_factory=dict)
    words: _Words = ()
    languages: tuple[str, ...] = ()
    is_cut: bool = False

    def line(self, path: str) -> tuple[int, str] | None:
        """The line of a note, counted from 1, with most of the words, and what stands there, cut to what is shown."""
        chunk = self.passages.get(path)
        if chunk is None:
            return None
        lines = [plain_text(line).strip(_MARKS) for line in chunk.text.splitlines()] or [""]
        places = [self._places(line) for line in lines]
        best = max(range(len(lines)), key=lambda number: (len(places[number]), bool(lines[number])))
        text, first = lines[best], min(places[best], default=0)
        start = text.rfind(" ", 0, first - _BEFORE) + 1 if first > _BEFORE and len(text) > _LONGEST else 0
        shown = f"{'… ' if start else ''}{text[start : start + _LONGEST]}{' …' if len(text) > start + _LONGEST else ''}"
        return chunk.start_line + best, shown

    def _places(self, line: str) -> list[int]:
        """Where the words stand in a line; of each the first place."""
        lowered = line.lower()
        known = {spelled: word for word in words_of(line) for spelled in spellings(word, self.languages)}
        found = (next((known[spelled] for spelled in word if spelled in known), None) for word in self.words)
        return [max(0, lowered.find(word)) for word in found if word is not None]


NOTHING = FoundText()


class TextSearch:
    """Remembers the last searches. Safe to use from several threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._find = lru_cache(_KEPT)(self._find_now)

    def find(self, query: str) -> FoundText:
        """Nothing where the query has no words, or the index can't be read, of which the side says why."""
        if not query.strip():
            return NOTHING
        try:
            return self._find(query.strip(), self._library.generation())
        except RagBotError:
            return NOTHING

    def _find_now(self, query: str, generation: str) -> FoundText:
        del generation  # another one makes it look again
        return self._library.with_sources(partial(_find, query=query))


def _find(sources: Sources, query: str) -> FoundText:
    keys = sources.words.keys_with_all(query, MOST_PASSAGES)
    passages: dict[str, Chunk] = {}
    for chunk, _ in sorted(sources.catalogue.find_chunks(keys), key=lambda pair: pair[0].start_line):
        passages.setdefault(chunk.note_path, chunk)
    words = tuple(sources.words.content_terms(query))
    return FoundText(passages, words, sources.words.languages, len(keys) == MOST_PASSAGES)
