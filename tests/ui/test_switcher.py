"""What the switcher finds, without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.conversations import Conversations
from rag_bot.settings import Settings
from rag_bot.ui.chat.chats import Chats
from rag_bot.ui.switcher import NoteNames, targets

PAGES = ("notes", "evaluation", "settings")


@pytest.fixture(scope="module")
def library(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("found") / "n"
    (folder / "garden").mkdir(parents=True)
    (folder / "garden" / "Café plan.md").write_text("# Café plan\n\nTea at four.\n")
    (folder / "My garden plan.md").write_text("# My garden plan\n\nBeans.\n")
    (folder / "Plan.md").write_text("# Plan\n\nNothing yet.\n")
    with Library(Settings(index=folder.parent / "index", cache=model_cache)) as opened:
        opened.ingest([folder])
        yield opened


@pytest.fixture
def chats(library: Library) -> Chats:
    return Chats(library, Conversations.of(library.settings))


def addresses(html: str) -> list[str]:
    return re.findall(r'data-goes="([^"]*)"', html)


def test_notes_that_begin_so_come_first_then_titles_then_folders(library: Library) -> None:
    names = NoteNames(library)
    assert [title for title, _ in names.find("plan")] == ["Plan", "Café plan", "My garden plan"]
    assert [title for title, _ in names.find("GARDEN plan")] == ["My garden plan", "Café plan"]
    assert [path for _, path in names.find("cafe")] == ["n/garden/Café plan.md"]
    assert names.find("giraffe") == names.find("   ") == []


def test_a_note_that_came_since_is_found(library: Library) -> None:
    names = NoteNames(library)
    assert names.find("zebra") == []
    [root] = library.status().roots
    (root / "Zebra.md").write_text("# Zebra\n\nStripes.\n")
    library.ingest([root])
    assert [title for title, _ in names.find("zebra")] == ["Zebra"]


def test_words_find_pages_and_notes_and_none_list_all_pages(library: Library, chats: Chats) -> None:
    names = NoteNames(library)
    assert addresses(targets("set", names, chats, PAGES)) == ["page=settings"]
    assert addresses(targets("", names, chats, PAGES)) == ["page=notes", "page=evaluation", "page=settings"]
    assert addresses(targets("cafe", names, chats, PAGES)) == ["note=n%2Fgarden%2FCaf%C3%A9+plan.md"]
    assert addresses(targets("x" * 10_000, names, chats, PAGES)) == []


def test_without_an_index_there_are_pages_and_no_error(tmp_path: Path) -> None:
    with Library(Settings(index=tmp_path / "index")) as library:
        nothing = Chats(library, Conversations.of(library.settings))
        assert addresses(targets("notes", NoteNames(library), nothing, PAGES)) == ["page=notes"]
