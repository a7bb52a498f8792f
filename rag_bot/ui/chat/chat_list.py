"""The list of saved conversations as HTML, and what is asked before one is renamed or deleted."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

from rag_bot.conversations import Conversation
from rag_bot.conversations.titles import folded
from rag_bot.ui.words import many, since, when

_GROUPS = ((0, "Today"), (1, "Yesterday"), (7, "Last seven days"))

DIALOG = """<dialog class="manage" aria-label="This conversation"><form method="dialog">
<label>Title <input name="title" maxlength="200" autocomplete="off" required></label>
<p class="choices"><button class="first" data-manages="rename">Rename</button>
<a class="button" data-export download>Export as Markdown</a>
<button type="button" data-manages="ask">Delete …</button></p>
<p class="sure" hidden>Delete this conversation for good?
<button type="button" data-manages="delete">Delete</button>
<button type="button" data-manages="keep">Keep it</button></p>
<button type="button" class="close" data-manages="close" aria-label="Close">×</button></form></dialog>"""


def chat_list(
    listed: Sequence[Conversation], search: str, most: int, problem: str, *, today: datetime.date | None = None
) -> str:
    """Links by the day of the last change; `most` is how many are listed at most, `problem` why nothing is saved."""
    wrong = f'<p class="notice" role="status">{escape(problem)}</p>' if problem else ""
    if not listed:
        return wrong + ('<p class="hint">No conversation has these words.</p>' if search.strip() else "")
    now = today or datetime.datetime.now().astimezone().date()
    groups = groupby(listed, key=lambda one: _group(one.changed, now))
    titles = Counter(folded(one.title) for one in listed)
    html = "".join(f"<h2>{name}</h2><ul>{_items(some, titles)}</ul>" for name, some in groups)
    more = '<p class="hint">Older ones are found by searching.</p>' if len(listed) >= most else ""
    return f"{wrong}{html}{more}"


def _group(changed: str, today: datetime.date) -> str:
    days = (today - datetime.datetime.fromisoformat(changed).astimezone().date()).days
    return next((name for most, name in _GROUPS if days <= most), "Older")


def _items(some: Iterable[Conversation], titles: Mapping[str, int]) -> str:
    return "".join(_item(one, is_alone=titles[folded(one.title)] == 1) for one in some)


def _item(one: Conversation, *, is_alone: bool) -> str:
    """Where others have the same title, the time tells them apart."""
    title, questions = escape(one.title), many(one.exchanges, "question")
    last = "" if is_alone else f'<span class="when">{since(one.changed)} · {questions}</span>'
    told = escape(f"{one.title}\n{questions}, last one {when(one.changed)}")
    return (
        f'<li><a href="#c={escape(one.key)}" title="{told}" dir="auto">{title}{last}</a>'
        f'<button type="button" class="more" data-manage="{escape(one.key)}" data-title="{title}" '
        f'data-focus="chat {escape(one.key)}" aria-label="Rename, export or delete: {title}">⋯</button></li>'
    )
