"""The chat as HTML: the welcome, conversations with what can be done about each answer, and the list of saved ones."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from rag_bot.conversations import Conversation
from rag_bot.conversations.titles import folded
from rag_bot.records import PROSE
from rag_bot.ui.chat.chats import Chat, Exchange, History
from rag_bot.ui.chat.feedback import Votes
from rag_bot.ui.copying import whole
from rag_bot.ui.hidden_characters import show_hidden
from rag_bot.ui.phrases import many, since, when
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot
from rag_bot.ui.syncing.overview import sync_result
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.templating import macros

_IN_PROSE = ("prose", "Answer in prose", "Let the chosen model answer this in sentences")
_BY_QUOTES = ("quotes", "Quotes only", "Show the lines of your notes without a model")
_DAYS = ((0, "Today"), (1, "Yesterday"), (7, "Last seven days"))


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
        """An exchange; `following` is how many come after it, which another wording of its question would remove."""
        thumbs = "" if exchange.growing else self._votes.block(exchange)
        removed = f"The {many(following, 'question')} after it will be removed." if following else ""
        answer = exchange.result.answer if exchange.result else None
        other = [_BY_QUOTES if answer.mode == PROSE else _IN_PROSE] if answer and not answer.abstained else []
        copied = whole(answer) if answer and not answer.abstained and not exchange.growing else None
        return show_hidden(macros("chat.html").exchange(exchange, removed, thumbs, other, copied))

    def _some(self, history: History, following: int) -> str:
        last = len(history) + following - 1
        return "".join(self.exchange(exchange, last - number) for number, exchange in enumerate(history))


def chat_list(
    listed: Sequence[Conversation], search: str, most: int, problem: str, *, today: datetime.date | None = None
) -> Markup:
    """Links by the day of the last change; `most` is how many are listed at most, `problem` why nothing is saved."""
    now = today or datetime.datetime.now().astimezone().date()

    def day(conversation: Conversation) -> str:
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


def welcome(snapshot: IndexSnapshot, state: SyncState) -> Markup:
    """Examples to click; or how far the first reading is; or how to begin."""
    html = macros("chat.html")
    if snapshot.notes:
        text = "Answers come from your own notes alone, with the lines where they stand."
        return html.welcome("Ask your notes", text, html.examples(snapshot.questions))
    result = sync_result(state)
    if state.running or snapshot.writer:
        return html.welcome("Reading your notes", "You can ask as soon as they are read.", result)
    problem = result if state.error else Markup()
    if snapshot.problem:
        return html.welcome("The index can't be read", snapshot.problem, problem)
    form = html.folder_form(state.folders[0] if state.error and state.folders else "") + problem
    if snapshot.status and snapshot.status.roots:  # folders are known, but no note of them is indexed
        names = ", ".join(root.name or str(root) for root in snapshot.status.roots)
        unread = len(snapshot.status.failed)
        why = f"{many(unread, 'file')} could not be read." if unread else "Add notes there, or name another folder."
        return html.welcome("No notes to ask", f"There are none in {names}. {why}", form)
    text = "Name a folder of Markdown or text files. They are only read, and nothing leaves this machine."
    return html.welcome("Where are your notes?", text, form)
