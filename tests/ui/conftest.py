"""A running app over the notes that ship and a hostile one, and a browser."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rag_bot import Library
from rag_bot.settings import Settings
from tests.conftest import lacking
from tests.ui.writer import NAME as WRITER
from tests.ui.writer import Writer, writer

ROOT = Path(__file__).parents[2]
HOSTILE = """---
title: Zebra <script>alert(1)</script> quota
---
# Zebra <script>window.hacked = 1</script> quota

- The zebra quota is 41 <img src=x onerror="window.hacked=1"> <b>zebras</b> a year.
- ![tracker](https://tracker.example/pixel.png) [run](javascript:window.hacked=1) [data](data:text/html,x)
- See [the web](https://example.com/a) and [[big-bench]] and [[nowhere at all]].
"""
PATIENCE_MS = 240_000  # nobody waits where all is well; a first page took over 90 s beside six busy programs


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "hostile"
    folder.mkdir()
    (folder / "zebra.md").write_text(HOSTILE, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory, corpus_settings: Settings, hostile_folder: Path) -> Path:
    """An index of the corpus and the hostile note, to be copied: each app changes its own."""
    index = tmp_path_factory.mktemp("app") / "index"
    shutil.copytree(corpus_settings.index, index)
    with Library(corpus_settings.model_copy(update={"index": index})) as library:
        library.ingest([hostile_folder])
    return index


@dataclass(frozen=True)
class RunningApp:
    """`python app.py` in a process of its own."""

    process: subprocess.Popen[str]
    address: str


@contextmanager
def running_app(
    index: Path, model_cache: Path, away: Path, port: int = 0, flags: Sequence[str] = (), **told: str
) -> Iterator[RunningApp]:
    """The app with this index, started in some other folder; its process tells what it printed as an error.

    `told` are variables of its environment.
    """
    environment = {**os.environ, "RAG_BOT_CACHE": str(model_cache), **told}
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port), "--index", str(index), *flags]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=away, env=environment, **pipes) as server:
        assert server.stdout
        try:
            line = server.stdout.readline()
            assert line.startswith(("rag-bot is at http://127.0.0.1:", "rag-bot is at http://[::1]:"))
            yield RunningApp(server, line.removeprefix("rag-bot is at ").strip())
        finally:
            server.terminate()


@pytest.fixture(scope="package")
def plain_index(index_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the app that is as it comes; its conversations are beside it."""
    index = tmp_path_factory.mktemp("plain") / "index"
    shutil.copytree(index_folder, index)
    return index


@pytest.fixture(scope="package")
def app_address(plain_index: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of that app."""
    with running_app(plain_index, model_cache, tmp_path_factory.mktemp("elsewhere")) as app:
        yield app.address


@dataclass(frozen=True)
class TalkingApp:
    """An app whose answers a scripted model writes, with an index and conversations of its own."""

    address: str
    writer: Writer
    index: Path


@pytest.fixture(scope="module")
def talking_app(
    index_folder: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TalkingApp]:
    index = tmp_path_factory.mktemp("talking") / "index"
    shutil.copytree(index_folder, index)
    with writer() as model:
        away, url = tmp_path_factory.mktemp("elsewhere"), model.server.url
        with running_app(index, model_cache, away, RAG_BOT_LLM=WRITER, RAG_BOT_GENERATION__URL=url) as app:
            yield TalkingApp(app.address, model, index)


@contextmanager
def opened_page(browser: Any, address: str) -> Iterator[Any]:
    """A page of its own, as a browser without a past has it; fails if anything was asked of another host."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_function("Boolean(window.ragBot?.isOpen)")  # the parts are there
    try:
        yield page
    finally:
        context.close()  # else a proxy that ends would wait for it for ever
    hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {urlsplit(address).netloc}


def after_looking_for_news(page: Any) -> None:
    """Returns when the page has looked for news, which it does now and then, and has shown what there was."""
    for _ in range(3):
        with page.expect_request_finished(lambda request: urlsplit(request.url).path.endswith("/run/predict")):
            pass


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until something holds, for at most as long as the page is waited for."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def expect(shown: Any) -> Any:
    """Playwright's assertions about a part of the page: they wait until they hold."""
    from playwright.sync_api import expect as waiting

    waiting.set_options(timeout=PATIENCE_MS)
    return waiting(shown)


def ask(page: Any, question: str) -> Any:
    """Asks and returns the answer once it is complete; the same question may have been asked before."""
    asking = page.locator(".question", has_text=question)
    before = page.locator(".exchange").filter(has=asking).count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    exchange = page.locator(".exchange:not(.growing)").filter(has=asking).nth(before)
    exchange.locator(".measured, .abstained, .notice").first.wait_for()
    return exchange


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """It has an event loop in this thread, so it ends before the tests of other folders begin."""
    with launched_browser() as launched:
        yield launched


@contextmanager
def launched_browser() -> Iterator[Any]:
    """Chromium, without a window."""
    if not importlib.util.find_spec("playwright"):
        lacking("Playwright")
    from playwright.sync_api import sync_playwright

    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        lacking("browser /usr/bin/chromium")
    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    quiet = "--disable-component-update --disable-sync"
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=str(chromium), args=f"{flags} {quiet}".split())
        yield launched
        launched.close()
