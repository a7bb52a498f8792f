"""What an app remembers of pages that browsers have open, and what others do while many questions wait."""

from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rag_bot.processes import cores
from rag_bot.query.arrivals import QUESTIONS
from rag_bot.settings import Settings
from rag_bot.ui.chat.chats import Chat
from rag_bot.ui.open_pages import MOST_PAGES, SILENT_SECONDS, OpenPage, OpenPages
from rag_bot.ui.server.access import Access
from rag_bot.ui.server.server import create_app
from tests.ui.conftest import PATIENCE_MS, eventually

ASKERS = 60
WAITING = 40  # of them: as many questions as Gradio takes on at once


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_page_is_remembered_as_long_as_it_is_heard_of() -> None:
    clock = Clock()
    pages = OpenPages(Chat, clock)
    page = pages.heard("one", "")
    for _ in range(5):
        clock.seconds += SILENT_SECONDS
        assert pages.heard("one", "") is page


def test_pages_that_were_silent_for_long_are_let_go() -> None:
    clock = Clock()
    pages = OpenPages(Chat, clock)
    for number in range(10):
        pages.heard(f"closed {number}", "")
    clock.seconds += SILENT_SECONDS + 1
    pages.heard("open", "")
    assert len(pages) == 1


def test_of_many_pages_those_heard_of_last_are_remembered() -> None:
    pages = OpenPages(Chat, Clock())
    first, second = pages.heard("first", ""), pages.heard("second", "")
    for number in range(3 * MOST_PAGES):
        pages.heard(f"asked once {number}", "")
        assert pages.heard("first", "") is first
    assert len(pages) == MOST_PAGES
    assert pages.heard("second", "") is not second


def test_a_page_that_was_let_go_has_the_conversation_again_that_it_shows() -> None:
    clock = Clock()
    pages = OpenPages(Chat, clock)
    pages.heard("asleep", "").chat = Chat("saved")
    clock.seconds += SILENT_SECONDS + 1
    pages.heard("awake", "")
    assert pages.heard("asleep", "saved") == OpenPage(Chat("saved"), heard=clock.seconds)
    assert pages.heard("asleep", "what it showed a moment ago").chat == Chat("saved")


@pytest.fixture(scope="module")
def client(index_folder: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The app in this process, where the objects of it can be counted."""
    index = shutil.copytree(index_folder, tmp_path_factory.mktemp("open-pages") / "index")
    settings = Settings(notes=(), index=index, cache=model_cache, reader="")
    with TestClient(create_app(settings, Access(80, ("127.0.0.1",))), base_url="http://127.0.0.1") as opened:
        opened.get("/gradio_api/startup-events").raise_for_status()
        yield opened


def _event(client: TestClient, name: str) -> int:
    """Gradio's number of an event."""
    dependencies = client.get("/config").raise_for_status().json()["dependencies"]
    return next(int(one["id"]) for one in dependencies if one["targets"][0][1] == name)


def _reported(client: TestClient, number: int, session: str, shown: str = "") -> dict[str, Any]:
    """As a page reports that it looks for news."""
    told = {"part": "app", "event": "refresh", "told": {}, "shows": {"chat": shown}, "number": 1}
    body = {"data": [], "fn_index": number, "session_hash": session, "event_data": told}
    answer: dict[str, Any] = client.post("/gradio_api/run/predict", json=body).raise_for_status().json()
    return answer


def _ask(client: TestClient, number: int, session: str) -> None:
    told = {"part": "question", "event": "ask", "told": {"question": "What is the zebra quota?"}}
    asked = {**told, "shows": {}, "number": 1}
    body = {"data": [], "fn_index": number, "session_hash": session, "event_data": asked}
    client.post("/gradio_api/queue/join", json=body).raise_for_status()


def _answered(client: TestClient, session: str) -> str:
    return client.get("/gradio_api/queue/data", params={"session_hash": session}).raise_for_status().text


def _held(*kinds: str) -> dict[str, int]:
    """How many objects of these classes there are in this process."""
    gc.collect()
    names = [type(each).__name__ for each in gc.get_objects()]
    return {kind: names.count(kind) for kind in kinds}


def test_pages_that_asked_once_are_not_kept_for_ever(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asks, reports = _event(client, "ask"), _event(client, "report")
    monkeypatch.setattr("rag_bot.ui.open_pages.MOST_PAGES", 5)
    for number in range(20):
        _ask(client, asks, f"asked {number}")
        assert "41" in _answered(client, f"asked {number}")
    assert _held("OpenPage", "Chat", "Exchange") == {"OpenPage": 5, "Chat": 5, "Exchange": 5}
    for number in range(MOST_PAGES + 20):
        _reported(client, reports, f"opened {number}")
    assert _held("OpenPage", "Exchange", "SessionState") == {"OpenPage": 5, "Exchange": 0, "SessionState": MOST_PAGES}


def test_while_questions_wait_all_else_is_answered(client: TestClient) -> None:
    asks, reports = _event(client, "ask"), _event(client, "report")
    with ThreadPoolExecutor() as others, ExitStack() as places:
        for _ in range(cores()):
            places.enter_context(QUESTIONS.admitted())
        for number in range(ASKERS):
            _ask(client, asks, f"waits {number}")
        eventually(lambda: len(QUESTIONS._waiting) >= WAITING)
        page = others.submit(client.get, "/")
        news = others.submit(_reported, client, reports, "another")
        is_blocked = threading.Timer(PATIENCE_MS / 1000, places.close)  # so that a failure ends too
        is_blocked.start()
        assert page.result().status_code == 200
        assert news.result()["data"]
        assert len(QUESTIONS._waiting) >= WAITING
        is_blocked.cancel()
    assert all("41" in _answered(client, f"waits {number}") for number in range(ASKERS))
