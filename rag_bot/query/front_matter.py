"""Which entries of a note's front matter a question asks for: those with its words as key, or with when, where, who."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag_bot.markdown.entries import keys_of, value_of
from rag_bot.text.terms import STOP_WORDS, words_of

NAMES = frozenset("title titel titre título tags tag keywords schlagworte".split())
"""Keys that name a note or sort it, and say nothing else of it."""

_QUESTIONS = {
    "time": "when wann cuándo quand quando date datum day year jahr",
    "place": "where wo wohin dónde où dove onde location place venue ort",
    "person": "who whom whose by wer wen wem quién qui chi",
    "amount": "how wie",
    "price": "cost costs price pay expensive kostet kostete kosten preis teuer",
}
_KEYS = {
    "time": "date datum day due deadline start end begin created updated modified published born birthday year when "
    "fecha jahr",
    "place": "location place venue room city country address where ort raum stadt land adresse lieu lugar",
    "person": "author authors autor autorin autoren by writer creator speaker speakers host hosts participants "
    "attendees people person members guests teilnehmer teilnehmerin teilnehmerinnen owner assignee lead director "
    "editor contact companions organizer doctor referent leitung mit with",
    "price": "price cost costs amount total budget fee preis betrag kosten summe",
}
# A date by numbers (2024-03-05, 2024-03, 5.3.2024, 5/3/24), a year from 1500 on, or a month's name before a number, in
# the languages whose months begin so.
_DATE = re.compile(
    r"\b(?:\d{4}-\d{1,2}(?:-\d{1,2})?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|(?:1[5-9]|20)\d\d)\b"
    r"|\b(?:jan|feb|mar|mär|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*\.? \d{1,4}\b"
)
_MONEY = re.compile(r"[€$£¥]|\d\s?(?:eur|euro|usd|chf|gbp|sek|kr)\b")
_AMOUNT = re.compile(r"[~≈]?\d[\d.,]*\s?[^\W\d_]")  # a number with its unit
_HOW_MUCH = re.compile(
    r"\b(?:how (?:much|many|long|heavy|far|old|big|large|high|tall|wide|fast|deep)"
    r"|wie (?:viele?|lange?|schwer|weit|alt|groß|hoch|breit|schnell|tief))\b"
)
_SHORTEST, _LONGEST_ENDING, _BEGINNING = 3, 3, 5  # letters; set by hand
Kinds = frozenset[str]


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """The words of a question, and the kinds of things that they ask for."""

    words: frozenset[str] = frozenset()
    kinds: Kinds = frozenset()

    @classmethod
    def of(cls, question: str) -> QuestionWords:
        words = frozenset(words_of(question))
        kinds = {kind for kind, asking in _QUESTIONS.items() if words.intersection(asking.split())}
        return cls(words, frozenset(kinds if _HOW_MUCH.search(question.lower()) else kinds - {"amount"}))

    def asking_for(self, entry: str) -> frozenset[str]:
        """The words that ask for an entry of front matter, none if the question asks for something else."""
        asking = " ".join(_QUESTIONS[kind] for kind in self.kinds & kinds_of(entry)).split()
        return self.words.intersection(asking) | self.naming(entry)

    def naming(self, entry: str) -> frozenset[str]:
        """The words that name the entry's key."""
        keys = set(words_of(key_words(entry))) - STOP_WORDS
        return frozenset(word for word in self.words - STOP_WORDS if any(_are_forms(word, key) for key in keys))


def _are_forms(word: str, key: str) -> bool:
    """Whether two words are forms of the same one, by their beginnings: "published" and "publisher"."""
    short, long = sorted((word, key), key=len)
    alike = len(short) >= _SHORTEST and long.startswith(short) and len(long) - len(short) <= _LONGEST_ENDING
    return word == key or alike or (len(short) >= _BEGINNING and word[:_BEGINNING] == key[:_BEGINNING])


def kinds_of(entry: str) -> Kinds:
    """What an entry tells, by its keys and the look of its value."""
    keys, value = set(words_of(key_words(entry))), value_of(entry).lower()
    kinds = {kind for kind, telling in _KEYS.items() if keys.intersection(telling.split())}
    matches = {"time": _DATE.search(value), "price": _MONEY.search(value), "amount": _AMOUNT.match(value)}
    return frozenset(kinds | {kind for kind, match in matches.items() if match})


def key_words(entry: str) -> str:
    """The keys of an entry as words: "next_appointment" is "next appointment"."""
    return " ".join(re.sub(r"[_\-./]+", " ", key) for key in keys_of(entry))


def only_names(entry: str, title: str) -> bool:
    """Whether an entry is the note's tags, or nothing but words of its title, under whatever key: a slug, for one."""
    return bool(NAMES.intersection(keys_of(entry)[:1])) or {*words_of(value_of(entry))} <= {*words_of(title)}


def is_flag(entry: str) -> bool:
    """Whether an entry only switches something: `publish: true`."""
    return value_of(entry).strip().lower() in ("true", "false", "yes", "no")
