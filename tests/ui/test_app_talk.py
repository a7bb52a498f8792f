"""Answers that a model writes, in the app: a real server, a real browser, a scripted model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rag_bot.conversations.database import FILE, Conversations
from rag_bot.query.prose.author import STOPPED
from tests.ui.conftest import PATIENCE_MS, TalkingApp, ask, eventually, expect, opened_page
from tests.ui.writer import EMERGENT, TEXTS

SLOWLY, HOSTILE = "Slowly: what is emergence?", "What is the zebra quota?"
NOTHING = "In how many ways do the BIG-Bench tasks react to scale?"
SIZES = "How does chain-of-thought prompting depend on size?"
MORE = (
    "What does least-to-most prompting show?",
    "What did emergence change for AI work?",
    "Why is scaling hard?",
    "Which challenges does scaling have?",
)


MOST_JUMP = 0.05  # sum of layout shifts (https://web.dev/articles/cls): half of what is called good there


@pytest.fixture
def page(browser: Any, talking_app: TalkingApp) -> Iterator[Any]:
    with opened_page(browser, talking_app.address) as page:
        yield page


def wait_for_questions(page: Any, *wanted: str) -> None:
    page.wait_for_function(
        "wanted => JSON.stringify([...document.querySelectorAll('.exchange .question')].map(q => q.textContent)) === "
        "wanted && !document.querySelector('.growing')",
        arg=_as_json(wanted),
    )


def _as_json(wanted: tuple[str, ...]) -> str:
    return "[" + ",".join(f'"{one}"' for one in wanted) + "]"


def again(page: Any, number: int, label: str) -> Any:
    """Clicks what is under an answer, and returns the exchange."""
    exchange = page.locator(".exchange").nth(number)
    exchange.locator(".tools button", has_text=label).click()
    return exchange


def test_a_conversation_of_ten_turns_comes_back_as_it_was_when_the_page_is_loaded_again(page: Any) -> None:
    asked = [*list(TEXTS)[:5], *MORE, EMERGENT]
    assert len(asked) == 10
    for question in asked:
        ask(page, question)
    page.wait_for_function("location.hash.startsWith('#c=')")
    before = page.inner_html("#conversation .exchange:nth-of-type(3) .answer")
    page.reload()
    wait_for_questions(page, *asked)
    assert page.inner_html("#conversation .exchange:nth-of-type(3) .answer") == before
    first = page.locator(".exchange").first
    first.locator(".cite").first.click()
    page.wait_for_selector("#panel .body .cited:has-text('33% of the BIG-Bench tasks')")
    first.locator(".thumb.up").click()
    first.locator(".said", has_text="Kept as a case").wait_for()
    first.locator("[data-vote=back]").click()
    first.locator(".said", has_text="Kept as a case").wait_for(state="detached")


def test_each_sentence_has_its_numbers_and_one_that_the_notes_do_not_say_is_marked(page: Any) -> None:
    answer = ask(page, EMERGENT)
    sentences = answer.locator(".sentence")
    assert sentences.count() == 3
    assert answer.locator(".cite").count() >= 2
    marked = answer.locator(".sentence.unsupported")
    assert "60%" in marked.inner_text()
    assert "not in these lines" in marked.inner_text()
    assert answer.locator(".quote blockquote", has_text="33%").count() == 1
    assert "3 sentences: 2 in their words, 1 not in these lines" in answer.locator(".measured").inner_text()
    reasons = marked.locator(".reasons")
    assert reasons.evaluate("one => getComputedStyle(one).clipPath") != "none"
    marked.locator(".doubt").focus()
    page.wait_for_function("getComputedStyle(document.querySelector('.reasons')).clipPath === 'none'")


def test_what_the_marks_mean_is_opened_with_the_keyboard(page: Any) -> None:
    meaning = ask(page, EMERGENT).locator("details.meaning")
    assert not meaning.locator("p").is_visible()
    meaning.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(meaning.locator("p")).to_be_visible()
    assert "“not in these lines”" in meaning.inner_text()


def test_a_numbered_list_shows_its_numbers_and_another_its_dots(page: Any) -> None:
    lists = '<div class="written"><ol start="1"><li>One</li></ol><ul><li>Two</li></ul></div>'
    page.eval_on_selector("#main", "(main, lists) => main.insertAdjacentHTML('beforeend', lists)", lists)
    style = "lists => lists.map(one => getComputedStyle(one).listStyleType)"
    assert page.eval_on_selector_all("#main > .written > *", style) == ["decimal", "disc"]


def test_words_are_shown_before_they_are_checked_and_stop_leaves_what_came(page: Any, talking_app: TalkingApp) -> None:
    talking_app.writer.begin()
    page.fill("#question textarea", SLOWLY)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".draft:has-text('Phase shift is another name')")
    assert "being checked" in page.inner_text(".draft")
    assert page.locator(".tools:visible").count() == 0
    page.click("#stop")
    page.wait_for_selector(".exchange:not(.growing) .notice:has-text('Stopped')")
    assert talking_app.writer.left.wait(PATIENCE_MS / 1000)
    assert "changes in quantity" in page.inner_text(".sentence >> nth=0")
    page.wait_for_selector("#stop", state="hidden")
    page.wait_for_selector(".draft", state="detached")


def test_closing_the_page_ends_the_model_s_work_and_keeps_what_came(browser: Any, talking_app: TalkingApp) -> None:
    talking_app.writer.begin()
    with opened_page(browser, talking_app.address) as page:
        page.fill("#question textarea", SLOWLY)
        page.press("#question textarea", "Enter")
        page.wait_for_selector(".draft:has-text('Phase shift is another name')")
        page.wait_for_function("location.hash.startsWith('#c=')")
        key = page.evaluate("location.hash").removeprefix("#c=")
    assert talking_app.writer.left.wait(PATIENCE_MS / 1000)
    saved = Conversations(talking_app.index.parent / FILE, talking_app.index.name)
    eventually(lambda: saved.exchanges(key)[0].answer.notice == STOPPED)
    [kept] = saved.exchanges(key)
    assert (kept.question, kept.answer.draft) == (SLOWLY, "")
    assert "Phase shift" in kept.answer.text


def test_another_conversation_ends_the_answer_that_grows(page: Any, talking_app: TalkingApp) -> None:
    talking_app.writer.begin()
    page.fill("#question textarea", SLOWLY)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".draft:has-text('Phase shift is another name')")
    page.click("#new-chat button")
    page.wait_for_selector(".exchange", state="detached")
    assert talking_app.writer.left.wait(PATIENCE_MS / 1000)
    ask(page, EMERGENT)
    wait_for_questions(page, EMERGENT)


def test_an_answer_is_asked_for_again_where_it_stands_and_in_the_other_mode(page: Any) -> None:
    for question in (EMERGENT, SIZES):
        ask(page, question)
    first = again(page, 0, "Quotes only")
    first.locator(".answer > .quote").first.wait_for()
    first.locator(".written").wait_for(state="detached")
    again(page, 0, "Answer in prose")
    first.locator(".written .cite").first.wait_for()
    wait_for_questions(page, EMERGENT, SIZES)
    again(page, 1, "Retry")
    wait_for_questions(page, EMERGENT, SIZES)
    page.locator(".exchange").nth(1).locator(".unsupported:has-text('tea')").wait_for()
    page.reload()
    wait_for_questions(page, EMERGENT, SIZES)
    expect(page.locator(".exchange").first.locator(".written")).to_have_count(1)


def test_a_question_is_asked_in_other_words_and_both_wordings_keep_what_followed_them(page: Any) -> None:
    other = "What do scaling laws relate?"
    for question in (EMERGENT, SIZES, MORE[0]):
        ask(page, question)
    again(page, 1, "Edit")
    form = page.locator("form.edit:visible")
    assert "The 1 question after it will stay with the wording it has now." in form.inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector("form.edit:visible", state="detached")
    wait_for_questions(page, EMERGENT, SIZES, MORE[0])
    again(page, 1, "Edit")
    page.wait_for_function("document.activeElement.closest('form.edit')")
    page.keyboard.type(other)
    page.keyboard.press("Enter")
    wait_for_questions(page, EMERGENT, other)
    ask(page, MORE[1])
    page.get_by_role("button", name="Earlier wording").click()
    wait_for_questions(page, EMERGENT, SIZES, MORE[0])
    expect(page.get_by_role("button", name="Earlier wording")).to_be_focused()
    expect(page.locator(".wordings")).to_contain_text("1 of 2")
    page.reload()
    wait_for_questions(page, EMERGENT, SIZES, MORE[0])
    page.get_by_role("button", name="Later wording").click()
    wait_for_questions(page, EMERGENT, other, MORE[1])
    page.reload()
    wait_for_questions(page, EMERGENT, other, MORE[1])


def test_what_is_shown_does_not_jump_while_an_answer_grows(page: Any) -> None:
    page.evaluate(
        """() => {
            const seen = ({ value }) => { window.jumped += value; };
            new PerformanceObserver((list) => list.getEntries().forEach(seen)).observe({ type: "layout-shift" });
        }"""
    )

    def jumped_while(grow: Callable[[], object]) -> float:
        page.evaluate("window.jumped = 0")
        grow()
        return float(
            page.evaluate("new Promise((seen) => requestAnimationFrame(() => setTimeout(() => seen(jumped))))")
        )

    def quote() -> None:
        again(page, 1, "Quotes only").locator(".answer > .quote").first.wait_for()
        wait_for_questions(page, EMERGENT, SIZES)

    for grow in (lambda: ask(page, EMERGENT), lambda: ask(page, SIZES), quote):
        assert jumped_while(grow) < MOST_JUMP
    assert 0 < page.locator(".exchange .question").nth(1).bounding_box()["y"] < 100


def test_nothing_that_a_model_writes_becomes_a_link_or_an_image(page: Any) -> None:
    answer = ask(page, HOSTILE)
    assert "41" in answer.inner_text()
    page.reload()
    page.wait_for_selector(".exchange .measured")
    assert page.locator("#conversation img").count() == 0
    assert page.evaluate("window.hacked") is None
    links = page.locator("#conversation a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert set(links) == {"#"}


def test_where_the_notes_say_nothing_of_what_was_written_the_quotes_answer_and_say_why(page: Any) -> None:
    answer = ask(page, NOTHING)
    assert "wrote nothing that your notes say" in answer.locator(".notice").inner_text()
    assert answer.locator(".quote").count() > 0
    assert "cheese" not in answer.inner_text()
