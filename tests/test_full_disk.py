"""On a disk that takes not one byte more, what is indexed still answers.

A limit on the size of files refuses every byte of a process, as a full disk does, and needs no right to mount one.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.store import indexes
from tests.index_contents import contents

resource = pytest.importorskip("resource")

Write = Callable[..., Path]
PATIENCE_SECONDS = 120
COUNT_ROWS = """
import sys
from contextlib import closing
from pathlib import Path
from rag_bot.databases import connect_to_read
with closing(connect_to_read(Path(sys.argv[1]), patience=5)) as connection:
    print(*connection.execute("SELECT number FROM kept"))
"""


def _without_room(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """A Python that can write no byte into any file."""
    return subprocess.run(
        [sys.executable, *arguments],
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        check=False,
    )


def _answer(library: Library, *arguments: str, typed: str = "") -> str:
    """What a command of rag-bot prints without room; nothing else may go wrong."""
    settings = library.settings
    places = "--index", str(settings.index), "--cache", str(settings.cache)
    done = _without_room("-m", "rag_bot", *places, *arguments, typed=typed)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_command_that_reads_answers_on_a_full_disk_and_changes_nothing(
    library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "The key hangs behind the door.")
    write("b.md", "The lamp needs a bulb.")
    library.ingest([notes])
    library.close()
    before = contents(library.settings.index)
    assert "behind the door" in json.loads(_answer(library, "ask", "Where is the key?", "--json"))["answer"]
    assert "behind the door" in _answer(library, "ask", "Where is the key?")
    assert "notes/b.md" in _answer(library, "search", "lamp")
    assert "2 in" in _answer(library, "status")
    assert "door" in _answer(library, "why", "Where is the key?", "--note", "notes/a.md")
    assert "your notes' own lines answer" in _answer(library, "models")
    assert "No conversation" in _answer(library, "conversations", "list")
    assert contents(library.settings.index) == before


def test_a_sync_on_a_full_disk_says_so_in_one_line_and_keeps_what_there_was(
    library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "The key hangs behind the door.")
    library.ingest([notes])
    write("a.md", "The key hangs in the shed.")
    before = contents(library.settings.index)
    places = "--index", str(library.settings.index), "--cache", str(library.settings.cache)
    done = _without_room("-m", "rag_bot", *places, "ingest")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Free space on its disk; nothing is lost." in done.stderr
    assert contents(library.settings.index) == before
    assert "behind the door" in _answer(library, "ask", "Where is the key?")


def test_a_chat_on_a_full_disk_answers_and_says_in_one_line_that_it_is_not_kept(
    library: Library, notes: Path, write: Write
) -> None:
    write("a.md", "The key hangs behind the door.")
    library.ingest([notes])
    said = _answer(library, "chat", typed="Where is the key?\n\n")
    assert "behind the door" in said
    assert said.count("Free space on its disk; nothing that was saved before is lost.") == 1


def test_what_is_only_in_a_log_is_read_without_room_for_the_file_that_readers_share(tmp_path: Path) -> None:
    written, copied = tmp_path / "written.sqlite3", tmp_path / "copied.sqlite3"
    with closing(sqlite3.connect(written, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE kept (number INTEGER)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("INSERT INTO kept VALUES (41)")
        for end in ("", "-wal"):
            shutil.copy(f"{written}{end}", f"{copied}{end}")
    log = copied.with_name(f"{copied.name}-wal")
    assert log.stat().st_size
    for _ in range(2):  # the first reading takes nothing away
        done = _without_room("-c", COUNT_ROWS, str(copied))
        assert (done.stdout, done.stderr) == ("(41,)\n", "")


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("No disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(4096)):
            pass
    assert shutil.disk_usage(disk).free == 0


def test_a_large_library_answers_from_a_disk_that_is_full(
    library: Library, notes: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.md", "The key hangs behind the door.")
    library.ingest([notes])
    monkeypatch.setattr(indexes, "SMALL_LIBRARY", 0)  # as if it were one that Chroma searches
    with _small_disk(tmp_path / "disk") as disk:
        shutil.copytree(library.settings.index, disk / "index")
        _fill(disk)
        with Library(library.settings.model_copy(update={"index": disk / "index"})) as there:
            assert "door" in there.ask("Where is the key?").text
