"""The JSON API of the running app: what it answers, and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from rag_bot import Library
from rag_bot.api import responses
from rag_bot.settings import Settings
from rag_bot.store.lock import writer_lock
from rag_bot.ui.server.rest import create_api
from tests.conftest import CORPUS
from tests.ui.conftest import TalkingApp, eventually, running_app
from tests.ui.writer import EMERGENT, NAME

NOTE = "corpus/talk/emergence.md"


@pytest.fixture(scope="module")
def api(app_address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{app_address}/api/v1", timeout=240) as client:
        yield client


def _checked(answer: httpx.Response, model: type[BaseModel]) -> dict[str, Any]:
    """The JSON of an answer, which is as its model describes it."""
    assert answer.status_code == 200, answer.text
    model.model_validate_json(answer.text, strict=True)
    values: dict[str, Any] = answer.json()
    return values


def _printed(settings: Settings, index: Path, *arguments: str) -> dict[str, Any]:
    """What the command line prints over the same index."""
    command = [sys.executable, "-m", "rag_bot", "--index", str(index), *arguments, "--json"]
    environment = {**os.environ, "RAG_BOT_CACHE": str(settings.cache)}
    printed: dict[str, Any] = json.loads(subprocess.check_output(command, env=environment, text=True))
    return printed


def _without_times(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "timings_ms"}


def test_an_answer_is_what_the_command_prints(api: httpx.Client, corpus_settings: Settings, plain_index: Path) -> None:
    asked = {"question": EMERGENT, "folder": "talk"}
    answer = _checked(api.post("/ask", json=asked), responses.AnswerJson)
    printed = _printed(corpus_settings, plain_index, "ask", EMERGENT, "--folder", "talk")
    assert _without_times(answer) == _without_times(printed)
    assert answer["verdict"] == "answered"
    citation = answer["citations"][0]
    lines = (CORPUS.parent / citation["path"]).read_text().splitlines()
    assert citation["quote"] == "\n".join(lines[citation["start_line"] - 1 : citation["end_line"]]).strip()


@pytest.mark.parametrize(
    ("question", "verdict"),
    [("What is the capital of France?", "none"), ("How many notes mention emergence?", "answered")],
)
def test_every_kind_of_answer_is_as_it_is_described(api: httpx.Client, question: str, verdict: str) -> None:
    assert _checked(api.post("/ask", json={"question": question}), responses.AnswerJson)["verdict"] == verdict


def test_a_follow_up_is_searched_with_the_subject_of_the_question_before(api: httpx.Client) -> None:
    asked = {"question": "How does it depend on size?", "earlier": ["What is chain-of-thought prompting?"]}
    answer = _checked(api.post("/ask", json=asked), responses.AnswerJson)
    assert "chain-of-thought" in answer["searched_for"]


def test_passages_are_what_the_command_prints(api: httpx.Client, corpus_settings: Settings, plain_index: Path) -> None:
    found = _checked(api.post("/search", json={"question": "scaling laws", "limit": 3}), responses.HitsJson)
    assert found["hits"] == _printed(corpus_settings, plain_index, "search", "scaling laws", "-k", "3")["hits"]


def test_a_scope_keeps_to_its_notes_and_a_time_that_is_none_is_said_to_be(api: httpx.Client) -> None:
    hits = _checked(api.post("/search", json={"question": "emergence", "folder": "talk"}), responses.HitsJson)["hits"]
    assert {hit["path"].split("/")[1] for hit in hits} == {"talk"}
    answer = api.post("/search", json={"question": "emergence", "since": "whenever"})
    assert (answer.status_code, answer.json()) == (
        422,
        {"error": "since 'whenever' is no date. Write it as in 2026-03-14, 2026-03 or 'last month'."},
    )


def test_the_notes_come_page_by_page_each_once(api: httpx.Client) -> None:
    paths: list[str] = []
    after: str | None = ""
    while after is not None:
        page = _checked(api.get("/notes", params={"limit": 5, "after": after}), responses.NotesJson)
        assert len(page["notes"]) <= 5
        paths += [note["path"] for note in page["notes"]]
        after = page["next"]
    assert paths == sorted(set(paths))
    assert len(paths) == _checked(api.get("/status"), responses.StatusJson)["notes"]


def test_a_note_is_read_whole_or_by_lines(api: httpx.Client) -> None:
    text = (CORPUS.parent / NOTE).read_text()
    whole = _checked(api.get(f"/notes/{NOTE}"), responses.NoteJson)
    assert (whole["text"], whole["lines"], whole["stale"]) == (text, len(text.splitlines()), False)
    lines = _checked(api.get(f"/notes/{NOTE}", params={"start_line": 2, "end_line": 3}), responses.NoteJson)
    assert (lines["start_line"], lines["end_line"]) == (2, 3)
    assert lines["text"] == "".join(text.splitlines(keepends=True)[1:3])
    to_the_end = _checked(api.get(f"/notes/{NOTE}", params={"start_line": 40, "end_line": 9_999}), responses.NoteJson)
    assert to_the_end["end_line"] == whole["lines"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/notes/corpus/nowhere.md", 404),
        ("/notes/%2e%2e/%2e%2e/etc/hostname", 404),
        ("/notes/", 404),
        (f"/notes/{NOTE}?start_line=99999", 422),
        (f"/notes/{NOTE}?start_line=3&end_line=2", 422),
        (f"/notes/{NOTE}?lines=2", 422),
        ("/notes?limit=0", 422),
        ("/ask", 405),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_is_said_in_a_line(api: httpx.Client, path: str, status: int) -> None:
    answer = api.get(path)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


def test_a_sync_says_what_it_did_and_a_busy_index_is_one_error(
    corpus_settings: Settings, index_folder: Path, tmp_path: Path
) -> None:
    notes, index = tmp_path / "mine", tmp_path / "index"
    notes.mkdir()
    (notes / "a.md").write_text("The boiler was serviced on 3 May.\n")
    shutil.copytree(index_folder, index)
    flags = ("--notes", str(notes))
    with running_app(index, corpus_settings.cache, tmp_path, flags=flags) as app:
        api = httpx.Client(base_url=f"{app.address}/api/v1", timeout=240)
        # The app syncs when it starts, and until that has ended it refuses another sync.
        eventually(lambda: str(notes) in api.get("/status").json()["roots"])
        eventually(lambda: api.post("/sync", json={}).status_code == 200)
        (notes / "b.md").write_text("The roof was mended in June.\n")
        planned = _checked(api.post("/sync", json={"dry_run": True}), responses.SyncJson)
        assert (planned["paths"]["added"], planned["dry_run"]) == (["mine/b.md"], True)
        with writer_lock(index):
            refused = api.post("/sync", json={})
            assert refused.status_code == 409
            assert f"Process {os.getpid()}" in refused.json()["error"]
            assert api.post("/verify", json={}).status_code in (200, 409)
        done = _checked(api.post("/sync", json={}), responses.SyncJson)
        assert (done["added"], done["changed"], done["deleted"]) == (1, 0, 0)
        assert "dry_run" not in done
        found = _checked(api.post("/ask", json={"question": "When was the roof mended?"}), responses.AnswerJson)
        assert found["citations"][0]["path"] == "mine/b.md"
        shutil.rmtree(notes)
        kept = _checked(api.post("/sync", json={}), responses.SyncJson)
        assert (kept["deleted"], kept["kept"][0]["reason"]) == (0, "missing")
        assert _checked(api.post("/verify", json={}), responses.VerificationJson)["problems"]


def test_without_an_index_it_says_what_to_do(library: Library) -> None:
    state: Any = None  # which these calls need nothing of
    api = TestClient(create_api(library, state, ""))
    for answer in (api.post("/ask", json={"question": "What is emergence?"}), api.get("/status"), api.get("/notes")):
        assert answer.status_code == 503
        assert "rag-bot ingest" in answer.json()["error"]


def test_a_model_writes_only_when_it_is_asked_to(talking_app: TalkingApp) -> None:
    with httpx.Client(base_url=f"{talking_app.address}/api/v1", timeout=240) as api:
        assert _checked(api.post("/ask", json={"question": EMERGENT}), responses.AnswerJson)["mode"] == "quotes"
        written = _checked(api.post("/ask", json={"question": EMERGENT, "prose": True}), responses.AnswerJson)
    assert (written["mode"], written["model"]) == ("prose", NAME)
    assert written["sentences"][0]["text"].startswith("33% of the BIG-Bench tasks")


def test_prose_without_a_model_is_refused(api: httpx.Client) -> None:
    answer = api.post("/ask", json={"question": EMERGENT, "prose": True})
    assert answer.status_code == 422
    assert "language model" in answer.json()["error"]


# What other sites and other users may not


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": ""}, 415),
        ({"content-type": "application/json", "origin": "https://evil.example"}, 403),
        ({"content-type": "application/json", "origin": "null"}, 403),
        ({"content-type": "application/json", "sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "application/json", "sec-fetch-site": "same-site"}, 403),
        ({"content-type": "application/json", "host": "evil.example"}, 400),
    ],
)
@pytest.mark.parametrize("path", ["/ask", "/search", "/sync", "/verify"])
def test_other_sites_can_neither_ask_nor_sync(
    api: httpx.Client, path: str, headers: dict[str, str], status: int
) -> None:
    before = api.get("/status").json()["runs"]
    answer = api.post(path, content=b'{"question": "What is emergence?"}', headers=headers)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert api.get("/status").json()["runs"] == before


def test_a_browser_is_told_that_other_sites_may_not_send_json(api: httpx.Client) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = api.request("OPTIONS", "/ask", headers=asked)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


# What it says of itself


def test_the_description_names_every_call_and_model(api: httpx.Client) -> None:
    described = api.get("/openapi.json").json()
    assert {path: sorted(methods) for path, methods in described["paths"].items()} == {
        "/ask": ["post"],
        "/search": ["post"],
        "/notes": ["get"],
        "/notes/{path}": ["get"],
        "/sync": ["post"],
        "/verify": ["post"],
        "/status": ["get"],
    }
    assert described["servers"] == [{"url": "/api/v1"}]
    for methods in described["paths"].values():
        for call in methods.values():
            assert "$ref" in call["responses"]["200"]["content"]["application/json"]["schema"]
            assert call["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorJson")


def test_the_page_about_it_loads_nothing_from_elsewhere(api: httpx.Client, browser: Any) -> None:
    text = api.get("/").text
    assert "POST /api/v1/ask" in text
    assert "HitJson" in text
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{api.base_url}")
    assert page.locator("h2#ask").inner_text() == "POST /api/v1/ask"
    context.close()
    assert [url for url in asked if not url.startswith(str(api.base_url))] == []


# Whatever is sent


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_names = st.sampled_from(
    ["question", "folder", "tag", "since", "until", "earlier", "limit", "prose", "path", "x", "\n", "\ud800"]
)


@pytest.mark.parametrize("path", ["/ask", "/search", "/nothing"])
@given(body=st.dictionaries(_names, _values, max_size=4) | _values)
def test_any_json_is_answered_or_refused_in_a_line(api: httpx.Client, path: str, body: Any) -> None:
    sent = json.dumps(body | {"prose": False} if isinstance(body, dict) and path == "/ask" else body)
    answer = api.post(path, content=sent, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400, 404, 422), answer.text
    if answer.status_code != 200:
        assert list(answer.json()) == ["error"]
        assert "\n" not in answer.json()["error"]


@given(content=st.binary(max_size=60))
def test_any_bytes_are_refused_in_a_line(api: httpx.Client, content: bytes) -> None:
    answer = api.post("/ask", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert list(answer.json()) == ["error"]


@given(
    path=st.text(st.characters(codec="utf-8"), max_size=30),
    start=st.text(max_size=6),
    end=st.integers() | st.text(max_size=6),
)
def test_any_path_and_lines_are_answered_or_refused_in_a_line(
    api: httpx.Client, path: str, start: str, end: int | str
) -> None:
    answer = api.get(f"/notes/{quote(path)}", params={"start_line": start, "end_line": end})
    assert answer.status_code in (400, 404, 422), answer.text
    assert list(answer.json()) == ["error"]
