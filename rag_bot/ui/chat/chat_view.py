"""The chat as HTML: conversations with what can be done about each answer, and the list of saved ones."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from rag_bot.conversations import Conversation
from rag_bot.conversations.titles import folded
from rag_bot.records import PROSE, filters_words
from rag_bot.ui.chat.chats import Chat, Exchange, History
from rag_bot.ui.chat.feedback import Votes
from rag_bot.ui.copying import whole
from rag_bot.ui.hidden_characters import show_hidden
from rag_bot.ui.phrases import many, since, when
from rag_bot.ui.templating import macros

_IN_PROSE = ("prose", "Answer in prose", "Let the chosen model answer this in sentences")
_BY_QUOTES = ("quotes", "Quotes only", "Show the lines of your notes without a model")
_DAYS = ((0, "Today"), (1, "Yesterday"), (7, "Last seven days"))


@dataclass(frozen=True, slots=True)
class _Versions:
    """Which wording of a question is shown, counted from 1, of how many; the keys of the first one, and of the ones
    before and after it, "" where there is none."""

    position: int
    count: int
    first: str
    before: str
    after: str

    @classmethod
    def of(cls, exchange: Exchange) -> _Versions | None:
        """None where it has been asked in one wording only."""
        keys = ("", *exchange.versions, "")
        if exchange.key not in exchange.versions:
            return None
        place = keys.index(exchange.key)
        return cls(place, len(exchange.versions), keys[1], keys[place - 1], keys[place + 1])


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

    def exchange(self, exchange: Exchange, following: int) -> str:
        """An exchange; `following` is how many come after it, which stay with this wording of its question."""
        thumbs = "" if exchange.growing else self._votes.block(exchange)
        kept = f"The {many(following, 'question')} after it will stay with the wording it has now." if following else ""
        answer = exchange.result.answer if exchange.result else None
        other = [_BY_QUOTES if answer.mode == PROSE else _IN_PROSE] if answer and not answer.abstained else []
        scope = ", ".join(filters_words(exchange.filters))
        copied = whole(answer) if answer and not answer.abstained and not exchange.growing else None
        versions = _Versions.of(exchange)
        return show_hidden(macros("chat.html").exchange(exchange, scope, versions, kept, thumbs, other, copied))

    def _some(self, history: History, following: int) -> str:
        last = len(history) + following - 1
        return "".join(self.exchange(exchange, last - number) for number, exchange in enumerate(history))


def chat_list(
    listed: Sequence[Conversation], search: str, most: int, problem: str, *, today: datetime.date | None = None
) -> Markup:
    """Links by the day of the last change; `most` is how many are listed at most, `problem` why nothing is saved."""
    now = today or datetime.datetime.now().astimezone().date()

    def day(conversation: Conversation) -> str:
        if conversation.pinned:
            return "Pinned"
        days = (now - datetime.datetime.fromisoformat(conversation.changed).astimezone().date()).days
        return next((name for most_days, name in _DAYS if days <= most_days), "Older")

    titles = Counter(folded(conversation.title) for conversation in listed)
    groups = [
        (name, [_item(conversation, is_alone=titles[folded(conversation.title)] == 1) for conversation in group])
        for name, group in groupby(listed, key=day)
    ]
    hint = "Older ones are found by searching." if len(listed) >= most else ""
    if not listed:
        hint = "No conversation has these words." if search.strip() else ""
    return macros("chat.html").chat_list(problem, groups, hint)


def _item(conversation: Conversation, *, is_alone: bool) -> tuple[Conversation, str, str]:
    """With what is told of it, and its last change where others have the same title: that tells them apart."""
    questions, changed = many(conversation.exchanges, "question"), conversation.changed
    told = f"{conversation.title}\n{questions}, last one {when(changed)}"
    return conversation, told, "" if is_alone else f"{since(changed)} · {questions}"
