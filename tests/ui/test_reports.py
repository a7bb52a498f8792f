"""How what happens on a page is reported, and how what comes back is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.ui.conftest import PATIENCE_MS, expect, opened_page


@pytest.fixture
def page(browser: Any, app_address: str) -> Iterator[Any]:
    with opened_page(browser, app_address) as page:
        yield page


def take(page: Any, number: int, html: str) -> None:
    """Has the page show this in one of its parts, as what came back of the report of that number."""
    page.evaluate("told => ragBot.take(told)", {"number": number, "parts": {"conversation": html}, "marks": {}})


def test_gradio_makes_one_component_that_carries_what_is_reported(app_address: str) -> None:
    config = httpx.get(f"{app_address}/config").raise_for_status().json()
    assert sorted(component["type"] for component in config["components"]) == ["html"]
    assert [one["targets"][0][1] for one in config["dependencies"]] == ["report", "ask", "unload"]


def test_what_is_done_before_gradio_has_loaded_is_carried_when_it_has(browser: Any, app_address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    held: list[Any] = []
    page.route("**/assets/Blocks-*.js", lambda asked: held.append(asked))
    page.goto(app_address, wait_until="commit")
    page.wait_for_function("Boolean(window.ragBot?.sent === 0)")
    page.fill("#question textarea", "What is the zebra quota?")
    page.press("#question textarea", "Enter")
    page.click("#pages [data-page=notes]")
    expect(page.locator("#notes-page h1")).to_be_visible()
    assert page.input_value("#question textarea") == "What is the zebra quota?"
    assert page.evaluate("ragBot.waiting.map((report) => report.event)") == ["open_chat", "ask", "open_page"]
    while not held:
        page.wait_for_timeout(50)
    for asked in held:
        asked.continue_()
    page.wait_for_selector("#rows [data-toggle]")
    page.wait_for_selector(".exchange:not(.growing) .measured", state="attached")
    assert page.input_value("#question textarea") == ""
    context.close()


def test_what_comes_back_late_does_not_take_the_place_of_what_is_newer(page: Any) -> None:
    take(page, 1001, "<p>newer</p>")
    take(page, 1000, "<p>older</p>")
    assert page.inner_text("#conversation p") == "newer"


def test_what_is_shown_anew_keeps_the_focus_and_what_was_typed(page: Any) -> None:
    take(page, 1001, '<div class="one"><input value="a"><i>1</i></div>')
    field = page.locator("#conversation input")
    field.fill("typed")
    take(page, 1002, '<div class="other"><input value="a"><b>2</b><u>3</u></div>')
    expect(field).to_be_focused()
    assert field.input_value() == "typed"
    assert page.inner_html("#conversation") == '<div class="other"><input value="a"><b>2</b><u>3</u></div>'
    take(page, 1003, '<div class="one"><input value="b"></div>')
    assert field.input_value() == "b"
    assert page.inner_html("#conversation") == '<div class="one"><input value="b"></div>'


def test_an_event_that_no_part_has_does_nothing(page: Any) -> None:
    before = page.inner_html("#app")
    with page.expect_response(lambda response: "no_such" in (response.request.post_data or "")) as answered:
        page.evaluate("ragBot.send('panel', 'no_such')")
    assert answered.value.status == 200
    assert page.inner_html("#app") == before


def test_what_is_typed_outlasts_a_reload_until_it_is_asked(page: Any) -> None:
    page.fill("#question textarea", "What is the zebra quota?")
    page.reload()
    expect(page.locator("#question textarea")).to_have_value("What is the zebra quota?")
    page.press("#question textarea", "Enter")
    page.locator(".exchange:not(.growing)").last.locator(".measured, .abstained").first.wait_for()
    expect(page.locator("#question textarea")).to_have_value("")
    page.reload()
    page.wait_for_selector(".exchange .measured, .exchange .abstained")
    expect(page.locator("#question textarea")).to_have_value("")


def test_silence_of_the_app_is_told_until_it_answers_again(page: Any) -> None:
    page.wait_for_function("Boolean(ragBot.isOpen)")
    page.evaluate("ragBot.looking = { since: Date.now() - 20000, number: -1 }")
    page.wait_for_selector("#silent")
    page.evaluate("ragBot.looking = null")
    page.wait_for_selector("#silent", state="hidden")
