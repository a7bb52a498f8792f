"""The app behind nginx and Caddy under a path, with the configurations that docs/remote.md shows."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import ROOT, lacking
from tests.ui.conftest import ask, eventually, opened_page, running_app
from tests.ui.test_hostile_neighbour import Request, neighbour

PAGE = ROOT / "docs" / "remote.md"
NAME = "notes.localhost"  # which browsers look for on this machine
TOKEN = "a-token-for-the-tests"
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{block}
}}
"""


@dataclass(frozen=True)
class Proxied:
    """`address` is as a browser sees it, with the path."""

    address: str
    port: int


@pytest.fixture(scope="module")
def app_port(plain_index: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an app that is started as the page says."""
    flags = shown("sh", "--root-path").replace("notes.example.org", NAME).split()[2:]
    with running_app(
        plain_index, model_cache, tmp_path_factory.mktemp("elsewhere"), flags=flags, RAG_BOT_TOKEN=TOKEN
    ) as app:
        assert app.address.endswith(f"/notes/?token={TOKEN}")
        yield urlsplit(app.address).port or 0


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxied(
    request: pytest.FixtureRequest, app_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    block = shown(request.param).replace("127.0.0.1:7860", f"127.0.0.1:{app_port}")
    if request.param == "nginx":
        block = block.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("notes.example.org", NAME)
        text, command = NGINX.format(folder=folder, block=block), ["-p", str(folder), "-c"]
    else:
        block = block.replace("notes.example.org", f"http://{NAME}:{port}")
        text, command = f"{{\nadmin off\nauto_https off\n}}\n{block}", ["run", "--adapter", "caddyfile", "--config"]
    (folder / "configuration").write_text(text)
    with started(request.param, *command, str(folder / "configuration"), home=folder):
        proxied = Proxied(f"http://{NAME}:{port}/notes", port)
        eventually(lambda: is_open(port))
        yield proxied


def shown(language: str, containing: str = "") -> str:
    """A block of the page."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if containing in block)
    return str(found)


@contextmanager
def started(name: str, *arguments: str, home: Path) -> Iterator[None]:
    program = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if not program:
        lacking(name)
    environment = {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    with subprocess.Popen([program, *arguments], env=environment, stderr=subprocess.DEVNULL) as proxy:
        try:
            yield
        finally:
            proxy.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as connecting:
        return connecting.connect_ex(("127.0.0.1", port)) == 0


def test_a_question_asked_through_the_proxy_gets_its_cited_answer(browser: Any, proxied: Proxied) -> None:
    with opened_page(browser, f"{proxied.address}/?token={TOKEN}") as page:
        assert page.url.partition("#")[0] == f"{proxied.address}/"
        failed: list[str] = []
        page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
        quote = ask(page, "What is the zebra quota?").locator(".quote").filter(has_text="41").first
        quote.locator(".cite").first.click()
        page.locator("#panel .body .cited").first.wait_for()
        page.keyboard.press("Escape")
        page.locator("#chats li").first.hover()
        page.locator("#chats .more").first.click()
        with page.expect_download() as downloading:
            page.locator("dialog [data-export]").click()
        assert "zebra quota" in Path(downloading.value.path()).read_text(encoding="utf-8")
        (cookie,) = page.context.cookies()
        assert (cookie["path"], cookie["httpOnly"]) == ("/notes/", True)
        page.reload()
        page.locator(".exchange .question").first.wait_for()
        assert not failed


def test_the_path_without_its_slash_leads_to_the_page(proxied: Proxied) -> None:
    host = {"Host": urlsplit(proxied.address).netloc, "Authorization": f"Bearer {TOKEN}"}
    answer = httpx.get(f"http://127.0.0.1:{proxied.port}/notes", headers=host)
    assert answer.is_redirect
    assert urlsplit(answer.headers["location"]).path == "/notes/"


def test_another_user_gets_nothing_through_the_proxy_without_the_token(proxied: Proxied) -> None:
    host = {"Host": urlsplit(proxied.address).netloc}
    asked: list[Request] = [
        ("/notes/", None, host),
        ("/notes/config", None, host),
        ("/notes/gradio_api/queue/join", {"data": []}, host),
        ("/notes/config", None, {**host, "X-Forwarded-For": "127.0.0.1"}),
    ]
    answers = neighbour(f"http://127.0.0.1:{proxied.port}", *asked)
    assert [status for status, _ in answers] == [403] * len(asked)


def test_other_sites_are_refused_through_the_proxy_and_its_own_page_is_not(proxied: Proxied) -> None:
    name = urlsplit(proxied.address).netloc
    told = {"Host": name, "Authorization": f"Bearer {TOKEN}"}
    for origin, status in ((f"http://{name}", 422), ("https://evil.example", 403), (f"http://{NAME}", 403)):
        url = f"http://127.0.0.1:{proxied.port}/notes/gradio_api/queue/join"
        assert httpx.post(url, json={}, headers={**told, "Origin": origin}).status_code == status
