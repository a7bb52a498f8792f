"""Indexes that earlier versions made, as they left them, are brought up to date and then hold what a new one holds.

`earlier/version-N.tar.xz` is the folder of an index whose tables have version N, made of NOTES by the program of that
time; only the path of the notes is another one. When a release changes the tables, add one that the last release made.
"""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rag_bot import IndexUnusable, Library
from rag_bot.settings import Settings
from rag_bot.store.schema import FILE_NAME, SCHEMA_VERSION
from tests.index_contents import contents, differences, inner_differences

NOTES = {
    "boat.md": """---
tags: [harbour]
---
# Boat

The boat was painted blue in May.

## Crew

- Marta steers the boat.
- Joon repairs the sails.
""",
    "trips/island.md": """# Island

The ferry to the island leaves at 7:40 from pier 3.

- [ ] Book the cabin
""",
    "rent.txt": "The rent is 900 euros, due on the 3rd of each month.\n",
}
QUESTIONS = ("Where does the ferry leave?", "Who steers the boat?", "When is the rent due?", "Who painted the moon?")


@pytest.fixture
def new(
    library: Library, notes: Path, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Library:
    """An index that is made of the same notes now, by somebody whose data folder is empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name, text in NOTES.items():
        write(name, text)
    library.ingest([notes])
    return library


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_an_index_of_an_earlier_version_is_brought_up_to_date_and_answers_as_a_new_one(
    new: Library, version: int, notes: Path, tmp_path: Path
) -> None:
    index = tmp_path / "data" / "rag-bot" / "index"  # where an index of before there were marks is its user's
    with tarfile.open(Path(__file__).parent / "earlier" / f"version-{version}.tar.xz") as archive:
        archive.extractall(index.parent, filter="data")
    with closing(sqlite3.connect(index / FILE_NAME)) as catalogue, catalogue:
        assert catalogue.execute("PRAGMA user_version").fetchone() == (version,)
        catalogue.execute("UPDATE root SET folder = ?", (str(notes.resolve()),))
    with Library(Settings(notes=(), index=index, cache=new.settings.cache)) as old:
        with pytest.raises(IndexUnusable, match=rf"has version {version}, .* Run `rag-bot ingest` once"):
            old.ask(QUESTIONS[0])
        report = old.ingest()
        assert (report.plan.counts["changed"], report.chunks_embedded, report.failed) == (3, 0, ())
        assert old.verify().problems == ()
        assert inner_differences(contents(index)) == []
        assert differences(contents(index), contents(new.settings.index)) == []
        for question in QUESTIONS:
            assert old.ask(question).text == new.ask(question).text
        assert old.ingest().plan.is_empty
