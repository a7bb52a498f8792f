"""Two apps over one index behind one proxy, as docs/larger.md shows them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rag_bot import Library
from rag_bot.settings import Settings
from tests.chroma import ChromaServer
from tests.conftest import ROOT
from tests.ui.conftest import ask, eventually, expect, opened_page, running_app
from tests.ui.test_proxies import NAME, TOKEN, free_port, is_open, started

PAGE = ROOT / "docs" / "larger.md"
QUESTION = "What is the zebra quota?"


@pytest.fixture(scope="module")
def address(
    index_folder: Path, model_cache: Path, server: ChromaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """That of the proxy, with the path; the vectors are on a Chroma server."""
    place, port = tmp_path_factory.mktemp("several"), free_port()
    index = shutil.copytree(index_folder, place / "index")
    with Library(Settings(notes=(), index=index, cache=model_cache, vectors=server.url)) as library:
        library.ingest()
    text = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```caddy\n(notes\..*?)^```", text, re.MULTILINE | re.DOTALL)
    flags = (
        re.findall(r"rag-bot serve (.*) --port 7861$", text, re.MULTILINE)[0].replace("notes.example.org", NAME).split()
    )
    with ExitStack() as stack:
        for shown in ("7861", "7862"):
            away = tmp_path_factory.mktemp("elsewhere")
            app = stack.enter_context(
                running_app(index, model_cache, away, flags=flags, RAG_BOT_TOKEN=TOKEN, RAG_BOT_VECTORS=server.url)
            )
            block = block.replace(f"127.0.0.1:{shown}", f"127.0.0.1:{urlsplit(app.address).port}")
        configuration = place / "configuration"
        block = block.replace("notes.example.org", f"http://{NAME}:{port}")
        configuration.write_text(f"{{\nadmin off\nauto_https off\n}}\n{block}")
        stack.enter_context(
            started("caddy", "run", "--adapter", "caddyfile", "--config", str(configuration), home=place)
        )
        eventually(lambda: is_open(port))
        yield f"http://{NAME}:{port}/notes"


def _app_of(page: Any) -> set[str]:
    """The cookie's name tells which of the apps it came from."""
    return {cookie["name"] for cookie in page.context.cookies() if cookie["name"].startswith("rag-bot-")}


def test_both_give_the_same_answer_and_have_the_conversation_that_the_other_began(browser: Any, address: str) -> None:
    with ExitStack() as stack:
        opened = (stack.enter_context(opened_page(browser, f"{address}/?token={TOKEN}")) for _ in range(20))
        first = next(opened)
        second = next(page for page in opened if _app_of(page) != _app_of(first))  # the proxy takes them in turns
        answer = ask(first, QUESTION).locator(".quote").first.inner_text()
        second.reload()
        second.locator("#chats li a", has_text="zebra quota").first.click()
        expect(second.locator(".exchange .quote").first).to_contain_text("41")
        second.click("#new-chat button")
        expect(second.locator(".exchange")).to_have_count(0)
        assert ask(second, QUESTION).locator(".quote").first.inner_text() == answer
