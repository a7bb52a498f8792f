"""Where a folder of notes is chosen, as HTML."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from rag_bot.ui.syncing.folders import Folder, Listing, NoteCount
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot, IndexVersion
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.syncing.welcome import count_words, picker, welcome

EVIL = Path('/<img src=x onerror="alert(1)">')
NOTHING = IndexSnapshot(IndexVersion())


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_folders_that_were_found_are_offered_with_their_notes_and_nothing_is_markup() -> None:
    html = welcome(NOTHING, SyncState(), [Folder(EVIL, NoteCount(138), "Obsidian")])
    assert "138 notes · Obsidian" in text_of(html)
    assert html.count("data-reads=") == 1
    assert "<img" not in html + picker(str(EVIL), problem=str(EVIL), near=EVIL)
    assert "<img" not in picker(listing=Listing(Folder(EVIL), (Folder(EVIL / "a"),))) + picker(too_wide=EVIL)
    assert "Looking for notes" in welcome(NOTHING, SyncState(), None)


def test_what_a_stop_leaves_can_be_gone_on_with() -> None:
    html = welcome(NOTHING, SyncState(stopped=True, folders=("/n/mine",), done=2, total=9))
    assert 'data-reads="/n/mine"' in html
    assert "Go on reading mine" in text_of(html)


def test_an_index_that_was_made_elsewhere_is_made_anew_from_a_folder() -> None:
    strange = IndexSnapshot(IndexVersion(), problem="The index was not made here.", is_strange=True)
    html = welcome(strange, SyncState(error="The index was not made here."))
    assert "wants-folder" in html
    assert "notice" not in html
    damaged = IndexSnapshot(IndexVersion(), problem="Damaged. Run `rag-bot verify --repair`.")
    assert "Choose Notes › Repair" in text_of(welcome(damaged, SyncState()))


def test_the_way_to_a_folder_begins_at_home_and_each_step_leads_back() -> None:
    here = Path.home() / "Documents" / "Notes"
    below = (Folder(here / "a", NoteCount(5_000, is_more=True)), Folder(here / "b", trouble="you may not look into it"))
    html = picker("~/Documents/Notes", listing=Listing(Folder(here, NoteCount(1)), below, more=1_200))
    crumbs = html[html.index("<nav") : html.index("</nav>")]
    assert text_of(crumbs) == "Home › Documents › Notes 1 note"
    assert re.findall(r'data-browse="([^"]*)"', crumbs) == [str(Path.home()), str(here.parent)]
    assert f'data-browse="{here / "b"}"' not in html
    for words in ("5,000+ notes", "you may not look into it", "and 1,200 more"):
        assert words in text_of(html)


def test_counts_are_told_as_far_as_they_are_known() -> None:
    counts = [None, NoteCount(0), NoteCount(1), NoteCount(0, is_more=True), NoteCount(7, is_more=True)]
    assert [count_words(count) for count in counts] == ["", "no notes", "1 note", "", "7+ notes"]
