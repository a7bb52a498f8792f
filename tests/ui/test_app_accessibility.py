"""Every page and state of the app by axe-core, in both themes; and what a screen reader is told as things happen.

A new page or state is one more function with `@state`: it brings a page to where it is to be looked at.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.evaluation.results import keep_result
from rag_bot.evaluation.runs import run_cases
from rag_bot.settings import Settings
from tests.conftest import lacking
from tests.ui.conftest import PATIENCE_MS, TalkingApp, ask, expect, running_app
from tests.ui.writer import EMERGENT, TEXTS

CAPITAL = "What is the capital of France?"
SEVERE = ("moderate", "serious", "critical")
PHONE = {"width": 390, "height": 800}
RULES = {
    # Off by default in axe: how large a target is (WCAG 2.2, 2.5.8).
    "light": {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]},
    "dark": {"runOnly": ["color-contrast"], "resultTypes": ["violations"]},  # nothing else depends on the theme
}
FIND = "async (options) => (await axe.run(document, options)).violations"


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
    page.wait_for_selector(".welcome form, .welcome [data-read]")


@state()
def answer_by_quotes(page: Any) -> None:
    ask(page, EMERGENT)
    page.wait_for_selector("#chats [aria-current]")


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


@pytest.fixture(scope="module")
def addresses(
    index_folder: Path, model_cache: Path, talking_app: TalkingApp, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The addresses of three apps: with notes and runs of cases, with answers that a model writes, without notes."""
    plain = tmp_path_factory.mktemp("looked-at") / "index"
    shutil.copytree(index_folder, plain)
    settings = Settings(index=plain, cache=model_cache)
    evidence = Evidence("corpus/talk/big-bench.md", "33% of the BIG-Bench tasks")
    cases = [Case("big", EMERGENT, "fact", True, "41%", (evidence,)), Case("far", CAPITAL, "off-topic", False, "", ())]
    with Library(settings) as library:
        for file in ("first.jsonl", "second.jsonl"):
            keep_result(run_cases(library, cases, file=file), settings)
    away, empty = tmp_path_factory.mktemp("elsewhere"), tmp_path_factory.mktemp("empty") / "index"
    with (
        running_app(plain, model_cache, away) as app,
        running_app(empty, model_cache, away, HOME=str(tmp_path_factory.mktemp("home"))) as first,
    ):
        yield {"plain": app.address, "empty": first.address, "talking": talking_app.address}


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which the package brings."""
    try:
        from axe_playwright_python.base import AXE_SCRIPT
    except ImportError:
        lacking("axe-playwright-python")
    return str(AXE_SCRIPT)


@contextmanager
def opened(browser: Any, address: str, size: dict[str, int], **options: Any) -> Iterator[Any]:
    """A page in which nothing moves, so that no colour is looked at half-way."""
    context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_selector("#seen textarea, #overview .sync", state="attached")
    page.wait_for_selector(".welcome", state="attached")
    page.wait_for_function("Boolean(window.ragBot?.report.find)")
    yield page
    context.close()


def findings(page: Any, theme: str) -> list[str]:
    """What axe finds that is more than a trifle, each with where and why."""
    page.evaluate("theme => document.body.classList.toggle('dark', theme === 'dark')", theme)
    return [
        f"{found['id']} ({found['impact']}) {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for found in page.evaluate(FIND, RULES[theme])
        if found["impact"] in SEVERE
        for node in found["nodes"]
    ]


def nameless(page: Any) -> list[str]:
    """The controls that a screen reader has no name for, as the browser computes them: axe is content with less."""
    client = page.context.new_cdp_session(page)
    nodes = client.send("Accessibility.getFullAXTree")["nodes"]
    roles = {
        "button",
        "link",
        "textbox",
        "searchbox",
        "combobox",
        "checkbox",
        "radio",
        "switch",
        "slider",
        "spinbutton",
    }
    found = []
    for node in nodes:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in roles or node.get("name", {}).get("value", "").strip():
            continue
        described = client.send("DOM.describeNode", {"backendNodeId": node["backendDOMNodeId"]})["node"]
        found.append(f"{role}: {described['localName']} {' '.join(described['attributes'])}")
    return found


@pytest.mark.parametrize("seen", STATES, ids=lambda seen: seen.name)
def test_axe_finds_nothing_and_every_control_has_a_name(
    browser: Any, addresses: dict[str, str], talking_app: TalkingApp, axe: str, seen: State
) -> None:
    talking_app.writer.begin()
    with opened(browser, addresses[seen.app], seen.size) as page:
        seen.open(page)
        page.evaluate(axe)
        assert findings(page, "light") == []
        assert findings(page, "dark") == []
        assert nameless(page) == []
        assert page.evaluate("document.documentElement.lang") == "en"
        headings = page.locator("#main h1").evaluate_all("all => all.filter(one => one.checkVisibility()).length")
        assert headings == 1, "a page has one heading of the first level"
    talking_app.writer.go_on.set()


LISTEN = """() => {
  window.heard = [];
  new MutationObserver(() => {
    const words = document.querySelector('#aloud').textContent;
    if (words) window.heard.push(words);
  }).observe(document.querySelector('#aloud'), { childList: true, characterData: true, subtree: true });
}"""
SLOWLY = "Slowly: what is emergence?"


def heard(page: Any, *beginnings: str) -> None:
    """Waits until these were read aloud since LISTEN, and nothing else."""
    wait = "wanted => heard.length >= wanted.length && heard.every((one, at) => one.startsWith(wanted[at]))"
    page.wait_for_function(wait, arg=list(beginnings))


def test_an_answer_that_grows_is_read_aloud_once_when_it_is_whole(browser: Any, talking_app: TalkingApp) -> None:
    talking_app.writer.begin()
    with opened(browser, talking_app.address, PHONE) as page:
        page.evaluate(LISTEN)
        page.fill("#question textarea", SLOWLY)
        page.press("#question textarea", "Enter")
        page.wait_for_selector(".draft")
        heard(page, "Looking through your notes")
        assert page.locator("#conversation :is([role=status], [role=alert], [aria-live])").count() == 0
        talking_app.writer.go_on.set()
        page.wait_for_selector(".exchange:not(.growing) .measured")
        whole = "Answer. Emergence is a change in quality brought about by changes in quantity"
        heard(page, "Looking through your notes", whole)
        page.reload()
        page.wait_for_selector(".exchange .measured")
        page.evaluate(LISTEN)
        page.evaluate("ragBot.tell('conversation', document.querySelector('#conversation'))")
        heard(page)


def test_what_is_found_is_read_with_its_verdict_and_where_it_stands(browser: Any, addresses: dict[str, str]) -> None:
    with opened(browser, addresses["plain"], PHONE) as page:
        page.evaluate(LISTEN)
        ask(page, EMERGENT)
        heard(page, "Looking through your notes", "Answer. ")
        words = page.evaluate("heard[1]")
        assert "33% of the BIG-Bench tasks" in words
        assert "From BIG-Bench and scale" in words
        page.evaluate("heard.length = 0")
        ask(page, CAPITAL)
        heard(page, "Looking through your notes", "Answer. This is not in your notes")
        assert page.title() == f"{EMERGENT} – rag-bot"
        assert page.locator("#scroll h1:visible").all_inner_texts() == [EMERGENT]


def test_progress_is_read_at_its_start_at_each_quarter_and_at_its_end(browser: Any, addresses: dict[str, str]) -> None:
    with opened(browser, addresses["plain"], PHONE) as page:
        read = page.evaluate(
            """() => {
              const part = document.createElement('div');
              const steps = [0, 1, 24, 25, 26, 60, 99, 100].map(done =>
                `<p>${done} of 100</p><progress aria-label="Sync" max="100" value="${done}"></progress>`);
              return [...steps, '<p class="notice">A file is gone.</p>', '<p class="notice">A file is gone.</p>', '']
                .map(html => { part.innerHTML = html; return ragBot.news('somewhere', part); });
            }"""
        )
        assert read == [
            *("Sync: started", "", "", "Sync: 25 percent", "", "Sync: 50 percent", "Sync: 75 percent"),
            *("Sync: 100 percent", "Sync: ended. A file is gone.", "", ""),
        ]


def test_the_page_has_its_landmarks_and_one_place_that_speaks(browser: Any, addresses: dict[str, str]) -> None:
    with opened(browser, addresses["plain"], {"width": 1280, "height": 800}) as page:
        for role, name in (("banner", None), ("main", None), ("navigation", "Conversations and pages")):
            expect(page.get_by_role(role, name=name)).to_have_count(1)
        expect(page.locator("#app").get_by_role("status")).to_have_count(1)
        ask(page, EMERGENT).locator("a.cite").first.click()
        expect(page.get_by_role("complementary", name="BIG-Bench and scale")).to_be_visible()


def test_nothing_moves_for_those_who_asked_for_that(browser: Any, talking_app: TalkingApp) -> None:
    moving = "document.getAnimations().filter(one => one.playState === 'running').length"
    for motion, is_calm in (("no-preference", False), ("reduce", True)):
        talking_app.writer.begin()
        with opened(browser, talking_app.address, PHONE) as page:
            page.emulate_media(reduced_motion=motion)
            page.fill("#question textarea", SLOWLY)
            page.press("#question textarea", "Enter")
            page.wait_for_selector(".checking")
            assert (page.evaluate(moving) == 0) is is_calm
        talking_app.writer.go_on.set()


def test_what_is_marked_by_colours_is_marked_in_forced_colours_too(browser: Any, addresses: dict[str, str]) -> None:
    background = "one => getComputedStyle(one).backgroundColor"
    with opened(browser, addresses["plain"], {"width": 1280, "height": 800}, forced_colors="active") as page:
        ask(page, EMERGENT).locator("a.cite").first.click()
        cited = page.locator("#panel .body .cited").first
        assert cited.evaluate(background) != page.locator("#panel .note").evaluate(background)
        page.locator("#question textarea").focus()
        style = page.locator("#question textarea").evaluate("one => getComputedStyle(one).outlineStyle")
        assert style == "solid"
