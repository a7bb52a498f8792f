"""What a question is about by name: names, identifiers and numbers. Lines without them answer another one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rag_bot.markdown import Line
from rag_bot.query.lines import text_of
from rag_bot.query.reading import reading_text
from rag_bot.records import Hit
from rag_bot.store.note_dates import date_of
from rag_bot.text.terms import ENGLISH, LANGUAGES, STOP_WORDS, detect, words_of

# A word with what may stand in it: "RFC-0014", "v1.2", "O'Neill", "Pedro's".
_WORD = re.compile(r"\w(?:[\w.'’/:-]*\w)?")
_POSSESSIVE = re.compile(r"['’]s?$")


def anchors_of(question: str) -> list[str]:
    """The names, identifiers and numbers of a question, as they stand there; its times are taken out before.

    Names are told by their capital letters, so only in English, and not the first word, which has one anyway.
    """
    in_english = detect(words_of(question), LANGUAGES, at_least=1, least_share=0.0) == ENGLISH
    anchors = []
    for number, word in enumerate(_WORD.findall(question)):
        bare = _POSSESSIVE.sub("", word)
        is_name = in_english and number > 0 and bare[:1].isupper() and bare.lower() not in STOP_WORDS
        if is_name or any(map(str.isdigit, bare)):
            anchors.append(bare)
    return list(dict.fromkeys(anchors))


def missing_anchors(anchors: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Those that stand in none of the texts, whatever their case."""
    together = unicodedata.normalize("NFC", "\n".join(texts)).lower()
    return [anchor for anchor in anchors if not _stands_in(anchor.lower(), together)]


def texts_of(hit: Hit, line: Line) -> list[str]:
    """What a line's words count for: itself, what stands above it, its note's name, tags and date."""
    note = hit.note
    named = [str(value) for key in ("aliases", "tags") for value in note.metadata.get(key, ())]
    return [reading_text(note, line, hit.above), text_of(note, line.span), note.title, note.path, date_of(note), *named]


def _stands_in(anchor: str, text: str) -> bool:
    """As a word of its own; a name also in the plural or the genitive, as part of a compound with a hyphen."""
    ending = "" if anchor[-1].isdigit() else "(?:s|es|['’]s)?"
    return re.search(rf"(?<!\w){re.escape(anchor)}{ending}(?!\w)", text) is not None
