"""Who answers, chosen in the app."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import ask, expect, opened_page, running_app
from tests.ui.writer import EMERGENT, NAME, OTHER, Writer, writer

REMOTE, QUOTES = "openai:gpt-5", ""


@pytest.fixture(scope="module")
def model() -> Iterator[Writer]:
    with writer() as model:
        yield model


@pytest.fixture(scope="module")
def address(
    model: Writer, index_folder: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An app that no model is configured for, but an address where there are two, and a key for OpenAI."""
    folder = tmp_path_factory.mktemp("choosing")
    shutil.copytree(index_folder, folder / "index")
    url = model.server.url
    app_of = running_app(folder / "index", model_cache, folder, RAG_BOT_GENERATION__URL=url, OPENAI_API_KEY="sk-test")
    with app_of as app:
        yield app.address


@pytest.fixture
def page(browser: Any, model: Writer, address: str) -> Iterator[Any]:
    """A page of that app while no model is chosen."""
    model.slow.clear()
    with opened_page(browser, address) as page:
        page.wait_for_selector("#welcome :text('Ask your notes')")
        choose(page, "nobody")  # whatever was chosen before, this is a change
        page.wait_for_selector("#model .notice:has-text('names no language model')")
        choose(page, QUOTES)
        page.wait_for_selector("#model .notice", state="detached")
        page.wait_for_selector(".has-model", state="detached")
        yield page


def choose(page: Any, name: str) -> None:
    """From the menu what is listed there, else as the page would report it."""
    if name in (QUOTES, NAME, OTHER):
        page.dispatch_event(f'#answers-by [data-answers="{name}"]', "click")  # the menu may just be made anew
    else:
        page.evaluate(
            """name => {
                const choice = document.querySelector("#answers-by [data-answers]");
                const another = choice.cloneNode();
                another.dataset.answers = name;
                choice.after(another);
                another.click();
                another.remove();
            }""",
            name,
        )


def test_a_model_is_chosen_and_then_quotes_again(page: Any) -> None:
    assert ask(page, EMERGENT).locator(".written").count() == 0
    assert page.locator("[data-again=prose]:visible").count() == 0
    choose(page, NAME)
    page.wait_for_selector("[data-again=prose]:visible")
    page.click("[data-again=prose]")
    page.wait_for_selector(".exchange:not(.growing) .written .cite")
    assert page.locator("#remote .remote").count() == 0
    page.reload()
    expect(page.locator("#answers-by summary")).to_contain_text(NAME)
    page.wait_for_selector(".written .cite")
    choose(page, QUOTES)
    page.wait_for_selector(".has-model", state="detached")
    assert ask(page, "Who made emergence popular?").locator(".written").count() == 0


def test_a_remote_model_is_asked_about_and_named_for_as_long_as_it_is_chosen(page: Any) -> None:
    choose(page, REMOTE)
    asking = page.locator("#model .asks")
    asking.wait_for()
    assert "runs on api.openai.com, not on this machine" in asking.inner_text()
    assert page.locator("#remote .remote").count() == 0
    asking.locator("[data-consent=no]").click()
    asking.wait_for(state="detached")
    expect(page.locator("#answers-by summary")).to_have_text("Answers by Quotes")
    choose(page, REMOTE)
    asking.locator("[data-consent=yes]").click()
    page.wait_for_selector("#remote .remote:has-text('remote: api.openai.com')")
    page.wait_for_selector("#model .hint:has-text('go to api.openai.com')")
    page.reload()
    page.wait_for_selector("#remote .remote:has-text('remote: api.openai.com')")
    choose(page, QUOTES)
    page.wait_for_selector("#remote .remote", state="detached")


def test_a_name_that_is_none_says_so_and_changes_nothing(page: Any) -> None:
    choose(page, "nobody")
    page.wait_for_selector("#model .notice:has-text('names no language model')")
    assert ask(page, EMERGENT).locator(".written").count() == 0
    choose(page, NAME)
    page.wait_for_selector("#model .notice", state="detached")


def test_while_a_model_is_looked_for_nothing_is_said_of_the_one_before(page: Any, model: Writer) -> None:
    choose(page, "gguf:/nowhere/small.gguf")
    page.wait_for_selector("#model .notice:has-text('There is no model file /nowhere/small.gguf')")
    model.slow.set()
    choose(page, "openai-like:another")
    page.wait_for_selector("#model .hint:has-text('Looking for openai-like:another')")
    expect(page.locator("#model .notice")).to_have_count(0)
    model.slow.clear()
    page.wait_for_selector("#model .notice:has-text('another: not there')")
    choose(page, QUOTES)
    page.wait_for_selector("#model .notice", state="detached")


def test_a_model_that_is_gone_when_it_is_opened_says_so_beside_its_name(
    page: Any, tmp_path: Path, smol_file: Path
) -> None:
    file = tmp_path / "small.gguf"
    file.symlink_to(smol_file)
    choose(page, f"gguf:{file}")
    page.wait_for_selector(".has-model", state="attached")
    file.unlink()
    assert "There is no model file" in ask(page, EMERGENT).locator(".notice").inner_text()
    page.wait_for_selector("#model .notice:has-text('could not be opened. There is no model file')")
    choose(page, NAME)
    page.wait_for_selector("#model .notice", state="detached")


def test_stop_works_while_a_model_is_opened_and_the_next_question_finds_it_open(page: Any, model: Writer) -> None:
    choose(page, OTHER)
    page.wait_for_selector(".has-model", state="attached")
    model.slow.set()
    page.fill("#question textarea", EMERGENT)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(f".waiting:has-text('Opening {OTHER}')")
    page.click("#stop")
    stopped = page.locator(".exchange:not(.growing)")
    stopped.locator(".notice", has_text=f"Stopped before {OTHER.removeprefix('openai-like:')} was open.").wait_for()
    stopped.locator(".quote", has_text="33%").first.wait_for()
    page.click("#new-chat button")
    page.wait_for_selector(".exchange", state="detached")
    model.slow.clear()
    ask(page, EMERGENT).locator(".written .cite").first.wait_for()


def test_a_long_name_is_cut_and_its_arrow_stays_in_sight(page: Any, model: Writer) -> None:
    model.slow.set()
    choose(page, f"openai-like:{'a-name-with-a-long-end/' * 4}model")
    page.wait_for_selector("#model .hint:has-text('Looking for')")
    summary = page.locator("#answers-by summary")
    name, whole = summary.locator("bdi"), summary.bounding_box()
    assert name.evaluate("name => getComputedStyle(name).textOverflow") == "ellipsis"
    assert name.evaluate("name => name.scrollWidth > name.clientWidth")
    room = name.bounding_box()
    assert room["x"] + room["width"] + 12 < whole["x"] + whole["width"]
    model.slow.clear()
    page.wait_for_selector("#model .notice:has-text('not there')")


def test_the_menu_opens_and_closes_by_the_keyboard_and_leads_to_the_settings(page: Any) -> None:
    summary, menu = page.locator("#answers-by summary"), page.locator("#answers-by details")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f'#answers-by [data-answers="{OTHER}"]')).to_be_visible()
    expect(page.locator("#answers-by [aria-current]")).to_have_text("Quotesyour notes' own lines")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    page.click("#answers-by .menu a")
    page.wait_for_selector("#settings .group")
    assert "page=settings" in page.url
