"""What a browser shows of a note's Markdown, in an answer and in the panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rag_bot import Library
from rag_bot.settings import Settings
from tests.ui.conftest import ask, expect, opened_page, running_app

NOTE = """# Greenhouse

> [!warning] Frost
> Below two degrees the heater of the greenhouse must be on, as the [[shed]] shows.[^1]
> ![[plan.png|120]]

> [!tip]- Water
> A bed of $A$ square metres needs water.

[^1]: Measured in June.
"""


@pytest.fixture(scope="module")
def address(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("rendering")
    notes = folder / "notes"
    (notes / "img").mkdir(parents=True)
    (notes / "greenhouse.md").write_text(NOTE, encoding="utf-8")
    (notes / "shed.md").write_text("# Shed\n\nIt is green.\n", encoding="utf-8")
    Image.new("RGB", (240, 100), "green").save(notes / "img" / "plan.png")
    with Library(Settings(notes=(), index=folder / "index", cache=model_cache)) as library:
        library.ingest([notes])
    with running_app(folder / "index", model_cache, folder) as app:
        yield app.address


def is_loaded(image: Any) -> bool:
    return bool(image.evaluate("(image) => image.decode().then(() => image.naturalWidth === 240)"))


def test_a_card_shows_a_callout_with_its_image_and_its_links_open_notes(browser: Any, address: str) -> None:
    with opened_page(browser, address) as page:
        answer = ask(page, "When must the heater of the greenhouse be on?")
        card = answer.locator(".quote.excerpt").first
        expect(card.locator(".callout .title")).to_have_text("Warning Frost")
        expect(card.locator("mark").first).to_contain_text("Below two degrees")
        image = card.locator("img")
        assert is_loaded(image)
        assert [image.get_attribute(name) for name in ("width", "height", "alt")] == ["120", "50", "plan.png"]
        card.get_by_role("link", name="shed").click()
        expect(page.locator("#panel .note")).to_have_attribute("data-path", "notes/shed.md")


def test_the_panel_shows_the_same_and_a_footnote_leads_to_its_line(browser: Any, address: str) -> None:
    with opened_page(browser, f"{address}#note=notes/greenhouse.md") as page:
        body = page.locator("#panel .body")
        assert is_loaded(body.locator("img"))
        water = body.locator("details.callout")
        expect(water.locator("math")).to_be_hidden()
        water.locator("summary").press("Enter")
        expect(water.locator("math")).to_be_visible()
        body.get_by_role("link", name="Footnote 1").click()
        expect(body.locator(".cited")).to_have_text("Measured in June.")
