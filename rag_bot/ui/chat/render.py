"""Answers -> HTML. Everything that comes from a note, a question or a model is escaped here or in what is called."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag_bot.records import PROSE, Answer, Place
from rag_bot.ui.chat.prose_view import prose, share_words
from rag_bot.ui.chat.quote_view import figure, place_link


def waiting(doing: str = "Looking through your notes") -> str:
    return f'<p class="waiting" role="status">{escape(doing)} <i></i><i></i><i></i></p>'


def notice(message: str) -> str:
    """Something that went not as hoped, in one line."""
    return f'<p class="notice" role="status">{escape(message)}</p>'


def whole_answer(answer: Answer, nearest: Sequence[Place]) -> str:
    """An answer that is whole, in either mode. `nearest` are the passages nearest to one that abstains."""
    if answer.abstained:
        return f'{_head(answer)}<p class="abstained">This is not in your notes.</p>{_nearest(nearest)}'
    if answer.mode == PROSE:
        return f"{_head(answer)}{prose(answer)}{_evidence(answer)}{_measured(answer)}"
    return f"{_head(answer)}{''.join(map(figure, answer.citations))}{_measured(answer)}"


def growing_prose(answer: Answer) -> str:
    """What a model has written so far."""
    begun = answer.sentences or answer.draft.strip()
    return _head(answer) + (prose(answer) + _evidence(answer) if begun else waiting(f"{answer.model} is reading"))


def _head(answer: Answer) -> str:
    """What was searched for, where that is not what was asked; why the answer is not what was asked for."""
    searched = f'<p class="searched" dir="auto">Searched for: {escape(answer.reworded)}</p>' if answer.reworded else ""
    return searched + (notice(answer.notice) if answer.notice else "")


def _evidence(answer: Answer) -> str:
    """The lines that the sentences stand on."""
    if not answer.citations:
        return ""
    figures = "".join(map(figure, answer.citations))
    return f'<div class="evidence" role="group" aria-label="The cited lines of your notes">{figures}</div>'


def _nearest(nearest: Sequence[Place]) -> str:
    if not nearest:
        return ""
    rows = "".join(f"<li>{place_link(place)}</li>" for place in nearest)
    return f'<p class="hint">The nearest passages, which may not answer it:</p><ul class="nearest">{rows}</ul>'


def _measured(answer: Answer) -> str:
    percent = min(99, max(1, round(answer.confidence * 100)))
    milliseconds = answer.timings_ms.get("total", 0.0)
    return (
        f'<p class="measured">{_written(answer)}<span title="The estimated probability that the notes answer this '
        f'question">Confidence {percent}%</span> · {milliseconds / 1000:.1f} s</p>'
    )


def _written(answer: Answer) -> str:
    if answer.mode != PROSE or not answer.sentences:
        return ""
    usage = answer.usage
    cost = f"{usage.prompt_tokens:,} tokens read, {usage.answer_tokens:,} written" if usage else ""
    return (
        f'<span class="writer" title="{escape(cost)}">Written by <bdi>{escape(answer.model)}</bdi>, each sentence '
        f"checked against your notes: {share_words(answer)}</span><br>"
    )
