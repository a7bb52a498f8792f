"""What the server refuses."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse

from rag_bot.ui.server.middleware import guarded


@pytest.fixture
def client() -> TestClient:
    app = guarded(PlainTextResponse("the page"), ("127.0.0.1", "localhost", "[::1]"))
    return TestClient(app, base_url="http://127.0.0.1:7860")


def test_the_page_comes_with_a_policy_that_keeps_it_to_itself(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.text == "the page"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:7860", "localhost:1", "[::1]:7860", "[::1]"])
def test_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7:7860", ""])
def test_other_names_are_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_requests_that_other_sites_make_are_refused(client: TestClient, site: str) -> None:
    assert client.post("/gradio_api/queue/join", headers={"sec-fetch-site": site}).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:8000", "null"])
def test_other_origins_are_refused(client: TestClient, origin: str) -> None:
    assert client.post("/gradio_api/queue/join", headers={"origin": origin}).status_code == 403


def test_the_page_itself_may_ask(client: TestClient) -> None:
    own = {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:7860"}
    assert client.post("/gradio_api/queue/join", headers=own).status_code == 200


@pytest.mark.parametrize("path", ["/gradio_api/file=https://example.com", "/gradio_api/upload", "/docs", "/assets"])
def test_other_paths_are_not_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_open_page_may_ask_whether_the_app_was_started_again(client: TestClient) -> None:
    assert client.get("/gradio_api/app_id").status_code == 200
