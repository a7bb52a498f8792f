"""The app as people use it: a real server, a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.ui.conftest import ask, expect, opened_page

ROOT = Path(__file__).parents[2]
EMERGENT = "What share of the BIG-Bench tasks was emergent?"


@pytest.fixture
def page(browser: Any, app_address: str) -> Iterator[Any]:
    with opened_page(browser, app_address) as page:
        page.wait_for_selector("#welcome :text('Ask your notes')")
        yield page


def test_a_question_gets_the_line_that_answers_it_and_its_number_opens_the_note_there(page: Any) -> None:
    quote = ask(page, EMERGENT).locator(".quote").filter(has_text="33%").first
    assert "33%" in quote.locator("blockquote").inner_text()
    quote.locator(".cite").first.click()
    cited = page.locator("#panel .body .cited").filter(has_text="33%")
    cited.wait_for()
    assert cited.inner_text().startswith("Emergent abilities: 33% of the BIG-Bench tasks")
    expect(cited).to_be_in_viewport()
    expect(page.locator("#panel header h2")).to_contain_text("BIG-Bench and scale")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel .note", state="detached")


def test_what_is_not_in_the_notes_is_said_so_and_the_nearest_note_opens(page: Any) -> None:
    answer = ask(page, "What is the capital of France?")
    assert "not in your notes" in answer.inner_text()
    answer.locator(".nearest a").first.click()
    page.wait_for_selector("#panel .note .cited")


def test_an_example_is_asked_by_a_click_and_new_chat_forgets_it(page: Any) -> None:
    question = page.inner_text(".chips button >> nth=0")
    page.click(".chips button >> nth=0")
    page.locator(".measured").wait_for()
    assert page.inner_text(".question") == question
    page.click("#new-chat button")
    page.wait_for_selector(".exchange", state="detached")
    expect(page.locator(".chips")).to_be_visible()


def test_an_empty_question_does_nothing_and_a_wordless_one_gets_one_line(page: Any) -> None:
    page.fill("#question textarea", "   ")
    page.press("#question textarea", "Enter")
    page.wait_for_function("document.querySelector('#question textarea').value === ''")
    assert page.locator(".exchange").count() == 0
    assert "has no word in it" in ask(page, "?!").locator(".notice").inner_text()
    assert page.locator(".exchange").count() == 1


def test_a_hostile_note_and_question_are_shown_as_text(page: Any) -> None:
    question = "What is the zebra quota <img src=x onerror='window.hacked=1'>?"
    quote = ask(page, question).locator(".quote").filter(has_text="41").first
    assert '<img src=x onerror="window.hacked=1">' in quote.locator("blockquote").inner_text()
    quote.locator(".cite").first.click()
    body = page.locator("#panel .body")
    body.locator(".cited").first.wait_for()
    assert "<b>zebras</b>" in body.inner_text()
    assert "tracker (an image on the web)" in body.inner_text()
    assert page.locator("#panel img, #conversation img, #panel script").count() == 0
    assert page.evaluate("window.hacked") is None
    links = body.locator("a").evaluate_all("links => links.map(link => [link.innerText, link.getAttribute('href')])")
    assert links == [
        ["tracker (an image on the web)", "https://tracker.example/pixel.png"],
        ["the web", "https://example.com/a"],
        ["big-bench", "#"],
    ]


def test_a_wikilink_opens_the_note_it_names(page: Any) -> None:
    quote = ask(page, "What is the zebra quota?").locator(".quote").filter(has_text="41").first
    quote.locator(".place").first.click()
    page.click("#panel .body a[data-note='corpus/talk/big-bench.md']")
    page.wait_for_selector("#panel h2:has-text('BIG-Bench and scale')")


def test_syncing_says_what_it_found(page: Any, hostile_folder: Path) -> None:
    page.click("#pages [data-page=notes]")
    page.wait_for_selector("#summary :text('nothing new')")
    added = hostile_folder / "yak.md"
    added.write_text("# Yaks\n\nThe yak quota is 7 yaks a year.\n", encoding="utf-8")
    page.click("#sync")
    page.wait_for_selector("#summary :text('1 added')")
    page.click("#notes-head .leave")
    assert "7 yaks" in ask(page, "What is the yak quota?").inner_text()
    added.write_text("# Yaks\n\nThe yak quota is 8 yaks a year.\n", encoding="utf-8")
    assert "have changed since they were indexed" in ask(page, "How many yaks is the yak quota?").inner_text()


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=https://example.com/",
        "/gradio_api/file=/etc/hostname",
        "/gradio_api/proxy=https://example.com/",
        "/gradio_api/upload",
        "/gradio_api/openapi.json",
        "/gradio_api/file/../file=https://example.com/",
        "/docs",
        "/openapi.json",
        "/monitoring",
    ],
)
def test_paths_that_the_page_does_not_need_are_closed(app_address: str, path: str) -> None:
    assert httpx.get(f"{app_address}{path}").status_code == 404
    assert httpx.post(f"{app_address}{path}").status_code == 404


def test_a_second_app_on_the_port_says_so_in_one_line(app_address: str) -> None:
    port = urlsplit(app_address).port
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_host_that_a_setting_opens_to_others_is_refused_without_a_token() -> None:
    command = [sys.executable, str(ROOT / "app.py"), "--no-token"]
    environment = {**os.environ, "RAG_BOT_HOST": "0.0.0.0"}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 2
    assert "'0.0.0.0'" in ended.stderr


def test_the_help_says_where_the_chat_is_served_and_nothing_of_a_browser() -> None:
    ended = subprocess.run([sys.executable, str(ROOT / "app.py"), "--help"], capture_output=True, text=True, check=True)
    assert "http://127.0.0.1:7860" in " ".join(ended.stdout.split())
    assert "browser" not in ended.stdout
