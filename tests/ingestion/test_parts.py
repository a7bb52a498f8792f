"""Many new notes are switched to in parts, the newest first; each part is a complete state."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from rag_bot import Library
from rag_bot.failpoints import VARIABLE
from rag_bot.ingestion import prepare
from rag_bot.output import status_json, status_text
from rag_bot.records import Progress
from rag_bot.settings import Settings
from tests.index_contents import contents, differences, inner_differences

Write = Callable[..., Path]
NEWEST_FIRST = ("kiln", "loom", "anvil", "lathe", "forge", "quern", "churn", "plough", "sickle")


@pytest.fixture(autouse=True)
def parts_of_two_four_and_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "FIRST_PART", 2)


@pytest.fixture
def many_notes(notes: Path, write: Write) -> Path:
    for age, name in enumerate(NEWEST_FIRST):
        os.utime(write(f"{name}.md", f"The {name} stands in shed number {age}."), (1e9 - age, 1e9 - age))
    return notes


def stop_in_the_second_part(library: Library, folder: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.ingest([folder], on_progress=stop)


def test_the_newest_notes_answer_while_the_others_are_read(library: Library, many_notes: Path) -> None:
    seen: dict[int, tuple[int, int, list[str]]] = {}

    def look(progress: Progress) -> None:
        if progress.stage == "notes" and progress.done in (3, 7):
            with Library(library.settings) as reader:
                status = reader.status()
                found = [hit.note.title for name in NEWEST_FIRST for hit in reader.search(f"{name}", limit=1)]
                seen[progress.done] = status.notes, status.waiting, sorted({*found})

    report = library.ingest([many_notes], on_progress=look)
    assert seen == {
        3: (2, 7, sorted(NEWEST_FIRST[:2])),
        7: (6, 3, sorted(NEWEST_FIRST[:6])),
    }
    assert report.plan.counts["added"] == report.chunks_embedded == 9
    assert library.status().waiting == 0


def require_same_as_fresh(library: Library, notes: Path, index: Path) -> None:
    """An index that is made at once of these notes holds the same."""
    with Library(Settings(notes=(), index=index, cache=library.settings.cache)) as fresh:
        fresh.ingest([notes])
    ours = contents(library.settings.index)
    assert differences(ours, contents(index)) == []
    assert inner_differences(ours) == []


def test_the_parts_together_are_what_one_is(
    library: Library, many_notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.ingest([many_notes])
    monkeypatch.setattr(prepare, "FIRST_PART", 100)
    require_same_as_fresh(library, many_notes, tmp_path / "fresh")


def test_an_ingest_that_is_stopped_keeps_its_parts_and_says_what_is_not_read(
    library: Library, many_notes: Path, tmp_path: Path
) -> None:
    stop_in_the_second_part(library, many_notes)
    status = library.status()
    assert (status.notes, status.waiting, status_json(status)["waiting"]) == (2, 7, 7)
    counted = library.ask("How many notes do I have?")
    assert (counted.text, counted.notice) == ("You have 2 notes.", "7 notes were not read yet.")
    assert "7 of 9 notes: the sync ended before; run `rag-bot ingest`" in _text(status_text(status))
    assert "7 notes were not read yet." in library.ask("Where does the sickle stand?").notice
    assert library.ask("Where does the kiln stand?").citations[0].quote.note_path == "notes/kiln.md"

    library.ingest()
    assert library.status().waiting == 0
    assert "not read yet" not in library.ask("Who invented the telephone?").notice
    require_same_as_fresh(library, many_notes, tmp_path / "fresh")


@pytest.mark.parametrize(
    ("place", "kept"), [("notes-pending@2", 2), ("words-entered@2", 2), ("in-switch@2", 2), ("switched@2", 6)]
)
def test_an_ingest_that_is_killed_in_the_second_part_keeps_the_complete_ones(
    library: Library, many_notes: Path, tmp_path: Path, place: str, kept: int
) -> None:
    script = (
        "import sys; from pathlib import Path; from rag_bot import Library; from rag_bot.ingestion import prepare\n"
        "from rag_bot.settings import Settings\n"
        "prepare.FIRST_PART = 2\n"
        "with Library(Settings.model_validate_json(sys.argv[1])) as library:\n    library.ingest([Path(sys.argv[2])])"
    )
    settings = library.settings.model_dump_json()
    ended = subprocess.run(
        [sys.executable, "-c", script, settings, str(many_notes)], env={**os.environ, VARIABLE: place}, check=False
    )
    assert ended.returncode < 0
    status = library.status()
    assert (status.notes, status.waiting) == (kept, 9 - kept)
    found = {hit.note.title for name in NEWEST_FIRST for hit in library.search(name, limit=9)}
    assert found == {*NEWEST_FIRST[:kept]}

    library.ingest()
    assert library.status().waiting == 0
    require_same_as_fresh(library, many_notes, tmp_path / "fresh")


def test_notes_of_another_folder_are_still_waiting_after_a_sync_of_this_one(
    library: Library, many_notes: Path, tmp_path: Path
) -> None:
    stop_in_the_second_part(library, many_notes)
    other = tmp_path / "other"
    other.mkdir()
    (other / "one.md").write_text("A note elsewhere.")
    library.ingest([other])
    assert library.status().waiting == 7
    for name in NEWEST_FIRST[2:]:
        (many_notes / f"{name}.md").unlink()
    library.ingest([many_notes])
    assert library.status().waiting == 0


def test_notes_of_a_forgotten_folder_are_not_waiting(library: Library, many_notes: Path) -> None:
    stop_in_the_second_part(library, many_notes)
    library.forget(many_notes)
    assert library.status().waiting == 0


def test_notes_that_are_added_beside_a_change_come_with_it(library: Library, many_notes: Path, write: Write) -> None:
    write("anvil.md", "The anvil is sold.")
    library.ingest([many_notes])
    seen = set()

    def look(progress: Progress) -> None:  # noqa: ARG001
        seen.add(library.status().notes)

    write("anvil.md", "The anvil is bought back.")
    for number in range(5):
        write(f"new {number}.md", f"Tool number {number}.")
    library.ingest(on_progress=look)
    assert (seen, library.status().notes) == ({9}, 14)


def _text(shown: RenderableType) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(shown)
    return " ".join(captured.get().split())
