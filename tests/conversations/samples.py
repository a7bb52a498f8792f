"""Exchanges as they come, for the tests of conversations."""

from __future__ import annotations

from pathlib import Path

from rag_bot.conversations import SavedExchange
from rag_bot.records import (
    ANSWERED,
    NONE,
    PROSE,
    QUOTES,
    Answer,
    Chunk,
    Citation,
    Filters,
    Hit,
    Note,
    Quote,
    SearchRanks,
    Sentence,
    Usage,
)

EVERYWHERE = Filters()
ASKED = "2026-11-03T14:05:09+01:00"


def quote(text: str, path: str = "notes/a.md", title: str = "Rent", headings: tuple[str, ...] = ("Flat",)) -> Quote:
    return Quote(text, path, title, headings, (), 0, len(text), 12, 15, 0.8)


def quoted(question: str, *texts: str) -> Answer:
    citations = tuple(Citation(number, quote(text)) for number, text in enumerate(texts, start=1))
    said = "\n\n".join(f"{one.quote.text} [{one.number}]" for one in citations) or "This is not in your notes."
    sentences = tuple(Sentence(one.quote.text, (one.number,)) for one in citations)
    return Answer(
        question, said, citations, ANSWERED if citations else NONE, 0.5, QUOTES, sentences, (), {"total": 1.5}, question
    )


def written(question: str, *sentences: Sentence, lines: tuple[str, ...] = ()) -> Answer:
    text = "".join(f"{one.before}{one.text}" for one in sentences)
    citations = tuple(Citation(number, quote(line)) for number, line in enumerate(lines, start=1))
    return Answer(
        *(question, text, citations, ANSWERED, 0.9, PROSE, sentences, (), {"total": 900.0}, question),
        model="ollama:qwen3",
        usage=Usage(300, 20),
    )


def exchange(key: str, question: str, *texts: str, filters: Filters = EVERYWHERE) -> SavedExchange:
    return SavedExchange(key, question, filters, quoted(question, *texts), ASKED)


def hit(path: str, title: str, headings: tuple[str, ...], text: str) -> Hit:
    chunk = Chunk("k", path, 0, headings, "", text, 0, len(text), 3, 4)
    note = Note(path, Path("/n"), "notes", title, title, text, {}, 1, "h", len(text), 0)
    return Hit(chunk, note, 0.25, 1, SearchRanks())
