"""Saves are found without asking: bursts become one sync, none is missed, temporary files are not notes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag_bot import Library, RagBotError, SyncReport
from rag_bot.ingestion import watch
from rag_bot.ingestion.sync import sync
from rag_bot.ingestion.watch import may_matter

Write = Callable[..., Path]


class Watching:
    """A watch in a thread, and what it reported."""

    def __init__(self, library: Library, folders: list[Path], rescan_seconds: float = 600.0) -> None:
        self.reports: list[SyncReport] = []
        self.errors: list[RagBotError] = []
        self.stop = threading.Event()
        self._thread = threading.Thread(
            target=library.watch,
            args=(folders,),
            kwargs={
                "on_report": self.reports.append,
                "on_error": self.errors.append,
                "stop": self.stop,
                "rescan_seconds": rescan_seconds,
            },
        )
        self._thread.start()

    def wait_for(self, seen: Callable[[SyncReport], object]) -> SyncReport:
        """The first report like this, within a minute."""
        for _ in range(1200):
            if found := next((report for report in self.reports if seen(report)), None):
                return found
            assert self._thread.is_alive()
            time.sleep(0.05)
        raise AssertionError(f"only {self.reports}")

    def end(self) -> None:
        self.stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def watching(library: Library, notes: Path, write: Write) -> Iterator[Watching]:
    """A library of one note that is being watched; the first sync is over."""
    write("a.md", "The key hangs behind the door.")
    watching = Watching(library, [notes])
    watching.wait_for(lambda report: report.plan.added)
    yield watching
    watching.end()


def test_a_save_a_new_note_and_a_deletion_are_found(
    watching: Watching, library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "The key lies under the mat.")
    watching.wait_for(lambda report: report.plan.changed == ("notes/a.md",))
    assert "mat" in library.ask("Where is the key?").text
    write("sub/b.md", "The lamp needs a bulb.")
    watching.wait_for(lambda report: report.plan.added == ("notes/sub/b.md",))
    (notes / "a.md").unlink()
    watching.wait_for(lambda report: report.plan.deleted == ("notes/a.md",))
    assert library.ask("Where is the key?").abstained


def test_a_burst_becomes_one_sync(watching: Watching, write: Write) -> None:
    for number in range(40):
        write(f"sub/{number}.md", f"Note number {number} is about something.")
    watching.wait_for(lambda report: "notes/sub/39.md" in report.plan.added)
    of_burst = [report.plan.added for report in watching.reports[1:] if report.plan.added]
    assert sum(map(len, of_burst)) == 40
    assert len(of_burst) <= 3  # one, unless this machine was held up while it wrote


def test_what_is_saved_while_a_sync_runs_is_found_by_the_next(
    watching: Watching, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, running = sync, threading.Event()

    def slow_sync(*arguments: object, **options: object) -> SyncReport:
        report = real(*arguments, **options)  # type: ignore[arg-type]
        running.set()
        time.sleep(1)
        return report

    monkeypatch.setattr(watch, "sync", slow_sync)
    write("b.md", "The lamp needs a bulb.")
    assert running.wait(60)
    write("c.md", "The rake is new.")
    watching.wait_for(lambda report: report.plan.added == ("notes/c.md",))


def test_an_atomic_save_is_one_change_and_no_deletion(watching: Watching, notes: Path, write: Write) -> None:
    write(".a.md.swp", "swap")
    write("a.md.tmp", "The key lies in the drawer.").replace(notes / "a.md")
    (notes / ".a.md.swp").unlink()
    report = watching.wait_for(lambda report: report.plan.changed)
    assert (report.plan.added, report.plan.changed, report.plan.deleted) == ((), ("notes/a.md",), ())


def test_an_editor_that_deletes_before_it_writes_loses_no_note(watching: Watching, notes: Path, write: Write) -> None:
    (notes / "a.md").unlink()
    time.sleep(0.5)
    write("a.md", "The key lies in the drawer.")
    watching.wait_for(lambda report: report.plan.changed)
    assert not any(report.plan.deleted or report.kept for report in watching.reports)


def test_a_folder_that_goes_away_keeps_its_notes_and_is_watched_again_when_it_is_back(
    watching: Watching, library: Library, notes: Path, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_LOOK_SECONDS", 0.2)
    notes.rename(tmp_path / "unmounted")
    assert watching.wait_for(lambda report: report.kept).kept[0].reason == "missing"
    assert not library.ask("Where is the key?").abstained
    (tmp_path / "unmounted").rename(notes)
    count = len(watching.reports)
    write("b.md", "The lamp needs a bulb.")
    assert watching.wait_for(lambda report: "notes/b.md" in report.plan.added) in watching.reports[count:]
    write("c.md", "The rake is new.")
    watching.wait_for(lambda report: report.plan.added == ("notes/c.md",))


def test_what_nobody_announced_is_found_by_a_rescan(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "may_matter", lambda *_: False)
    write("a.md", "One.")
    watching = Watching(library, [notes], rescan_seconds=0.5)
    watching.wait_for(lambda report: report.plan.added)
    write("b.md", "Two.")
    watching.wait_for(lambda report: report.plan.added == ("notes/b.md",))
    watching.end()


def test_another_writer_is_waited_for(watching: Watching, library: Library, write: Write) -> None:
    from rag_bot.store.lock import writer_lock

    with writer_lock(library.settings.index):
        write("b.md", "The lamp needs a bulb.")
        time.sleep(1.5)
    watching.wait_for(lambda report: report.plan.added == ("notes/b.md",))
    assert watching.errors == []


@pytest.mark.parametrize(
    ("name", "matters"),
    [
        ("a.md", True),
        ("sub/b.TXT", True),
        ("a folder or what was one", True),
        (".gitignore", True),
        (".ragbotignore", True),
        (".a.md.swp", False),
        (".git/index.md", False),
        (".#a.md", False),
        ("picture.png", False),
        ("4913", False),
    ],
)
def test_only_what_may_change_notes_matters(tmp_path: Path, name: str, matters: bool) -> None:
    root = tmp_path / ".hidden" / "notes"
    (root / "sub").mkdir(parents=True)
    for present in ("picture.png", "4913"):
        (root / present).write_text("x")
    assert may_matter(root / name, [root]) is matters
