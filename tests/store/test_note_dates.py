"""The times that a note is of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot.ingestion.readers import read_note
from rag_bot.library import Library
from rag_bot.store.note_dates import date_of, dates_of, path_dates

Write = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("notes/2026-03-14.md", "14 March 2026"),
        ("notes/20260314 standup.md", "14 March 2026"),
        ("notes/14.03.2026.md", "14 March 2026"),
        ("notes/March 14, 2026.md", "14 March 2026"),
        ("notes/journals/2026_03_14.md", "14 March 2026"),
        ("notes/2026/03/14.md", "14 March 2026"),
        ("notes/2026-W11.md", "9 March 2026 to 15 March 2026"),
        ("notes/2026-03.md", "March 2026"),
        ("notes/Prices 2026.md", "2026"),
        ("notes/Currach.md", ""),
    ],
)
def test_a_path_says_when(path: str, name: str) -> None:
    assert " ".join(map(str, path_dates(path))) == name


def test_front_matter_headings_and_beginnings_of_lines_say_when(notes: Path, write: Write) -> None:
    write(
        "log 2026.md",
        "---\ncreated: 2025-09-01\n---\n# Log\n\n## 2026-03-05\n\nRain.\n\n## Friday, 6 March\n\nSun.\n\n# Other\n\n"
        "- 7 March: vet\n  - a tom\n- the 120 charts\n\n| Date | Hours |\n|---|---|\n| 2025-12-27 | 20 |\n",
    )
    note = read_note(notes, "log 2026.md", label="notes")
    assert [(str(one.range), one.start_line, one.end_line, one.source) for one in dates_of(note)] == [
        ("2026", 0, 0, "path"),
        ("1 September 2025", 0, 0, "created"),
        ("5 March 2026", 6, 9, "heading"),
        ("6 March 2026", 10, 13, "heading"),
        ("7 March 2026", 16, 17, "line"),
        ("27 December 2025", 22, 22, "line"),
    ]
    assert date_of(note) == "2025-09-01"


def test_the_list_of_notes_has_the_date_of_each(library: Library, notes: Path, write: Write) -> None:
    write("2026-03-14.md", "---\ncreated: 2025-09\nupdated: 2025-10-01\n---\nThe cat moved.\n")
    write("2026-03.md", "Rain.\n")
    write("Plans 2026.md", "# 5 March 2026\n\nSun.\n")
    write("Cats.md", "- 2026-05-02: vet\n")
    library.ingest([notes])
    dates = {note.path: note.date for note in library.note_states()}
    assert dates == {path: date_of(note) for path, _ in library.note_titles() if (note := library.note(path))}
    assert sorted(dates.values()) == ["", "2025-09", "2026", "2026-03"]


def test_dates_follow_a_rename(library: Library, notes: Path, write: Write) -> None:
    file = write("2026-03-14.md", "The cat moved.\n\n- 2 May: it came back\n")
    library.ingest([notes])
    file.rename(notes / "2025-01-02.md")
    assert library.ingest([notes]).chunks_embedded == 0
    (shown,) = library.ask("what did I do on 2 January 2025?", today="2026-04-02").citations
    assert shown.quote.note_path == "notes/2025-01-02.md"
    answer = library.ask("what did I do on 14 March 2026?", today="2026-04-02")
    assert (answer.verdict, answer.no_notes_of) == ("none", ("14 March 2026",))
    assert library.ask("What happened on 2 May 2025?", today="2026-04-02").verdict == "answered"
