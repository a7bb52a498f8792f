"""The page of notes in a browser: the list and its address, and what is done about folders, the index and files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from tests.ui.conftest import RunningApp, after_looking_for_news, eventually, expect, opened_page, running_app

EVIL = "<img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the two folders of notes are."""
    folder = tmp_path_factory.mktemp("notes")
    for name in ("trams", "buses"):
        (folder / name / "lines").mkdir(parents=True)
        for number in range(3):
            (folder / name / "lines" / f"{name} {number}.md").write_text(
                f"# {name} {number}\n\nOne leaves at {number}.\n"
            )
    (folder / "trams" / "depot.md").write_text(
        "---\ndate: 2026-03-14\n---\n# Depot\n\nOld trams.\n\nA heron lives there.\n"
    )
    (folder / "trams" / "photo.png").write_bytes(b"x")
    return folder


@pytest.fixture(scope="module")
def index(folder: Path, model_cache: Path) -> Path:
    """To be copied: each app changes its own."""
    with Library(notes=(), index=folder / "index", cache=model_cache) as library:
        library.ingest([folder / "trams", folder / "buses"])
    return folder / "index"


@pytest.fixture(scope="module")
def app(index: Path, folder: Path, model_cache: Path) -> Iterator[RunningApp]:
    with running_app(index, model_cache, folder, RAG_BOT_UPLOADS="true") as running:
        yield running


@pytest.fixture
def page(browser: Any, app: RunningApp) -> Iterator[Any]:
    """The page of notes, once the sync is through that each start begins with."""
    with opened_page(browser, f"{app.address}#page=notes") as page:
        expect(page.locator("#sync")).to_be_enabled()
        yield page


def rows(page: Any) -> Any:
    return page.locator("#rows [data-note]")


def open_only(page: Any, name: str) -> None:
    """Waits until no other note than this one is listed, and opens it."""
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_have_attribute("data-note", re.compile(re.escape(name)))
    rows(page).click()


def test_the_tree_is_walked_with_the_arrow_keys_and_a_note_opens_beside_it(page: Any) -> None:
    tree = page.locator("[role=tree]")
    expect(tree.locator("[aria-level='1']")).to_have_text(["buses3", "trams4"])
    tree.locator("[data-toggle='trams']").focus()
    page.keyboard.press("ArrowDown")
    expect(tree.locator("[data-toggle='trams/lines']")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tree.locator("[data-toggle='trams/lines']")).to_have_attribute("aria-expanded", "true")
    expect(tree.locator("[data-toggle='trams/lines']")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(tree.locator("[data-note$='trams 1.md']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text("trams 1")
    expect(tree.locator("[aria-current]")).to_contain_text("trams 1")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(tree.locator("[data-note$='trams 1.md']")).to_have_count(0)
    expect(page.locator("#question")).to_be_hidden()
    page.click("#notes-head .leave")
    expect(page.locator("#question")).to_be_visible()
    expect(page.locator("#rows")).to_be_hidden()


def test_words_of_a_text_are_found_on_their_line_and_the_address_brings_the_list_back(page: Any) -> None:
    page.fill("#find input", "herons")
    expect(rows(page)).to_have_count(1)
    expect(page.locator("#filter [data-aloud]")).to_have_text("1 note found")
    expect(page.locator(".found-line")).to_have_text("Line 8 A heron lives there.")
    page.click("#filter [data-look='view=table']")
    page.click("th.date button")
    expect(page.locator("th.date")).to_have_attribute("aria-sort", "descending")
    rows(page).click()
    expect(page.locator("#panel .cited")).to_have_text("A heron lives there.")
    page.reload()
    expect(page.locator("th.date")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("#panel .cited")).to_have_text("A heron lives there.")
    expect(page.locator("#find input")).to_have_value("herons")
    expect(page.locator("tr:has([aria-current]) time")).to_have_text("2026-03-14")
    page.go_back()
    page.go_back()
    expect(page.locator("th.title")).to_have_attribute("aria-sort", "ascending")
    page.go_back()
    expect(page.locator("[role=tree]")).to_be_visible()
    page.fill("#find input", "nowhere")
    page.click("#rows :text('Show all notes')")
    expect(page.locator("[data-toggle]").first).to_be_visible()
    expect(page.locator("#find input")).to_have_value("")


def test_changes_are_shown_planned_and_synced(page: Any, folder: Path) -> None:
    lines = folder / "buses" / "lines"
    (lines / "buses 1.md").write_text("# Buses\n\nAnother text.\n")
    (lines / "buses 2.md").unlink()
    (lines / f"{EVIL.replace('/', '')}.md").write_text("# New\n")
    page.reload()  # which looks at the folders
    page.click("#filter :text('Changed 1')")
    expect(page.locator("#filter .hint").first).to_contain_text("edited since they were read")
    open_only(page, "buses 1.md")
    page.wait_for_selector("#panel .stale")
    page.click("#filter :text('Deleted 1')")
    open_only(page, "buses 2.md")
    page.wait_for_selector("#panel .stale:has-text('no longer there')")
    page.click("#filter :text('New 1')")
    open_only(page, "onerror")
    page.wait_for_selector("#panel .stale:text('not in the index yet')")
    page.click("[data-upkeep=plan]")
    expect(page.locator(".change summary")).to_have_text(
        [
            "1 new note would be read",
            "1 changed note would be read again",
            "1 note whose file is gone would be taken out",
        ]
    )
    assert page.evaluate("window.hacked") is None
    page.click(".result [data-upkeep=sync]")
    expect(page.locator("#filter .pills").first).to_have_text("All 7Up to date 7New 0")
    expect(page.locator("#summary")).to_contain_text("1 added, 1 changed, 1 deleted")


def test_what_is_not_read_is_named_with_the_reason(page: Any) -> None:
    page.click("#summary summary:has-text('Not read')")
    expect(page.locator(".reasons-list")).to_contain_text("1 picture, sound or video")
    expect(page.locator(".reasons-list .place")).to_have_text("trams/photo.png")


def test_the_index_is_checked_and_repaired(browser: Any, index: Path, model_cache: Path, tmp_path: Path) -> None:
    shutil.copytree(index, tmp_path / "index")
    with (
        running_app(tmp_path / "index", model_cache, tmp_path) as app,
        opened_page(browser, f"{app.address}#page=notes") as page,
    ):
        expect(page.locator("#sync")).to_be_enabled()
        for words in (tmp_path / "index").glob("**/tantivy"):
            shutil.rmtree(words)
        page.click("[data-upkeep=check]")
        expect(page.locator(".result")).to_contain_text("Something is wrong with the index.")
        page.click(".result :text('Repair it')")
        expect(page.locator(".result")).to_contain_text("The index is repaired.")
        page.click("[data-upkeep=check]")
        expect(page.locator(".result")).to_contain_text("All is well")
        with opened_page(browser, f"{app.address}#page=notes") as other:
            expect(other.locator(".result")).to_contain_text("All is well")
        after_looking_for_news(page)
        expect(page.locator(".result")).to_contain_text("were compared today")
        page.click(".result :text('Close')")
        expect(page.locator(".result")).to_have_count(0)


def test_files_are_added_to_a_folder_and_answer_afterwards(page: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "owl.md").write_text("# Owl\n\nThe owl sleeps in the signal box.\n")
    (tmp_path / "run.exe").write_bytes(b"x")
    page.click("#uploads summary")
    page.select_option("#uploads select", "trams/lines")
    page.set_input_files("#uploads [type=file]", [tmp_path / "owl.md", tmp_path / "run.exe"])
    expect(page.locator(".added li")).to_contain_text(["Added trams/lines/owl.md", "run.exe can't be read as a note."])
    assert (folder / "trams" / "lines" / "owl.md").read_text() == (tmp_path / "owl.md").read_text()
    page.fill("#find input", "owl signal")
    expect(page.locator(".found-line")).to_contain_text("The owl sleeps in the signal box.")


def test_a_folder_is_taken_out_of_the_index_after_asking_and_its_files_stay(page: Any, folder: Path) -> None:
    before = sorted((folder / "buses").rglob("*"))
    page.click("#summary summary:has-text('Folders')")
    root = page.locator(".roots li", has_text="buses")
    root.locator("summary").click()
    expect(root).to_contain_text("The files stay where they are.")
    root.locator("button").click()
    expect(page.locator(".result")).to_contain_text("taken out of the index")
    expect(page.locator(".roots > li")).to_have_count(1)
    expect(page.locator("[role=tree] [aria-level='1']")).to_have_count(1)
    assert sorted((folder / "buses").rglob("*")) == before
    page.click("#add-folder summary")
    page.fill("#add-folder [name=folder]", str(folder / "trams" / "lines"))
    page.click("#add-folder form button")
    expect(page.locator("#add-folder .said")).to_contain_text("its notes are read as part of that")
    page.fill("#add-folder [name=folder]", str(folder / "buses"))
    page.click("#add-folder form button")
    expect(page.locator("[role=tree] [aria-level='1']")).to_have_count(2)
    eventually(lambda: page.locator(".roots > li").count() == 2)


def test_files_are_not_taken_unless_the_settings_say_so(browser: Any, app_address: str) -> None:
    with opened_page(browser, f"{app_address}#page=notes") as page:
        expect(rows(page).first).to_be_visible()
        expect(page.locator("#uploads")).to_have_count(0)
        answer = page.request.post(f"{app_address}/uploads?folder=talk&name=a.md", data="x")
        assert answer.status == 404
