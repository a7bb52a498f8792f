"""The panel and what is done with lines of notes in a real browser: copied, opened elsewhere, linked, followed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rag_bot import Library
from rag_bot.settings import Settings
from tests.ui.conftest import ask, eventually, expect, opened_page, running_app

LOCKS = """# Locks

Intro.

- The cellar lock opens with 4711.
- The gate lock opens with 0815, see [[Keys]].
"""
KEYS = "# Keys\n\nThe spare keys hang in the [[Hall]].\n"
QUESTION = "Which number opens the cellar lock?"
LINE = "- The cellar lock opens with 4711."


@dataclass(frozen=True)
class PanelApp:
    """An app over a small vault; `opened` is what the system's editor was given, a path a line."""

    address: str
    vault: Path
    opened: Path


@pytest.fixture(scope="module")
def panel_app(
    corpus_settings: Settings, model_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PanelApp]:
    folder = tmp_path_factory.mktemp("panel")
    vault = folder / "vault"
    (vault / ".obsidian").mkdir(parents=True)
    for name, text in (("Locks", LOCKS), ("Keys", KEYS), ("Hall", "# Hall\n\nA long hall.\n")):
        (vault / f"{name}.md").write_text(text, encoding="utf-8")
    index = folder / "index"
    with Library(corpus_settings.model_copy(update={"index": index, "notes": ()})) as library:
        library.ingest([vault])
    programs, away = folder / "bin", folder / "away"
    programs.mkdir()
    away.mkdir()
    (programs / "xdg-open").write_text(f'#!/bin/sh\necho "$1" >> "{folder}/opened"\n')
    (programs / "xdg-open").chmod(0o755)
    told: Any = {"PATH": f"{programs}:{os.environ['PATH']}", "DISPLAY": ":99", "RAG_BOT_EDITOR": "mine://{path}#{line}"}
    with running_app(index, model_cache, away, **told) as app:
        yield PanelApp(app.address, vault, folder / "opened")
    shutil.rmtree(index)


@pytest.fixture
def page(browser: Any, panel_app: PanelApp) -> Iterator[Any]:
    with opened_page(browser, panel_app.address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.wait_for_selector(".chips button")
        yield page


def copied(page: Any, button: Any, form: str) -> str:
    """What is in the clipboard after a choice in the menu of a Copy button."""
    button.click()
    page.locator(f"#copy-menu [data-copies={form}]").click()
    expect(page.locator("#copied")).to_have_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def focus(page: Any) -> str:
    """What has the focus, in words."""
    return str(page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.innerText"))


def hash_of(page: Any) -> str:
    return str(page.evaluate("decodeURIComponent(location.hash)"))


def test_a_card_and_a_whole_answer_are_copied_with_their_places(page: Any) -> None:
    answer = ask(page, QUESTION)
    card = answer.locator(".quote").first
    assert copied(page, card.get_by_label("Copy"), "markdown").startswith(f"> {LINE}\n>\n> — vault/Locks.md:5")
    assert copied(page, card.get_by_label("Copy"), "plain").startswith(f"{LINE}\n(vault/Locks.md:5)")
    whole = copied(page, answer.get_by_label("Copy this answer"), "markdown")
    assert f"> {LINE}\n>\n> — [1] vault/Locks.md:5" in whole


def test_a_note_opens_in_programs_of_this_machine_and_the_system_is_asked_for_its_editor(
    page: Any, panel_app: PanelApp
) -> None:
    file = panel_app.vault / "Locks.md"
    card = ask(page, QUESTION).locator(".quote").first
    card.get_by_label("Open in …").click()
    items = page.locator("#open-in [role=menuitem]")
    expect(items.first).to_be_focused()
    addresses = page.locator("#open-in a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    whole = quote(str(file), safe="")
    assert addresses == [f"obsidian://open?path={whole}", f"vscode://file{file}:5", f"mine://{file}#5"]
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(card.get_by_label("Open in …")).to_be_focused()
    expect(page.locator("#open-in .menu")).to_be_hidden()
    card.get_by_label("Open in …").click()
    page.get_by_role("menuitem", name="Open in the system's editor").click()
    expect(page.locator("#open-in .told")).to_have_text("Opening it in your editor.")
    eventually(panel_app.opened.exists)
    assert panel_app.opened.read_text() == f"{file}\n"


def test_a_citations_number_shows_its_words_to_keyboard_and_pointer_until_escape(page: Any) -> None:
    number = ask(page, QUESTION).locator(".quote .cite").first
    words = page.locator("#quoted")
    number.hover()
    expect(words).to_contain_text("The cellar lock opens with 4711.")
    expect(words).to_contain_text("vault/Locks.md:5")
    page.mouse.move(2, 2)
    expect(words).to_be_hidden()
    number.click()
    page.wait_for_selector("#panel .cited")
    page.keyboard.press("Tab")  # a key, so that the focus is one that is seen
    number.focus()
    expect(words).to_be_visible()
    assert number.get_attribute("aria-describedby") == "quoted"
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    expect(page.locator("#panel .note")).to_be_visible()


def test_links_lead_from_note_to_note_and_back_and_escape_returns_to_where_one_was(page: Any) -> None:
    number = ask(page, QUESTION).locator(".quote .cite").first
    number.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Locks")
    expect(panel.locator("h2")).to_be_focused()
    back, forward = page.get_by_label("Back to the note before"), page.get_by_label("Forward to the next note")
    expect(back).to_be_disabled()
    expect(forward).to_be_disabled()
    panel.get_by_text("Keys", exact=True).click()
    page.get_by_role("complementary", name="Keys").get_by_text("Hall", exact=True).click()
    expect(page.get_by_role("complementary", name="Hall").locator("h2")).to_be_focused()
    expect(forward).to_be_disabled()
    back.click()
    expect(page.locator("#note-title")).to_have_text("Keys")
    expect(back).to_be_focused()
    expect(forward).to_be_enabled()
    back.click()
    expect(page.locator("#note-title")).to_have_text("Locks")
    expect(back).to_be_disabled()
    expect(page.locator("#note-title")).to_be_focused()
    expect(page.locator("#panel .cited")).to_contain_text("4711")
    forward.click()
    expect(page.locator("#note-title")).to_have_text("Keys")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel .note", state="detached")
    expect(number).to_be_focused()
    eventually(lambda: "note=" not in hash_of(page))
    page.go_forward()  # closing went back to where the first note was opened
    expect(page.locator("#note-title")).to_have_text("Locks")


def test_a_line_is_linked_by_its_number_and_a_reload_or_another_tab_shows_it(page: Any) -> None:
    ask(page, QUESTION).locator(".quote .cite").first.click()
    page.wait_for_selector("#panel .cited >> text=4711")
    page.locator("#panel [data-line='6']").first.hover()
    page.get_by_label("Line 6: mark it in the address").click()
    expect(page.locator("#panel .place").first).to_have_text("vault/Locks.md:6")
    assert "lines=6" in hash_of(page)
    gutter = page.locator("#panel .gutter")
    gutter.focus()
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    expect(gutter).to_have_text("3")
    gutter.click(modifiers=["Shift"])
    expect(page.locator("#panel .place").first).to_have_text("vault/Locks.md:3-6")
    link = copied(page, page.locator("#panel").get_by_label("Copy"), "link")
    assert link.endswith("#note=vault/Locks.md&lines=3-6")
    text = copied(page, page.locator("#panel").get_by_label("Copy"), "plain")
    assert text.startswith(f"Intro.\n\n{LINE}\n")
    page.reload()
    expect(page.locator("#panel .place").first).to_have_text("vault/Locks.md:3-6")
    other = page.context.new_page()
    other.goto(link)
    expect(other.locator("#panel .cited").first).to_have_text("Intro.")


def test_on_a_phone_the_note_covers_the_page_and_going_back_closes_it(browser: Any, panel_app: PanelApp) -> None:
    with opened_page(browser, panel_app.address) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_selector(".chips button")
        answer = ask(page, QUESTION)
        for label in ("Copy", "Open in …"):
            box = answer.locator(".quote").first.get_by_label(label).bounding_box()
            assert box["width"] >= 24
            assert box["height"] >= 24
        answer.locator(".quote .cite").first.click()
        page.wait_for_selector("#panel .cited")
        assert page.locator("#panel").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
        page.go_back()
        page.wait_for_selector("#panel .note", state="detached")
        expect(answer).to_be_visible()


def test_a_note_that_is_changed_while_it_is_open_says_so_by_itself(page: Any, panel_app: PanelApp) -> None:
    page.goto(f"{panel_app.address}#note=vault/Hall.md&lines=3")
    expect(page.locator("#panel .cited")).to_contain_text("A long hall.")
    expect(page.locator("#panel .stale")).to_have_count(0)
    page.focus("#question textarea")
    hall = panel_app.vault / "Hall.md"
    before = hall.read_bytes()
    hall.write_text("# Hall\n\nA short hall.\n")
    expect(page.locator("#panel .stale")).to_contain_text("sync to update it")
    expect(page.locator("#question textarea")).to_be_focused()
    hall.write_bytes(before)
    expect(page.locator("#panel .stale")).to_have_count(0)
    page.click("#panel [data-close]")
    expect(page.locator("#panel .note")).to_have_count(0)


def test_a_note_that_is_not_there_offers_nothing(browser: Any, panel_app: PanelApp) -> None:
    with opened_page(browser, f"{panel_app.address}/#note=vault/Gone.md") as page:
        expect(page.get_by_role("complementary", name="Gone")).to_contain_text("The index has no such note")
        assert page.locator("#panel [data-programs]").count() == 0
