"""The answer to a question about the notes as a whole, or about one of them as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rag_bot.query.excerpts import excerpts_of
from rag_bot.query.open_index import Sources
from rag_bot.query.vault.asking import not_understood, shown_whole
from rag_bot.query.vault.comparison import tell_comparison
from rag_bot.query.vault.digest import tell_summary
from rag_bot.query.vault.narrowing import understand_after
from rag_bot.query.vault.telling import Telling, tell_notes, tell_tags, tell_tasks
from rag_bot.query.vault.vault_question import COMPARISON, SUMMARY, TAGS, TASKS
from rag_bot.records import (
    ANSWERED,
    LISTED_AT_ONCE,
    NO_CLAIM,
    NONE,
    QUOTES,
    Answer,
    Citation,
    Filters,
    Hit,
    SearchRanks,
    Sentence,
    waiting_words,
)
from rag_bot.store.staleness import change_since

_UNDERSTOOD = (
    "Ask for notes that mention X, are tagged #X, lie in the folder X, link to the note X, are of May 2026; or, without"
    " “my notes”, for what they say."
)


def answer_of_vault(
    sources: Sources, question: str, filters: Filters | None, today: date, earlier: Sequence[str] = ()
) -> tuple[Answer, list[Hit]] | None:
    """The answer, and the passages that a language model may write of; None where the question is any other, or no note
    passes the filters. `earlier` are the questions before it, oldest first. The answer has no timings yet.
    """
    census = sources.catalogue.census
    understood = understand_after(earlier, question, today, lambda name: bool(census.in_folder(name)))
    whole, asked = understood or (question, shown_whole(question))
    if asked is None and (words := not_understood(question)):
        statement = f"“{words}” was not understood as what your notes have to be. {_UNDERSTOOD}"
        return replace(_answer(question, Telling(statement, 0, (), {})), searched_for=question), []
    if asked is None:
        return None
    allowed = sources.catalogue.paths_matching(filters) if filters else None
    if allowed is not None and not allowed:
        return None
    if asked.kind == TASKS:
        telling = tell_tasks(sources, asked, allowed, today)
    elif asked.kind == TAGS:
        telling = tell_tags(sources, allowed, used_once=asked.used_once)
    elif asked.kind == SUMMARY:
        telling = tell_summary(sources, asked.topic, allowed, is_plain=asked.is_plain)
    elif asked.kind == COMPARISON:
        telling = tell_comparison(sources, asked.topic, allowed)
    else:
        telling = tell_notes(sources, asked, allowed)
    if telling is None:
        return None
    counted = "Only notes that pass the filters are counted." if filters else ""
    notice = " ".join(filter(None, (counted, waiting_words(sources.catalogue.waiting()))))
    return replace(_answer(question, telling), searched_for=whole, notice=notice), _hits(telling)


def _answer(question: str, telling: Telling) -> Answer:
    citations = tuple(
        Citation(number, quote, change_since(telling.notes[quote.note_path], quote.text))
        for number, quote in enumerate(telling.quotes, start=1)
    )
    shown = citations[: 0 if telling.is_number else LISTED_AT_ONCE]
    lines = [f"{citation.quote.text} [{citation.number}]" for citation in shown]
    return Answer(
        question=question,
        text="\n\n".join((telling.statement, *lines)),
        citations=citations,
        verdict=ANSWERED if telling.total else NONE,
        confidence=1.0,
        mode=QUOTES,
        sentences=(
            Sentence(telling.statement, (), NO_CLAIM),
            *(Sentence(citation.quote.text, (citation.number,)) for citation in shown),
        ),
        nearest=(),
        timings_ms={},
        statement=telling.statement,
        total=telling.total,
        excerpts=excerpts_of(citations, telling.notes) if telling.is_whole else (),
    )


def _hits(telling: Telling) -> list[Hit]:
    return [
        Hit(chunk, telling.notes[chunk.note_path], 1.0, rank, SearchRanks())
        for rank, chunk in enumerate(telling.passages, start=1)
    ]
