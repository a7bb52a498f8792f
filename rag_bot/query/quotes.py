"""Hits -> the few lines that answer, verbatim: each sentence, bullet and row of the best passages gets a score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from rag_bot.markdown import (
    Kind,
    Line,
    Span,
    asks,
    plain_text,
    without_links,
    without_note_links,
)
from rag_bot.query.asked import Asked, only_names
from rag_bot.query.duplicates import repeats, word_shingles
from rag_bot.query.extent import lines_in, text_of, with_what_follows
from rag_bot.query.sources import Sources
from rag_bot.records import Hit, Note, Quote
from rag_bot.text.terms import ENGLISH, content_terms

QUOTED_HITS = 6  # passages that are read line by line
MOST_UNITS = 24  # lines that are embedded for one question
READ_OF_UNIT = 250  # characters of a line that are embedded: what it is about shows at its beginning
MOST_QUOTES = 5
LEAST_SHARE = 0.74  # of the best line's score, for a further line to be shown
MEANING, WORDS, PASSAGE = 0.5, 0.3, 0.2  # weights of cosine, of words found, and of the passage's own score
NEARLY_ALL_WORDS = 0.8  # where the best line has this share of the question's words, so must a further line, nearly
SHARE_OF_BEST_WORDS = 0.8
SHARE_OF_SIBLING_WORDS = 0.7  # of neighbouring bullets those are shown that have nearly as many of the words
LESS_FOR_FRONT_MATTER = LESS_FOR_TITLE = LESS_FOR_QUESTION = 0.15  # they name the subject, but seldom answer
LESS_FOR_HEADING = LESS_FOR_CODE = LESS_FOR_LINK = 0.1  # code comes with the sentence that announces it
LESS_FOR_NOTHING_NEW = 0.1  # in full for a line that only repeats the question's words,
ENOUGH_NEW_WORDS = 6  # and not at all for one with so many others
LEAST_SHARE_OF_NAME = 0.6  # a title, tag list or open question gives way to a line with this share of its score
NAMES, OPEN = "names", "open"
CONTEXT_WORTH = 0.6  # what a question's word counts when it stands above the line and not in it


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """A line of a hit with what speaks for it: cosine and share of the question's words, both at most 1.

    `hollow` is NAMES for a title or tags, OPEN for a question that nothing answers, else "".
    """

    hit: Hit
    unit: Line
    meaning: float
    words: float
    score: float
    hollow: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a line: its quote, or the rule that dropped it.

    Rules: "names" (it only names the note, and others say more),
    "siblings" (the best bullet of its list has more of the question's words), "words" (the best line has),
    "score" (too far below the best line's), "most" (enough are shown), "repeats" (another quote has it).
    """

    line: ScoredLine
    quote: Quote | None = None
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The question's words with their weight: rare words in the notes count more."""

    weights: Mapping[tuple[str, ...], float]
    languages: tuple[str, ...] = (ENGLISH,)
    asked: Asked = field(default_factory=Asked)

    @classmethod
    def of(cls, sources: Sources, question: str) -> TermWeights:
        languages, total = sources.words.languages, sources.words.count()
        terms = dict.fromkeys(content_terms(question, languages))
        frequencies = {term: sources.words.document_frequency(term) for term in terms}
        return cls(
            {term: log(1 + (total + 1) / (frequencies[term] + 0.5)) for term in terms}, languages, Asked.by(question)
        )

    def words_in(self, text: str) -> set[tuple[str, ...]]:
        """The words of a text that carry meaning, each as the indexed languages spell it."""
        return set(content_terms(text, self.languages)) if text else set()

    def share(self, text: str, context: str = "") -> float:
        """The weighted share of the question's words in a text; those only in its context count `CONTEXT_WORTH`."""
        inside, above = self.words_in(text), self.words_in(context)
        total = sum(self.weights.values())
        found = sum(
            weight if term in inside else weight * CONTEXT_WORTH * (term in above)
            for term, weight in self.weights.items()
        )
        return found / total if total else 0.0


def score_lines(
    sources: Sources, vector: NDArray[np.float32], terms: TermWeights, hits: Sequence[Hit]
) -> list[ScoredLine]:
    """The lines of the best hits, best first. `vector` is the question's unit vector."""
    candidates = [
        (hit, unit, _words(hit.note, unit, terms))
        for hit in hits[:QUOTED_HITS]
        for unit in lines_in(hit)
        if not only_links(hit.note, unit)
    ]
    candidates.sort(key=lambda candidate: -(WORDS * candidate[2] + PASSAGE * candidate[0].score))
    candidates = candidates[:MOST_UNITS]
    if not candidates:
        return []
    meanings = sources.model.encode_documents([_embedded(hit.note, unit) for hit, unit, _ in candidates]) @ vector
    scored = [
        ScoredLine(hit, unit, cosine, share, _score(hit, unit, cosine, share, terms), _hollow(hit.note, unit, terms))
        for (hit, unit, share), cosine in zip(candidates, meanings.tolist(), strict=True)
    ]
    return sorted(scored, key=lambda one: -one.score)


def only_links(note: Note, unit: Line) -> bool:
    """Whether a line leads to other notes and says no more, like an entry of a table of contents."""
    return _is_mostly(without_note_links, text_of(note, unit.span))


def pick_quotes(scored: Sequence[ScoredLine]) -> list[Quote]:
    """The lines to show, best first: those nearly as good as the best, each with what belongs to it, none twice."""
    return [judged.quote for judged in judge(scored) if judged.quote]


def judge(scored: Sequence[ScoredLine]) -> Iterator[Judged]:
    """What becomes of each line, in the same order."""
    quotes: list[Quote] = []
    for one, lesser in _compared(scored):
        too_low = one.score < LEAST_SHARE * leading(scored).score
        if dropped := lesser or ("score" if too_low else "most" if len(quotes) == MOST_QUOTES else ""):
            yield Judged(one, dropped=dropped)
            continue
        quote = make_quote(one)
        if any(_same(quote, other) for other in quotes):
            yield Judged(one, dropped="repeats")
        else:
            quotes.append(quote)
            yield Judged(one, quote)


def leading(scored: Sequence[ScoredLine]) -> ScoredLine:
    """The line that the others are measured by: the best one that says something, unless it is far from the best."""
    saying = next((one for one in scored if not one.hollow), scored[0])
    return saying if saying.score >= LEAST_SHARE_OF_NAME * scored[0].score else scored[0]


def _compared(scored: Sequence[ScoredLine]) -> Iterator[tuple[ScoredLine, str]]:
    """Each line with the rule by which it is too far from the best one, or from the best of its own list; or ""."""
    best_of_list: dict[tuple[object, ...], float] = {}
    leader = leading(scored) if scored else None
    least = SHARE_OF_BEST_WORDS * leader.words if leader and leader.words >= NEARLY_ALL_WORDS else 0.0
    for one in scored:
        unit = one.unit
        where = (unit.headings, unit.ancestors) if unit.kind is Kind.ITEM else (unit.span,)
        best = best_of_list.setdefault((one.hit.note.path, *where), one.words)
        lesser = "siblings" if one.words < SHARE_OF_SIBLING_WORDS * best else "words" if one.words < least else ""
        yield one, "names" if one.hollow == NAMES and leader and not leader.hollow else lesser


def make_quote(scored: ScoredLine) -> Quote:
    """A line with what belongs to it: a bullet's children, the answer to a question, what a colon announces."""
    note, unit = scored.hit.note, scored.unit
    return quote_lines(note, unit, with_what_follows(note, unit), scored.score)


def quote_lines(note: Note, unit: Line, span: Span, score: float) -> Quote:
    """These lines of a note, verbatim; `unit` is the first of them, under whose headings and bullets they stand."""
    return Quote(
        text=note.text[span.start_char : span.end_char],
        note_path=note.path,
        title=note.title,
        headings=unit.headings,
        context=unit.ancestors,
        start_char=span.start_char,
        end_char=span.end_char,
        start_line=span.start_line,
        end_line=span.end_line,
        score=score,
    )


def _words(note: Note, unit: Line, terms: TermWeights) -> float:
    """The share of the question's words in a line and above it.

    What an entry of front matter says it says of its note: if it is asked for, or has a word that is.
    """
    text = text_of(note, unit.span)
    if unit.kind is not Kind.FRONT_MATTER:
        return terms.share(text, _context(unit))
    if asking := terms.asked.words_for(text):
        return terms.share(" ".join((note.title, text, *asking)))
    return terms.share(text, note.title) if terms.share(text) else 0.0


def _score(hit: Hit, unit: Line, cosine: float, share: float, terms: TermWeights) -> float:
    merit = MEANING * cosine + WORDS * share + PASSAGE * hit.score
    if unit.kind is Kind.FRONT_MATTER and terms.asked.words_for(text_of(hit.note, unit.span)):
        return merit - LESS_FOR_FRONT_MATTER * (1 - share)
    new_words = terms.words_in(text_of(hit.note, unit.span)) - terms.weights.keys()
    repetition = LESS_FOR_NOTHING_NEW * max(0.0, 1 - len(new_words) / ENOUGH_NEW_WORDS)
    return merit - repetition - _less(hit.note, unit)


def _less(note: Note, unit: Line) -> float:
    """What a line loses for being of a kind that seldom answers."""
    match unit.kind:
        case Kind.FRONT_MATTER:
            return LESS_FOR_FRONT_MATTER
        case Kind.HEADING:
            return LESS_FOR_HEADING if unit.headings else LESS_FOR_TITLE
        case Kind.CODE:
            return LESS_FOR_CODE
    if _is_mostly(without_links, text_of(note, unit.span)):
        return LESS_FOR_LINK
    return LESS_FOR_QUESTION if _is_open_question(note, unit) else 0.0


def _is_open_question(note: Note, unit: Line) -> bool:
    return asks(text_of(note, unit.span)) and with_what_follows(note, unit) == unit.span


def _hollow(note: Note, unit: Line, terms: TermWeights) -> str:
    text = text_of(note, unit.span)
    if unit.kind is Kind.FRONT_MATTER:
        return NAMES if only_names(text, note.title) and not terms.asked.naming(text) else ""
    return OPEN if _is_open_question(note, unit) else ""


def _is_mostly(without: Callable[[str], str], text: str) -> bool:
    """Whether most letters of a text are in what `without` takes away."""
    letters = sum(map(str.isalnum, plain_text(text)))
    return sum(map(str.isalnum, plain_text(without(text)))) < letters / 2


def _context(unit: Line) -> str:
    return " > ".join((*unit.headings, *unit.ancestors))


def _embedded(note: Note, unit: Line) -> str:
    above = [note.title] if unit.kind is Kind.FRONT_MATTER else unit.headings[-1:]
    context = " > ".join((*above, *unit.ancestors[-2:]))
    text = plain_text(text_of(note, unit.span))[:READ_OF_UNIT]
    return f"{context}\n{text}" if context else text


def _same(quote: Quote, other: Quote) -> bool:
    """Whether two quotes overlap, or say the same."""
    if quote.note_path == other.note_path:
        overlap = quote.start_char < other.end_char and other.start_char < quote.end_char
        return overlap or quote.text.strip() == other.text.strip()
    return repeats(word_shingles(quote.text), word_shingles(other.text))
