"""The app without a mouse: the switcher, the keys, and where the focus is afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_bot.ui.switcher import KEYS, SINGLE
from tests.ui.conftest import ask, expect, opened_page
from tests.ui.writer import EMERGENT

SCRIPT = Path(__file__).parents[2] / "rag_bot" / "ui" / "scripts" / "keys.js"


@pytest.fixture
def page(browser: Any, app_address: str) -> Iterator[Any]:
    with opened_page(browser, app_address) as page:
        page.wait_for_selector(".chips button")
        yield page


def leave_fields(page: Any) -> None:
    """As one who reads: the focus is nowhere."""
    page.evaluate("document.activeElement.blur()")


def question(page: Any) -> Any:
    return page.locator("#question textarea")


def test_the_switcher_goes_to_a_note_a_conversation_and_a_page(page: Any) -> None:
    ask(page, EMERGENT)
    page.wait_for_selector("#chats a[aria-current]")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Go to a note, a conversation or a page")
    expect(field).to_be_focused()
    page.keyboard.type("big bench")
    page.locator("#targets").get_by_role("option", name=re.compile("big-bench.md")).wait_for()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel h2:has-text('BIG-Bench and scale')")
    page.keyboard.press("Control+k")
    page.keyboard.type("settin")
    page.get_by_role("option", name="Settings", exact=True).wait_for()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_focused()
    assert page.title() == "Settings – rag-bot"
    page.evaluate("ragBot.setScope({ folder: 'corpus/talk' })")
    expect(page.locator("#scope .chip")).to_have_count(1)
    page.keyboard.press("Control+k")
    page.keyboard.type("share emergent")
    page.locator("#targets [data-goes^='c=']").first.wait_for()
    while not page.locator("#targets [aria-selected=true][data-goes^='c=']").count():
        page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", re.compile(r"^target-\d+$"))
    page.keyboard.press("Enter")
    expect(page.locator("#conversation .question")).to_have_text(EMERGENT)
    expect(question(page)).to_be_focused()
    expect(page.locator("#scope .chip")).to_have_count(0)  # the scope was that of what was open before
    page.wait_for_function("title => document.title === title", arg=f"{EMERGENT} – rag-bot")


def test_enter_right_after_typing_goes_to_what_was_typed(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.locator("#targets [role=option]").first.wait_for()
    page.keyboard.type("evaluation")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Evaluation")).to_be_focused()


def test_the_switcher_shows_what_notes_and_questions_are_called_as_text(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("zebra quota")
    found = page.locator("#targets").get_by_role("option", name=re.compile("zebra.md"))
    found.wait_for()
    assert "<script>alert(1)</script>" in found.inner_text()
    assert page.locator("#targets script").count() == 0
    page.get_by_role("combobox", name="Go to").fill("<img src=x onerror='window.hacked=1'>")
    page.wait_for_selector(".switcher .none:visible")
    assert page.evaluate("window.hacked") is None


def test_escape_closes_a_dialog_alone_and_the_focus_is_where_it_was(page: Any) -> None:
    ask(page, EMERGENT).locator("a.cite").first.click()
    page.wait_for_selector("#panel .note")
    button = page.get_by_role("button", name="Go to")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.switcher")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.switcher", state="hidden")
    expect(button).to_be_focused()
    expect(page.locator("#panel .note")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel .note", state="detached")


def test_the_keys_are_listed_and_each_single_one_can_be_turned_off(page: Any) -> None:
    leave_fields(page)
    page.keyboard.press("?")
    overview = page.get_by_role("dialog", name="Keys")
    overview.wait_for()
    assert overview.locator("dd").all_inner_texts() == [what for _, what in KEYS]
    assert set(SINGLE) == set(page.evaluate("Object.keys(ragBot.keys)"))
    single = overview.get_by_role("checkbox")
    single.uncheck()
    page.keyboard.press("Escape")
    overview.wait_for(state="hidden")
    page.reload()
    page.wait_for_selector(".chips button")
    leave_fields(page)
    page.keyboard.press("/")
    page.keyboard.press("?")
    expect(question(page)).not_to_be_focused()
    expect(overview).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    single.check()
    page.keyboard.press("Escape")
    leave_fields(page)
    page.keyboard.press("/")
    expect(question(page)).to_be_focused()
    expect(question(page)).to_have_value("")


def test_the_citations_of_the_last_answer_are_gone_through_and_opened(page: Any) -> None:
    ask(page, "What are the implications of emergence?")
    answer = ask(page, EMERGENT)
    stops = answer.locator("a.cite:visible, details:not([open]) > summary:has(.cite)")
    leave_fields(page)
    page.keyboard.press("j")
    expect(stops.first).to_be_focused()
    if stops.count() > 1:
        page.keyboard.press("ArrowRight")
        expect(stops.nth(1)).to_be_focused()
        page.keyboard.press("k")
        expect(stops.first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(stops.first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .body .cited")


def test_letters_are_letters_in_a_field_and_while_an_input_method_composes(page: Any) -> None:
    question(page).focus()
    page.keyboard.type("/jkn?")
    expect(question(page)).to_have_value("/jkn?")
    assert page.locator("dialog[open]").count() == 0
    leave_fields(page)
    composing = "new KeyboardEvent('keydown', { key: '?', isComposing: true, bubbles: true })"
    page.evaluate(f"document.body.dispatchEvent({composing})")
    page.keyboard.press("Alt+j")
    page.keyboard.press("Control+j")
    assert page.locator("dialog[open]").count() == 0
    expect(question(page)).to_have_value("/jkn?")


def test_the_last_question_is_edited_by_the_arrow_in_the_empty_field(page: Any) -> None:
    ask(page, EMERGENT)
    question(page).fill("something")
    page.keyboard.press("ArrowUp")
    assert page.locator("form.edit:visible").count() == 0
    question(page).fill("")
    page.keyboard.press("ArrowUp")
    expect(page.locator("form.edit [name=question]")).to_be_focused()
    expect(page.locator("form.edit [name=question]")).to_have_value(EMERGENT)
    page.keyboard.press("Escape")
    page.wait_for_selector("form.edit:visible", state="detached")


def test_a_new_chat_begins_by_a_key_and_the_question_is_reached_from_every_page(page: Any) -> None:
    ask(page, EMERGENT)
    page.wait_for_selector("#chats a[aria-current]")
    leave_fields(page)
    page.keyboard.press("n")
    page.wait_for_selector(".exchange", state="detached")
    expect(question(page)).to_be_focused()
    page.click("#pages [data-page=evaluation]")
    page.wait_for_selector("#evaluation-page h1")
    leave_fields(page)
    page.keyboard.press("/")
    expect(question(page)).to_be_focused()


def test_the_first_link_skips_what_stands_before_the_question_or_the_page(page: Any) -> None:
    link = page.locator("#app a, #app button").first
    expect(link).to_have_text("Skip to the question")
    link.focus()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(question(page)).to_be_focused()
    page.click("#pages [data-page=notes]")
    expect(link).to_have_text("Skip to the page")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Notes")).to_be_focused()


def test_escape_closes_one_thing_at_a_time_the_innermost_first_and_the_focus_returns(page: Any) -> None:
    citation = ask(page, EMERGENT).locator("a.cite").first
    citation.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .body .cited")
    panel = page.locator("#panel .note")
    narrow, who = page.locator("#scope .narrow"), page.locator("#answers-by summary")
    copies = panel.get_by_label("Copy", exact=True)
    for button, opened in (
        (narrow, page.locator("#scope-picker .scope-box")),
        (who, page.locator("#answers-by .menu")),
        (copies, page.locator("#copy-menu")),
    ):
        button.focus()
        page.keyboard.press("Enter")
        expect(opened).to_be_visible()
        page.keyboard.press("Escape")
        expect(opened).to_be_hidden()
        expect(button).to_be_focused()
        expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel .note", state="detached")
    expect(citation).to_be_focused()


def test_escape_empties_a_field_of_search_before_it_closes_the_note(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'notes', note: 'corpus/talk/big-bench.md' })")
    page.wait_for_selector("#panel .note")
    field = page.get_by_role("searchbox", name="Search titles, paths and text")
    field.fill("emergence")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(page.locator("#panel .note")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel .note", state="detached")


def test_the_choice_of_who_answers_opens_though_it_is_made_anew_meanwhile(page: Any) -> None:
    fold = page.locator("#answers-by details")
    anew = "fold => { const part = fold.parentElement; part.innerHTML = part.innerHTML; }"
    page.locator("#answers-by summary").hover()
    page.mouse.down()
    fold.evaluate(anew)
    page.mouse.up()
    expect(fold).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(fold).not_to_have_attribute("open", "")
    is_open = fold.evaluate(
        """fold => {
          const part = fold.parentElement;
          const closed = part.innerHTML;
          fold.querySelector("summary").click();
          part.innerHTML = closed; // before the browser has told that it was opened
          ragBot.keepFolds(part);
          return part.querySelector("details").open;
        }"""
    )
    assert is_open
