"""Every page and state of the app by axe-core, in both themes; and what a screen reader is told as things happen.

The states are those of `tests.ui.states`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import lacking
from tests.ui.conftest import TalkingApp, ask, expect
from tests.ui.states import CAPITAL, PHONE, STATES, State, addresses, opened
from tests.ui.writer import EMERGENT

SEVERE = ("moderate", "serious", "critical")
RULES = {
    # Off by default in axe: how large a target is (WCAG 2.2, 2.5.8).
    "light": {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]},
    "dark": {"runOnly": ["color-contrast"], "resultTypes": ["violations"]},  # nothing else depends on the theme
}
BEHIND_A_DRAWER = ("landmark-one-main", "page-has-heading-one")  # axe looks for them though all else is inert then
# An entry of which a list shows only a part at its edge is as large as the others once it is scrolled to.
HIDE_CUT_OFF = """() => {
  for (const entry of document.querySelectorAll("#chats li")) {
    let list = entry.parentElement;
    while (list && !["auto", "scroll"].includes(getComputedStyle(list).overflowY)) list = list.parentElement;
    const [inner, outer] = [entry.getBoundingClientRect(), (list ?? document.body).getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) entry.hidden = true;
  }
}"""
FIND = "async (options) => (await axe.run(document, options)).violations"


@pytest.fixture(scope="module")
def apps(
    index_folder: Path, model_cache: Path, talking_app: TalkingApp, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The addresses of the apps that the states are of: "talking" has answers that a model writes."""
    with addresses(index_folder, model_cache, tmp_path_factory.mktemp("looked-at")) as started:
        yield started | {"talking": talking_app.address}


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which the package brings."""
    try:
        from axe_playwright_python.base import AXE_SCRIPT
    except ImportError:
        lacking("axe-playwright-python")
    return str(AXE_SCRIPT)


def findings(page: Any, theme: str) -> list[str]:
    """What axe finds that is more than a trifle, each with where and why.

    While it looks the list of conversations may be drawn anew, with entries that are cut off: what it finds it has to
    find again.
    """
    return _findings(page, theme) and _findings(page, theme)


def _findings(page: Any, theme: str) -> list[str]:
    page.evaluate("theme => document.body.classList.toggle('dark', theme === 'dark')", theme)
    page.evaluate(HIDE_CUT_OFF)
    behind = BEHIND_A_DRAWER if page.locator("#main[inert]").count() else ()
    return [
        f"{found['id']} ({found['impact']}) {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for found in page.evaluate(FIND, RULES[theme])
        if found["impact"] in SEVERE and found["id"] not in behind
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


@pytest.mark.slow
@pytest.mark.parametrize("seen", STATES, ids=lambda seen: seen.name)
def test_axe_finds_nothing_and_every_control_has_a_name(
    browser: Any, apps: dict[str, str], talking_app: TalkingApp, axe: str, seen: State
) -> None:
    talking_app.writer.begin()
    with opened(browser, apps[seen.app], seen.size) as page:
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
    if (words && !words.startsWith("Sync: ")) window.heard.push(words); // the sync that an app begins with may end now
  }).observe(document.querySelector('#aloud'), { childList: true, characterData: true, subtree: true });
}"""
SLOWLY = "Slowly: what is emergence?"


def heard(page: Any, *beginnings: str) -> None:
    """Waits until these were read aloud since LISTEN, and nothing else but of a sync."""
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
        heard(page, "Looking through your notes", "Answer. ")
        assert page.evaluate("heard[1]").endswith("a change in quality brought about by changes in quantity")
        page.reload()
        page.wait_for_selector(".exchange .measured")
        page.evaluate(LISTEN)
        page.evaluate("ragBot.tell('conversation', document.querySelector('#conversation'))")
        heard(page)


def test_what_is_found_is_read_with_its_verdict_and_where_it_stands(browser: Any, apps: dict[str, str]) -> None:
    with opened(browser, apps["plain"], PHONE) as page:
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


def test_progress_is_read_at_its_start_at_each_quarter_and_at_its_end(browser: Any, apps: dict[str, str]) -> None:
    with opened(browser, apps["plain"], PHONE) as page:
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
            *("Sync: started", "", "", "Sync: 25 of 100", "", "Sync: 60 of 100", "Sync: 99 of 100"),
            *("Sync: 100 of 100", "Sync: ended. A file is gone.", "", ""),
        ]


def test_the_page_has_its_landmarks_and_one_place_that_speaks(browser: Any, apps: dict[str, str]) -> None:
    with opened(browser, apps["plain"], {"width": 1280, "height": 800}) as page:
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


def test_what_is_marked_by_colours_is_marked_in_forced_colours_too(browser: Any, apps: dict[str, str]) -> None:
    background = "one => getComputedStyle(one).backgroundColor"
    with opened(browser, apps["plain"], {"width": 1280, "height": 800}, forced_colors="active") as page:
        ask(page, EMERGENT).locator("a.cite").first.click()
        cited = page.locator("#panel .body .cited").first
        assert cited.evaluate(background) != page.locator("#panel .note").evaluate(background)
        page.locator("#question textarea").focus()
        style = page.locator("#question textarea").evaluate("one => getComputedStyle(one).outlineStyle")
        assert style == "solid"
