"""Every page and state of the app: where axe-core looks, and what `tests.ui.screenshots` shows.

A new page or state is one more function with `@state`: it brings a page to where it is to be looked at.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_bot import Library
from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.evaluation.results import keep_result
from rag_bot.evaluation.runs import run_cases
from rag_bot.settings import Settings
from tests.ui.conftest import PATIENCE_MS, ask, running_app
from tests.ui.writer import EMERGENT, TEXTS

CAPITAL = "What is the capital of France?"
PHONE = {"width": 390, "height": 800}


@dataclass(frozen=True)
class State:
    """Where it is looked at: which app it needs, how large the window is, and how one gets there."""

    name: str
    app: str
    size: dict[str, int]
    open: Callable[[Any], None]


STATES: list[State] = []


def state(app: str = "plain", size: dict[str, int] | None = None) -> Callable[[Callable[[Any], None]], None]:
    """Adds a state. `app` is one of those that `addresses` has."""

    def add(open_: Callable[[Any], None]) -> None:
        STATES.append(State(open_.__name__, app, size or {"width": 1280, "height": 800}, open_))

    return add


@state()
def welcome(page: Any) -> None:
    page.wait_for_selector(".chips button")


@state(app="empty")
def welcome_without_notes(page: Any) -> None:
    page.wait_for_selector("#picker form.read")


@state()
def answer_by_quotes(page: Any) -> None:
    ask(page, EMERGENT)
    page.wait_for_selector("#chats [aria-current]", state="attached")


@state(app="talking")
def answer_in_prose(page: Any) -> None:
    for question in (EMERGENT, list(TEXTS)[1], list(TEXTS)[2]):
        ask(page, question)


@state(app="talking")
def answer_that_grows(page: Any) -> None:
    page.fill("#question textarea", "Slowly: what is emergence?")
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".draft")


@state()
def abstained(page: Any) -> None:
    ask(page, CAPITAL)


@state()
def nothing_to_search_for(page: Any) -> None:
    ask(page, "?!").locator(".notice").wait_for()


@state()
def panel(page: Any) -> None:
    ask(page, EMERGENT).locator("a.cite").first.click()
    page.wait_for_selector("#panel .body .cited")


@state(size=PHONE)
def panel_on_a_phone(page: Any) -> None:
    panel_of = ask(page, EMERGENT).locator("a.cite").first
    panel_of.click()
    page.wait_for_selector("#panel .body .cited")


@state()
def note_that_is_gone(page: Any) -> None:
    page.evaluate("ragBot.goTo({ note: 'nowhere.md' })")
    page.wait_for_selector("#panel .note")


@state()
def right_answer_looked_for(page: Any) -> None:
    exchange = ask(page, EMERGENT)
    exchange.locator(".thumb.down").click()
    exchange.locator(".picker").wait_for()
    exchange.locator("a.cite").first.click()
    page.wait_for_selector("#panel form.pick")


@state()
def edited_question(page: Any) -> None:
    ask(page, EMERGENT).locator("[data-edits=open]").click()
    page.wait_for_selector("form.edit:visible")


@state()
def conversation_managed(page: Any) -> None:
    ask(page, EMERGENT)
    page.locator("#chats li:has([aria-current]) .more").click()
    page.wait_for_selector("dialog.manage")


@state()
def conversations_searched(page: Any) -> None:
    ask(page, EMERGENT)
    page.fill("#chat-search input", "giraffe")
    page.wait_for_selector("#chats .hint")


@state()
def notes_page(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'notes' })")
    page.wait_for_selector("#rows [data-note]")


@state()
def notes_page_with_a_note(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'notes' })")
    page.click("#rows [data-note] >> nth=0")
    page.wait_for_selector("#panel .note")


@state(app="empty")
def notes_page_without_notes(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'notes' })")
    page.wait_for_selector("#notes-page h1")


@state(app="empty")
def evaluation_without_runs(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'evaluation' })")
    page.wait_for_selector("#runs .hint")


@state()
def evaluation_with_runs(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'evaluation' })")
    page.wait_for_selector("#result h2")
    page.evaluate("document.querySelectorAll('#result details').forEach(fold => { fold.open = true; })")


@state()
def runs_compared(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'evaluation' })")
    page.locator("#runs input").nth(1).check()
    page.wait_for_selector("#result h2:has-text('compared')")


@state()
def settings_page(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'settings' })")
    page.wait_for_selector("#settings-page h1")


@state(size=PHONE)
def menu_on_a_phone(page: Any) -> None:
    page.click("[data-menu]")
    page.wait_for_selector("#menu:visible")


@state()
def keys(page: Any) -> None:
    page.click("[data-opens=keys]")
    page.wait_for_selector("dialog.keys")


@state(size=PHONE)
def keys_on_a_phone(page: Any) -> None:
    keys_of = page.locator("[data-opens=keys]")
    keys_of.click()
    page.wait_for_selector("dialog.keys")


@state()
def switcher(page: Any) -> None:
    page.click("[data-opens=switcher]")
    page.keyboard.type("emergen")
    page.wait_for_selector("#targets [role=option][data-goes^=note]")


@state()
def switcher_without_a_target(page: Any) -> None:
    page.click("[data-opens=switcher]")
    page.keyboard.type("qqqq")
    page.wait_for_selector(".switcher .none:visible")


@state()
def answer_of_a_folder(page: Any) -> None:
    page.evaluate("ragBot.goTo({ in: 'corpus/talk', since: '2020-01-01' })")
    ask(page, EMERGENT).locator("[data-everywhere]").wait_for()


@state()
def scope_picker(page: Any) -> None:
    page.click("#scope .narrow")
    page.wait_for_selector("#scope-picker:visible")


@state()
def quote_of_a_citation(page: Any) -> None:
    ask(page, EMERGENT).locator("a.cite").first.hover()
    page.wait_for_selector("#quoted:popover-open")


@state()
def programs_to_open_in(page: Any) -> None:
    ask(page, EMERGENT).locator(".source [aria-haspopup]").last.click()
    page.wait_for_selector("[role=menu]:popover-open")


@state()
def models_to_choose(page: Any) -> None:
    page.click("#answers-by summary")
    page.wait_for_selector("#answers-by details[open]")


@state()
def wordings_of_a_question(page: Any) -> None:
    ask(page, CAPITAL).locator("[data-edits=open]").click()
    page.fill("form.edit:visible textarea", EMERGENT)
    page.press("form.edit:visible textarea", "Enter")
    page.wait_for_selector(".exchange:not(.growing) .about")


@state()
def conversation_deleted(page: Any) -> None:
    ask(page, EMERGENT)
    page.locator("#chats li:has([aria-current]) .more").click()
    page.click("dialog.manage [data-manages=delete]")
    page.wait_for_selector(".toast")


@state(app="empty")
def folders_browsed(page: Any) -> None:
    page.click("#picker [data-browse]")
    page.wait_for_selector("#picker .crumbs")


@state()
def notes_in_a_table(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'notes', view: 'table', sort: '-date' })")
    page.wait_for_selector("#rows table")


@state()
def notes_searched(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'notes', find: 'emergence' })")
    page.wait_for_selector("#rows .found-line")


@state()
def plan_of_a_sync(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'notes' })")
    page.click("[data-upkeep=plan]")
    page.wait_for_selector("#upkeep .result :text('Nothing would change')")


@state()
def folder_added(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'notes' })")
    page.click("#add-folder summary")
    page.wait_for_selector("#add-folder input")


@state()
def model_set_up(page: Any) -> None:
    page.evaluate("ragBot.goTo({ page: 'settings' })")
    page.click("#settings-page summary:has-text('Ollama')")
    page.wait_for_selector("#settings-page details[open] input[name=address]")


@contextmanager
def addresses(index: Path, cache: Path, folder: Path) -> Iterator[dict[str, str]]:
    """The addresses of two apps: "plain" with the notes of this index and runs of cases, "empty" without notes.

    What they need lies in `folder` afterwards.
    """
    plain, home = folder / "plain" / "index", folder / "home"
    shutil.copytree(index, plain)
    home.mkdir()
    settings = Settings(index=plain, cache=cache)
    evidence = Evidence("corpus/talk/big-bench.md", "33% of the BIG-Bench tasks")
    cases = [Case("big", EMERGENT, "fact", True, "41%", (evidence,)), Case("far", CAPITAL, "off-topic", False, "", ())]
    with Library(settings) as library:
        for file in ("first.jsonl", "second.jsonl"):
            keep_result(run_cases(library, cases, file=file), settings)
    with (
        running_app(plain, cache, folder) as app,
        running_app(folder / "empty" / "index", cache, folder, HOME=str(home)) as first,
    ):
        yield {"plain": app.address, "empty": first.address}


@contextmanager
def opened(browser: Any, address: str, size: dict[str, int], **options: Any) -> Iterator[Any]:
    """A page in which nothing moves, so that no colour is looked at half-way."""
    context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_selector(".welcome", state="attached")
    page.wait_for_function("Boolean(window.ragBot?.isOpen)")
    yield page
    context.close()
