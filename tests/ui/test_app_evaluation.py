"""Thumbs below answers and the page of evaluations, in a real app and a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rag_bot import Library
from rag_bot.evaluation.cases import read_cases
from rag_bot.evaluation.feedback import feedback_file
from rag_bot.evaluation.results import kept_results, results_folder
from tests.ui.conftest import PATIENCE_MS, RunningApp, after_looking_for_news, expect, running_app

TRAM, WHALES = "When does the night tram leave?", "Who composed the opera about whales?"
TRAMS = """# Trams

- The night tram leaves at two.
- The day tram leaves at six.

## Tickets

A ticket costs three crowns.
It is valid for an hour.
"""
HOSTILE = "<img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder, with notes and a file of cases."""
    folder = tmp_path_factory.mktemp("evaluating")
    (folder / "lines").mkdir()
    (folder / "lines" / "trams.md").write_text(TRAMS)
    (folder / "lines" / "buses.md").write_text("# Buses\n\nThe airport bus is blue.\n")
    (folder / "eval").mkdir()
    cases = [
        ("tram", TRAM, "two", "The night tram leaves at two."),
        ("bus", f"What colour is the airport bus {HOSTILE}?", "yellow", "The airport bus is blue."),
    ]
    _write_cases(folder / "eval" / "questions.jsonl", cases)
    _write_cases(folder / "long.jsonl", [(f"tram-{number}", *cases[0][1:]) for number in range(4_000)])
    return folder


@pytest.fixture(scope="module")
def library(folder: Path, model_cache: Path) -> Iterator[Library]:
    with Library(notes=(), index=folder / "state" / "index", cache=model_cache) as opened:
        opened.ingest([folder / "lines"])
        yield opened


@pytest.fixture(scope="module")
def app(library: Library, folder: Path, model_cache: Path) -> Iterator[RunningApp]:
    with running_app(library.settings.index, model_cache, folder) as running:
        yield running


@pytest.fixture
def page(browser: Any, app: RunningApp, library: Library) -> Iterator[Any]:
    """The page, before any vote or run; fails if anything was asked of another host, or a script failed."""
    feedback_file(library.settings).unlink(missing_ok=True)
    for kept in results_folder(library.settings).iterdir():
        kept.unlink()
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(app.address)
    page.wait_for_selector("#welcome :text('Ask your notes')")
    yield page
    hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert page.evaluate("window.hacked") is None
    page.close()
    assert hosts == {urlsplit(app.address).netloc}
    assert errors == []


def _write_cases(path: Path, cases: list[tuple[str, str, str, str]]) -> None:
    lines = []
    for name, question, pattern, quote in cases:
        evidence = [{"path": f"lines/{'buses' if 'bus' in quote else 'trams'}.md", "quote": quote}]
        case = {"id": name, "question": question, "kind": "fact", "answerable": True, "pattern": pattern}
        lines.append(json.dumps(case | {"evidence": evidence}) + "\n")
    path.write_text("".join(lines))


def ask(page: Any, question: str) -> Any:
    """Asks and returns what is below the last answer, once it is there."""
    count = page.locator("#conversation .feedback").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    thumbs = page.locator("#conversation .feedback").nth(count)
    thumbs.wait_for()
    return thumbs


def states(thumbs: Any) -> list[str]:
    """Whether the thumbs are pressed, up and down."""
    return [thumbs.locator(f".thumb.{name}").get_attribute("aria-pressed") for name in ("up", "down")]


def quotes(library: Library) -> list[list[str]]:
    return [[one.quote for one in case.evidence] for case in read_cases(feedback_file(library.settings))]


def test_thumbs_work_by_keyboard_and_say_how_they_stand(page: Any, library: Library) -> None:
    thumbs = ask(page, TRAM)
    up = thumbs.get_by_role("button", name="This answer is right")
    assert states(thumbs) == ["false", "false"]
    up.focus()
    page.keyboard.press("Enter")
    thumbs.locator(".said :text('Take back')").wait_for()
    assert states(thumbs) == ["true", "false"]
    assert "lines/trams.md" in thumbs.locator(".said").inner_text()
    assert quotes(library) == [["The night tram leaves at two."]]
    assert page.evaluate("document.activeElement.dataset.vote") == "up"
    page.keyboard.press("Enter")
    thumbs.locator(".thumb.up[aria-pressed=false]").wait_for()
    assert feedback_file(library.settings).read_text() == ""


def test_a_vote_is_still_there_after_the_next_question_and_in_a_new_chat(page: Any) -> None:
    thumbs = ask(page, TRAM)
    thumbs.locator(".thumb.up").click()
    thumbs.locator(".thumb.up[aria-pressed=true]").wait_for()
    other = ask(page, WHALES)
    assert states(thumbs) == ["true", "false"]
    assert states(other) == ["false", "false"]
    page.click("#new-chat button")
    page.wait_for_selector(".exchange", state="detached")
    assert states(ask(page, TRAM)) == ["true", "false"]


def test_the_right_lines_are_chosen_in_a_note(page: Any, library: Library) -> None:
    thumbs = ask(page, TRAM)
    thumbs.locator(".thumb.down").click()
    thumbs.locator(".picker .nearest a[data-note='lines/trams.md']").first.click()
    form = page.locator("#panel form.pick")
    form.wait_for()
    assert TRAM in form.inner_text()
    page.click("#panel [data-line='9']")
    page.click("#panel [data-line='8']")
    assert page.locator("#panel .picked").all_inner_texts() == [
        "A ticket costs three crowns.",
        "It is valid for an hour.",
    ]
    form.get_by_role("button").click()
    page.wait_for_selector("#panel p.pick:has-text('Kept as a case')")
    expect(thumbs.locator(".thumb.down")).to_have_attribute("aria-pressed", "true")
    expect(thumbs.locator(".thumb.up")).to_have_attribute("aria-pressed", "false")
    expect(thumbs.locator(".picker")).to_have_count(0)
    assert quotes(library) == [["A ticket costs three crowns.\nIt is valid for an hour."]]


def test_lines_are_chosen_by_number_and_bad_ones_are_refused_in_the_panel(page: Any, library: Library) -> None:
    thumbs = ask(page, TRAM)
    thumbs.locator(".thumb.down").click()
    thumbs.locator(".picker .nearest a[data-note='lines/trams.md']").first.click()
    page.fill("#panel form.pick [name=first]", "2")
    page.fill("#panel form.pick [name=last]", "2")
    page.press("#panel form.pick [name=last]", "Enter")
    page.wait_for_selector("#panel form.pick .said:has-text('no word')")
    page.fill("#panel form.pick [name=first]", "4")
    page.fill("#panel form.pick [name=last]", "4")
    assert page.locator("#panel .picked").all_inner_texts() == ["The day tram leaves at six."]
    page.press("#panel form.pick [name=last]", "Enter")
    page.wait_for_selector("#panel p.pick:has-text('Kept as a case')")
    assert quotes(library) == [["The day tram leaves at six."]]


def test_a_ticked_citation_or_no_answer_at_all_is_chosen_without_a_note(page: Any, library: Library) -> None:
    thumbs = ask(page, TRAM)
    thumbs.locator(".thumb.down").click()
    thumbs.locator(".picker").wait_for()
    page.keyboard.press("Space")
    thumbs.get_by_role("button", name="Keep the ticked lines").click()
    thumbs.locator(".said :text('Take back')").wait_for()
    assert quotes(library) == [["The night tram leaves at two."]]
    thumbs.locator(".thumb.down").click()
    thumbs.get_by_role("button", name="My notes don't answer this").click()
    thumbs.locator('.said:has-text("don\'t answer")').wait_for()
    assert states(thumbs) == ["false", "true"]
    assert [case.answerable for case in read_cases(feedback_file(library.settings))] == [False]


def test_an_abstention_is_confirmed(page: Any, library: Library) -> None:
    thumbs = ask(page, WHALES)
    thumbs.get_by_role("button", name="Right, the notes don't answer this").click()
    thumbs.locator(".said :text('Take back')").wait_for()
    [case] = read_cases(feedback_file(library.settings))
    assert (case.question, case.answerable, case.kind) == (WHALES, False, "feedback")


def open_evaluation(page: Any) -> None:
    page.click("#pages [data-page=evaluation]")
    page.wait_for_selector("#runs h2, #runs .hint")


def choose(page: Any, file: str) -> None:
    page.wait_for_selector("#cases form")
    known = page.locator("#cases select")
    if known.count():
        known.select_option("")
    page.fill("#cases [name=path]", file)


def test_the_feedback_is_run_and_its_result_shown(page: Any) -> None:
    thumbs = ask(page, TRAM)
    thumbs.locator(".thumb.up").click()
    thumbs.locator(".said :text('Take back')").wait_for()
    open_evaluation(page)
    page.wait_for_selector("#runs :text('No runs yet')")
    expect(page.locator("#cases option:checked")).to_have_text("Your feedback · 1 case")
    page.click("#run")
    page.wait_for_selector(".going progress")
    page.wait_for_selector("#result :text('Every answer was right.')")
    assert page.is_visible("#result h2:has-text('Your feedback')")
    assert page.locator("#result svg").count() == 2
    page.wait_for_selector(".going", state="detached")


def test_failed_cases_open_the_note_and_two_runs_are_compared(page: Any, library: Library) -> None:
    open_evaluation(page)
    choose(page, "eval/questions.jsonl")
    for count in (1, 2):
        page.click("#run")
        page.wait_for_function(f"document.querySelectorAll('.runs tbody tr').length === {count}")
    (results_folder(library.settings) / "foreign.json").write_text("{}")
    page.wait_for_selector("#runs .why:has-text('foreign.json is no result')")
    failed = page.locator("#result .failed")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text(HOSTILE)
    failed.locator("summary").first.click()
    expect(failed.get_by_text("yellow").first).to_be_visible()
    expected, got = failed.locator(".beside > div").all()
    assert expected.bounding_box()["y"] == got.bounding_box()["y"]
    failed.locator("a.place").first.click()
    page.wait_for_selector("#panel .cited:has-text('The airport bus is blue.')")
    after_looking_for_news(page)
    assert failed.get_attribute("open") is not None
    page.locator(".runs input").nth(1).focus()
    page.keyboard.press("Space")
    page.wait_for_selector("#result h2:has-text('Two runs compared')")
    expect(page.locator(".runs input:checked")).to_have_count(2)
    expect(page.locator(f".runs [data-compare='{kept_results(library.settings)[-1].name}']")).to_be_focused()
    page.reload()
    page.wait_for_selector("#result h2:has-text('Two runs compared')")
    expect(page.locator(".runs input:checked")).to_have_count(2)
    page.locator(".runs [data-run]").nth(1).click()
    page.wait_for_selector("#result h2:not(:has-text('Two runs compared'))")
    expect(page.locator(".runs input:checked")).to_have_count(1)
    older = kept_results(library.settings)[-1].name
    expect(page.locator(f".runs .shown [data-run='{older}']")).to_be_visible()
    page.reload()
    expect(page.locator(f".runs .shown [data-run='{older}']")).to_be_visible()
    page.go_back()
    page.wait_for_selector("#result h2:has-text('Two runs compared')")


def test_a_run_is_stopped_and_keeps_nothing_even_beside_a_sync(page: Any, library: Library, folder: Path) -> None:
    open_evaluation(page)
    choose(page, str(folder / "long.jsonl"))
    page.click("#run")
    page.click("#pages [data-page=notes]")
    page.click("#sync")
    page.click("#pages [data-page=evaluation]")
    page.wait_for_function("document.querySelector('.going progress')?.value > 1")
    page.click("#evaluating [data-stop]")
    page.wait_for_selector("#evaluating :text('nothing of this run is kept')")
    assert kept_results(library.settings) == []


def test_a_bad_file_is_one_line_and_the_chat_is_a_click_away(page: Any, folder: Path) -> None:
    open_evaluation(page)
    (folder / "bad.jsonl").write_text('{"id": 1}\n')
    choose(page, str(folder / "bad.jsonl"))
    page.click("#run")
    page.wait_for_selector("#evaluating .notice:has-text('bad.jsonl:1 is no case')")
    choose(page, "nowhere.jsonl")
    page.click("#run")
    page.wait_for_selector("#evaluating .notice:has-text('There is no file')")
    page.click("#evaluation-page .leave")
    expect(page.locator("#question textarea")).to_be_visible()
    page.click("#pages [data-page=notes]")
    page.wait_for_selector("#rows [data-note]")
    expect(page.locator("#evaluation-page")).to_be_hidden()
