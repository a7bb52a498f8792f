"""Conversations as HTML, and what stands around an answer that grows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from markupsafe import Markup

from rag_bot import Library
from rag_bot.conversations import SavedExchange
from rag_bot.records import ANSWERED, NONE, PROSE, QUOTES, Answer, Citation, Quote
from rag_bot.ui.chat.chat_view import ConversationView
from rag_bot.ui.chat.chats import Chat, Exchange, earlier_questions
from rag_bot.ui.chat.feedback import Votes

EVIL = '"><img src=x onerror="alert(1)">'
CITED = (Citation(1, Quote("x", "n/a.md", "A", (), (), 0, 1, 1, 1, 0.5)),)


@pytest.fixture
def view(library: Library, write: Callable[..., Path], notes: Path) -> ConversationView:
    write("a.md", "x\n")
    library.ingest([notes])
    return ConversationView(Votes(library))


def asked(key: str, mode: str = QUOTES, *, growing: bool = False, abstained: bool = False) -> Exchange:
    answer = Answer(key, "", () if abstained else CITED, NONE if abstained else ANSWERED, 0.9, mode, (), (), {})
    html, result = Markup("<p>answer</p>"), SavedExchange(key, key, "", answer)
    return Exchange(key, f"Question {key}?", "", html, result, growing=growing)


def buttons(html: str) -> list[str]:
    tools = re.search(r'<div class="tools".*?</div>', html, re.DOTALL)
    return re.findall(r">([^<]+)</button>", tools[0]) if tools else []


def test_each_mode_offers_the_other_one(view: ConversationView) -> None:
    assert buttons(view.exchange(asked("a"), 0)) == ["Retry", "Answer in prose", "Edit"]
    assert buttons(view.exchange(asked("a", PROSE), 0)) == ["Retry", "Quotes only", "Edit"]
    assert buttons(view.exchange(asked("a", abstained=True), 0)) == ["Retry", "Edit"]
    assert buttons(view.exchange(Exchange("a", "?", "", Markup("<p>notice</p>")), 0)) == ["Retry", "Edit"]


def test_while_an_answer_grows_nothing_can_be_done_about_it_and_the_rest_stays_as_it_was(
    view: ConversationView,
) -> None:
    chat = Chat("k", (asked("a"), asked("b"), asked("c")))
    growing = view.exchange(asked("b", growing=True), 1)
    assert buttons(growing) == []
    assert "feedback" not in growing
    before, after = view.around(chat, "b")
    assert before + view.exchange(asked("b"), 1) + after == view.whole(chat)


def test_an_edit_says_what_it_removes(view: ConversationView) -> None:
    html = view.whole(Chat("k", (asked("a"), asked("b"), asked("c"))))
    assert re.findall(r"The \d+ questions? after it will be removed\.", html) == [
        "The 2 questions after it will be removed.",
        "The 1 question after it will be removed.",
    ]


def test_questions_are_escaped(view: ConversationView) -> None:
    html = view.exchange(Exchange(EVIL, EVIL + "</textarea>", ""), 0)
    assert "<img" not in html
    assert html.count("</textarea>") == 1


def test_a_chat_keeps_an_exchange_in_its_place() -> None:
    chat = Chat("k", (asked("a"), asked("b"), asked("c")))
    again = asked("b", PROSE)
    assert [exchange.key for exchange in chat.with_exchange(again).history] == ["a", "b", "c"]
    assert chat.with_exchange(again).find("b") is again
    assert [exchange.key for exchange in chat.with_exchange(asked("d")).history] == ["a", "b", "c", "d"]
    assert [exchange.key for exchange in chat.up_to("b").history] == ["a"]
    assert chat.after("d") == ()
    assert earlier_questions("And that?", chat.history) == ("Question a?", "Question b?", "Question c?")
    assert earlier_questions("What is the ferry's price?", chat.history) == ()
