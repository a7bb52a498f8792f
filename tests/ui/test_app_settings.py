"""The page of settings, as somebody uses it: a model of one's own, what leaves the machine, how the page looks."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rag_bot.conversations import Conversations
from rag_bot.settings import Settings
from tests.ui.conftest import after_looking_for_news, ask, eventually, expect, opened_page, running_app
from tests.ui.writer import EMERGENT, Writer, writer


@dataclass(frozen=True)
class Started:
    """An app without a model, whose user has a config folder of their own."""

    address: str
    index: Path
    file: Path
    model: Writer

    @property
    def written(self) -> dict[str, Any]:
        return tomllib.loads(self.file.read_text()) if self.file.is_file() else {}


@pytest.fixture(scope="module")
def started(index_folder: Path, model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("settings")
    shutil.copytree(index_folder, folder / "index")
    home = folder / "home"
    home.mkdir()
    app_of = running_app(
        folder / "index",
        model_cache,
        home,
        XDG_CONFIG_HOME=str(home),
        OPENAI_API_KEY="sk-test",
        OLLAMA_HOST="127.0.0.1:9",
    )
    with writer() as model, app_of as app:
        yield Started(app.address, folder / "index", home / "rag-bot" / "rag-bot.toml", model)


@pytest.fixture
def page(browser: Any, started: Started) -> Iterator[Any]:
    with opened_page(browser, started.address) as page:
        page.goto(f"{started.address}#page=settings")
        page.wait_for_selector(".settings")
        yield page


def card(page: Any, name: str) -> Any:
    """The opened card of a provider."""
    found = page.locator(f"details.card:has(#{name}-model)")
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def test_a_server_is_found_tested_and_used_and_the_next_question_is_answered_by_it(page: Any, started: Started) -> None:
    server = card(page, "openai-like")
    page.fill("#openai-like-address", started.model.server.url)
    server.locator("[data-does=look]").click()
    page.wait_for_selector("select#openai-like-model")
    page.select_option("#openai-like-model", "novelist")
    server.locator("[data-does=test]").click()
    expect(server.locator(".trial .faint")).to_contain_text("It works. First words after")
    expect(page.locator("#openai-like-model")).to_have_value("novelist")
    expect(page.locator("#openai-like-address")).to_have_value(started.model.server.url)
    page.select_option("#openai-like-model", "storyteller")
    server.locator("button.first").click()
    expect(page.locator(".outcome")).to_contain_text("storyteller answers now.")
    expect(server.locator("summary .state")).to_have_text("answers now")
    assert started.written == {
        "llm": "openai-like:storyteller",
        "generation": {"url": started.model.server.url},
    }
    expect(page.locator(".stays")).to_have_text("Nothing leaves this machine.")
    page.click("#settings-head .leave")
    expect(page.locator("#answers-by summary")).to_contain_text("openai-like:storyteller")
    ask(page, EMERGENT).locator(".written .cite").first.wait_for()
    page.goto(f"{started.address}#page=settings")
    page.click("[data-does=quotes]")
    expect(page.locator(".card.quotes .state")).to_have_text("answers now")
    assert started.written == {"generation": {"url": started.model.server.url}}


def test_a_remote_model_is_agreed_to_named_under_privacy_and_taken_back(page: Any, started: Started) -> None:
    service = card(page, "openai")
    expect(service.locator("p.key")).to_contain_text("set by the environment (OPENAI_API_KEY)")
    page.fill("#openai-model", "gpt-5")
    service.locator("button.first").click()
    asks = service.locator(".asks")
    expect(asks).to_contain_text("runs on api.openai.com, not on this machine")
    assert "llm" not in started.written
    asks.locator("[data-consent=yes]").click()
    expect(page.locator(".leaves")).to_contain_text("this conversation go to api.openai.com")
    expect(page.locator(".agreed li")).to_contain_text("openai:gpt-5 at api.openai.com, agreed to on")
    assert started.written["llm"] == "openai:gpt-5"
    page.click(".agreed button")
    expect(page.locator(".stays")).to_have_text("Nothing leaves this machine.")
    expect(page.locator(".agreed")).to_have_count(0)
    assert "llm" not in started.written


def test_what_is_typed_stays_while_the_page_changes_and_a_file_changed_by_hand_is_not_written_over(
    page: Any, started: Started
) -> None:
    page.fill("#set-exclude", "#private\nJournal/")
    started.file.parent.mkdir(parents=True, exist_ok=True)
    started.file.write_text("# by hand\n")
    mark = page.locator(".settings").get_attribute("data-mark")
    expect(page.locator(".settings")).not_to_have_attribute("data-mark", str(mark))
    expect(page.locator("#set-exclude")).to_have_value("#private\nJournal/")
    save = page.locator("form[data-saves=exclude] [type=submit]")
    save.click()
    expect(page.locator(".outcome.failed")).to_contain_text("was changed meanwhile, so nothing was written")
    assert started.file.read_text() == "# by hand\n"
    save.click()
    expect(page.locator(".outcome:not(.failed)")).to_contain_text("Saved.")
    assert started.file.read_text() == '# by hand\nexclude = ["#private", "Journal/"]\n'
    page.fill("#set-exclude", "!all")
    save.click()
    expect(page.locator(".outcome.failed")).to_contain_text("is neither a path nor a #tag")
    expect(page.locator("#set-exclude")).to_have_value("!all")
    page.fill("#set-exclude", "")
    save.click()
    expect(page.locator(".outcome:not(.failed)")).to_contain_text("Saved.")
    assert started.written == {}


def test_another_model_for_reading_is_changed_only_after_its_cost_was_said(page: Any, started: Started) -> None:
    before = started.written
    page.fill("#set-model", "/nowhere/model")
    form = page.locator("form[data-saves=reading]")
    form.locator("[type=submit]").click()
    sure = form.locator(".sure")
    expect(sure).to_contain_text("notes are embedded anew, which takes")
    expect(sure.locator("[data-of=reader]")).to_be_hidden()
    expect(sure.locator("[data-unsure]")).to_be_focused()
    after_looking_for_news(page)
    expect(sure).to_be_visible()
    sure.locator("[data-unsure]").click()
    expect(sure).to_be_hidden()
    form.locator("[type=submit]").click()
    sure.locator("[data-does=reading]").click()
    expect(page.locator(".outcome.failed")).to_contain_text("There is no model folder /nowhere/model")
    page.fill("#set-model", "all-MiniLM-L6-v2")
    page.fill("#set-reader", "")
    form.locator("[type=submit]").click()
    sure.locator("[data-does=reading]").click()
    expect(page.locator(".outcome:not(.failed)")).to_contain_text("It counts from the next question on.")
    assert started.written == {**before, "reader": ""}
    page.fill("#set-reader", "default")
    form.locator("[type=submit]").click()
    sure.locator("[data-does=reading]").click()
    eventually(lambda: started.written == before)


def test_the_look_is_kept_by_the_browser_and_there_before_anything_is_painted(page: Any, started: Started) -> None:
    dark = "document.body.classList.contains('dark')"
    assert not page.evaluate(dark)
    page.check("input[name=theme][value=dark]", force=True)
    page.check("input[name=size][value=large]", force=True)
    assert page.evaluate(dark)
    # Gradio's own scripts never come: what is seen is what the page itself begins with.
    page.route("**/assets/**", lambda route: route.abort())
    page.goto(f"{started.address}?first")
    assert page.evaluate(dark)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "19px"
    page.unroute("**/assets/**")
    page.goto(f"{started.address}?again#page=settings")
    page.wait_for_selector(".settings")
    assert page.evaluate(dark)
    assert page.is_checked("input[name=theme][value=dark]")
    page.check("input[name=theme][value='']", force=True)
    page.check("input[name=size][value='']", force=True)
    assert not page.evaluate(dark)


def test_all_conversations_are_deleted_after_a_question(page: Any, started: Started) -> None:
    page.click("#settings-head .leave")
    ask(page, "How big are teams now?")
    conversations = Conversations.of(Settings(index=started.index))
    eventually(lambda: len(conversations.list()) > 0)
    page.goto(f"{started.address}#page=settings")
    page.click("[data-sure]")
    page.locator("[data-unsure]:visible").click()
    page.click("[data-sure]")
    page.click("[data-does=delete_all]")
    expect(page.locator(".outcome")).to_contain_text("All conversations were deleted.")
    assert conversations.list() == []
    page.click("#settings-head .leave")
    page.wait_for_selector(".exchange", state="detached")
    page.wait_for_selector(".chips button")


def test_keeping_in_sync_is_switched_on_and_off(page: Any) -> None:
    switch = page.locator(".switch")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
