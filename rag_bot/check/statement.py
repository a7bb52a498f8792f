"""A text as a check reads it: its words, names, numbers, days, times and limiting words, in their order."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from rag_bot.check.dates import Clock, Day, find_days_and_times
from rag_bot.check.limits import ABOUT, PLAN, SOME, limit_of
from rag_bot.check.numbers import Number, find_numbers, with_digits
from rag_bot.check.words import are_related, are_spelled_alike, is_known, lemmas
from rag_bot.markdown import plain_text
from rag_bot.text.terms import ENGLISH, UNSPACED, is_stop_word, script_language, words_of

_STRUCK = re.compile(r"~~[^~\n]++~~")
_OPEN_TASK = re.compile(r"\s*[-*+]\s\[ \]\s")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_PART_OF = re.compile(
    r"\d (?:of|out of|von|sur|de|di|van) (?:the |den |les |los |las |i |de )?\d"
)  # "12 of the 20 guests"
_CLAUSE_END = re.compile(r"[.,!?:;|](?=\s|$)|\s[-–—]\s|[\n()]")
# "anna@example.org", "https://example.org/a?b=1", "/mnt/vault", "~/notes": a name each, without a stop at the end.
_ADDRESS = re.compile(
    r"(?<![\w/])(?:[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[^\s<>()]*[\w/]|~?(?:/[\w.-]*\w){2,}|~/[\w.-]*\w)"
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)s?")  # as number words become: "at first" and "two fifths" name nothing
_AMOUNT = re.compile(r"\s*[\d€$£¥]")
_LONGEST_ENDING = 2  # letters: 'm, 's, 've, 'll, 're
_LONGEST = 4_000  # characters of a line that are read; set by hand
_STATEMENTS_KEPT = 256  # the question of an answer, and a sentence that is checked again; set by hand

# Before a name where one language or writer has them and another has not. By hand.
_TITLES = frozenset(
    "mr mrs ms miss dr prof sir herr herrn frau m mme monsieur madame señor señora signor signora".split()
)

Value = Number | Day | Clock


@dataclass(frozen=True, slots=True)
class Item:
    """A word, name or amount of a text.

    `value` is that of an amount; `name` counts the names of the text, whose words have the same number, 0 for what is
    none; `clause` counts its clauses.
    """

    text: str
    lemmas: frozenset[str] = frozenset()
    value: Value | None = None
    name: int = 0
    clause: int = 0

    @property
    def is_fact(self) -> bool:
        """Whether it must stand in the lines as it is: an amount or a name."""
        return bool(self.name) or self.value is not None

    def says(self, other: Item) -> bool:
        """Whether an item of a line says this one."""
        if self.value is not None and other.value is not None:
            return _agree(self.value, other.value)
        if self.lemmas & other.lemmas:
            return True
        if self.value or other.value:
            return False
        if self.name:
            return any(are_spelled_alike(ours, theirs) for ours in self.lemmas for theirs in other.lemmas)
        return any(are_related(ours, theirs) for ours in self.lemmas for theirs in other.lemmas)


@dataclass(frozen=True, slots=True)
class Statement:
    """A text without its Markdown, its language, its items, and its limiting words as (class, clause)."""

    text: str
    language: str
    items: tuple[Item, ...]
    limits: tuple[tuple[str, int], ...]


@lru_cache(maxsize=_STATEMENTS_KEPT)
def read_statement(markdown: str, languages: tuple[str, ...]) -> Statement:
    """Read a sentence or a line; `languages` are those its words may be in."""
    plain = unicodedata.normalize("NFC", plain_text(_STRUCK.sub(" ", markdown[:_LONGEST])))
    likely = _likely(plain, languages)
    language = script_language(plain) or likely[0]
    text = with_digits(plain, likely)
    places: list[tuple[int, int, Item]] = []
    for nth, match in enumerate(_ADDRESS.finditer(text), start=1):
        places.append((*match.span(), Item(match[0], frozenset({match[0].casefold()}), name=-nth)))
    masked = _masked(text, [(start, end) for start, end, _ in places])
    for start, end, value in find_days_and_times(masked):
        places.append((start, end, Item(text[start:end], value=value)))
    masked = _masked(text, [(start, end) for start, end, _ in places])
    numbers = list(find_numbers(masked))
    places += [(start, end, Item(text[start:end].strip(), value=one)) for start, end, one in numbers if not one.is_weak]
    masked = _masked(masked, [(start, end) for start, end, _ in numbers])
    limits: list[tuple[int, str]] = [(0, PLAN)] if _OPEN_TASK.match(markdown) else []
    limits += [(match.start(), SOME) for match in _PART_OF.finditer(text)]
    begins, names, name_end = True, 0, -1
    for start, word in _words(masked):
        after = text[start + len(word) : start + len(word) + 3]
        if (kind := limit_of(word.lower(), (*likely, ENGLISH))) and (kind != ABOUT or _AMOUNT.match(after)):
            limits.append((start, kind))
        elif (word := _bare(word, language)) and not is_stop_word(word.lower(), language):
            is_name = _is_name(word, languages, language, begins=begins)
            if is_name:
                names += text[name_end:start] != " "  # words of one name have a blank between them
                name_end = start + len(word)
            item = Item(word, lemmas(word, languages), name=names if is_name else 0)
            places.append((start, start + len(word), item))
        begins = after[:1] in ".!?:" or after.strip()[:1] in '"“„«•|>'
    ends = [match.start() for match in _CLAUSE_END.finditer(text)]
    places.sort(key=lambda place: place[:2])
    return Statement(
        plain,
        language,
        tuple(replace(item, clause=bisect_left(ends, start)) for start, _, item in places),
        tuple((kind, bisect_left(ends, start)) for start, kind in limits),
    )


def _likely(text: str, languages: tuple[str, ...]) -> list[str]:
    """Those of the languages of which the text has most stop words: several, or all, of a short text."""
    words = {*words_of(text)}
    told = {language: sum(is_stop_word(word, language) for word in words) for language in languages}
    return [language for language in languages if told[language] == max(told.values())]


def _is_name(word: str, languages: tuple[str, ...], language: str, *, begins: bool) -> bool:
    """Whether a word is written as names and codes are: with capitals or digits where the language has none."""
    if any(map(str.isdigit, word)):
        return any(map(str.isalpha, word)) and not _ORDINAL.fullmatch(word)
    if not word[0].isupper() or len(word) < 2 or word.casefold() in _TITLES:
        return False
    return not is_known(word, languages) if begins or language == "german" else True


def _bare(word: str, language: str) -> str:
    """A word without the article or pronoun that leans on it: "l'eau" is "eau", and nothing is left of "I'm"."""
    head, mark, tail = word.replace("’", "'").partition("'")
    if not (mark and is_stop_word(head.lower(), language)):
        return word
    return tail if len(tail) > _LONGEST_ENDING else ""


def _words(text: str) -> Iterator[tuple[int, str]]:
    """The words of a text with their places; of scripts without spaces the pairs of neighbouring characters."""
    for match in _WORD.finditer(text):
        if UNSPACED.search(match[0]):
            yield from ((match.start() + at, match[0][at : at + 2]) for at in range(max(1, len(match[0]) - 1)))
        else:
            yield match.start(), match[0]


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _agree(ours: Value, theirs: Value) -> bool:
    """Whether a line that has `theirs` says `ours`; a bare number may be the year or day of a day, or an hour."""
    if isinstance(ours, Number) and isinstance(theirs, Number):
        return ours.agrees(theirs)
    if isinstance(ours, Day) and isinstance(theirs, Day):
        return ours.agrees(theirs)
    if isinstance(ours, Clock) and isinstance(theirs, Clock):
        return ours.agrees(theirs)
    number, other = (ours, theirs) if isinstance(ours, Number) else (theirs, ours)
    if not isinstance(number, Number) or number.units:
        return False
    if isinstance(other, Clock):
        hours, minutes = divmod(other.minutes, 60)
        return not {hours + minutes / 60, hours + minutes / 60 - 12, hours + minutes / 100}.isdisjoint(number.values)
    if isinstance(other, Day):
        may_be = {other.as_decimal} | ({other.year, other.day} if number is ours else set())
        return not may_be.isdisjoint(number.values)
    return False
