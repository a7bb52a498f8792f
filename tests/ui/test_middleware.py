"""What the server refuses."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from rag_bot.errors import UsageError
from rag_bot.ui.server.access import Access, AccessToken, choose
from rag_bot.ui.server.asgi import Receive, Scope, Send
from rag_bot.ui.server.bodies import LARGEST
from rag_bot.ui.server.middleware import Guard
from rag_bot.ui.server.peers import is_own_asked, who_tells

NAMES = ("127.0.0.1", "localhost", "[::1]")
SECRET = "sixteen-letters-and-more"


@pytest.fixture
def client() -> TestClient:
    return _client(Access(7860, NAMES))


def _client(access: Access, base: str = "http://127.0.0.1:7860") -> TestClient:
    return TestClient(Guard(PlainTextResponse("the page"), access), base_url=base, follow_redirects=False)


def test_the_page_comes_with_a_policy_that_keeps_it_to_itself(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.text == "the page"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("root_path", ["", "/notes"])
def test_the_name_of_a_page_as_a_path_leads_to_it_and_other_paths_say_that_nothing_is_there(root_path: str) -> None:
    guard = Guard(PlainTextResponse("the page"), Access(7860, NAMES, root_path=root_path), pages=("notes", "settings"))
    client = TestClient(guard, base_url="http://127.0.0.1:7860", follow_redirects=False)
    for path in ("/notes", "/notes/", "/settings"):
        answer = client.get(f"{root_path}{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{root_path}/#page={path.strip('/')}")
    browser = client.get(f"{root_path}/note", headers={"accept": "text/html,*/*"})
    assert (browser.status_code, f'<a href="{root_path}/">' in browser.text) == (404, True)
    assert client.get(f"{root_path}/note").text == "Not found."


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


FILE = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    "value",
    [
        FILE,
        {"url": "https://example.com/", "meta": {"_type": "gradio.FileData"}},
        {"path": "x"},
        [[{"deep": {"er": FILE}}]],
        {"meta": {}},
    ],
)
@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict"])
def test_files_and_addresses_as_values_are_refused(client: TestClient, path: str, value: object) -> None:
    for body in ({"data": ["question", value]}, {"event_data": value}):
        answer = client.post(path, json=body)
        assert (answer.status_code, answer.text) == (400, "Files and addresses are not taken.")


def test_a_file_that_comes_under_a_key_twice_is_refused_in_either_order(client: TestClient) -> None:
    for body in ('{"data": [{"path": "x"}], "data": []}', '{"data": [], "data": [{"path": "x"}]}'):
        assert client.post("/gradio_api/queue/join", content=body).status_code == 400


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff\xfe[\x00", b'"\xff"', b"9" * 10_000])
def test_what_is_no_json_of_the_page_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post("/gradio_api/queue/join", content=body).status_code == 400


def test_a_body_has_a_largest_size_whether_it_says_so_or_not(client: TestClient) -> None:
    largest = b'"' + b"x" * (LARGEST - 2) + b'"'
    assert client.post("/gradio_api/run/predict", content=largest).status_code == 200
    assert client.post("/gradio_api/run/predict", content=largest + b" ").status_code == 413
    assert client.post("/gradio_api/run/predict", content=iter([largest, b" "])).status_code == 413
    assert client.post("/gradio_api/run/predict", headers={"content-length": "-1"}).status_code == 413


def test_the_app_behind_the_checks_reads_the_whole_body() -> None:
    read = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        read.append(await Request(scope, receive).json())
        await PlainTextResponse("read")(scope, receive, send)

    sent = {"data": ["a question", None, True, 1.5, ["a"]], "event_data": {"note": "a.md", "start": "3"}}
    TestClient(Guard(app, Access(7860, NAMES)), base_url="http://127.0.0.1").post("/gradio_api/run/predict", json=sent)
    assert read == [sent]


@pytest.fixture
def locked() -> TestClient:
    return _client(Access(7860, NAMES, token=AccessToken.named(SECRET)))


def test_programs_are_told_of_a_refusal_in_json(client: TestClient, locked: TestClient) -> None:
    answer = client.post("/api/v1/ask", json={"question": "x"}, headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.json()) == (403, {"error": "Requests from other sites are refused."})
    assert list(client.get("/api/v1/status", headers={"host": "evil.example"}).json()) == ["error"]
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {SECRET}"}):
        answer = locked.get("/api/v1/status", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "Authorization: Bearer" in answer.json()["error"]
        assert SECRET not in answer.text
    assert locked.get("/api/v1/status", headers={"authorization": f"Bearer {SECRET}"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/config", "/assets/a.js", "/gradio_api/queue/data", "/conversations/a.md", "/no"]
)
def test_without_the_token_every_path_is_refused_by_a_page_that_names_the_link(locked: TestClient, path: str) -> None:
    for answer in (locked.get(path), locked.post(path), locked.get(path, params={"token": "wrong"})):
        assert answer.status_code == 403
        assert "link" in answer.text
        assert "set-cookie" not in answer.headers
        assert SECRET not in answer.text


@pytest.mark.parametrize("path", ["/health", "/notes/health"])
def test_whether_the_app_is_up_is_told_without_the_token_and_nothing_else(path: str) -> None:
    client = _client(Access(7860, NAMES, "/notes", AccessToken.named(SECRET)))
    answer = client.get(path)
    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "ok", "no-store")
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 403
    assert client.get(path, headers={"host": "evil.example"}).status_code == 400
    assert client.get(path, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.get("/notes/healthy").status_code == 403


def test_where_the_kernel_tells_whose_a_connection_is_anybody_hears_whether_the_app_is_up() -> None:
    client = _client(Access(7860, NAMES, is_own=is_own_asked))
    assert client.get("/health").text == "ok"
    assert client.get("/").status_code == 403


def test_the_link_gives_a_cookie_that_is_not_the_token_and_goes_on_without_it(locked: TestClient) -> None:
    answer = locked.get("/", params={"token": SECRET})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("rag-bot-7860=")
    assert attributes == ["HttpOnly", "SameSite=Strict", "Path=/"]
    assert SECRET not in str(answer.headers)
    assert locked.get("/").text == "the page"


def test_the_token_opens_no_other_path_and_is_not_taken_twice(locked: TestClient) -> None:
    assert locked.get("/config", params={"token": SECRET}).status_code == 403
    assert locked.post("/", params={"token": SECRET}).status_code == 403
    assert locked.get("/", params={"token": ["wrong", SECRET]}).status_code == 403
    assert locked.get("/", params={"token": "x" * 10_000}).status_code == 403


def test_a_cookie_is_good_until_the_app_is_started_again(locked: TestClient) -> None:
    cookie = locked.get("/", params={"token": SECRET}).headers["set-cookie"].partition(";")[0]
    assert locked.get("/config", headers={"cookie": cookie}).status_code == 200
    restarted = _client(Access(7860, NAMES, token=AccessToken.named(SECRET)))
    assert restarted.get("/config", headers={"cookie": cookie}).status_code == 403
    assert restarted.get("/config", headers={"cookie": f"rag-bot-7860={SECRET}"}).status_code == 403


def test_scripts_send_the_token_as_a_bearer(locked: TestClient) -> None:
    assert locked.get("/config", headers={"authorization": f"Bearer {SECRET}"}).status_code == 200
    for given in (f"Bearer {SECRET}x", f"Basic {SECRET}", "Bearer", "Bearer \xe4"):
        assert locked.get("/config", headers={b"authorization": given.encode("latin-1")}).status_code == 403


def test_another_site_cannot_use_the_cookie(locked: TestClient) -> None:
    locked.get("/", params={"token": SECRET})
    assert locked.post("/gradio_api/queue/join", headers={"origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("token", ["short", "with blanks in between", "sechzehn-Zeichen-ä", "sixteen\nletters-and"])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="at least 16"):
        AccessToken.named(token)


def test_new_tokens_differ() -> None:
    tokens = {AccessToken.named("new").text for _ in range(3)}
    assert len(tokens) == 3
    assert min(map(len, tokens)) >= 43


@pytest.mark.parametrize("prefix", ["", "/notes"])
def test_under_a_path_it_is_the_same_whether_the_proxy_cuts_that_off_or_not(prefix: str) -> None:
    client = _client(Access(7860, (*NAMES, "notes.example.org"), "/notes", AccessToken.named(SECRET)))
    near = {"host": "notes.example.org", "x-forwarded-proto": "https"}
    answer = client.get(f"{prefix}/", params={"token": SECRET}, headers=near)
    assert (answer.status_code, answer.headers["location"]) == (303, "/notes/")
    assert answer.headers["set-cookie"].endswith("HttpOnly; SameSite=Strict; Path=/notes/")
    cookie = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
    own = {**near, **cookie, "origin": "https://notes.example.org"}
    assert client.post(f"{prefix}/gradio_api/queue/join", headers=own).status_code == 200
    assert client.get(f"{prefix}/conversations/a.md", headers=own).status_code == 200
    assert client.get("/notes", headers=own).headers["location"] == "/notes/"
    assert client.get("/notesx", headers=own).status_code == 404


@pytest.mark.parametrize(("peer", "is_secure"), [("127.0.0.1", True), ("::1", True), ("192.168.0.9", False)])
def test_only_a_proxy_of_this_machine_says_that_it_was_https(peer: str, is_secure: bool) -> None:
    app = Guard(PlainTextResponse("the page"), Access(7860, NAMES, token=AccessToken.named(SECRET)))
    client = TestClient(app, base_url="http://127.0.0.1:7860", client=(peer, 5000), follow_redirects=False)
    cookie = client.get("/", params={"token": SECRET}, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
    assert cookie.endswith("; Secure") == is_secure


def test_an_address_of_the_machines_own_is_a_name_of_it() -> None:
    client = _client(Access(7860, ("0.0.0.0",)), "http://192.168.0.7:7860")
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"host": "192.168.0.8:7860"}).status_code == 400


def test_where_the_kernel_should_tell_whose_a_connection_is_and_does_not_nobody_is_let_in() -> None:
    assert _client(Access(7860, NAMES, is_own=is_own_asked)).get("/").status_code == 403


def test_cookies_of_other_apps_on_the_machine_do_not_get_in_the_way(locked: TestClient) -> None:
    cookie = locked.get("/", params={"token": SECRET}).headers["set-cookie"].partition(";")[0]
    for others in ('odd={"a": 1}; ', "a[b]=1; ;=; ", "rag-bot-7861=x; "):
        assert locked.get("/config", headers={"cookie": others + cookie}).status_code == 200
    assert locked.get("/config", headers={"cookie": "rag-bot-7860="}).status_code == 403


@pytest.mark.parametrize(
    "wanted",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"host": "192.168.0.7"},
        {"root_path": "/notes/"},
        {"allowed_hosts": ("notes.example.org",)},
        {"token": SECRET},
    ],
)
def test_what_lets_others_in_has_a_token(wanted: dict[str, Any]) -> None:
    access = choice(**wanted)
    assert access.token
    assert not access.is_own
    assert access.link("127.0.0.1").endswith(f"{access.root_path}/?token={access.token.text}")


def test_this_machine_alone_has_no_token_where_the_kernel_tells_or_nobody_else_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = who_tells("127.0.0.1")
    if told:
        assert choice() == Access(7860, choice().names, is_own=told)
    monkeypatch.setattr("rag_bot.ui.server.access.who_tells", lambda _: None)  # as on other systems than Linux
    for is_alone in (True, False):
        monkeypatch.setattr("rag_bot.ui.server.access.is_alone_on_machine", lambda is_alone=is_alone: is_alone)
        assert (choice().token is None) == is_alone
    access = choice(no_token=True, host="0.0.0.0")
    assert (access.token, access.is_own) == (None, None)


def test_the_machine_goes_by_its_name_where_it_listens_everywhere() -> None:
    assert socket.gethostname().lower() in choice(host="0.0.0.0").names
    assert "notes.example.org" in choice(allowed_hosts=("Notes.Example.org",)).names


def test_an_address_of_ipv4_on_a_socket_of_ipv6_is_a_name_of_the_machine() -> None:
    client = _client(Access(7860, NAMES), "http://[::ffff:192.168.0.7]:7860")
    assert client.get("/", headers={"host": "192.168.0.7:7860"}).status_code == 200


def choice(host: str = "127.0.0.1", **wanted: Any) -> Access:
    unwanted: dict[str, Any] = {"token": None, "no_token": False, "allowed_hosts": (), "root_path": ""}
    return choose(host, 7860, **{**unwanted, **wanted})
