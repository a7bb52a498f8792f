"""Answers and hits -> JSON of the contract, and text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from rag_bot.markdown import as_shown, format_of
from rag_bot.output.visible import Visible, line, visible
from rag_bot.records import (
    PROSE,
    UNSUPPORTED,
    Answer,
    Citation,
    Excerpt,
    Hit,
    Place,
    change_words,
    difference_words,
    heading_path,
    marks_words,
    support_words,
    verdict_words,
)

_BEGINNING = 160  # characters of a line that is cited from another place: two lines of a terminal


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as the JSON of the contract."""
    searched_for = {"searched_for": answer.reworded} if answer.reworded else {}
    return {
        "question": answer.question,
        **searched_for,
        "answer": answer.text,
        "mode": answer.mode,
        "verdict": answer.verdict,
        "abstained": answer.abstained,
        "confidence": answer.confidence,
        **({"statement": answer.statement, "total": answer.total} if answer.statement else {}),
        "sentences": [
            {
                "text": sentence.text,
                "citations": list(sentence.citations),
                "support": sentence.support,
                "reasons": list(sentence.reasons),
            }
            for sentence in answer.sentences
        ],
        "citations": [_citation_json(citation) for citation in answer.citations],
        "excerpts": [_excerpt_json(excerpt) for excerpt in answer.excerpts],
        "differences": [
            {name: list(values) for name, values in asdict(difference).items()} for difference in answer.differences
        ],
        "unmentioned": list(answer.unmentioned),
        "missing": list(answer.missing),
        **({"unread_language": answer.unread_language} if answer.unread_language else {}),
        "dates": [
            {
                "words": asked.words,
                "ranges": [{"first": one.first.isoformat(), "last": one.last.isoformat()} for one in asked.ranges],
                "is_open_ended": asked.is_open_ended,
            }
            for asked in answer.dates
        ],
        "no_notes_of": list(answer.no_notes_of),
        "nearest": [place_json(Place.of(hit)) for hit in answer.nearest],
        **({"model": answer.model} if answer.model else {}),
        **({"notice": answer.notice} if answer.model or answer.notice else {}),
        **({"usage": asdict(answer.usage)} if answer.usage else {}),
        "timings_ms": dict(answer.timings_ms),
    }


def hits_json(hits: Sequence[Hit], timings_ms: dict[str, float]) -> dict[str, Any]:
    """Passages as the JSON of the contract."""
    return {
        "hits": [{"rank": hit.rank} | place_json(Place.of(hit)) | {"text": hit.chunk.text} for hit in hits],
        "timings_ms": timings_ms,
    }


def answer_text(answer: Answer, *, shows_all: bool = False) -> RenderableType:
    """The verdict in words, what a model wrote, the best excerpt whole, and in one line each what else is cited.

    Where the notes don't speak of it, the nearest ones. Of what was counted the first lines, or all that are cited.
    """
    above = [line(f"Searched for: {answer.reworded}", "dim")] if answer.reworded else []
    notice = [line(answer.notice, "yellow")] if answer.notice else []
    was_asked = bool(answer.model) or answer.mode == PROSE
    above += notice if was_asked else []  # why the model did not write as it was asked to
    above += [line(words, "bold") for words in [verdict_words(answer)] if words]
    below = [] if was_asked else notice
    if answer.abstained:
        nearest = [
            Text.assemble(line(f"  {Place.of(hit).located}", "cyan"), _name(hit.note.path, hit.note.title))
            for hit in answer.nearest
        ]
        title = [Text("The nearest notes:", style="dim")] if nearest else []
        return Visible(Group(*above, *title, *nearest, *below))
    if answer.statement and answer.excerpts:  # a note as a whole
        parts = [part for one in answer.citations for part in (*_excerpt_text(_alone(one), [one]), Text())]
        return Visible(Group(*above, Text(), *parts, *below))
    if answer.statement:
        listed = answer.citations[: None if shows_all else len(answer.sentences) - 1]
        left = max(answer.total, len(answer.citations)) - len(listed)
        words = f"… and {left:,} more{'' if shows_all else ' (`rag-bot ask --all`)'}"
        words = words if listed else "`rag-bot ask --all` lists them."
        more = [line(words, "dim")] if left > 0 else []
        return Visible(Group(*above, *map(_citation_line, listed), *more, *below, Text()))
    above += [line(difference_words(difference), "bold yellow") for difference in answer.differences]
    written = [prose_text(answer), Text()] if answer.mode == PROSE else []
    written += [line(words, "dim"), Text()] if written and (words := marks_words(answer)) else []
    shown = answer.excerpts[:1] or tuple(map(_alone, answer.citations))
    excerpts = [part for excerpt in shown for part in (*_excerpt_text(excerpt, answer.citations), Text())]
    numbers = {number for excerpt in shown for number in excerpt.citations}
    others = [_citation_line(citation) for citation in answer.citations if citation.number not in numbers]
    others = [*others, *below]
    return Visible(
        Group(*above, *([Text()] if above else []), *written, *excerpts, *others, *([Text()] if others else []))
    )


def prose_text(answer: Answer) -> Text:
    """What a model wrote: each sentence with its citations and its mark, a warning with the reasons; and the draft."""
    text = Text()
    for sentence in answer.sentences:
        mark, is_warning = support_words(sentence.support), sentence.support == UNSUPPORTED
        reasons = f": {visible('; '.join(sentence.reasons))}" if is_warning and sentence.reasons else ""
        text.append(sentence.before if text else sentence.before.lstrip())
        text.append(visible(sentence.text), style="yellow" if is_warning else "")
        text.append("".join(f"[{number}]" for number in sentence.citations), style="bold cyan")
        text.append(f" ({mark}{reasons})" if mark else "", style="bold yellow" if is_warning else "dim")
    return text.append(f" {visible(answer.draft)}" if answer.draft else "", style="dim")


def hits_text(hits: Sequence[Hit]) -> RenderableType:
    """Each passage below its place and score."""
    parts: list[RenderableType] = []
    for hit in hits:
        place = Text(f"{hit.rank:>2}. ", style="bold").append(line(Place.of(hit).located, "cyan"))
        place.append(line(f"  {' > '.join(hit.chunk.headings) or hit.note.title}  {hit.score:.2f}", "dim"))
        also = [line(f"    also in {', '.join(hit.duplicates)}", "dim")] if hit.duplicates else []
        text = as_shown(hit.chunk.readable or hit.chunk.text, has_comments=False).text
        parts += [place, *also, Text(text), Text()]
    return Visible(Group(*parts))


def place_json(place: Place) -> dict[str, Any]:
    """A place in a note, its score rounded to four digits."""
    return asdict(place) | {"headings": list(place.headings), "score": round(place.score, 4)}


def _citation_json(citation: Citation) -> dict[str, Any]:
    quote = citation.quote
    return {
        "number": citation.number,
        "path": quote.note_path,
        "title": quote.title,
        "headings": list(quote.headings),
        "start_line": quote.start_line,
        "end_line": quote.end_line,
        "quote": quote.text,
        "stale": citation.stale,
        "score": round(quote.score, 4),
        "place": quote.place,
    }


def _excerpt_json(excerpt: Excerpt) -> dict[str, Any]:
    return {
        "location": excerpt.location,
        "note": excerpt.note_path,
        "title": excerpt.title,
        "headings": list(excerpt.headings),
        "context": list(excerpt.context),
        "text": excerpt.text,
        "citations": list(excerpt.citations),
        "date": excerpt.date,
        "place": excerpt.place,
        "doubts": list(excerpt.doubts),
    }


def _alone(citation: Citation) -> Excerpt:
    """The cited lines as an excerpt: answers that were saved by an earlier version have none."""
    quote = citation.quote
    return Excerpt(
        note_path=quote.note_path,
        title=quote.title,
        headings=quote.headings,
        context=quote.context,
        text=quote.text,
        start_char=quote.start_char,
        end_char=quote.end_char,
        start_line=quote.start_line,
        end_line=quote.end_line,
        citations=(citation.number,),
        place=quote.place,
    )


def _excerpt_text(excerpt: Excerpt, citations: Sequence[Citation]) -> list[RenderableType]:
    """Its name and place, then its lines without comments and machine text: the cited words in bold, their numbers
    before.
    """
    cited = [citation for citation in citations if citation.number in excerpt.citations]
    changes = dict.fromkeys(change_words(citation.change) for citation in cited if citation.stale)
    head = Text.assemble(
        line(excerpt.name, "bold"),
        line(f"  {excerpt.located}", "cyan"),
        line(f"  {excerpt.date}" if excerpt.date not in excerpt.location else "", "dim"),
        line("".join(f"  {words}" for words in (*excerpt.doubts, *changes)), "yellow"),
    )
    is_markdown = format_of(excerpt.note_path).is_markdown and not excerpt.is_code
    text, end, piece = Text(), 0, as_shown(excerpt.text, has_comments=is_markdown)
    numbers: dict[int, list[int]] = {}  # by the line that they begin in
    for citation in sorted(cited, key=lambda citation: citation.quote.start_char):
        start = max(end, piece.place(citation.quote.start_char - excerpt.start_char))
        text.append(visible(piece.text[end:start]), "dim")
        first_line = piece.text.count("\n", 0, start)
        numbers.setdefault(first_line, []).append(citation.number)
        end = max(start, piece.place(citation.quote.end_char - excerpt.start_char))
        text.append(visible(piece.text[start:end]), "bold")
    text.append(visible(piece.text[end:]), "dim")
    marks = {number: "".join(f"[{mark}]" for mark in sorted(found)) for number, found in numbers.items()}
    margin = max(map(len, marks.values()), default=0) + 1
    lines = [
        Text.assemble((marks.get(number, "").ljust(margin), "bold cyan"), words) if words else Text()
        for number, words in enumerate(text.split("\n", allow_blank=True))
    ]
    return [head, *(line(f"{' ' * margin}{part}", "dim") for part in excerpt.context), *lines]


def _name(path: str, title: str, headings: Sequence[str] = ()) -> Text:
    """What of a note's title and headings is not in its path."""
    shown = "" if title == PurePath(path).stem else title
    name = heading_path(shown, [heading for heading in headings if heading != title])
    return line(f"  {name}" if name else "", "dim")


def _citation_line(citation: Citation) -> Text:
    """A citation's place, and the beginning of its words."""
    quote = citation.quote
    words = " ".join(as_shown(quote.text, has_comments=format_of(quote.note_path).is_markdown).text.split())
    return Text.assemble(
        (f"[{citation.number}] ", "bold cyan"),
        line(quote.located, "cyan"),
        _name(quote.note_path, quote.title, quote.headings),
        line(f"  {words if len(words) <= _BEGINNING else f'{words[:_BEGINNING]}…'}"),
        line(f"  {change_words(citation.change)}" if citation.stale else "", "yellow"),
    )
