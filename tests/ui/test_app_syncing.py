"""The app beside folders that change, other processes that sync, and ends of all kinds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.errors import WriterBusy
from rag_bot.store.ownership import claim
from tests.ui.conftest import PATIENCE_MS, RunningApp, eventually, expect, running_app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the two folders of notes are."""
    return tmp_path_factory.mktemp("syncing")


@pytest.fixture(scope="module")
def library(folder: Path, model_cache: Path) -> Iterator[Library]:
    """What another process does to the index that the app has opened."""
    with Library(notes=(), index=folder / "index", cache=model_cache) as opened:
        _write_notes(folder)
        opened.ingest([folder / "trams", folder / "buses"])
        yield opened


@pytest.fixture(scope="module")
def app(library: Library, folder: Path, model_cache: Path) -> Iterator[RunningApp]:
    with running_app(library.settings.index, model_cache, folder) as running:
        yield running


@pytest.fixture
def page(browser: Any, app: RunningApp, library: Library, folder: Path) -> Iterator[Any]:
    """The page of an index of six notes on trams and six on buses, in which nothing goes on."""
    _write_notes(folder)
    _sync(library)
    page = _open(browser, app)
    yield page
    page.close()


def test_what_another_process_ingests_is_seen_without_being_asked_for(
    page: Any, library: Library, folder: Path
) -> None:
    page.fill("#question textarea", "When does the tr")
    (folder / "trams" / "night.md").write_text("# Night tram\n\nThe night tram leaves at two.\n")
    _sync(library)
    page.wait_for_selector("#overview :text('13 notes')")
    assert page.input_value("#question textarea") == "When does the tr"


def test_a_folder_that_is_watched_is_kept_in_sync_until_it_is_turned_off(
    page: Any, library: Library, folder: Path
) -> None:
    page.click("#pages [data-page=notes]")
    page.click("#watch input")
    page.wait_for_selector("#watching :text('Watching for changes')")
    (folder / "buses" / "night.md").write_text("# Night bus\n\nThe night bus leaves at three.\n")
    page.wait_for_selector("#watching :text('last change')")
    page.wait_for_selector("#overview :text('13 notes')")
    assert (library.settings.index / "keep-in-sync").exists()
    page.click("#watch input")
    page.wait_for_selector("#watching :text('Watching')", state="detached")
    eventually(lambda: not (library.settings.index / "keep-in-sync").exists())


def test_lost_notes_are_asked_about_kept_and_removed(page: Any, folder: Path) -> None:
    (folder / "buses").rename(folder / "away")
    page.wait_for_selector("#overview :text('not there now')")
    page.click("#pages [data-page=notes]")
    page.click("#sync")
    page.wait_for_selector(".asks :text('buses is not there')")
    page.click("text=Keep them, sync the rest")
    page.wait_for_selector(".asks :text('still answering: 6 notes')")
    page.wait_for_selector("#overview :text('12 notes')")
    page.click("text=Remove 6 notes from the index")
    page.wait_for_selector("#overview :text('6 notes')")
    expect(page.locator(".asks")).to_have_count(0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_app_ends_in_silence_and_its_children_with_it(
    browser: Any, library: Library, tmp_path: Path, how: signal.Signals
) -> None:
    (tmp_path / "index").mkdir()
    claim(tmp_path / "index")
    (tmp_path / "index" / "keep-in-sync").touch()
    shutil.copy(library.settings.index / "catalogue.sqlite3", tmp_path / "index")
    with running_app(tmp_path / "index", library.settings.cache, tmp_path) as app:
        page = _open(browser, app)
        children = _children(app.process.pid)
        assert children
        app.process.send_signal(how)
        _, said = app.process.communicate(timeout=PATIENCE_MS / 1000)
        page.close()
    assert said == ""
    eventually(lambda: not any(map(_runs, children)))


def test_an_interrupt_while_the_app_loads_its_models_ends_it_in_silence(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(library.settings.index, tmp_path / "index")
    with running_app(tmp_path / "index", library.settings.cache, folder) as app:
        app.process.send_signal(signal.SIGINT)
        _, said = app.process.communicate(timeout=PATIENCE_MS / 1000)
    assert (app.process.returncode, said) == (0, "")


def test_a_missing_folder_does_not_keep_the_start_from_syncing_the_others(
    browser: Any, library: Library, folder: Path
) -> None:
    _write_notes(folder)
    _sync(library)
    (folder / "buses").rename(folder / "away")
    (folder / "trams" / "night.md").write_text("# Night tram\n")
    with running_app(library.settings.index, library.settings.cache, folder) as app:
        page = _open(browser, app)
        page.wait_for_selector(".asks :text('still answering: 6 notes')")
        page.wait_for_selector("#overview :text('13 notes')")
        page.close()


def _open(browser: Any, app: RunningApp) -> Any:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(app.address)
    page.wait_for_selector("#overview :text('notes · synced')")
    page.wait_for_selector("progress", state="detached")  # the sync that each start begins with
    return page


def _sync(library: Library) -> None:
    """As another process does it, once no other one writes."""

    def synced() -> bool:
        try:
            library.ingest([library.settings.index.parent / name for name in ("trams", "buses")], on_loss="remove")
        except WriterBusy:
            return False
        return True

    eventually(synced)


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
