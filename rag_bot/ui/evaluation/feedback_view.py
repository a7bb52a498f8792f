"""The thumbs below an answer, and what they ask, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag_bot.conversations import SavedExchange
from rag_bot.evaluation.cases import Case
from rag_bot.records import Citation, Place
from rag_bot.ui.chat.answer_view import place_link
from rag_bot.ui.chat.chats import Exchange

_NONE = "My notes don't answer this"
_LONGEST_QUOTE = 220  # characters that are shown where one ticks it
_THUMB = (
    '<svg viewBox="0 0 24 24" width="17" height="17" fill="none" stroke="currentColor" stroke-width="1.7" '
    'stroke-linejoin="round" aria-hidden="true"><path d="M4 11h3.5v9H4zM7.5 11l4-7.2c1.6 0 2.5 1.1 2.2 2.7L13 10h5'
    'c1.3 0 2.2 1.1 1.9 2.4l-1.3 5.9c-.2 1-1.1 1.7-2.1 1.7h-9"/></svg>'
)
_LABELS = {
    False: ("This answer is right", "This answer is wrong"),
    True: ("Right, the notes don't answer this", "Wrong, the notes do answer this"),
}


def block(key: str, given: SavedExchange, case: Case | None, verdict: str, problem: str, picker: str) -> str:
    """Both thumbs, how they stand, and what is asked after a thumb down."""
    up, down = (
        _thumb(name, label, pressed=name == ("down" if picker else verdict))
        for name, label in zip(("up", "down"), _LABELS[given.answer.abstained], strict=True)
    )
    said = f'<span class="problem">{escape(problem)}</span>' if problem else _kept(case)
    return (
        f'<div class="feedback" data-exchange="{escape(key)}"><div class="thumbs" role="group" aria-label="Feedback">'
        f'{up}{down}<span class="said" role="status">{said}</span></div>{picker}</div>'
    )


def lost(key: str) -> str:
    """For an answer that the app no longer knows, since it was started again."""
    words = '<p class="said problem" role="status">The app was started again since; ask again to give feedback.</p>'
    return f'<div class="feedback" data-exchange="{escape(key)}">{words}</div>'


def picker(given: SavedExchange, nearest: Sequence[Place]) -> str:
    """Asks where the right answer stands: among what is cited, in a note that one opens, or nowhere."""
    ticks = "".join(_tick(citation) for citation in given.answer.citations)
    links = "".join(f"<li>{place_link(place)}</li>" for place in nearest)
    keep = '<button type="button" data-vote="pick" class="first">Keep the ticked lines</button>' if ticks else ""
    none = "" if given.answer.abstained else f'<button type="button" data-vote="none">{_NONE}</button>'
    opened = f'<p>Open a note and choose lines there:</p><ul class="nearest">{links}</ul>' if links else ""
    ticked = f"<p>Tick what is right in the answer:</p>{ticks}" if ticks else ""
    return (
        f'<div class="picker" role="group" aria-label="Where is the right answer?"><h4>Where is the right answer?</h4>'
        f'{ticked}{opened}<p class="hint">Any other note opens from the list of notes.</p>'
        f'<p class="choices">{keep}{none}<button type="button" data-vote="cancel">Cancel</button></p></div>'
    )


def pick_bar(exchange: Exchange, lines: int) -> str:
    """Asks in an opened note for the lines that answer a question; `lines` is how many it has."""
    first, last = (_number(name, label, lines) for name, label in (("first", "Lines"), ("last", "to")))
    return (
        f'<form class="pick" data-pick="{escape(exchange.key)}"><p>Which lines answer “<b dir="auto">'
        f"{escape(exchange.question)}</b>”? Click the first one, then the last.</p><p>{first} {last}"
        '<button type="submit">These lines answer it</button></p><p class="said" role="status"></p></form>'
    )


def _thumb(name: str, label: str, *, pressed: bool) -> str:
    return (
        f'<button type="button" class="thumb {name}" data-vote="{name}" aria-pressed="{str(pressed).lower()}" '
        f'aria-label="{escape(label)}" title="{escape(label)}">{_THUMB}</button>'
    )


def _kept(case: Case | None) -> str:
    if case is None:
        return ""
    paths = ", ".join(dict.fromkeys(one.path for one in case.evidence))
    what = f"the answer stands in {paths}" if case.answerable else "your notes don't answer this"
    return f'Kept as a case: {escape(what)}. <button type="button" class="link" data-vote="back">Take back</button>'


def _tick(citation: Citation) -> str:
    quote = citation.quote
    text = " ".join(quote.text.split())
    shown = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]} …"
    return (
        f'<label class="tick"><input type="checkbox" value="{citation.number}"><span><b>{citation.number}</b> '
        f'<bdi>{escape(shown)}</bdi> <span class="place" dir="auto">{escape(quote.location)}</span></span></label>'
    )


def _number(name: str, label: str, lines: int) -> str:
    return f'<label>{label} <input type="number" name="{name}" min="1" max="{lines}" required></label>'
