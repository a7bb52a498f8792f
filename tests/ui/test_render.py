"""Answers, the side and the welcome as HTML."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from rag_bot.records import ANSWERED, CLOSEST, NONE, Answer, Citation, Failure, Place, Quote, Run, Status, Writer
from rag_bot.ui.chat.answer_view import notice, whole_answer
from rag_bot.ui.chat.answering import waits_for
from rag_bot.ui.phrases import counts_words, duration, since, size, when
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot, IndexVersion
from rag_bot.ui.syncing.overview import failures, overview, progress_words, watching
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.syncing.watch_job import WatchState
from rag_bot.ui.syncing.welcome import welcome

EVIL = '<img src=x onerror="alert(1)">'


def quote(text: str) -> Quote:
    return Quote(text, f"n/{EVIL}.md", EVIL, (EVIL, "Part"), (EVIL,), 0, len(text), 3, 4, 0.9)


def answer(*texts: str, change: str = "") -> Answer:
    citations = tuple(Citation(number, quote(text), change) for number, text in enumerate(texts, start=1))
    return Answer("q", "", citations, ANSWERED if texts else NONE, 0.876, "quotes", (), (), {"total": 1234.0})


STARTED = "2026-11-22T12:00:00+0000"
LOST = "/n/<disk> is not there (is its disk mounted?): 6 of the 6 notes indexed from it are gone. "
HOW = "Nothing was changed, and they still answer. If this is right, `rag-bot ingest --yes` removes them; `--keep` not."


def run(seconds: float | None = 1.0, error: str = "", **counts: int) -> Run:
    return Run(STARTED, seconds, counts, (), error)


def snapshot(
    *runs: Run, notes: int = 1, writer: Writer | None = None, problem: str = "", root: str = "/n/a"
) -> IndexSnapshot:
    """A snapshot of an index of one folder that is not there."""
    status = Status(
        index=Path("/i"),
        roots=(Path(root),),
        missing=(Path(root),),
        notes=notes,
        chunks=2_000,
        vectors=2_000,
        model="m",
        fingerprint="f",
        last_synced=STARTED if runs else None,
        failed=(Failure("a", "b"),),
        bytes_on_disk=0,
        runs=runs,
        writer=writer,
    )
    return IndexSnapshot(IndexVersion(writer=writer), None if problem else status, problem, (EVIL,))


def side(seen: IndexSnapshot, sync: SyncState | None = None, watch: WatchState | None = None) -> str:
    return overview(seen, sync or SyncState(), watch or WatchState())


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_everything_from_notes_and_questions_is_escaped() -> None:
    html = whole_answer(answer(EVIL, change="rewritten"), ())
    for made in (html, notice(EVIL), welcome(snapshot(), SyncState())):
        assert "<img" not in made
        assert not re.search(r"<[^>]* onerror=", re.sub(r'"[^"]*"', "", made))


def test_all_quotes_and_the_time_are_shown_and_no_percentage() -> None:
    html = whole_answer(answer("one", "two"), ())
    assert text_of(html).index("one") < text_of(html).index("two")
    assert "1.2 s" in html
    assert "%" not in text_of(html)


def test_a_quote_is_word_for_word_line_by_line() -> None:
    text = "- one  **two**:\n\t- [ ] three\n  12. four"
    html = whole_answer(answer(text), ())
    block = re.search(r"<blockquote[^>]*>(.*)</blockquote>", html, re.DOTALL)
    assert block
    rows = block[1].split('<span class="row"')[1:]
    assert [text_of(f"<x{row}") for row in rows] == text.split("\n")


def test_a_changed_file_is_said_to_be_changed() -> None:
    html = whole_answer(answer("one", change="rewritten"), ())
    assert "these lines have changed since they were indexed" in html
    html = whole_answer(answer("one", change="deleted"), ())
    assert "the note is no longer there" in html


def test_abstaining_is_said_plainly() -> None:
    assert text_of(whole_answer(answer(), ())).strip() == "This is not in your notes."
    near = whole_answer(answer(), [Place("notes/b.md", "Flat", (), 3, 4, 0.2)])
    assert "The nearest passages, which may not answer it:" in near


def test_abstaining_names_what_the_notes_never_mention_and_then_what_was_left_out() -> None:
    scoped = replace(answer(), unmentioned=("Lisbon",), notice="Only notes in work were searched.")
    said = text_of(whole_answer(scoped, [Place("notes/b.md", "Flat", (), 3, 4, 0.2)]))
    parts = ("This is not in your notes.", "don't mention “Lisbon”.", "Only notes in work were searched.", "nearest")
    places = [said.index(part) for part in parts]
    assert places == sorted(places)


def test_lines_that_may_not_answer_have_that_said_above_them() -> None:
    said = text_of(whole_answer(replace(answer("one"), verdict=CLOSEST, missing=("Berta",)), ()))
    assert said.index("these lines may not answer it. The first lines say nothing of “Berta”.") < said.index("one")
    assert "may not answer" not in text_of(whole_answer(answer("one"), ()))


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"added": 2, "changed": 1, "unchanged": 575}, "2 added, 1 changed"),
        ({"moved": 1, "deleted": 1_000}, "1 moved, 1,000 deleted"),
        ({"unchanged": 1234}, "nothing new"),
    ],
)
def test_a_sync_is_told_in_words(counts: dict[str, int], words: str) -> None:
    assert counts_words(counts) == words


def test_sizes_and_durations_are_told_as_people_do() -> None:
    assert [size(count) for count in (0, 300, 695_000, 12_345_678)] == ["0 KB", "1 KB", "695 KB", "12.3 MB"]
    assert [duration(seconds) for seconds in (0.26, 59.0, 600.0)] == ["0.3 s", "59.0 s", "10 min"]


def test_files_that_could_not_be_read_are_named() -> None:
    html = failures([Failure(f"n/{number}<b>.md", "no <text>") for number in range(22)])
    assert "22 files could not be read" in html
    assert "n/0&lt;b&gt;.md" in html
    assert "no &lt;text&gt;" in html
    assert "and 2 more" in html


def test_progress_is_told_in_words() -> None:
    state = SyncState(running=True, stage="notes", done=120, total=578)
    assert progress_words(state) == "120 of 578 notes read"
    assert progress_words(replace(state, seconds_left=100.0)) == "120 of 578 notes read, about 2 minutes left"
    assert progress_words(replace(state, stage="index")) == "Almost done: 120 of 578 passages"
    assert progress_words(replace(state, stopped=True)) == "Stopping …"
    assert waits_for(state) == "Your question waits until the first 64 notes are read: 64 so far"
    few = replace(state, done=1, total=2)
    assert waits_for(few) == "Your question waits until the first 2 notes are read: 1 so far"
    assert waits_for(SyncState(running=True)) == "Your question waits until the first notes are read"
    bar = '<progress aria-label="Sync" value="120" max="578">'
    empty, full = IndexSnapshot(IndexVersion()), snapshot(run())
    assert [bar in welcome(empty, state), bar in side(empty, state)] == [
        True,
        True,
    ]  # the side where the other is hidden
    assert [bar in welcome(full, state), bar in side(full, state)] == [False, True]
    assert "You can ask now: the answer comes as soon as the first are read." in welcome(empty, state)
    assert "You can ask meanwhile: your notes answer as they were before." in side(full, state)


def test_without_notes_the_page_asks_for_a_folder_and_shows_what_went_wrong() -> None:
    html = welcome(IndexSnapshot(IndexVersion()), SyncState(error="Folder /x is not there."))
    assert "wants-folder" in html
    assert ">Folder /x is not there.<" in html
    assert text_of(side(IndexSnapshot(IndexVersion()))) == "No notes yet"


def test_folders_without_a_note_and_an_index_that_cannot_be_read_are_said_to_be_so() -> None:
    html = welcome(snapshot(run(), notes=0), SyncState())
    assert "There are none in a. 1 file could not be read." in text_of(html)
    assert "wants-folder" in html
    broken = welcome(snapshot(problem="The index in /<i> is damaged."), SyncState())
    assert "The index in /&lt;i&gt; is damaged." in broken
    assert "wants-folder" not in broken


def test_the_first_sync_of_another_process_is_waited_for() -> None:
    assert "Reading your notes" in welcome(snapshot(run(None), notes=0, writer=Writer(1, "h", STARTED)), SyncState())


def test_the_overview_is_one_line_with_what_is_wrong_below_it() -> None:
    html = side(snapshot(run(added=2), root="/n/<a>"))
    assert re.search(r"1 note · synced .*12:00", text_of(html))
    assert re.findall(r'href="#page=(\w+)"', html) == ["notes", "notes"]
    assert "<a> not there now" in text_of(html)
    assert "1 file could not be read" in text_of(html)
    assert "synced" not in text_of(side(snapshot()))


def test_how_the_newest_sync_ended_is_told() -> None:
    assert "stopped before its end" in side(snapshot(run(None), run(added=2)))
    assert 'title="No &lt;space&gt;."' in side(snapshot(run(error="No <space>.")))


def test_a_sync_that_runs_elsewhere_is_told_and_the_watch_is_known() -> None:
    seen = snapshot(run(None), writer=Writer(41, "h", "2026-11-22 12:00:00"))
    assert "Another process is syncing since" in side(seen)
    assert "Syncing what changed" in side(seen, watch=WatchState(on=True, pid=41))
    assert "syncing" not in side(seen, SyncState(running=True)).lower()


def test_the_question_about_lost_notes_comes_in_words_with_two_answers() -> None:
    html = side(snapshot(run()), SyncState(question=LOST + HOW))
    assert "/n/&lt;disk&gt; is not there" in html
    assert "--yes" not in text_of(html)
    assert re.findall(r'data-answer="(\w+)"', html) == ["keep", "remove"]


def test_kept_notes_are_told_by_folder_as_the_newest_report_has_them() -> None:
    loss = {"folder": "/n/<disk>", "reason": "missing", "lost": 6, "known": 6}
    kept = SyncState(report={"kept": [loss, loss | {"folder": "/n/b", "reason": "fewer", "lost": 5}]}, reported=1.0)
    html = side(snapshot(run()), kept)
    assert 'data-folder="/n/&lt;disk&gt;"' in html
    assert "Kept in the index, and still answering: 6 notes." in text_of(html)
    assert "Kept in the index, and still answering: 5 of its 6 notes." in text_of(html)
    assert "data-answer" not in side(snapshot(run()), kept, WatchState(on=True, report={}, reported=2.0))
    assert "data-answer" not in side(snapshot(run()), SyncState(running=True))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (WatchState(), ""),
        (WatchState(on=True), "Looking for changes …"),
        (WatchState(on=True, ready=True), "Watching for changes"),
        (WatchState(on=True, error="It <ended>."), "Trying again …It <ended>."),
        (WatchState(error="It ended."), "It ended."),
    ],
)
def test_watching_is_told_in_words(state: WatchState, words: str) -> None:
    assert text_of(watching(state)) == words


def test_the_last_change_is_told_with_its_hour() -> None:
    at = datetime.datetime.now().replace(hour=12, minute=3)
    assert text_of(watching(WatchState(on=True, ready=True, changed=at.isoformat()))) == "Watching, last change 12:03"
    assert since((at - datetime.timedelta(days=1)).isoformat()) == "yesterday 12:03"


def test_times_are_told_as_people_do() -> None:
    now = datetime.datetime(2026, 11, 22, 12, 0).astimezone()
    assert when(now.isoformat(), now=now) == "today 12:00"
    assert when((now - datetime.timedelta(days=1)).isoformat(), now=now) == "yesterday 12:00"
    assert when((now - datetime.timedelta(days=3)).isoformat(), now=now) == "2026-11-19 12:00"
