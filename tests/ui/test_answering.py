"""Which way a question is answered in the app."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.ingestion import prepare
from rag_bot.llm.providers import PROVIDERS
from rag_bot.records import Filters, Progress
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


@pytest.fixture
def first_read(
    library: Library, notes: Path, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[threading.Event]:
    """Four notes are being read for the first time, two in the first part; it goes on when the event is set."""
    monkeypatch.setattr(prepare, "FIRST_PART", 2)
    for age, name in enumerate(("kiln", "loom", "anvil", "lathe")):
        os.utime(write(f"{name}.md", f"The {name} stands in shed number {age}."), (1e9 - age, 1e9 - age))
    begun, goes_on, ends = threading.Event(), threading.Event(), threading.Event()

    def wait(progress: Progress) -> None:
        begun.set()
        (goes_on if progress.done <= 2 else ends).wait()

    def read() -> None:
        with Library(library.settings) as writer:
            writer.ingest([notes], on_progress=wait)

    reading = threading.Thread(target=read)
    reading.start()
    begun.wait()
    yield goes_on
    goes_on.set()
    ends.set()
    reading.join()


def test_a_question_asked_during_the_first_read_is_answered_once_the_first_notes_are_in(
    library: Library, first_read: threading.Event
) -> None:
    answering = Answering(library, SyncJob(library), Models(library))
    growing = answering.grow(Exchange("key", "Where is the kiln?", Filters()), (), "", threading.Event())
    assert "Your question waits until the first notes are read" in next(growing).html
    first_read.set()
    *_, whole = growing
    assert whole.result
    assert "shed number 0" in whole.result.answer.text
    assert library.status().waiting == 2


@pytest.mark.usefixtures("first_read")
def test_a_question_that_waits_for_the_first_notes_is_stopped(library: Library) -> None:
    stop = threading.Event()
    growing = Answering(library, SyncJob(library), Models(library)).grow(
        Exchange("key", "Where is the kiln?", Filters()), (), "", stop
    )
    assert next(growing).growing
    stop.set()
    (ended,) = growing
    assert (ended.growing, ended.result) == (False, None)
    assert "no notes are read yet" in ended.html
