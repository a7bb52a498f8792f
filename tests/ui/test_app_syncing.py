"""The app beside folders that change, other processes that sync, and ends of all kinds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.settings import Settings
from tests.ui.conftest import RunningApp, running_app

EVIL = "<img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def first_index(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Path:
    """An index of two folders beside it: six notes on trams, six on buses."""
    folder = tmp_path_factory.mktemp("syncing")
    _write_notes(folder)
    with Library(notes=(), index=folder / "index", cache=model_cache) as library:
        library.ingest([folder / "trams", folder / "buses"])
    return folder / "index"


@pytest.fixture
def folder(first_index: Path) -> Path:
    """Where the two folders of notes are, as they were indexed."""
    _write_notes(first_index.parent)
    return first_index.parent


@pytest.fixture
def settings(folder: Path, first_index: Path, tmp_path: Path, model_cache: Path) -> Settings:
    """Of an index of these notes for one test."""
    assert folder
    shutil.copytree(first_index, tmp_path / "index")
    return Settings(notes=(), index=tmp_path / "index", cache=model_cache)


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[RunningApp]:
    with running_app(settings.index, settings.cache, tmp_path) as running:
        yield running


@pytest.fixture
def page(browser: Any, app: RunningApp) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(app.address)
    page.wait_for_selector("#overview :text('nothing new')")  # the sync that each start begins with
    yield page
    context.close()


def test_what_another_process_ingests_is_seen_within_two_seconds(page: Any, settings: Settings, tmp_path: Path) -> None:
    page.fill("#question textarea", "When does the tr")
    (folder / "trams" / "night.md").write_text("# Night tram\n\nThe night tram leaves at two.\n")
    with Library(settings) as other:
        other.ingest()
    page.wait_for_selector("#overview :text('13 notes')", timeout=2_000)
    assert page.input_value("#question textarea") == "When does the tr"


def test_a_folder_that_is_watched_is_kept_in_sync_until_it_is_turned_off(
    page: Any, settings: Settings, folder: Path
) -> None:
    page.click("#watch input")
    page.wait_for_selector("#watching :text('Watching for changes')")
    (folder / "buses" / "night.md").write_text("# Night bus\n\nThe night bus leaves at three.\n")
    page.wait_for_selector("#watching :text('last change')")
    page.wait_for_selector("#overview :text('13 notes')")
    assert (settings.index / "keep-in-sync").exists()
    page.click("#watch input")
    page.wait_for_selector("#watching :text('Watching')", state="detached")
    assert not (settings.index / "keep-in-sync").exists()


def test_lost_notes_are_asked_about_kept_and_removed(page: Any, folder: Path) -> None:
    (folder / "buses").rename(folder / "away")
    page.wait_for_selector("#overview :text('not there now')")
    page.click("#sync")
    page.wait_for_selector(".asks :text('buses is not there')")
    page.click("text=Keep them, sync the rest")
    page.wait_for_selector(".asks :text('still answering: 6 notes')")
    assert "12 notes" in page.inner_text("#overview")
    page.click("text=Remove 6 notes from the index")
    page.wait_for_selector("#overview :text('6 deleted')")
    assert page.locator(".asks").count() == 0


def test_the_notes_page_finds_notes_by_word_and_state_and_opens_them(page: Any, folder: Path) -> None:
    trams = folder / "trams"
    (trams / "trams 1.md").write_text("# Trams\n\nAnother text.\n")
    (trams / "trams 2.md").unlink()
    (trams / f"{EVIL.replace('/', '')}.md").write_text("# New\n")
    page.click("#show-notes")
    page.wait_for_selector("#filter :text('All 13')")
    assert page.locator("#rows li").count() == 13
    assert page.is_hidden("#question")
    assert page.evaluate("window.hacked") is None
    page.fill("#query input, #query textarea", "TRÁMS md")
    page.wait_for_function("document.querySelectorAll('#rows li').length === 7")
    page.click("#filter label:has-text('Deleted 1')")
    page.wait_for_function("document.querySelectorAll('#rows li').length === 1")
    page.click("#rows a")
    page.wait_for_selector("#panel .stale:has-text('has been deleted')")
    page.click("#filter label:has-text('New 1')")
    page.click("#rows a:has-text('onerror')")
    page.wait_for_selector("#panel :text('Not in the index yet')")
    page.click("#show-chat")
    page.wait_for_selector("#question", state="visible")
    assert page.is_hidden("#rows")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_app_ends_in_silence_and_its_children_with_it(page: Any, app: RunningApp, how: signal.Signals) -> None:
    page.click("#watch input")
    page.wait_for_selector("#watching :text('Watching for changes')")
    children = _children(app.process.pid)
    assert children
    app.process.send_signal(how)
    _, said = app.process.communicate(timeout=10)
    assert said == ""
    end = time.monotonic() + 10
    while any(map(_runs, children)):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_missing_folder_does_not_keep_the_start_from_syncing_the_others(
    browser: Any, settings: Settings, folder: Path, tmp_path: Path
) -> None:
    (folder / "buses").rename(folder / "away")
    (folder / "trams" / "night.md").write_text("# Night tram\n")
    with running_app(settings.index, settings.cache, tmp_path) as app:
        page = browser.new_page()
        page.goto(app.address)
        page.wait_for_selector(".asks :text('still answering: 6 notes')")
        assert "13 notes" in page.inner_text("#overview")
        page.close()


def test_the_first_start_asks_for_a_folder_and_tells_how_far_it_is(
    browser: Any, model_cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.md").write_text("# The ferry\n\nThe ferry leaves at noon.\n")
    with running_app(tmp_path / "index", model_cache, tmp_path) as app:
        page = browser.new_page()
        page.goto(app.address)
        page.wait_for_selector("#overview :text('No notes yet')")
        assert "never" not in page.inner_text("#side")
        assert page.is_hidden("#sync")
        page.fill(".read input", str(tmp_path / "mine"))
        time.sleep(2)  # the page looks for news meanwhile
        assert page.input_value(".read input") == str(tmp_path / "mine")
        page.click(".read button")
        page.wait_for_selector(".chips button:has-text('The ferry')")
        page.wait_for_selector("progress", state="detached")
        assert "1 note · 1 passage" in page.inner_text("#overview")
        page.close()


def _write_notes(folder: Path) -> None:
    for name in ("trams", "buses", "away"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("trams", "buses"):
        (folder / name).mkdir()
        for number in range(6):
            (folder / name / f"{name} {number}.md").write_text(f"# {name} {number}\n\nOne leaves at {number}.\n")


def _children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
