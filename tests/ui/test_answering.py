"""Which way a question is answered in the app."""

from __future__ import annotations

import threading

import pytest

from rag_bot import Library
from rag_bot.llm.providers import PROVIDERS
from rag_bot.records import Filters
from rag_bot.ui.chat.answering import Answering
from rag_bot.ui.chat.chats import Exchange
from rag_bot.ui.models.models import Models
from rag_bot.ui.syncing.sync_job import SyncJob


def test_before_a_remote_model_is_agreed_to_the_quotes_answer_and_say_so(
    corpus_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PROVIDERS["openai"].key_variable, "sk-test")
    models = Models(corpus_library)
    models.choose("openai:gpt-5")
    answering = Answering(corpus_library, SyncJob(corpus_library), models)
    question = Exchange("key", "How did chain-of-thought get its name?", Filters())
    *_, whole = answering.grow(question, (), "", threading.Event())
    assert whole.result
    assert whole.result.answer.mode == "quotes"
    assert "openai:gpt-5 is asked once you say that it may be" in whole.result.answer.notice
