"""Conversations as HTML, and what stands around an answer that grows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.conversations import SavedExchange
from rag_bot.records import PROSE, QUOTES, Answer, Citation, Quote
from rag_bot.ui.chat.conversation_view import ConversationView
from rag_bot.ui.chat.exchange import Chat, Exchange, leaning_on
from rag_bot.ui.chat.feedback import Votes

EVIL = '"><img src=x onerror="alert(1)">'
CITED = (Citation(1, Quote("x", "n/a.md", "A", (), (), 0, 1, 1, 1, 0.5)),)


@pytest.fixture
def view(library: Library, write: Callable[..., Path], notes: Path) -> ConversationView:
    write("a.md", "x\n")
    library.ingest([notes])
    return ConversationView(Votes(library))


def asked(key: str, mode: str = QUOTES, *, growing: bool = False, abstained: bool = False) -> Exchange:
    answer = Answer(key, "", () if abstained else CITED, abstained, 0.9, mode, (), (), {})
    return Exchange(key, f"Question {key}?", "", "<p>answer</p>", SavedExchange(key, key, "", answer), growing=growing)


def buttons(html: str) -> list[str]:
    tools = re.search(r'<div class="tools".*?</div>', html, re.DOTALL)
    return re.findall(r">([^<]+)</button>", tools[0]) if tools else []


def test_each_mode_offers_the_other_one(view: ConversationView) -> None:
    assert buttons(view.one(asked("a"), 0)) == ["Retry", "Answer in prose", "Edit"]
    assert buttons(view.one(asked("a", PROSE), 0)) == ["Retry", "Quotes only", "Edit"]
    assert buttons(view.one(asked("a", abstained=True), 0)) == ["Retry", "Edit"]
    assert buttons(view.one(Exchange("a", "?", "", "<p>notice</p>"), 0)) == ["Retry", "Edit"]


def test_while_an_answer_grows_nothing_can_be_done_about_it_and_the_rest_stays_as_it_was(
    view: ConversationView,
) -> None:
    chat = Chat("k", (asked("a"), asked("b"), asked("c")))
    growing = view.one(asked("b", growing=True), 1)
    assert buttons(growing) == []
    assert "feedback" not in growing
    before, after = view.around(chat, "b")
    assert before + view.one(asked("b"), 1) + after == view.whole(chat)


def test_an_edit_says_what_it_removes(view: ConversationView) -> None:
    html = view.whole(Chat("k", (asked("a"), asked("b"), asked("c"))))
    assert re.findall(r"The \d+ questions? after it will be removed\.", html) == [
        "The 2 questions after it will be removed.",
        "The 1 question after it will be removed.",
    ]


def test_questions_are_escaped(view: ConversationView) -> None:
    html = view.one(Exchange(EVIL, EVIL + "</textarea>", "", ""), 0)
    assert "<img" not in html
    assert html.count("</textarea>") == 1


def test_a_chat_keeps_an_exchange_in_its_place() -> None:
    chat = Chat("k", (asked("a"), asked("b"), asked("c")))
    again = asked("b", PROSE)
    assert [one.key for one in chat.having(again).history] == ["a", "b", "c"]
    assert chat.having(again).find("b") is again
    assert [one.key for one in chat.having(asked("d")).history] == ["a", "b", "c", "d"]
    assert [one.key for one in chat.up_to("b").history] == ["a"]
    assert chat.after("d") == ()
    assert leaning_on("And that?", chat.history) == ("Question a?", "Question b?", "Question c?")
    assert leaning_on("What is the ferry's price?", chat.history) == ()
