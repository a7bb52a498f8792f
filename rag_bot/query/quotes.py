"""Hits -> the few lines that answer, verbatim: each sentence, bullet and row of the best passages gets a score."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from rag_bot.markdown import (
    Kind,
    Line,
    Span,
    plain_text,
    without_links,
    without_note_links,
)
from rag_bot.models.reader import Reader
from rag_bot.query.anchors import missing_anchors, texts_of
from rag_bot.query.duplicates import agree, repeats, word_shingles
from rag_bot.query.front_matter import QuestionWords, is_flag, only_names
from rag_bot.query.lines import lines_in, text_of, with_what_follows
from rag_bot.query.names import is_in_names
from rag_bot.query.open_index import Sources
from rag_bot.query.reading import reading_text
from rag_bot.query.times import AskedTimes
from rag_bot.query.vault.lexicon import speaks_of_notes
from rag_bot.records import Hit, Note, Quote
from rag_bot.text.kept import kept
from rag_bot.text.sentences import asks
from rag_bot.text.spelling import is_function_word
from rag_bot.text.terms import ENGLISH, STOP_WORDS, content_terms, language_of

# All of these are set by hand on the corpus and on `eval/questions.jsonl`, unless they say otherwise.
# Passages whose lines are looked at, and lines of them that the reader reads. Measured on two vaults it was not taught
# with: with 6 and 24 the right line was first for .79 of 70 questions and .32 of 19 paraphrases, so for .80 and .37.
HITS_READ, LINES_READ = 10, 40
# They are read in portions until one answers, or the first two have none that comes near: chosen on four vaults, and on
# six other sets (713 questions) 17.6 lines a question instead of 22.4, 348 right answers instead of 349; more of it in
# `eval/reader/README.md`.
PORTION = 10
ENOUGH, HOPELESS = 1.0, -1.0  # logits of the best line, as the default reader gives them
HITS_EMBEDDED, LINES_EMBEDDED = 6, 24  # without a reader; measured: 40 were no better
LESS_FOR_ANOTHER = 1.5  # logits a line loses for each identifier of the question that it and its note lack, or its time
READ_OF_LINE = 250  # characters of a line that are embedded: what it is about shows at its beginning
MOST_QUOTES = 5
LEAST_BELOW_READ = 3.0  # logits below the best line's, as the reader gives them, for a further line to be shown
# Where no line answers fewer are shown: with these numbers, of 45 such questions whose lines have the right one for 18,
# 118 lines instead of 201 are, and the right one for all 18.
MOST_CLOSEST, LEAST_BELOW_CLOSEST = 3, 1.5
LEAST_SHARE = 0.74  # of the best line's score, for a further line to be shown
MEANING, WORDS, PASSAGE = 0.5, 0.3, 0.2  # weights of cosine, of words found, and of the passage's own score
NEARLY_ALL_WORDS = 0.8  # where the best line has this share of the query's words, so must a further line, nearly
SHARE_OF_BEST_WORDS = 0.8
SHARE_OF_SIBLING_WORDS = 0.7  # of neighbouring bullets those are shown that have nearly as many of the words
LESS_FOR_FRONT_MATTER = LESS_FOR_TITLE = LESS_FOR_QUESTION = 0.15  # they name the subject, but seldom answer
LESS_FOR_HEADING = LESS_FOR_CODE = LESS_FOR_LINK = 0.1  # code comes with the sentence that announces it
LESS_FOR_NOTHING_NEW = 0.1  # in full for a line that only repeats the query's words,
ENOUGH_NEW_WORDS = 6  # and not at all for one with so many others
LEAST_SHARE_OF_NAME = 0.6  # a title, tag list or open question gives way to a line with this share of its score
CONTEXT_WORTH = 0.6  # what a query's word counts when it stands above the line and not in it

ASKS_HOW = frozenset("how wie hoe hur hvor kuinka".split())  # in the languages where a word of measure follows

NAMES, OPEN = "names", "open"
_IDENTIFIER = re.compile(r"(?=.*\d)(?:.*[^\W\d_].*|.{4,})")  # "M217", "RFC-0014", "2026"; "75" may lie in "60-90"
_BLOCK_ID = re.compile(r"\^[\w-]+")  # "^lease", which Obsidian's links aim at


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """A line of a hit with what speaks for it: cosine and share of the query's words, both at most 1.

    `answers` is the reader's logit, 0 without one; what the default reader has read has no cosine.
    `hollow` is NAMES for a title or tags, OPEN for a question that nothing answers, else "".
    """

    hit: Hit
    line: Line
    meaning: float
    words: float
    score: float
    hollow: str = ""
    answers: float = 0.0

    @property
    def text(self) -> str:
        return text_of(self.hit.note, self.line.span)


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """What becomes of a line: its quote, or the rule that dropped it.

    Rules: "names" (it only names the note, and others say more),
    "siblings" (the best bullet of its list has more of the query's words), "words" (the best line has),
    "score" (too far below the best line's), "most" (enough are shown), "repeats" (another quote has it),
    "closest" (none answers, and others are closer).
    """

    scored: ScoredLine
    quote: Quote | None = None
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The query's words with their weight: rare words in the notes count more. `unmentioned` stand nowhere in them."""

    weights: Mapping[tuple[str, ...], float]
    languages: tuple[str, ...] = (ENGLISH,)
    question_words: QuestionWords = field(default_factory=QuestionWords)
    unmentioned: tuple[str, ...] = ()
    share_unmentioned: float = 0.0

    @classmethod
    def of(cls, sources: Sources, query: str) -> TermWeights:
        languages, total = sources.words.languages, sources.words.count()
        terms = dict.fromkeys(content_terms(query, languages))
        frequencies = {term: sources.words.document_frequency(term) for term in terms}
        weights = {term: log(1 + (total + 1) / (frequencies[term] + 0.5)) for term in terms}
        nowhere = [
            term for term, count in frequencies.items() if not count and not is_in_names(sources.catalogue, term)
        ]
        share = sum(weights[term] for term in nowhere) / (sum(weights.values()) or 1.0)
        return cls(weights, languages, QuestionWords.of(query), _as_written(query, nowhere, languages), share)

    def words_in(self, text: str) -> frozenset[tuple[str, ...]]:
        """The words of a text that carry meaning, each as the indexed languages spell it."""
        return _words_in(text, self.languages)

    def share(self, text: str, context: str = "") -> float:
        """The weighted share of the query's words in a text; those only in its context count `CONTEXT_WORTH`."""
        inside, above = self.words_in(text), self.words_in(context)
        total = sum(self.weights.values())
        present = sum(
            weight if term in inside else weight * CONTEXT_WORTH * (term in above)
            for term, weight in self.weights.items()
        )
        return present / total if total else 0.0


@kept(characters=500_000)  # what stands above a line stands above its neighbours too; set by hand
def _words_in(text: str, languages: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(content_terms(text, languages))


def _as_written(query: str, terms: Sequence[tuple[str, ...]], languages: Sequence[str]) -> tuple[str, ...]:
    """The words of a query that are these terms, without those that its grammar needs or that only speak of notes."""
    words = re.findall(r"\w(?:[\w'’-]*\w)?", query)
    is_grammar = STOP_WORDS.__contains__ if language_of(query) == ENGLISH else is_function_word
    told = [
        word
        for before, word in pairwise(["", *words])
        if set(content_terms(word, languages)) <= {*terms}
        and before.lower() not in ASKS_HOW  # what follows asks for a number: "how big", "wie weit"
        and not is_grammar(word.lower())
        and not speaks_of_notes(word)
    ]
    return tuple(dict.fromkeys(told))


def score_lines(
    sources: Sources,
    query: str,
    vector: NDArray[np.float32],
    terms: TermWeights,
    hits: Sequence[Hit],
    reader: Reader | None,
    anchors: Sequence[str] = (),
    times: AskedTimes | None = None,
) -> list[ScoredLine]:
    """The lines of the best hits, best first. `vector` is the query's unit vector.

    The words found and the passages' scores choose those that the reader reads; without one, that are embedded.
    `anchors` and `times` are the question's: to the reader one identifier, number or day is much like another.
    """
    candidates = [
        (hit, line, _share_of_words(hit, line, terms))
        for number, hit in enumerate(hits)
        if number < (HITS_READ if reader else HITS_EMBEDDED) or hit.above
        for line in lines_in(hit)
        if not only_links(hit.note, line)
    ]
    if reader:  # to which each line comes with its headings; only a note of nothing else has them as lines
        candidates = [candidate for candidate in candidates if candidate[1].kind is not Kind.HEADING] or candidates
    candidates.sort(key=lambda candidate: -(WORDS * candidate[2] + PASSAGE * candidate[0].score))
    candidates = candidates[: LINES_READ if reader else LINES_EMBEDDED]
    if not candidates:
        return []
    if reader:
        answers, relevance = _read(reader, query, [(hit, line) for hit, line, _ in candidates])
        identifiers = [anchor for anchor in anchors if _IDENTIFIER.fullmatch(anchor)]
        scored = []
        for (hit, line, share), logit, rank in zip(candidates, answers, relevance, strict=False):
            if identifiers:
                rank -= LESS_FOR_ANOTHER * len(missing_anchors(identifiers, texts_of(hit, line)))
            if times and times.lacking(hit.note, line):
                rank -= LESS_FOR_ANOTHER
            hollow = _hollow(hit.note, line, terms)
            scored.append(ScoredLine(hit, line, 0.0, share, 1 / (1 + exp(-rank)), hollow, logit))
        scored.sort(key=lambda line: (line.hollow == NAMES, -line.score))
        if reader.calibrated:
            return scored
        # Nothing is known of what its scores mean: whether the first lines answer is told by their cosines.
        best, rest = scored[:MOST_QUOTES], scored[MOST_QUOTES:]
        cosines = _cosines(sources, vector, [(line.hit, line.line) for line in best])
        return [*(replace(line, meaning=cosine) for line, cosine in zip(best, cosines, strict=True)), *rest]
    cosines = _cosines(sources, vector, [(hit, line) for hit, line, _ in candidates])
    scored = [
        ScoredLine(hit, line, cosine, share, _score(hit, line, cosine, share, terms), _hollow(hit.note, line, terms))
        for (hit, line, share), cosine in zip(candidates, cosines, strict=True)
    ]
    return sorted(scored, key=lambda line: -line.score)


def _read(reader: Reader, query: str, lines: Sequence[tuple[Hit, Line]]) -> tuple[list[float], list[float]]:
    """What the reader says to the first lines: to all, or as far as it takes to know whether one answers."""
    answers: list[float] = []
    relevance: list[float] = []
    for start in range(0, len(lines), PORTION):
        texts = [reading_text(hit.note, line, hit.above) for hit, line in lines[start : start + PORTION]]
        answering, rank = reader.read(query, texts)
        answers += answering.tolist()
        relevance += rank.tolist()
        best = max(answers)
        if reader.calibrated and (best >= ENOUGH or (start and best < HOPELESS)):
            break
    return answers, relevance


def _cosines(sources: Sources, vector: NDArray[np.float32], lines: Sequence[tuple[Hit, Line]]) -> list[float]:
    cosines: list[float] = (
        sources.model.encode_lines([_embedded(hit.note, line) for hit, line in lines]) @ vector
    ).tolist()
    return cosines


def only_links(note: Note, line: Line) -> bool:
    """Whether a line leads to other notes and says no more, as in a table of contents, or is what a link aims at."""
    return bool(_BLOCK_ID.fullmatch(text_of(note, line.span).strip())) or _is_mostly(
        without_note_links, text_of(note, line.span)
    )


def judge(lines: Sequence[ScoredLine], *, was_read: bool) -> Iterator[JudgedLine]:
    """What becomes of each line, in the same order: those nearly as good as the best are shown, none twice.

    Each quote has what belongs to it. A line that a reader has read needs no words of the question.
    """
    if not lines:
        return
    leader = leading(lines)
    quotes: list[Quote] = []
    best_of_list: dict[tuple[object, ...], float] = {}
    for scored in lines:
        line, note = scored.line, scored.hit.note
        where = (line.headings, line.ancestors) if line.kind is Kind.ITEM else (line.span,)
        best_sibling = best_of_list.setdefault((note.path, *where), scored.words)
        dropped = ""
        if scored.hollow == NAMES and not leader.hollow:
            dropped = "names"
        elif scored.answers < leader.answers - LEAST_BELOW_READ:
            dropped = "score"
        elif was_read:
            pass
        elif scored.words < SHARE_OF_SIBLING_WORDS * best_sibling:
            dropped = "siblings"
        elif leader.words >= NEARLY_ALL_WORDS and scored.words < SHARE_OF_BEST_WORDS * leader.words:
            dropped = "words"
        elif scored.score < LEAST_SHARE * leader.score:
            dropped = "score"
        if not dropped and len(quotes) == MOST_QUOTES:
            dropped = "most"
        if dropped:
            yield JudgedLine(scored, dropped=dropped)
            continue
        quote = quote_lines(note, line, with_what_follows(note, line), scored.score)
        if any(say_the_same(quote, other) for other in quotes):
            yield JudgedLine(scored, dropped="repeats")
        else:
            quotes.append(quote)
            yield JudgedLine(scored, quote)


def closest_of(judged: Sequence[JudgedLine]) -> list[JudgedLine]:
    """The same lines where none of them answers: of the quoted ones only the first near the best one still are."""
    quoted = [line for line in judged if line.quote]
    least = max((line.scored.answers for line in quoted), default=0.0) - LEAST_BELOW_CLOSEST
    kept = [line for line in quoted if line.scored.answers >= least][:MOST_CLOSEST]
    return [line if line in kept or not line.quote else JudgedLine(line.scored, dropped="closest") for line in judged]


def leading(lines: Sequence[ScoredLine]) -> ScoredLine:
    """The line that the others are measured by: the best one that says something, unless it is far from the best."""
    telling = next((line for line in lines if not line.hollow), lines[0])
    return telling if telling.score >= LEAST_SHARE_OF_NAME * lines[0].score else lines[0]


def quote_lines(note: Note, first: Line, span: Span, score: float) -> Quote:
    """These lines of a note, verbatim; they stand under the headings and bullets of the `first` of them."""
    return Quote(
        text=note.text[span.start_char : span.end_char],
        note_path=note.path,
        title=note.title,
        headings=first.headings,
        context=first.ancestors,
        start_char=span.start_char,
        end_char=span.end_char,
        start_line=span.start_line,
        end_line=span.end_line,
        score=score,
        place=note.place(span.start_line, span.end_line),
    )


def _share_of_words(hit: Hit, line: Line, terms: TermWeights) -> float:
    """The share of the query's words in a line and above it.

    What an entry of front matter says it says of its note: if it is asked for, or has a word that is.
    """
    note, text = hit.note, text_of(hit.note, line.span)
    if line.kind is not Kind.FRONT_MATTER:
        return terms.share(text, " > ".join((hit.above, note.title, *line.headings, *line.ancestors)))
    if asking := terms.question_words.asking_for(text):
        return terms.share(" ".join((note.title, text, *asking)))
    return terms.share(text, note.title) if terms.share(text) else 0.0


def _embedded(note: Note, line: Line) -> str:
    """What of a line is embedded: its beginning, below the nearest of what stands above it."""
    above = [note.title] if line.kind is Kind.FRONT_MATTER else line.headings[-1:]
    context = " > ".join((*above, *line.ancestors[-2:]))
    text = plain_text(text_of(note, line.span))[:READ_OF_LINE]
    return f"{context}\n{text}" if context else text


def _score(hit: Hit, line: Line, cosine: float, share: float, terms: TermWeights) -> float:
    text = text_of(hit.note, line.span)
    merit = MEANING * cosine + WORDS * share + PASSAGE * hit.score
    if line.kind is Kind.FRONT_MATTER and terms.question_words.asking_for(text):
        return merit - LESS_FOR_FRONT_MATTER * (1 - share)
    new_words = terms.words_in(text) - terms.weights.keys()
    repetition = LESS_FOR_NOTHING_NEW * max(0.0, 1 - len(new_words) / ENOUGH_NEW_WORDS)
    return merit - repetition - _less_for_kind(hit.note, line)


def _less_for_kind(note: Note, line: Line) -> float:
    """What a line loses for being of a kind that seldom answers."""
    match line.kind:
        case Kind.FRONT_MATTER:
            return LESS_FOR_FRONT_MATTER
        case Kind.HEADING:
            return LESS_FOR_HEADING if line.headings else LESS_FOR_TITLE
        case Kind.CODE:
            return LESS_FOR_CODE
    if _is_mostly(without_links, text_of(note, line.span)):
        return LESS_FOR_LINK
    return LESS_FOR_QUESTION if _is_open_question(note, line) else 0.0


def _is_open_question(note: Note, line: Line) -> bool:
    return asks(text_of(note, line.span)) and with_what_follows(note, line) == line.span


def _hollow(note: Note, line: Line, terms: TermWeights) -> str:
    text = text_of(note, line.span)
    if line.kind is Kind.FRONT_MATTER:
        return (
            NAMES if is_flag(text) or (only_names(text, note.title) and not terms.question_words.naming(text)) else ""
        )
    return OPEN if _is_open_question(note, line) else ""


def _is_mostly(without: Callable[[str], str], text: str) -> bool:
    """Whether most letters of a text are in what `without` takes away."""
    rest = without(text)
    if rest == text:  # as that of most lines is
        return False
    letters = sum(map(str.isalnum, plain_text(text)))
    return sum(map(str.isalnum, plain_text(rest))) < letters / 2


def say_the_same(quote: Quote, other: Quote) -> bool:
    """Whether two quotes overlap, or say the same."""
    if quote.note_path == other.note_path:
        overlap = quote.start_char < other.end_char and other.start_char < quote.end_char
        return overlap or quote.text.strip() == other.text.strip()
    return repeats(word_shingles(quote.text), word_shingles(other.text)) and agree(quote.text, other.text)
