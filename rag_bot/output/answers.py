"""Answers and hits -> JSON of the contract, and text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from rag_bot.output.visible import Visible, line, visible, visible_line
from rag_bot.records import (
    PROSE,
    Answer,
    Citation,
    Hit,
    Place,
    change_words,
    support_words,
)


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


def answer_text(answer: Answer) -> RenderableType:
    """What was found or written, then each citation with its place; or that there is none, and the nearest notes."""
    above = [line(f"Searched for: {answer.reworded}", "dim")] if answer.reworded else []
    above += [line(answer.notice, "yellow")] if answer.notice else []
    if answer.abstained:
        nearest = [
            line(f"  {hit.chunk.location}", "cyan").append(line(f"  {hit.note.title}", "dim")) for hit in answer.nearest
        ]
        title = [Text("The nearest notes:", style="dim")] if nearest else []
        return Visible(Group(*above, Text(answer.text, style="bold"), *title, *nearest))
    written = [prose_text(answer), Text()] if answer.mode == PROSE else []
    cited = (part for citation in answer.citations for part in _citation_text(citation))
    return Visible(Group(*above, *written, *cited))


def prose_text(answer: Answer) -> Text:
    """What a model wrote: each sentence with its citations, marked where the notes do not say it, and the draft."""
    text = Text()
    for sentence in answer.sentences:
        mark = support_words(sentence.support)
        text.append(sentence.before if text else sentence.before.lstrip())
        text.append(visible(sentence.text), style="yellow" if mark else "")
        text.append("".join(f"[{number}]" for number in sentence.citations), style="bold cyan")
        text.append(f" ({mark})" if mark else "", style="bold yellow")
    return text.append(f" {visible(answer.draft)}" if answer.draft else "", style="dim")


def hits_text(hits: Sequence[Hit]) -> RenderableType:
    """Each passage below its place and score."""
    parts: list[RenderableType] = []
    for hit in hits:
        place = Text(f"{hit.rank:>2}. ", style="bold").append(line(hit.chunk.location, "cyan"))
        place.append(line(f"  {' > '.join(hit.chunk.headings) or hit.note.title}  {hit.score:.2f}", "dim"))
        also = [line(f"    also in {', '.join(hit.duplicates)}", "dim")] if hit.duplicates else []
        parts += [place, *also, Text(hit.chunk.text), Text()]
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
    }


def _citation_text(citation: Citation) -> list[RenderableType]:
    quote = citation.quote
    place = line(f"    {quote.location}", "cyan")
    above = [part for part in (*quote.headings, *quote.context) if part]
    place.append(visible_line(f"  {' > '.join(above) or quote.title}"), style="dim")
    if citation.stale:
        place.append(f"  {change_words(citation.change)}", style="yellow")
    return [
        Text(f"[{citation.number}] ", style="bold").append(Text(quote.text, style="default")),
        place,
        Text(),
    ]
