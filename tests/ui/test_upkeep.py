"""What is done about the index beside syncs, and how it is told."""

from __future__ import annotations

import re
import sys
import threading
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.records import Status
from rag_bot.ui.notes.upkeep_job import CHECK, COMMANDS, PLAN, REMOVE, REPAIR, UpkeepJob, UpkeepState
from rag_bot.ui.notes.upkeep_view import upkeep
from rag_bot.ui.syncing.index_snapshot import IndexSnapshot, IndexVersion
from rag_bot.ui.syncing.sync_job import SyncState
from rag_bot.ui.syncing.watch_job import WatchState

EVIL = "<img src=x>"
ECHO = "import json, sys; print(json.dumps({'arguments': sys.argv[1:]}))"
FAILING = "import sys; print('rag-bot: Another process is writing.', file=sys.stderr); sys.exit(4)"
WAITING = "import time; time.sleep(60)"


def job(tmp_path: Path, script: str, ended: threading.Event) -> UpkeepJob:
    """One whose child does what the script says."""
    command = (sys.executable, "-c", script)
    return UpkeepJob(Library(index=tmp_path), command=command, on_end=lambda _: ended.set())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_line_does_the_work(tmp_path: Path, command: str) -> None:
    folder, ended = "/some/notes" if command == REMOVE else "", threading.Event()
    upkeep_job = job(tmp_path, ECHO, ended)
    assert upkeep_job.start(command, folder)
    assert ended.wait(60)
    arguments = [*COMMANDS[command], *([folder] if folder else [])]
    assert upkeep_job.state == UpkeepState(command, folder, {"arguments": arguments})
    upkeep_job.clear()
    assert upkeep_job.state == UpkeepState()


def test_why_it_failed_is_told(tmp_path: Path) -> None:
    ended = threading.Event()
    upkeep_job = job(tmp_path, FAILING, ended)
    assert upkeep_job.start(CHECK)
    assert ended.wait(60)
    assert upkeep_job.state == UpkeepState(CHECK, error="Another process is writing.")


def test_a_command_is_given_the_settings_as_they_are_by_then(tmp_path: Path) -> None:
    ended, library = threading.Event(), Library(index=tmp_path)
    told = "import json, os; print(json.dumps({'exclude': os.environ['RAG_BOT_EXCLUDE']}))"
    upkeep_job = UpkeepJob(library, command=(sys.executable, "-c", told), on_end=lambda _: ended.set())
    library.settings = library.settings.model_copy(update={"exclude": ("private/",)})
    assert upkeep_job.start(PLAN)
    assert ended.wait(60)
    assert upkeep_job.state.result == {"exclude": '["private/"]'}


def test_one_thing_is_done_at_a_time_and_nothing_after_the_end(tmp_path: Path) -> None:
    upkeep_job = job(tmp_path, WAITING, threading.Event())
    assert upkeep_job.start(CHECK)
    assert not upkeep_job.start(PLAN)
    upkeep_job.clear()
    assert upkeep_job.state.running
    upkeep_job.stop()
    assert not upkeep_job.start(CHECK)


def shown(state: UpkeepState, sync: SyncState | None = None, *, generation: str = "7") -> str:
    """The page's words, each space one."""
    status = Status(
        index=Path("/i"),
        roots=(Path("/n/here"),),
        missing=(),
        notes=1,
        chunks=1,
        vectors=1,
        model="m",
        fingerprint="f",
        last_synced="",
        failed=(),
        bytes_on_disk=1,
        runs=(),
        writer=None,
    )
    html = upkeep(IndexSnapshot(IndexVersion(generation), status), sync or SyncState(), WatchState(), state)
    assert "<img" not in html
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", str(html))))


PLANNED: dict[str, Any] = {
    "paths": {
        "added": [f"n/{number}.md" for number in range(60)],
        "changed": [f"n/{EVIL}.md"],
        "moved": [{"before": "n/a.md", "after": "n/b.md"}],
        "deleted": [],
    },
    "failed": [{"path": "n/bad.pdf", "error": "It is damaged."}],
    "kept": [{"folder": "/n/gone", "reason": "missing", "lost": 4, "known": 4}],
}


def test_a_plan_names_the_notes_and_is_shown_only_of_the_index_as_it_is() -> None:
    state = UpkeepState(PLAN, result=PLANNED, generation="7")
    words = shown(state)
    for expected in (
        "Nothing is changed yet.",
        "60 new notes would be read",
        "and 10 more",
        "1 changed note would be read again",
        "n/a.md → n/b.md",
        "4 notes of /n/gone can't be found",
        "n/bad.pdf can't be read: It is damaged.",
    ):
        assert expected in words
    assert "taken out" not in words
    assert "would be read" not in shown(state, generation="8")
    nothing = {"paths": {"added": [], "changed": [], "moved": [], "deleted": []}, "failed": []}
    assert "Nothing would change." in shown(UpkeepState(PLAN, result=nothing, generation="7"))


def check(*problems: tuple[str, str], repaired: tuple[str, ...] = ()) -> dict[str, Any]:
    listed = [{"part": part, "text": text} for part, text in problems]
    return {"problems": listed, "repaired": list(repaired), "notes": 12, "passages": 1, "unreadable": 0}


def test_a_check_says_in_words_what_is_wrong_and_what_helps() -> None:
    assert "All is well" in shown(UpkeepState(CHECK, result=check()))
    checked = shown(UpkeepState(CHECK, result=check(), ended="2026-03-14T09:05:00"))
    assert "12 notes and 1 passage were compared 2026-03-14 09:05." in checked
    changed = shown(
        UpkeepState(
            CHECK, result=check(("folders", f"1 new since the last sync: n/{EVIL}; `rag-bot ingest` brings that in"))
        )
    )
    assert "Your files have changed since the last sync." in changed
    assert "`" not in changed
    assert "Repair it" not in changed
    assert changed.count("Sync now") == 2
    broken = check(("chroma", "lacks 3 of the catalogue's passages"))
    assert "The search by meaning: lacks 3" in shown(UpkeepState(CHECK, result=broken))
    assert "Repair it" in shown(UpkeepState(CHECK, result=broken))
    assert "Repair it" not in shown(UpkeepState(REPAIR, result=broken))
    assert "The index is repaired. Repaired: the search" in shown(
        UpkeepState(REPAIR, result=check(repaired=("the search indexes were made anew",)))
    )


def test_a_folder_that_was_taken_out_and_what_failed_are_told() -> None:
    removed = shown(UpkeepState(REMOVE, "/n/here", result={"deleted": 3}))
    assert "3 notes taken out of the index. The files are still in /n/here." in removed
    assert "It did not work. Another" in shown(UpkeepState(CHECK, error="Another process is writing."))


def test_what_goes_on_is_told_and_nothing_else_can_begin() -> None:
    assert "Reading every note" in shown(UpkeepState(CHECK, running=True))
    assert "3 of 9 notes read" in shown(UpkeepState(), SyncState(running=True, done=3, total=9))
    assert upkeep(IndexSnapshot(IndexVersion()), SyncState(), WatchState(), UpkeepState()) == ""


def test_advice_for_terminals_becomes_what_can_be_clicked() -> None:
    interrupted = check(("catalogue", "the last sync was interrupted; `rag-bot ingest` finishes it"))
    assert "the last sync was interrupted; Notes › Sync finishes it" in shown(UpkeepState(CHECK, result=interrupted))
    failed = shown(UpkeepState(REPAIR, error="Remove the index folder and run `rag-bot ingest FOLDER`."))
    assert "Remove the index folder and choose Notes › Sync ." in failed
