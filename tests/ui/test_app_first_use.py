"""The app as somebody finds it who has never used it: from no notes to the first cited answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import RunningApp, after_looking_for_news, ask, expect, opened_page, running_app


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a vault that Obsidian knows, and notes that nothing lists."""
    home = tmp_path_factory.mktemp("home")
    for name, text in {
        "Vault/ferry.md": "# The ferry\n\nThe ferry leaves at noon from the old harbour.\n",
        "Vault/sauna.md": "# The sauna\n\nThe sauna is heated on Fridays from six o'clock on.\n",
        "Elsewhere/deep/tram.md": "# The night tram\n\nThe night tram leaves at two.\n",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    (home / ".config/obsidian").mkdir(parents=True)
    (home / ".config/obsidian/obsidian.json").write_text(json.dumps({"vaults": {"a": {"path": str(home / "Vault")}}}))
    return home


@pytest.fixture
def app(home: Path, model_cache: Path, tmp_path: Path) -> Iterator[RunningApp]:
    index, data = tmp_path / "index", str(tmp_path)
    with running_app(index, model_cache, tmp_path, HOME=str(home), XDG_CONFIG_HOME="", XDG_DATA_HOME=data) as running:
        yield running


@pytest.fixture
def page(browser: Any, app: RunningApp) -> Iterator[Any]:
    with opened_page(browser, app.address) as page:
        page.wait_for_selector(".wants-folder")
        yield page


def test_a_vault_that_was_found_is_read_and_its_questions_are_answered(page: Any) -> None:
    page.wait_for_selector("#overview :text('No notes yet')")
    expect(page.locator("#question")).to_be_hidden()
    found = page.locator(".found button", has_text="Vault")
    expect(found).to_contain_text("2 notes · Obsidian")
    found.click()
    page.click(".chips button:has-text('the ferry')")
    page.locator(".measured").wait_for()
    assert "noon" in page.inner_text(".quote >> nth=0")
    page.wait_for_selector("#overview :text('2 notes · synced')")
    page.click("#overview .line a")
    page.wait_for_selector("#notes-page", state="visible")


def test_what_is_asked_while_the_first_notes_are_read_is_answered_by_itself(page: Any) -> None:
    page.locator(".found button", has_text="Vault").click()
    assert "noon" in ask(page, "When does the ferry leave?").locator(".quote").first.inner_text()


def test_a_folder_is_looked_for_from_home_on_and_what_was_typed_stays(page: Any) -> None:
    page.fill(".read input", "~/Elsewere")
    after_looking_for_news(page)
    assert page.input_value(".read input") == "~/Elsewere"
    page.press(".read input", "Enter")
    expect(page.locator("#picker .said")).to_contain_text("There is no folder")
    page.click(".folder-picker button:has-text('Look in ~/Elsewhere')")
    page.click(".crumbs button:has-text('Home')")
    page.click(".subfolders button:has-text('Elsewhere')")
    expect(page.locator(".crumbs")).to_have_text("Home › Elsewhere1 note")
    assert page.locator(".subfolders").inner_text().split("\n")[0] == "deep"
    page.keyboard.press("Tab")  # the focus has gone along
    page.keyboard.press("Enter")
    expect(page.locator(".crumbs")).to_have_text("Home › Elsewhere › deep1 note")
    assert page.input_value(".read input") == "~/Elsewhere/deep"
    page.click(".read button")
    page.wait_for_selector(".chips button:has-text('the night tram')")
    page.wait_for_selector("#overview :text('1 note · synced')")


def test_a_whole_home_is_asked_about_before_it_is_read_and_a_dropped_folder_has_no_place(page: Any) -> None:
    page.fill(".read input", "~")
    page.click(".read button")
    page.wait_for_selector(".folder-picker .asks :text('Your home folder')")
    page.click("text=Choose a folder in it")
    page.wait_for_selector(".subfolders button:has-text('Vault')")
    drop = """(told) => {
        const data = new DataTransfer();
        if (told.text) data.setData("text/plain", told.text);
        else data.items.add(new File([""], told.name));
        document.querySelector("#scroll").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    }"""
    page.evaluate(drop, {"name": "Vault"})
    expect(page.locator("#picker .said")).to_contain_text("the name “Vault” and not where it is")
    page.evaluate(drop, {"text": "/some/where"})
    assert page.input_value(".read input") == "/some/where"
    expect(page.locator("#picker .said")).to_be_empty()
    assert page.locator("progress").count() == 0
