"""A conversation as HTML: each question, what it got, and what can be done about it."""

from __future__ import annotations

from html import escape

from rag_bot.records import PROSE
from rag_bot.ui.chat.exchange import Chat, Exchange, History
from rag_bot.ui.chat.feedback import Votes
from rag_bot.ui.legible import legible
from rag_bot.ui.phrases import many

_AGAIN = ("", "Retry", "Ask this again")
_IN_PROSE = ("prose", "Answer in prose", "Let the chosen model answer this in sentences")
_BY_QUOTES = ("quotes", "Quotes only", "Show the lines of your notes without a model")


class ConversationView:
    """Makes the HTML of whole conversations and of those in which one answer grows."""

    def __init__(self, votes: Votes) -> None:
        self._votes = votes

    def whole(self, chat: Chat) -> str:
        return self._some(chat.history, 0)

    def around(self, chat: Chat, key: str) -> tuple[str, str]:
        """What stands before and after an exchange."""
        after = chat.after(key)
        return self._some(chat.before(key), len(after) + 1), self._some(after, 0)

    def one(self, exchange: Exchange, following: int) -> str:
        """An exchange; `following` is how many come after it."""
        key, question, growing = escape(exchange.key), escape(exchange.question), exchange.growing
        below = "" if growing else f"{self._votes.block(exchange)}{_tools(exchange)}"
        return legible(
            f'<section class="exchange{" growing" if growing else ""}" data-key="{key}">'
            f'<h3 class="question" dir="auto">{question}</h3>{"" if growing else _edit(question, following)}'
            f'<div class="answer">{exchange.html}</div><div class="below">{below}</div></section>'
        )

    def _some(self, history: History, following: int) -> str:
        last = len(history) + following - 1
        return "".join(self.one(one, last - number) for number, one in enumerate(history))


def _edit(question: str, following: int) -> str:
    """Asks for other words; what was said afterwards is lost with the answer, which it says."""
    lost = f"The {many(following, 'question')} after it will be removed." if following else ""
    return (
        f'<form class="edit" data-edit hidden><textarea name="question" aria-label="Question" dir="auto" rows="2" '
        f'maxlength="2000">{question}</textarea><p class="choices"><button type="submit" class="first">Ask</button>'
        f'<button type="button" data-edits="cancel">Cancel</button><span class="hint">{lost}</span></p></form>'
    )


def _tools(exchange: Exchange) -> str:
    answer = exchange.given.answer if exchange.given else None
    other = (_BY_QUOTES if answer.mode == PROSE else _IN_PROSE,) if answer and not answer.abstained else ()
    buttons = "".join(
        f'<button type="button" data-again="{mode}" title="{title}">{label}</button>'
        for mode, label, title in (_AGAIN, *other)
    )
    edit = '<button type="button" data-edits="open" title="Ask this in other words">Edit</button>'
    return f'<div class="tools" role="group" aria-label="This question">{buttons}{edit}</div>'
