"""What a question is about by name: names, identifiers, numbers and dates. Lines without them answer another one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rag_bot.markdown import Line
from rag_bot.query.lines import text_of
from rag_bot.query.reading import reading_text
from rag_bot.records import Hit, Note
from rag_bot.text.terms import ENGLISH, LANGUAGES, STOP_WORDS, detect, words_of

# A word with what may stand in it: "RFC-0014", "v1.2", "O'Neill", "Pedro's".
_WORD = re.compile(r"\w(?:[\w.'’/:-]*\w)?")
_POSSESSIVE = re.compile(r"['’]s?$")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})[-_./]?(0[1-9]|1[0-2])(?:[-_./]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")  # alone in a name: "Prices 2026"
_MONTHS = "January February March April May June July August September October November December".split()
_RELATIVE_YEARS = {"this year": 0, "last year": -1, "next year": 1}
_DATE_KEYS = ("date", "updated", "modified", "created", "datum")


def anchors_of(question: str, today: date) -> list[str]:
    """The names, identifiers and numbers of a question, as they stand there; a year in words ("next year") as a number.

    Names are told by their capital letters, so only in English, and not the first word, which has one anyway.
    """
    in_english = detect(words_of(question), LANGUAGES, at_least=1, least_share=0.0) == ENGLISH
    anchors = []
    for number, word in enumerate(_WORD.findall(question)):
        bare = _POSSESSIVE.sub("", word)
        is_name = in_english and number > 0 and bare[:1].isupper() and bare.lower() not in STOP_WORDS
        if is_name or any(map(str.isdigit, bare)):
            anchors.append(bare)
    lowered = question.lower()
    anchors += [str(today.year + years) for words, years in _RELATIVE_YEARS.items() if words in lowered]
    return list(dict.fromkeys(anchors))


def missing_anchors(anchors: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Those that stand in none of the texts, whatever their case; dates in them count in words too."""
    together = unicodedata.normalize("NFC", "\n".join(texts))
    together = f"{together}\n{_dates_in_words(together)}".lower()
    return [anchor for anchor in anchors if not _stands_in(anchor.lower(), together)]


def date_of(note: Note) -> str:
    """A note's own date as ISO 8601: of its front matter, else of its file's name; "" without one."""
    return date_in(note.path, note.metadata)


def date_in(path: str, metadata: Mapping[str, Any]) -> str:
    """As `date_of`, where only these are known."""
    values = (str(metadata.get(key, "")) for key in _DATE_KEYS)
    for text in (*values, path.rsplit("/", 1)[-1]):
        if match := _ISO_DATE.search(text):
            return "-".join(part for part in match.groups() if part)
    year = _YEAR.search(path.rsplit("/", 1)[-1])
    return year[0] if year else ""


def texts_of(hit: Hit, line: Line) -> list[str]:
    """What a line's words count for: itself, what stands above it, its note's name, tags and date."""
    note = hit.note
    named = [str(value) for key in ("aliases", "tags") for value in note.metadata.get(key, ())]
    return [reading_text(note, line, hit.above), text_of(note, line.span), note.title, note.path, date_of(note), *named]


def _stands_in(anchor: str, text: str) -> bool:
    """As a word of its own; a name also in the plural or the genitive, as part of a compound with a hyphen."""
    ending = "" if anchor[-1].isdigit() else "(?:s|es|['’]s)?"
    return re.search(rf"(?<!\w){re.escape(anchor)}{ending}(?!\w)", text) is not None


def _dates_in_words(text: str) -> str:
    """Each date by numbers as people say it: "2026-03-14" is "14 March 2026 Mar"."""
    said = []
    for year, month, day in _ISO_DATE.findall(text):
        name = _MONTHS[int(month) - 1]
        said.append(f"{int(day) if day else ''} {name} {year} {name[:3]}")
    return " ".join(said)
