"""Saved conversations in the app: found again, renamed, deleted, exported; and where nothing can be saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag_bot.conversations.database import FILE, Conversations
from rag_bot.errors import UsageError
from tests.ui.conftest import PATIENCE_MS, ask, expect, opened_page, running_app
from tests.ui.writer import EMERGENT

CAPITAL, POPULAR = "What is the capital of France?", "Who made emergence popular?"
HOSTILE = 'Is "emergence" <img src=x onerror=window.hacked=1>?'


@pytest.fixture
def saved(plain_index: Path) -> Conversations:
    """The saved conversations, none at first."""
    conversations = Conversations(plain_index.parent / FILE, plain_index.name)
    for one in conversations.list():
        conversations.delete(one.key)
    return conversations


@pytest.fixture
def page(browser: Any, app_address: str, saved: Conversations) -> Iterator[Any]:
    del saved  # empty by now
    with opened_page(browser, app_address) as page:
        page.wait_for_selector("#chats li", state="detached")
        yield page


def wait_for_titles(page: Any, *titles: str) -> None:
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('#chats li a')].map(link => link.textContent).join('|') === wanted",
        arg="|".join(titles),
    )


def wait_for_questions(page: Any, *questions: str) -> None:
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('.exchange .question')].map(q => q.textContent).join('|') === wanted",
        arg="|".join(questions),
    )


def begin(page: Any, question: str) -> None:
    """A conversation of one question, after the one that is open."""
    if page.locator(".exchange").count():  # else nobody could see when the new one has begun
        page.click("#new-chat button")
        wait_for_questions(page)
    ask(page, question)
    page.wait_for_selector(f"#chats a[aria-current]:has-text({question!r})")


def manage(page: Any, title: str) -> Any:
    """Opens what can be done with a conversation."""
    row = page.locator("#chats li", has=page.get_by_role("link", name=title, exact=True))
    row.hover()
    row.locator(".more").click()
    dialog = page.locator("dialog.manage")
    dialog.wait_for()
    return dialog


def test_conversations_are_listed_newest_first_and_going_back_opens_the_one_before(page: Any) -> None:
    begin(page, EMERGENT)
    begin(page, CAPITAL)
    wait_for_titles(page, CAPITAL, EMERGENT)
    page.click(f"#chats a:has-text({EMERGENT!r})")
    wait_for_questions(page, EMERGENT)
    page.wait_for_selector(f"#chats a[aria-current]:has-text({EMERGENT!r})")
    page.go_back()
    wait_for_questions(page, CAPITAL)
    page.go_forward()
    wait_for_questions(page, EMERGENT)
    page.locator(".quote .cite").first.click()
    page.wait_for_selector("#panel .body .cited")
    ask(page, POPULAR)
    wait_for_titles(page, EMERGENT, CAPITAL)


def test_a_search_finds_conversations_by_what_was_asked_and_answered_in_them(page: Any) -> None:
    begin(page, EMERGENT)
    begin(page, CAPITAL)
    page.fill("#chat-search input", "GIRAFFE emergent")
    wait_for_titles(page)
    page.wait_for_selector("#chats .hint")
    page.fill("#chat-search input", "emergent")
    wait_for_titles(page, EMERGENT)
    page.fill("#chat-search input", "")
    wait_for_titles(page, CAPITAL, EMERGENT)


def test_a_conversation_is_renamed(page: Any, saved: Conversations) -> None:
    begin(page, EMERGENT)
    dialog = manage(page, EMERGENT)
    title = dialog.locator("[name=title]")
    assert title.input_value() == EMERGENT
    title.fill("Shares <b>of</b> tasks")
    title.press("Enter")
    wait_for_titles(page, "Shares <b>of</b> tasks")
    dialog.wait_for(state="hidden")
    assert [one.title for one in saved.list()] == ["Shares <b>of</b> tasks"]
    assert page.locator("#chats b").count() == 0


def delete(page: Any, title: str) -> Any:
    """Deletes a conversation; what offers to undo it."""
    manage(page, title).locator("[data-manages=delete]").click()
    toast = page.locator(".toast", has_text=title)
    toast.wait_for()
    return toast


def test_deleting_leaves_a_new_chat_where_the_deleted_one_was_open_and_is_undone(page: Any) -> None:
    begin(page, CAPITAL)
    begin(page, EMERGENT)
    toast = delete(page, EMERGENT)
    wait_for_titles(page, CAPITAL)
    wait_for_questions(page)
    page.wait_for_selector("#welcome :text('Ask your notes')")
    page.wait_for_function("location.hash === ''")
    toast.get_by_role("button", name="Undo").click()
    wait_for_titles(page, EMERGENT, CAPITAL)
    wait_for_questions(page, EMERGENT)
    toast.wait_for(state="detached")
    page.wait_for_function("location.hash.startsWith('#c=')")


def test_another_conversation_is_deleted_without_disturbing_the_one_that_is_open(page: Any) -> None:
    begin(page, CAPITAL)
    begin(page, EMERGENT)
    toast = delete(page, CAPITAL)
    wait_for_titles(page, EMERGENT)
    wait_for_questions(page, EMERGENT)
    toast.get_by_role("button", name="Undo").click()
    wait_for_titles(page, EMERGENT, CAPITAL)
    wait_for_questions(page, EMERGENT)


def test_who_deletes_with_the_keyboard_stands_on_the_undo_which_stays_as_long(page: Any) -> None:
    begin(page, CAPITAL)
    manage(page, CAPITAL).locator("[data-manages=delete]").press("Enter")
    undo = page.locator(".toast").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    page.evaluate("ragBot.offerUndo(document.querySelector('.toast'))")
    expect(undo).to_be_focused()
    undo.press("Enter")
    wait_for_titles(page, CAPITAL)
    expect(page.locator("#chats [data-manage]")).to_be_focused()


def test_what_was_deleted_is_gone_for_good_when_the_app_ends(
    browser: Any, plain_index: Path, model_cache: Path, tmp_path: Path, saved: Conversations
) -> None:
    with running_app(plain_index, model_cache, tmp_path) as app:
        with opened_page(browser, app.address) as page:
            begin(page, EMERGENT)
            [kept] = saved.list()
            delete(page, EMERGENT)
            page.goto("about:blank")
        app.process.terminate()
        app.process.wait()
    with pytest.raises(UsageError):
        saved.restore(kept.key)


def test_a_pinned_conversation_stands_above_the_others(page: Any, saved: Conversations) -> None:
    begin(page, CAPITAL)
    begin(page, EMERGENT)
    manage(page, CAPITAL).get_by_role("button", name="Pin").click()
    wait_for_titles(page, CAPITAL, EMERGENT)
    expect(page.locator("#chats h2").first).to_have_text("Pinned")
    assert [one.pinned for one in saved.list()] == [True, False]
    manage(page, CAPITAL).get_by_role("button", name="Unpin").click()
    wait_for_titles(page, EMERGENT, CAPITAL)


def test_on_a_narrow_screen_the_conversations_are_a_drawer(page: Any) -> None:
    begin(page, EMERGENT)
    page.set_viewport_size({"width": 390, "height": 844})
    menu, new = page.get_by_role("button", name="Menu"), page.locator("#new-chat button")
    expect(new).to_be_hidden()
    menu.click()
    expect(new).to_be_focused()
    page.keyboard.press("Escape")
    expect(new).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    expect(new).to_be_visible()
    page.mouse.click(380, 500)
    expect(new).to_be_hidden()
    menu.click()
    new.click()
    wait_for_questions(page)
    expect(new).to_be_hidden()


def test_a_conversation_is_downloaded_as_markdown_with_its_citations(page: Any, tmp_path: Path) -> None:
    begin(page, EMERGENT)
    dialog = manage(page, EMERGENT)
    with page.expect_download() as downloading:
        dialog.locator("[data-export]").click()
    file = tmp_path / "conversation.md"
    downloading.value.save_as(file)
    assert downloading.value.suggested_filename.endswith(".md")
    text = file.read_text(encoding="utf-8")
    assert EMERGENT in text
    assert re.search(r"^\[\d\] corpus/talk/big-bench\.md:\d+", text, re.MULTILINE)
    assert "Emergent abilities: 33% of the BIG-Bench tasks" in text


def test_only_this_page_may_download_and_only_what_there_is(app_address: str, saved: Conversations) -> None:
    key = saved.begin("Mine?").key
    url = f"{app_address}/conversations/{key}.md"
    found = httpx.get(url)
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-store")
    assert found.headers["content-disposition"] == "attachment; filename*=UTF-8''Mine.md"
    assert httpx.get(url, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert httpx.get(url, headers={"Host": "evil.example"}).status_code == 400
    for path in ("nothing.md", f"{key}", "../etc/passwd", f"{key[:-1]}%25.md"):
        assert httpx.get(f"{app_address}/conversations/{path}").status_code == 404


def test_what_people_asked_is_text_in_the_list_and_in_the_dialog(page: Any) -> None:
    page.fill("#question textarea", HOSTILE)
    page.press("#question textarea", "Enter")
    wait_for_titles(page, HOSTILE)
    page.locator("#chats li").hover()
    page.locator("#chats .more").click()
    expect(page.locator("dialog [name=title]")).to_have_value(HOSTILE)
    assert page.locator("#chats img, #conversation img, dialog img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_an_address_of_a_conversation_that_is_no_longer_there_says_so(page: Any, app_address: str) -> None:
    page.goto("about:blank")  # another # alone would open it without loading the page
    page.goto(f"{app_address}/#c=0123456789ab")
    page.wait_for_selector("#conversation .notice:has-text('no conversation')")
    page.wait_for_selector("#welcome :text('Ask your notes')")
    page.wait_for_function("location.hash === ''")


def test_a_restart_of_the_app_brings_back_what_was_open(
    browser: Any, plain_index: Path, model_cache: Path, tmp_path: Path, saved: Conversations
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    with running_app(plain_index, model_cache, tmp_path) as app:
        page.goto(app.address)
        ask(page, EMERGENT)
        page.wait_for_function("location.hash.startsWith('#c=')")
        port = int(app.address.rpartition(":")[2])
        page.goto("about:blank")  # an open page loads itself again, and would cut this off
    with running_app(plain_index, model_cache, tmp_path, port) as app:
        page.goto(app.address)
        wait_for_questions(page, EMERGENT)
        page.wait_for_function("location.hash.startsWith('#c=')")
    context.close()
    assert len(saved.list()) == 1


def test_where_nothing_can_be_saved_it_is_said_once_and_the_chat_goes_on(page: Any, saved: Conversations) -> None:
    begin(page, EMERGENT)
    for file in saved.file.parent.glob(f"{FILE}*"):
        file.unlink()
    saved.file.write_text("this is no database")
    ask(page, CAPITAL)
    ask(page, POPULAR)
    wait_for_questions(page, EMERGENT, CAPITAL, POPULAR)
    expect(page.locator("#conversation .notice", has_text=FILE)).to_have_count(1)
    page.wait_for_selector(f"#chats .notice:has-text({FILE!r})")
    saved.file.unlink()
    ask(page, "Why is scaling hard?")
    wait_for_titles(page, EMERGENT)
    [one] = saved.list()
    assert one.exchanges == 4
