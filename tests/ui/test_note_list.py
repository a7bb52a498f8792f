"""The page of notes: what is found, how it is shown, and when the folders are looked at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.records import Failure, NoteState, Run, Status, Writer
from rag_bot.ui.notes.note_list import ALL, MOST_ROWS, NoteList, NoteLists, filters, rows, summary
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


def test_states_are_counted() -> None:
    labels = [label for label, _ in filters(NOTES.counts())]
    assert labels == ["All 5", "Changed 1", "New 1", "Deleted 1", "Unreadable 1"]


def test_rows_tell_state_passages_time_and_error_and_open_the_note() -> None:
    html = rows(NOTES.notes)
    assert re.findall(r'class="state (\w+)"', html) == ["changed", "new", "deleted", "unreadable"]
    assert "3 passages · synced" in html
    assert "It is &lt;too&gt; big." in html
    assert html.count("<a ") == html.count("data-note=") == 5


def test_what_does_not_fit_is_counted() -> None:
    html = rows([NoteState(f"n/{number}.md", "x", "indexed") for number in range(MOST_ROWS + 1_200)])
    assert html.count("<li>") == MOST_ROWS
    assert "and 1,200 more" in html
    assert "No note fits" in rows([])


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
    html = summary(IndexSnapshot(IndexVersion(), status(*runs, writer=Writer(41, "h", "2026-11-22 12:00:00"))))
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    for expected in (
        "1,234 notes",
        "1 passage",
        "12.3 MB on disk",
        "f00d",
        "not there now",
        "a sync (process 41, since",
    ):
        assert expected in words
    assert re.findall(r'<tr class="(\w+)">', html) == ["running", "done", "failed", "killed"]
    for expected in ("2 added", "1 file could not be read", "no text", "10 min", "No &lt;space&gt;.", "stopped before"):
        assert expected in words


def test_everything_from_notes_and_folders_is_escaped() -> None:
    note = NoteState(f"n/{EVIL}.md", EVIL, "unreadable", 1, SYNCED, EVIL)
    for html in (
        rows([note]),
        summary(IndexSnapshot(IndexVersion(), status())),
        summary(IndexSnapshot(IndexVersion(), problem=EVIL)),
    ):
        assert "<img" not in html
        assert not re.search(r"<[^>]* onerror=", re.sub(r'"[^"]*"', "", html))


class CountedLibrary(Library):
    """Counts how often the folders are looked at."""

    looks = 0

    def note_states(self) -> tuple[NoteState, ...]:
        self.looks += 1
        return NOTES.notes


def test_the_folders_are_looked_at_when_the_page_opens_and_not_at_each_tick(tmp_path: Path) -> None:
    library = CountedLibrary(index=tmp_path)
    lists = NoteLists(library)
    assert lists.look() == NOTES
    for _ in range(10):
        assert lists.look_again() == NOTES
    assert library.looks == 1
    assert lists.last().state_of("notes/gone.md") == "deleted"
    assert lists.last().state_of("elsewhere") == ""


def test_without_an_index_there_is_nothing_to_list(tmp_path: Path) -> None:
    assert NoteLists(Library(index=tmp_path)).look() == NoteList()
