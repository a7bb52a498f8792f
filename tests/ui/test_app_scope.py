"""Which notes a question is asked of: chosen over its field, kept, said with the answer, and left again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.conftest import ask, expect, opened_page
from tests.ui.writer import EMERGENT


@pytest.fixture
def page(browser: Any, app_address: str) -> Iterator[Any]:
    with opened_page(browser, app_address) as page:
        yield page


def chips(page: Any, *words: str) -> None:
    """Waits until these are the chips."""
    expect(page.locator("#scope .chip bdi")).to_have_text([*words])


def open_picker(page: Any) -> Any:
    page.click("#scope .narrow")
    picker = page.get_by_role("dialog", name="Search only some notes")
    picker.locator("[data-scoped]").first.wait_for()
    return picker


def test_a_scope_is_chosen_said_with_the_answer_and_left_by_asking_everywhere(page: Any) -> None:
    picker = open_picker(page)
    picker.get_by_role("button", name="talk").first.click()
    expect(picker.get_by_role("button", name="talk").first).to_have_attribute("aria-pressed", "true")
    chips(page, "corpus/talk")
    picker.get_by_role("button", name="Done").click()
    expect(page.locator("#scope .narrow")).to_be_focused()
    answer = ask(page, "What is the zebra quota?")
    assert "Only notes in corpus/talk" in answer.inner_text()
    assert "41" not in answer.locator(".answer").inner_text()
    answer.get_by_role("button", name="Search everywhere").click()
    wordings = page.locator(".exchange:not(.growing) .wordings")
    expect(wordings).to_contain_text("2 of 2")
    expect(page.locator(".exchange .answer")).to_contain_text("41")
    assert "Only notes" not in page.locator(".exchange").inner_text()
    chips(page)
    expect(page.locator("#scope .narrow")).to_have_text("All notes")
    page.reload()
    expect(wordings).to_contain_text("2 of 2")
    chips(page)
    page.get_by_role("button", name="Earlier wording").click()
    expect(wordings).to_contain_text("1 of 2")
    expect(page.locator(".asked-in")).to_contain_text("Only notes in corpus/talk")
    assert "Only notes" not in ask(page, EMERGENT).inner_text()


def test_a_scope_is_kept_across_a_reload_until_its_chip_is_taken_away(page: Any) -> None:
    open_picker(page).get_by_role("button", name="talk").first.click()
    chips(page, "corpus/talk")
    page.reload()
    chips(page, "corpus/talk")
    page.get_by_role("button", name="Remove: in corpus/talk").click()
    chips(page)
    expect(page.locator("#scope .narrow")).to_have_text("All notes")
    expect(page.locator("#scope .narrow")).to_be_focused()


def test_tags_and_times_are_found_chosen_and_taken_back_with_the_keyboard(page: Any) -> None:
    picker = open_picker(page)
    expect(picker.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("#emergent")
    expect(picker.locator("[data-scoped]:visible")).to_have_count(1)
    picker.locator("[data-scoped]:visible").focus()
    page.keyboard.press("Enter")
    chips(page, "#emergent-abilities")
    page.get_by_label("from", exact=True).fill("2020-03-01")
    chips(page, "#emergent-abilities", "since 1 March 2020")
    picker.get_by_role("button", name="This year").click()
    expect(page.locator("#scope .chip bdi").nth(1)).to_have_text(str(page.evaluate("new Date().getFullYear()")))
    picker.get_by_role("button", name="This year").click()
    chips(page, "#emergent-abilities")
    page.keyboard.press("Escape")
    picker.wait_for(state="hidden")
    expect(page.locator("#scope .narrow")).to_be_focused()
    assert page.evaluate("location.hash") == "#tagged=emergent-abilities"
    assert "tagged #emergent-abilities" in ask(page, EMERGENT).inner_text()


def test_a_scope_in_the_address_that_is_none_is_passed_over(page: Any, app_address: str) -> None:
    page.goto("about:blank")
    page.goto(f"{app_address}/#since=soon&until=2020-01-31&in=")
    chips(page, "until 31 January 2020")
    assert "until 31 January 2020" in ask(page, EMERGENT).inner_text()


def test_where_no_note_is_in_the_scope_it_is_said_and_can_be_left(page: Any, app_address: str) -> None:
    page.goto("about:blank")
    page.goto(f"{app_address}/#in=<img src=x onerror=window.hacked=1>")
    answer = ask(page, EMERGENT)
    assert answer.locator(".notice").count() == 1
    assert page.locator("#main img").count() == 0
    assert page.evaluate("window.hacked") is None
    answer.get_by_role("button", name="Search everywhere").click()
    expect(page.locator(".exchange .answer")).to_contain_text("33%")


def test_the_picker_lists_folders_after_the_page_of_evaluations_was_open(page: Any) -> None:
    page.click("#pages [data-page=evaluation]")
    page.wait_for_selector("#evaluation-page form.cases")
    page.click("#evaluation-page .leave")
    open_picker(page)
