"""The conversations as one app keeps them: what is said where they can't be kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.conversations import Conversations
from rag_bot.records import Filters
from rag_bot.ui.chat.chats import Chat, Chats, Exchange
from tests.conversations.samples import exchange


@pytest.fixture
def chats(tmp_path: Path) -> Chats:
    return Chats(Library(index=tmp_path / "index"), Conversations(tmp_path / "conversations.sqlite3"))


def asked(key: str, question: str) -> Exchange:
    return Exchange(key, question, Filters(), result=exchange(key, question))


def test_a_conversation_is_called_by_its_first_question_as_it_was_asked_last(chats: Chats) -> None:
    kept = chats.save(Chat(), asked("a", "Where is the key?"))
    kept = chats.save(Chat(kept.key), asked("b", "Where is the lock?"))
    assert [conversation.title for conversation in chats.list("")] == ["Where is the lock?"]
    assert chats.problem == ""


def test_a_problem_is_told_until_a_change_succeeds(chats: Chats) -> None:
    kept = chats.save(Chat(), asked("a", "Where is the key?"))
    assert chats.problem == ""
    chats.rename(kept.key, " ")
    assert "cannot be empty" in chats.problem
    chats.rename(kept.key, "Keys")
    assert chats.problem == ""
    chats.delete("gone")
    assert "no conversation 'gone'" in chats.problem
    assert chats.delete(kept.key) == "Keys"
    assert chats.problem == ""


def test_another_wording_is_opened_with_what_followed_it(chats: Chats) -> None:
    kept = chats.save(Chat(), asked("a", "Where is the key?"))
    first = Chat(kept.key, (asked("a", "Where is the key?"),))
    chats.save(first, asked("b", "And the lock?"))
    chats.save(Chat(kept.key), asked("c", "Where is the shed?"))
    assert [(one.key, one.versions) for one in chats.open(kept.key).history] == [("c", ("a", "c"))]
    chats.show(kept.key, "a")
    assert [(one.key, one.versions) for one in chats.open(kept.key).history] == [("a", ("a", "c")), ("b", ())]


def test_a_page_catches_up_with_what_another_one_asked_in_its_conversation(chats: Chats) -> None:
    kept = chats.save(Chat(), asked("a", "Where is the key?"))
    here = there = Chat(kept.key, (asked("a", "Where is the key?"),))
    assert chats.caught_up(there) == there
    chats.save(here, asked("b", "And the lock?"))
    there = chats.caught_up(there)
    assert [one.question for one in there.history] == ["Where is the key?", "And the lock?"]
    chats.save(there, asked("c", "And the shed?"))
    assert [(one.key, one.versions) for one in chats.open(kept.key).history] == [("a", ()), ("b", ()), ("c", ())]
    chats.save(Chat(kept.key), asked("d", "Where is the door?"))  # another wording of the first question
    assert chats.caught_up(there) == there
    assert chats.caught_up(Chat()) == Chat()


def test_what_is_deleted_can_be_brought_back_and_is_gone_for_good_later(
    chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = chats.save(Chat(), asked("a", "Where is the key?")).key
    assert chats.delete(key) == "Where is the key?"
    assert chats.list("") == ()
    chats.restore(key)
    assert [conversation.key for conversation in chats.list("")] == [key]
    monkeypatch.setattr("rag_bot.ui.chat.chats.UNDO_SECONDS", 0.0)
    chats.delete(key)
    until = time.monotonic() + 60
    while b"Where is the key" in (tmp := chats._conversations.file.read_bytes()) and time.monotonic() < until:
        time.sleep(0.05)
    assert b"Where is the key" not in tmp
    chats.restore(key)
    assert "no conversation" in chats.problem
