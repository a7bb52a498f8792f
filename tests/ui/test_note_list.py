"""The page of notes: what is found, how it is shown, and when the folders are looked at."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.records import Failure, NoteState, Run, Status, Writer
from rag_bot.ui.notes.list_view import ListViews, list_views
from rag_bot.ui.notes.note_list import (
    ALL,
    ROWS_AT_ONCE,
    TABLE,
    FolderLine,
    Looked,
    NoteList,
    NoteLists,
    sort_notes,
    tree_lines,
)
from rag_bot.ui.notes.summary_view import summary
from rag_bot.ui.notes.text_search import NOTHING, TextSearch
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot, IndexVersion

EVIL = '<img src=x onerror="alert(1)">'
SYNCED = "2026-11-22T12:00:00+0000"
NOTES = NoteList.of(
    [
        NoteState("notes/cafe.md", "Ein CAFÉ in Köln", "indexed", 3, SYNCED),
        NoteState("notes/plans/köln.md", "Plans", "changed", 1, SYNCED),
        NoteState("notes/new.md", "new", "new"),
        NoteState("notes/gone.md", "Gone", "deleted", 2, SYNCED),
        NoteState("notes/big.md", "big", "unreadable", error="It is <too> big."),
    ]
)


@pytest.mark.parametrize(
    ("query", "state", "found"),
    [
        ("", ALL, ["cafe", "köln", "new", "gone", "big"]),
        ("koln", ALL, ["cafe", "köln"]),
        ("KO\u0308LN  café", ALL, ["cafe"]),
        ("plans/", ALL, ["köln"]),
        ("ｃａｆｅ", ALL, ["cafe"]),
        ("md", "deleted", ["gone"]),
        ("köln", "new", []),
        ("nowhere", ALL, []),
    ],
)
def test_notes_are_found_by_title_and_path_however_they_are_written(query: str, state: str, found: list[str]) -> None:
    assert [Path(note.path).stem for note in NOTES.find(query, state)] == found


def shown(notes: NoteList = NOTES, **looked: Any) -> dict[str, str]:
    """The parts of the list as HTML."""
    return {name: str(html) for name, html in list_views(notes, Looked(**looked), NOTHING).items()}


def test_states_are_counted_and_a_chosen_one_is_explained() -> None:
    html = shown()["filter"]
    labels = re.findall(r"(?<=>)[A-Z][\w ]+ \d", html)
    assert labels == ["All 5", "Up to date 1", "Changed 1", "New 1", "Deleted 1", "Unreadable 1"]
    assert "sync" not in html
    assert "The next sync takes them out." in shown(state="deleted")["filter"]


def test_the_tree_has_folders_before_notes_each_with_how_many_are_below_it() -> None:
    lines = tree_lines(NOTES.notes, Looked())
    folders = [(line.path, line.level, line.notes, line.is_open) for line in lines if isinstance(line, FolderLine)]
    assert folders == [("notes", 1, 5, True), ("notes/plans", 2, 1, False)]
    assert len(lines) == 6
    opened = tree_lines(NOTES.notes, Looked(toggled=frozenset(["notes/plans"])))
    assert len(opened) == 7
    assert len(tree_lines(NOTES.notes, Looked(toggled=frozenset(["notes"])))) == 1
    found = tree_lines(NOTES.find("koln"), Looked(query="koln"))
    assert [line.path for line in found if isinstance(line, FolderLine) and line.is_open] == ["notes", "notes/plans"]


def test_the_tree_tells_levels_and_states_and_opens_the_notes() -> None:
    html = shown(toggled=frozenset(["notes/plans"]))["rows"]
    assert re.findall(r'class="state (\w+)"', html) == ["changed", "unreadable", "deleted", "new"]
    assert re.findall(r'aria-level="(\d)" aria-expanded="(\w+)"', html) == [("1", "true"), ("2", "true")]
    assert html.count("<a ") == html.count("data-note=") == 5
    assert "It is &lt;too&gt; big." in html


DATED = [
    NoteState("a/y.md", "apple", "indexed", 30, "2026-11-23", "", 4_000, "", "2026-11-02"),
    NoteState("a/z.md", "Zoo", "indexed", 1, "2026-11-22", "", 10, "2026-03", "2026-11-01"),
    NoteState("b/x.md", "Ähre", "new"),
]


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("title", ["Ähre", "apple", "Zoo"]),
        ("-title", ["Zoo", "apple", "Ähre"]),
        ("folder", ["apple", "Zoo", "Ähre"]),
        ("date", ["Zoo", "apple", "Ähre"]),
        ("-date", ["apple", "Zoo", "Ähre"]),
        ("-passages", ["apple", "Zoo", "Ähre"]),
        ("-size", ["apple", "Zoo", "Ähre"]),
        ("-state", ["Ähre", "apple", "Zoo"]),
        ("synced", ["Zoo", "apple", "Ähre"]),
    ],
)
def test_the_table_is_sorted_and_notes_without_a_value_come_last(sort: str, titles: list[str]) -> None:
    assert [note.title for note in sort_notes(DATED, sort)] == titles


def test_the_table_says_how_it_is_sorted_and_what_a_click_would_make_of_it() -> None:
    html = shown(NoteList.of(DATED), view=TABLE, sort="-date")["rows"]
    assert re.findall(r'<th[^>]*aria-sort="(\w+)"[^>]*><button[^>]*data-look="sort=([\w-]+)"', html) == [
        ("descending", "date")
    ]
    assert re.findall(r"<time[^>]*>([^<]+)", html) == ["2026-11-02", "2026-03"]
    assert html.count('<time class="edited"') == 1
    assert 'data-look="sort=title"' in html


def test_rows_come_some_hundred_at_once_and_the_rest_is_counted() -> None:
    many = NoteList.of([NoteState(f"n/{number:04}.md", "x", "indexed") for number in range(ROWS_AT_ONCE + 1_200)])
    table = shown(many, view=TABLE)["rows"]
    assert table.count("<tr>") == ROWS_AT_ONCE + 1
    assert "1,200 more" in table
    assert "1,000 more" in shown(many, view=TABLE, shown=2 * ROWS_AT_ONCE)["rows"]
    tree = shown(many)["rows"]
    assert tree.count("data-note") == ROWS_AT_ONCE - 1  # and the folder
    assert "No note fits" in shown(many, query="nowhere")["rows"]
    assert "No notes yet" in shown(NoteList())["rows"]


def test_what_an_address_says_is_taken_only_where_it_makes_sense() -> None:
    assert Looked.told("q" * 5_000, "worse", "list", "-nonsense", [EVIL], -7) == Looked(
        "q" * 1_000, toggled=frozenset([EVIL])
    )
    told = Looked.told("q", "new", "table", "-date", [], 1)
    assert (told.state, told.view, told.sort, told.shown) == ("new", TABLE, "-date", 2 * ROWS_AT_ONCE)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("searched") / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "boats.md").write_text("# Boats\n\nMany boats leave.\n\n- The **last** ferry leaves at ten.\n")
    (folder / "deep" / "ferry.md").write_text("---\ndate: 2026-03-14\n---\n# Timetable\n\nNothing here yet.\n")
    (folder / "deep" / "photo.png").write_bytes(b"x")
    (folder / "hut.txt").write_text(f"{'A long walk up the hill to a hut. ' * 9}It serves pancakes {'and tea ' * 30}\n")
    with Library(notes=(), index=folder.parent / "index", cache=model_cache) as opened:
        opened.ingest([folder])
        yield opened


def test_words_are_found_in_the_text_on_their_line(library: Library) -> None:
    search = TextSearch(library)
    found = search.find("ferries leaving")
    assert {path: found.line(path) for path in found.passages} == {
        "notes/boats.md": (5, "The last ferry leaves at ten.")
    }
    line, text = search.find("pancakes").line("notes/hut.txt") or (0, "")
    assert line == 1
    assert re.fullmatch("… .*It serves pancakes and tea .* …", text)
    assert search.find("") is search.find(" ") is NOTHING
    assert not search.find("pancakes ferry").passages
    assert not search.find("!?").passages
    assert search.find("nobody") is search.find("nobody")


def test_a_search_finds_notes_by_name_and_by_text_and_links_to_the_line(library: Library) -> None:
    notes = NoteLists(library).look(patience_seconds=60)
    html = ListViews(TextSearch(library)).of(notes, Looked(query="ferry"))
    assert "2 notes found" in html["filter"]
    assert 'data-note="notes/boats.md" data-start="5" data-end="5"' in html["rows"]
    assert "The last ferry leaves at ten." in html["rows"]
    assert html["rows"].index("notes/deep/ferry.md") < html["rows"].index("notes/boats.md")


def test_the_list_is_made_once_until_the_notes_are_others(library: Library) -> None:
    notes, views = NoteLists(library).look(patience_seconds=60), ListViews(TextSearch(library))
    html = views.of(notes, Looked())
    assert views.of(notes, Looked()) is html
    assert views.of(NoteList.of(notes.notes[1:]), Looked()) != html


def test_notes_say_their_date_and_size_and_left_out_files_are_named(library: Library) -> None:
    notes = NoteLists(library).look(patience_seconds=60)
    by_path = {note.path: note for note in notes.notes}
    assert by_path["notes/deep/ferry.md"].date == "2026-03-14"
    assert by_path["notes/boats.md"].date == ""
    assert by_path["notes/boats.md"].edited == datetime.date.today().isoformat()
    assert by_path["notes/boats.md"].size == (library.roots()[0].folder / "boats.md").stat().st_size
    assert notes.left_out == (("media", "notes/deep/photo.png", ""),)
    html = summary(IndexSnapshot(IndexVersion(), library.status()), notes)
    assert "1 picture, sound or video" in html
    assert "notes/deep/photo.png" in html
    assert notes.folders() == ["notes", "notes/deep"]


def status(*runs: Run, writer: Writer | None = None) -> Status:
    return Status(
        index=Path("/i"),
        roots=(Path("/n/here"), Path(f"/n/{EVIL}")),
        missing=(Path(f"/n/{EVIL}"),),
        notes=1_234,
        chunks=1,
        vectors=1,
        model=f"model {EVIL}",
        fingerprint="f00d",
        last_synced=SYNCED,
        failed=(Failure(EVIL, EVIL),),
        bytes_on_disk=12_345_678,
        runs=runs,
        writer=writer,
    )


def test_the_summary_tells_totals_model_folders_and_the_last_syncs() -> None:
    runs = (
        Run(SYNCED, None, {}, (), ""),
        Run(SYNCED, 600.0, {"added": 2}, (Failure("n/a.md", "no text"),), ""),
        Run(SYNCED, 0.5, {}, (), "No <space>."),
        Run(SYNCED, None, {}, (), ""),
    )
    snapshot = IndexSnapshot(IndexVersion(), status(*runs, writer=Writer(41, "h", "2026-11-22 12:00:00")))
    html = summary(snapshot, NoteList(), [Path("/n/here")])
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    for expected in (
        "1,234 notes",
        "1 passage",
        "12.3 MB index",
        "f00d",
        "not there now",
        "A sync is running (process 41, since",
        "Your settings name this folder",
        "The files stay where they are",
    ):
        assert expected in words
    assert re.findall(r'<tr class="(\w+)">', html) == ["running", "done", "failed", "killed"]
    for expected in ("2 added", "1 file could not be read", "no text", "10 min", "No &lt;space&gt;.", "stopped before"):
        assert expected in words


def test_what_removing_a_folder_means_is_told_for_folders_in_each_other() -> None:
    nested = replace(status(), roots=(Path("/n"), Path("/n/in"), Path("/other")), missing=())
    html = summary(IndexSnapshot(IndexVersion(), nested), NoteList())
    outer, inner, other = (unescape(words) for words in re.findall(r"<span>([^<]+) The files stay", html))
    assert outer == "Its notes will no longer be searched, but those of /n/in will."
    assert inner.startswith("It lies in /n, which stays in the index: the next sync reads its notes as part of that")
    assert other == "Its notes will no longer be searched."


def test_everything_from_notes_and_folders_is_escaped() -> None:
    note = NoteState(f"n/{EVIL}.md", EVIL, "unreadable", 1, SYNCED, EVIL)
    for html in (
        *shown(NoteList.of([note]), query=EVIL, toggled=frozenset([EVIL])).values(),
        shown(NoteList.of([note]))["rows"],
        shown(NoteList.of([note]), view=TABLE)["rows"],
        summary(IndexSnapshot(IndexVersion(), status()), NoteList.of([], [("format", EVIL, EVIL)])),
        summary(IndexSnapshot(IndexVersion(), problem=EVIL), NoteList()),
    ):
        assert "<img" not in html
        assert not re.search(r"<[^>]* onerror=", re.sub(r'"[^"]*"', "", html))


class CountedLibrary(Library):
    """Counts how often the folders are looked at."""

    looks = 0

    def note_states(self, on_left_out: Any = None) -> tuple[NoteState, ...]:
        del on_left_out
        self.looks += 1
        return NOTES.notes


def test_the_folders_are_looked_at_when_the_page_opens_and_not_at_each_tick(tmp_path: Path) -> None:
    library = CountedLibrary(index=tmp_path)
    lists = NoteLists(library)
    assert lists.look() == NOTES
    assert lists.has_looked
    for _ in range(10):
        assert lists.look_again() == NOTES
    assert library.looks == 1
    assert lists.look_again("another generation") == lists.look_again("another generation") == NOTES
    assert library.looks == 2
    assert lists.last().state_of("notes/gone.md") == "deleted"
    assert lists.last().state_of("elsewhere") == ""


class SlowLibrary(CountedLibrary):
    """Looks at the folders for as long as it is kept waiting."""

    def note_states(self, on_left_out: Any = None) -> tuple[NoteState, ...]:
        self.may_end.wait()
        return super().note_states(on_left_out)

    may_end = threading.Event()


def test_a_page_does_not_wait_for_a_long_look_which_goes_on(tmp_path: Path) -> None:
    library = SlowLibrary(index=tmp_path)
    lists = NoteLists(library)
    assert lists.look(0) == lists.look(0) == NoteList()
    assert not lists.has_looked
    assert "Looking at your notes" in ListViews(TextSearch(library)).of(NoteList(), Looked(), has_looked=False)["rows"]
    library.may_end.set()
    assert lists.look(60) == NOTES
    assert library.looks == 1


def test_without_an_index_there_is_nothing_to_list(tmp_path: Path) -> None:
    assert NoteLists(Library(index=tmp_path)).look() == NoteList()
