"""A running app over the notes that ship and a hostile one, and a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HOSTILE = """---
title: Zebra <script>alert(1)</script> quota
---
# Zebra <script>window.hacked = 1</script> quota

- The zebra quota is 41 <img src=x onerror="window.hacked=1"> <b>zebras</b> a year.
- ![tracker](https://tracker.example/pixel.png) [run](javascript:window.hacked=1) [data](data:text/html,x)
- See [the web](https://example.com/a) and [[big-bench]] and [[nowhere at all]].
"""


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "hostile"
    folder.mkdir()
    (folder / "zebra.md").write_text(HOSTILE, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory, model_cache: Path, hostile_folder: Path) -> Path:
    """An index of the corpus and the hostile note."""
    index = tmp_path_factory.mktemp("app") / "index"
    command = [sys.executable, "-m", "rag_bot", "--index", str(index), "--cache", str(model_cache)]
    folders = [str(ROOT / "corpus"), str(hostile_folder)]
    subprocess.run([*command, "ingest", *folders], cwd=ROOT, check=True, capture_output=True)
    return index


@dataclass(frozen=True)
class RunningApp:
    """`python app.py` in a process of its own."""

    process: subprocess.Popen[str]
    address: str


@contextmanager
def running_app(index: Path, model_cache: Path, away: Path) -> Iterator[RunningApp]:
    """The app with this index, started in some other folder; its process tells what it printed as an error."""
    environment = {**os.environ, "RAG_BOT_CACHE": str(model_cache)}
    command = [sys.executable, str(ROOT / "app.py"), "--port", "0", "--index", str(index)]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=away, env=environment, **pipes) as server:
        assert server.stdout
        line = server.stdout.readline()
        assert line.startswith("rag-bot is at http://127.0.0.1:")
        yield RunningApp(server, line.removeprefix("rag-bot is at ").strip())
        server.terminate()


@pytest.fixture(scope="session")
def app_address(index_folder: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app with that index."""
    with running_app(index_folder, model_cache, tmp_path_factory.mktemp("elsewhere")) as app:
        yield app.address


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("needs /usr/bin/chromium")
    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    quiet = "--disable-component-update --disable-sync"
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=str(chromium), args=f"{flags} {quiet}".split())
        yield launched
        launched.close()
