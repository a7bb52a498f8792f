"""A file whose content cannot be read is known as such: read once, named each time, and nothing wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.ingestion import prepare
from rag_bot.ingestion.readers import read_note
from rag_bot.records import Note

Write = Callable[[str, str | bytes], Path]
TOOLS = "The saw costs 17 euros."


def test_a_file_that_cannot_be_read_is_read_once_and_verify_is_content(
    library: Library, notes: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.md", "The bike is in the cellar.")
    write("locked.pdf", b"%PDF-1.7 no more")
    assert [failure.path for failure in library.ingest([notes]).failed] == ["notes/locked.pdf"]

    read: list[str] = []

    def counting(root: Path, relative: str, *, label: str) -> Note:
        read.append(relative)
        return read_note(root, relative, label=label)

    monkeypatch.setattr(prepare, "read_note", counting)
    for report in (library.ingest(dry_run=True), library.ingest(), library.ingest([notes])):
        assert [failure.path for failure in report.failed] == ["notes/locked.pdf"]
        assert report.plan.is_empty
    found = library.verify()
    assert (found.problems, found.unreadable, read) == ((), 1, [])

    write("locked.pdf", b"%PDF-1.7 still no more")
    assert "1 new since" in library.verify().problems[0].text
    library.ingest()
    assert read == ["locked.pdf"]
    assert library.verify().problems == ()


def test_what_a_file_said_before_it_was_damaged_answers_no_more(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "The bike is in the cellar.")
    write("prices.ods", b"")
    write("tools.md", TOOLS)
    library.ingest([notes])
    assert library.search("price of the saw")[0].note.path == "notes/tools.md"

    (notes / "tools.md").chmod(0)
    if library.ingest().failed[1:]:  # a moment's trouble; root may read it all the same
        assert library.search("price of the saw")[0].note.path == "notes/tools.md"
    (notes / "tools.md").chmod(0o600)

    write("tools.md", bytes(200))  # as a cloud drive leaves what it has not filled yet
    library.ingest()
    assert library.search("price of the saw")[0].note.path == "notes/tools.md"

    write("tools.md", b"\x00\x01\x02\x03 locked \x04" * 50)
    report = library.ingest()
    assert "notes/tools.md" in [failure.path for failure in report.failed]
    assert {hit.note.path for hit in library.search("price of the saw")} == {"notes/a.md"}
    assert library.verify().problems == ()

    write("tools.md", TOOLS)
    assert library.ingest().chunks_embedded == 0
    assert library.search("price of the saw")[0].note.path == "notes/tools.md"
