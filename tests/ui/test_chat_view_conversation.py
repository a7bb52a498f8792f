"""Conversations as HTML, and what stands around an answer that grows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from markupsafe import Markup

from rag_bot import Library
from rag_bot.conversations import SavedExchange
from rag_bot.records import ANSWERED, NONE, PROSE, QUOTES, Answer, Citation, Filters, Quote
from rag_bot.ui.chat.chat_view import ConversationView
from rag_bot.ui.chat.chats import Chat, Exchange, earlier_questions
from rag_bot.ui.chat.feedback import Votes

EVERYWHERE = Filters()
EVIL = '"><img src=x onerror="alert(1)">'
CITED = (Citation(1, Quote("x", "n/a.md", "A", (), (), 0, 1, 1, 1, 0.5)),)


@pytest.fixture
def view(library: Library, write: Callable[..., Path], notes: Path) -> ConversationView:
    write("a.md", "x\n")
    library.ingest([notes])
    return ConversationView(Votes(library))


def asked(
    key: str, mode: str = QUOTES, filters: Filters = EVERYWHERE, *, growing: bool = False, abstained: bool = False
) -> Exchange:
    answer = Answer(key, "", () if abstained else CITED, NONE if abstained else ANSWERED, 0.9, mode, (), (), {})
    html, result = Markup("<p>answer</p>"), SavedExchange(key, key, filters, answer)
    return Exchange(key, f"Question {key}?", filters, html, result, growing=growing)


def buttons(html: str) -> list[str]:
    tools = re.search(r'<div class="tools".*?</div>', html, re.DOTALL)
    return re.findall(r">([^<]+)</button>", tools[0]) if tools else []


def test_each_mode_offers_the_other_one(view: ConversationView) -> None:
    assert buttons(view.exchange(asked("a"), 0)) == ["Retry", "Answer in prose", "Edit"]
    assert buttons(view.exchange(asked("a", PROSE), 0)) == ["Retry", "Quotes only", "Edit"]
    assert buttons(view.exchange(asked("a", abstained=True), 0)) == ["Retry", "Edit"]
    assert buttons(view.exchange(Exchange("a", "?", Filters(), Markup("<p>notice</p>")), 0)) == ["Retry", "Edit"]


def test_while_an_answer_grows_nothing_can_be_done_about_it_and_the_rest_stays_as_it_was(
    view: ConversationView,
) -> None:
    chat = Chat("k", (asked("a"), asked("b"), asked("c")))
    growing = view.exchange(asked("b", growing=True), 1)
    assert buttons(growing) == []
    assert "feedback" not in growing
    before, after = view.around(chat, "b")
    assert before + view.exchange(asked("b"), 1) + after == view.whole(chat)


def test_an_edit_says_what_stays_behind(view: ConversationView) -> None:
    html = view.whole(Chat("k", (asked("a"), asked("b"), asked("c"))))
    assert re.findall(r"The \d+ questions? after it will stay", html) == [
        "The 2 questions after it will stay",
        "The 1 question after it will stay",
    ]


def test_the_wordings_of_a_question_lead_to_each_other(view: ConversationView) -> None:
    def shown(key: str, *versions: str) -> tuple[list[str], list[str], int]:
        html = view.exchange(replace(asked(key), versions=versions), 0)
        places = re.findall(r"<span>(\d of \d)</span>", html)
        return places, re.findall(r'data-version="(\w*)"', html), html.count("aria-disabled")

    assert shown("a") == ([], [], 0)
    assert shown("a", "a", "b") == (["1 of 2"], ["", "b"], 1)
    assert shown("b", "a", "b", "c") == (["2 of 3"], ["a", "c"], 0)
    assert shown("c", "a", "b", "c") == (["3 of 3"], ["b", ""], 1)


def test_an_answer_says_which_notes_it_was_asked_of_while_it_grows_too(view: ConversationView) -> None:
    filters = Filters(EVIL, "garden", date(2026, 3, 1))
    for growing in (True, False):
        html = view.exchange(asked("a", filters=filters, growing=growing), 0)
        assert "<img" not in html
        assert "tagged #garden, since 1 March 2026" in html
        assert "Search everywhere" in html
    assert "Search everywhere" not in view.exchange(asked("a"), 0)


def test_questions_are_escaped(view: ConversationView) -> None:
    html = view.exchange(Exchange(EVIL, EVIL + "</textarea>", Filters()), 0)
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
