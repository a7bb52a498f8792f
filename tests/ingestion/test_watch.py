"""Saves are found without asking: bursts become one sync, none is missed, temporary files are not notes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from rag_bot import Library, RagBotError, SyncReport
from rag_bot.ingestion import watch
from rag_bot.ingestion.sync import sync
from rag_bot.ingestion.watch import may_matter

Write = Callable[..., Path]
PATIENCE = 120.0  # seconds, for a machine that does other things as well; nobody waits where all is well


class Stop(threading.Event):
    """What ends a watch. It tells when the watch waits for it for so many seconds, and holds it there."""

    def __init__(self) -> None:
        super().__init__()
        self.held_at: float | None = None
        self.is_held = threading.Event()
        self.go_on = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        if timeout == self.held_at is not None:
            self.is_held.set()
            assert self.go_on.wait(PATIENCE)
        return super().wait(timeout)


class Watching:
    """A watch in a thread, and what it reported."""

    def __init__(self, library: Library, folders: list[Path], rescan_seconds: float = 600.0) -> None:
        self.reports: list[SyncReport] = []
        self.errors: list[RagBotError] = []
        self.stop = Stop()
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
        """The first report like this."""
        until = monotonic() + PATIENCE
        while monotonic() < until:
            if found := next((report for report in self.reports if seen(report)), None):
                return found
            assert self._thread.is_alive()
            sleep(0.05)
        raise AssertionError(f"only {self.reports}")

    def end(self) -> None:
        self.stop.go_on.set()
        self.stop.set()
        self._thread.join(PATIENCE)
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


class HeldSync:
    """Syncs, and goes on only when the test says so."""

    def __init__(self) -> None:
        self.done, self.go_on = threading.Event(), threading.Event()

    def __call__(self, *arguments: object, **options: object) -> SyncReport:
        report = sync(*arguments, **options)  # type: ignore[arg-type]
        self.done.set()
        assert self.go_on.wait(PATIENCE)
        return report


@pytest.fixture
def held_sync(watching: Watching, write: Write, monkeypatch: pytest.MonkeyPatch) -> HeldSync:
    """A sync that was brought about by b.md, has read the folder, and is not over."""
    del watching  # it has begun
    held = HeldSync()
    monkeypatch.setattr(watch, "sync", held)
    write("b.md", "The lamp needs a bulb.")
    assert held.done.wait(PATIENCE)
    return held


def test_a_burst_becomes_one_sync(watching: Watching, held_sync: HeldSync, write: Write) -> None:
    for number in range(40):
        write(f"sub/{number}.md", f"Note number {number} is about something.")
    held_sync.go_on.set()
    watching.wait_for(lambda report: "notes/sub/39.md" in report.plan.added)
    write("c.md", "The rake is new.")
    watching.wait_for(lambda report: report.plan.added == ("notes/c.md",))
    [_, _, *since_b] = watching.reports
    assert [len(report.plan.added) for report in since_b if report.plan.added] == [40, 1]
    assert len(since_b) < 10  # 41 if each change had a sync of its own


def test_what_is_saved_while_a_sync_runs_is_found_by_the_next(
    watching: Watching, held_sync: HeldSync, write: Write
) -> None:
    write("c.md", "The rake is new.")
    held_sync.go_on.set()
    watching.wait_for(lambda report: report.plan.added == ("notes/c.md",))


def test_an_atomic_save_is_one_change_and_no_deletion(watching: Watching, notes: Path, write: Write) -> None:
    write(".a.md.swp", "swap")
    write("a.md.tmp", "The key lies in the drawer.").replace(notes / "a.md")
    (notes / ".a.md.swp").unlink()
    report = watching.wait_for(lambda report: report.plan.changed)
    assert (report.plan.added, report.plan.changed, report.plan.deleted) == ((), ("notes/a.md",), ())


def test_an_editor_that_deletes_before_it_writes_loses_no_note(watching: Watching, notes: Path, write: Write) -> None:
    watching.stop.held_at = watch.REAPPEARS_SECONDS
    (notes / "a.md").unlink()
    assert watching.stop.is_held.wait(PATIENCE)
    write("a.md", "The key lies in the drawer.")
    watching.stop.go_on.set()
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

    watching.stop.held_at = watch._BUSY_SECONDS
    with writer_lock(library.settings.index):
        write("b.md", "The lamp needs a bulb.")
        assert watching.stop.is_held.wait(PATIENCE)
    watching.stop.go_on.set()
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
