"""What the app remembers from one start to the next, and what makes it forget."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.settings import Settings
from rag_bot.store.ownership import claim
from rag_bot.ui.models.models import Models
from rag_bot.ui.preference import remember_model, remembered_model

FIRST, SECOND = "openai-like:first", "openai-like:second"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    claim(folder)
    return folder


def test_a_choice_gives_way_to_a_setting_that_has_changed_since(index: Path) -> None:
    Models(Library(Settings(index=index, llm=FIRST))).choose("")
    assert Models(Library(Settings(index=index, llm=FIRST))).chosen == ""
    assert Models(Library(Settings(index=index, llm=SECOND))).chosen == SECOND


@pytest.mark.parametrize("chosen", ["", FIRST])
@pytest.mark.parametrize("named", ["", SECOND])
def test_a_choice_holds_as_long_as_the_settings_name_what_they_named(index: Path, chosen: str, named: str) -> None:
    assert remembered_model(index, named) is None
    remember_model(index, chosen, named)
    assert remembered_model(index, named) == chosen
    assert remembered_model(index, "openai-like:other") is None


@pytest.mark.parametrize(("kept", "chosen"), [("", ""), ("\n", ""), (f"{FIRST}\n", FIRST), (FIRST, FIRST)])
def test_a_file_that_tells_the_choice_alone_still_holds(index: Path, kept: str, chosen: str) -> None:
    (index / "answers-by").write_text(kept)
    assert [remembered_model(index, named) for named in ("", SECOND)] == [chosen, chosen]
