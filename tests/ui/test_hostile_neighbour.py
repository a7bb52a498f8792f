"""Another user of the machine at the app's port, for real: the tests' own user is root, and a child becomes another."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from rag_bot.conversations import Conversations
from rag_bot.conversations.database import FILE
from rag_bot.ui.server.peers import IsOwn, is_own_asked, is_own_in_table, who_tells
from tests.conftest import lacking
from tests.ui.conftest import RunningApp, ask, opened_page, running_app

OTHER_UID = 65534
REPORTS = "/gradio_api/run/predict"
TOKEN = "a-token-for-the-tests"
# Does as another user what it is told, and prints the status and the beginning of each answer.
NEIGHBOUR = """
import json, os, sys, urllib.error, urllib.request
asked = json.load(sys.stdin)
try:  # loads what is loaded at the first use, from where the other user may not look
    urllib.request.urlopen(asked["address"] + "/favicon.ico", timeout=60).read()
except urllib.error.HTTPError as error:
    error.read()
os.setgroups([])
os.setgid(asked["uid"])
os.setuid(asked["uid"])
answers = []
for path, body, headers in asked["requests"]:
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(asked["address"] + path, sent, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answers.append([answer.status, answer.read(200).decode(errors="replace")])
    except urllib.error.HTTPError as error:
        answers.append([error.code, error.read(200).decode(errors="replace")])
print(json.dumps(answers))
"""
Request = tuple[str, Any, dict[str, str]]


@pytest.fixture(scope="module", params=["127.0.0.1", "::1"])
def app(
    request: pytest.FixtureRequest, plain_index: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApp]:
    """The app as it comes on Linux."""
    if not who_tells(request.param):
        lacking(f"kernel that tells who connects to {request.param}")
    away, flags = tmp_path_factory.mktemp("elsewhere"), ("--host", request.param)
    temporary = str(tmp_path_factory.mktemp("temporary"))
    with running_app(plain_index, model_cache, away, flags=flags, TMPDIR=temporary) as app:
        yield app


@pytest.fixture(scope="module")
def locked_app(plain_index: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app with a token."""
    with running_app(plain_index, model_cache, tmp_path_factory.mktemp("elsewhere"), RAG_BOT_TOKEN=TOKEN) as app:
        assert app.address.endswith(f"/?token={TOKEN}")
        yield RunningApp(app.process, app.address.partition("/?")[0])


def neighbour(address: str, *requests: Request, uid: int = OTHER_UID) -> list[tuple[int, str]]:
    """What another user gets for these requests, each a path, a body or None, and headers."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("Only root can become another user")
    asked = json.dumps({"uid": uid, "address": address, "requests": requests})
    done = subprocess.run([sys.executable, "-c", NEIGHBOUR], input=asked, capture_output=True, text=True, check=True)
    return [(status, text) for status, text in json.loads(done.stdout)]


def reported(config: dict[str, Any], way: str, part: str, event: str, **told: Any) -> dict[str, Any]:
    """What a page sends to report what happened in a part of it."""
    found = next(one for one in config["dependencies"] if any(target[1] == way for target in one["targets"]))
    sent = {"part": part, "event": event, "told": told, "shows": {}, "number": 1}
    return {"data": [], "fn_index": found["id"], "session_hash": "neighbour", "event_data": sent}


def every_attack(config: dict[str, Any], key: str, folder: Path) -> list[Request]:
    """Reading, asking, deleting a conversation, adding a folder, as the page does it."""
    asked = reported(config, "ask", "question", "ask", question="What is the zebra quota?")
    return [
        ("/", None, {}),
        ("/config", None, {}),
        ("/theme.css", None, {}),
        (f"/conversations/{key}.md", None, {}),
        ("/gradio_api/queue/join", asked, {}),
        ("/gradio_api/queue/data?session_hash=neighbour", None, {}),
        (REPORTS, reported(config, "report", "dialog", "delete", key=key), {}),
        (REPORTS, reported(config, "report", "picker", "read_folder", folder=str(folder)), {}),
        ("/config", None, {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}),
    ]


@pytest.fixture
def kept(plain_index: Path) -> Iterator[Conversations]:
    """The app's conversations, with one in them."""
    conversations = Conversations(plain_index.parent / FILE, plain_index.name)
    conversations.begin("What is mine?")
    yield conversations
    for conversation in conversations.list():
        conversations.delete(conversation.key)


def keys(conversations: Conversations) -> list[str]:
    return [conversation.key for conversation in conversations.list()]


def config_of(app: RunningApp) -> dict[str, Any]:
    answer = httpx.get(f"{app.address}/config", headers={"Authorization": f"Bearer {TOKEN}"})
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def test_another_user_neither_reads_nor_asks_nor_deletes_nor_adds(
    app: RunningApp, kept: Conversations, tmp_path: Path
) -> None:
    attacks = every_attack(config_of(app), keys(kept)[0], tmp_path)
    before = keys(kept)
    refusal = (403, "This app belongs to another user of this machine.")
    assert neighbour(app.address, *attacks) == [refusal] * len(attacks)
    assert keys(kept) == before


def test_the_same_requests_do_it_for_the_apps_own_user(app: RunningApp, kept: Conversations) -> None:
    key = keys(kept)[0]
    body = reported(config_of(app), "report", "dialog", "delete", key=key)
    assert httpx.post(f"{app.address}{REPORTS}", json=body).status_code == 200
    assert key not in keys(kept)
    assert [status for status, _ in neighbour(app.address, ("/config", None, {}), uid=os.geteuid())] == [200]


def test_without_the_token_nobody_does_any_of_it(locked_app: RunningApp, kept: Conversations, tmp_path: Path) -> None:
    attacks = every_attack(config_of(locked_app), keys(kept)[0], tmp_path)
    before = keys(kept)
    for uid in (OTHER_UID, os.geteuid()):
        answers = neighbour(locked_app.address, *attacks, uid=uid)
        assert {status for status, _ in answers} == {403}
        assert all("opens with its link" in text for _, text in answers)
    assert keys(kept) == before
    assert neighbour(locked_app.address, ("/config", None, {"Authorization": f"Bearer {TOKEN}"}))[0][0] == 200


def test_the_link_opens_the_page_and_the_cookie_carries_it(browser: Any, locked_app: RunningApp) -> None:
    with opened_page(browser, f"{locked_app.address}/?token={TOKEN}") as page:
        assert page.url.partition("#")[0] == f"{locked_app.address}/"
        assert "41" in ask(page, "What is the zebra quota?").inner_text()
        (cookie,) = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
        assert TOKEN not in cookie["value"]
        assert page.evaluate("document.cookie") == ""


CUT_OFF = """
import os, socket, sys
import encodings.idna
host, port, count, sent = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.stdin.buffer.read()
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
for _ in range(count):
    with socket.create_connection((host, port)) as connected:
        connected.sendall(sent)
"""


def test_who_sends_and_is_gone_at_once_is_not_taken_for_root(app: RunningApp, kept: Conversations) -> None:
    """The kernel shows a socket that was closed as one of uid 0, which the tests' user is."""
    if os.geteuid() != 0:
        pytest.skip("Only root can become another user")
    before, address = keys(kept), urlsplit(app.address)
    written = json.dumps(reported(config_of(app), "report", "dialog", "delete", key=before[0]))
    head = f"POST {REPORTS} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {len(written)}\r\n\r\n"
    told = (str(address.hostname), str(address.port), "200")
    subprocess.run([sys.executable, "-c", CUT_OFF, *told], input=(head + written).encode(), check=True)
    config_of(app)  # answered after those that came before
    assert keys(kept) == before


@pytest.mark.parametrize("is_own", [is_own_asked, is_own_in_table])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_connection_is_its_makers_until_it_is_closed(host: str, is_own: IsOwn) -> None:
    if not who_tells(host.rpartition("f:")[2]):
        lacking(f"kernel that tells who connects to {host}")
    is_mapped = host.startswith("::ffff")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server(
            (host.rpartition("f:")[2], 0), family=socket.AF_INET if is_mapped else family
        ) as listening,
        socket.socket(family) as client,
    ):
        client.connect((host, listening.getsockname()[1]))
        accepted, _ = listening.accept()
        with accepted:
            ends = accepted.getpeername()[:2], accepted.getsockname()[:2]
            assert is_own(*ends)
            assert not is_own(ends[0], (ends[1][0], ends[1][1] + 1))
            client.shutdown(socket.SHUT_WR)
            assert not is_own(*ends)
            client.close()
            assert not is_own(*ends)


@pytest.mark.parametrize(
    ("state", "uid", "inode", "is_ours"),
    [("01", "{own}", "5", True), ("01", "{own}", "0", False), ("06", "{own}", "5", False), ("01", "4242", "5", False)],
)
def test_only_an_open_socket_of_the_same_user_counts(
    tmp_path: Path, state: str, uid: str, inode: str, is_ours: bool
) -> None:
    """A table as the kernel writes it on a machine with little-endian words."""
    if sys.byteorder != "little":
        pytest.skip("The table is of a little-endian machine")
    uid = uid.format(own=os.geteuid() if os.name == "posix" else 0)
    rows = [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:1EB4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0",
        f"   1: 0100007F:9C40 0100007F:1EB4 {state} 00000000:00000000 02:000A 00000000 {uid:>5} 0 {inode} 2 0 20 4 0",
    ]
    (tmp_path / "tcp").write_text("\n".join(rows) + "\n")
    (tmp_path / "tcp6").write_text(rows[0] + "\n")
    assert is_own_in_table(("127.0.0.1", 40000), ("127.0.0.1", 7860), tmp_path) == is_ours
    assert not is_own_in_table(("127.0.0.1", 7860), ("127.0.0.1", 40000), tmp_path)


def test_files_as_values_reach_no_folder_that_others_read(app: RunningApp, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("for me alone")
    value = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    for one in config_of(app)["dependencies"]:
        body = {"data": [value] * len(one["inputs"]), "fn_index": one["id"], "session_hash": "f", "event_data": {}}
        for path in (REPORTS, "/gradio_api/queue/join") if one["inputs"] else ():
            assert httpx.post(f"{app.address}{path}", json=body).status_code == 400
    (told,) = (
        Path(entry.partition("=")[2])
        for entry in Path(f"/proc/{app.process.pid}/environ").read_text().split("\0")
        if entry.startswith("TMPDIR=")
    )
    (temporary,) = (folder for folder in told.iterdir() if folder.name.startswith("rag-bot-"))
    assert stat.S_IMODE(temporary.stat().st_mode) == 0o700
    assert not [file for file in temporary.rglob("*") if file.is_file()]
