"""What has become of a note's file since it was indexed."""

from __future__ import annotations

import os
from pathlib import Path

from rag_bot.ingestion.readers import read_note
from rag_bot.records import DELETED, ELSEWHERE, REWRITTEN, UNREADABLE
from rag_bot.store.staleness import change_since


def test_every_change_has_its_word(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("The key hangs behind the door.")
    note = read_note(tmp_path, "a.md", label="notes")
    assert change_since(note, "behind the door") == ""
    file.write_text("New.\n\nThe key hangs behind the door.")
    assert change_since(note, "behind the door") == ELSEWHERE
    file.write_text("The key is lost.")
    assert change_since(note, "behind the door") == REWRITTEN
    file.unlink()
    assert change_since(note, "behind the door") == DELETED


def test_a_pipe_in_the_place_of_a_note_holds_nobody_up(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("The key hangs behind the door.")
    note = read_note(tmp_path, "a.md", label="notes")
    file.unlink()
    os.mkfifo(file)
    assert change_since(note, "behind the door") == UNREADABLE
