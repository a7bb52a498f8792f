"""An index with its catalogue in a PostgreSQL database: it says what the file says, and nothing is lost in between."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from rag_bot import IndexUnusable, Library, WriterBusy
from rag_bot.cli import main
from rag_bot.errors import UsageError
from rag_bot.failpoints import FAILPOINTS
from rag_bot.records import Progress
from rag_bot.settings import Settings
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.ownership import CATALOGUE_NAME, PLACE_NAME, forget_index, trust_index
from rag_bot.store.place import CataloguePlace
from rag_bot.store.postgres import DatabaseUnusable, PostgresConnection, remote_database, wanted_catalogue
from tests import stress_crashes
from tests.conftest import CORPUS, ROOT
from tests.index_contents import contents, differences, inner_differences
from tests.postgres import PostgresServer

Write = Callable[..., Path]


@pytest.fixture
def own_database(database: PostgresServer) -> Iterator[PostgresServer]:
    """The server, for a test that stops it."""
    yield database
    if not database.runs():
        database.start()


@pytest.fixture
def settings(tmp_path: Path, model_cache: Path, write: Write) -> Settings:
    for number in range(20):
        write(f"{number}.md", f"The boat number {number} lies in harbour {number * 7}.")
    return Settings(notes=(), index=tmp_path / "index", cache=model_cache, catalogue="")


def with_catalogue(settings: Settings, database: PostgresServer) -> Library:
    return Library(settings.model_copy(update={"catalogue": database.url}))


def found(library: Library) -> list[tuple[str, float]]:
    asked = ("Where does boat number 7 lie?", "harbour 49")
    return [(hit.chunk.location, round(hit.score, 4)) for one in asked for hit in library.search(one)]


def test_both_stores_hold_the_same_after_the_same_changes(
    tmp_path: Path, model_cache: Path, database: PostgresServer, notes: Path
) -> None:
    chance, settings = random.Random(5), Settings(index=tmp_path / "file", cache=model_cache, catalogue="")
    for _ in range(12):
        stress_crashes.write_note(notes / f"{chance.choice('abcd')}" / f"{chance.randrange(10**6)}.md", chance)
    there = settings.model_copy(update={"index": tmp_path / "database"})
    with Library(settings) as by_file, with_catalogue(there, database) as by_database:
        for _ in range(6):
            for library in (by_file, by_database):
                library.ingest([notes], on_loss="remove")
            ours, theirs = contents(by_file.settings.index), contents(by_database.settings.index)
            assert differences(ours, theirs) == []
            assert inner_differences(theirs) == []
            assert by_database.verify().problems == ()
            stress_crashes.change_notes(notes, chance, 24)
        assert not (by_database.settings.index / CATALOGUE_NAME).exists()


def test_every_question_about_the_example_notes_finds_the_same_and_has_the_same_answer_from_both(
    corpus_library: Library, database: PostgresServer, tmp_path: Path
) -> None:
    cases = [json.loads(line) for line in (ROOT / "eval" / "questions.jsonl").read_text().splitlines()]
    vault = ["How many notes are there?", "List all my tags", "What are my open tasks?", "notes from March 2026"]
    questions = [(case["question"], case.get("date")) for case in cases]
    settings = corpus_library.settings.model_copy(update={"index": tmp_path / "index"})
    with with_catalogue(settings, database) as there:
        there.ingest([CORPUS])
        for question, today in questions:
            assert corpus_library.search(question, today=today) == there.search(question, today=today), question
        for question, today in [*questions[::15], *((one, "2026-04-02") for one in vault)]:
            ours, theirs = (one.ask(question, today=today) for one in (corpus_library, there))
            assert replace(ours, timings_ms={}) == replace(theirs, timings_ms={}), question
        assert there.status().database.endswith("/notes")


def test_a_catalogue_moves_there_and_back_and_nothing_is_embedded_again(
    settings: Settings, notes: Path, write: Write, database: PostgresServer
) -> None:
    with Library(settings) as here, with_catalogue(settings, database) as there:
        here.ingest([notes])
        before, held, schemas = found(here), contents(settings.index), database.schemas()
        assert there.ingest().chunks_embedded == 0
        assert found(there) == before
        assert differences(held, contents(settings.index)) == []
        assert not (settings.index / CATALOGUE_NAME).exists()
        assert len(database.schemas()) == len(schemas) + 1
        assert [run.seconds is not None for run in there.status().runs] == [True, True]
        write("3.md", "The boat number 3 has sunk.")
        assert there.ingest().chunks_embedded == 1
        assert here.ingest().chunks_embedded == 0
        assert here.search("Which boat has sunk?")[0].chunk.note_path == "notes/3.md"
        assert here.verify().problems == ()
        assert database.schemas() == schemas
        assert not (settings.index / PLACE_NAME).exists()


@pytest.mark.parametrize(
    ("name", "other"), [("127.0.0.1", "localhost"), ("postgresql://", "postgres://"), ("", "?application_name=another")]
)
def test_another_address_of_the_same_database_moves_nothing(
    settings: Settings, notes: Path, database: PostgresServer, name: str, other: str
) -> None:
    with with_catalogue(settings, database) as library:
        library.ingest([notes])
        before, answers = contents(settings.index), found(library)
    url = database.url.replace(name, other) if name else database.url + other
    with Library(settings.model_copy(update={"catalogue": url})) as library:
        assert library.ingest().chunks_embedded == 0
        assert CataloguePlace.read(settings.index).url == url
        assert differences(contents(settings.index), before) == []
        assert found(library) == answers
        assert library.verify().problems == ()
    with with_catalogue(settings, database) as library:
        assert library.ingest().plan.is_empty
        assert library.verify().problems == ()


def test_an_index_alone_sends_nothing_to_a_database_that_the_setting_does_not_name(
    settings: Settings, notes: Path, database: PostgresServer
) -> None:
    with with_catalogue(settings, database) as there:
        there.ingest([notes])
    with Library(settings) as here:
        for use in (lambda: here.search("boat"), here.status, here.verify, lambda: here.verify(repair=True)):
            with pytest.raises(IndexUnusable, match=r"which the setting catalogue does not name.*rag-bot ingest"):
                use()


def test_a_database_that_is_restarted_in_a_sync_costs_nothing_and_the_state_before_answers(
    settings: Settings, notes: Path, write: Write, own_database: PostgresServer
) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "index":
            own_database.stop()

    with with_catalogue(settings, own_database) as library:
        library.ingest([notes])
        before = found(library)
        for number in range(20, 40):
            write(f"{number}.md", f"The boat number {number} lies in harbour {number * 7}.")
        with pytest.raises(DatabaseUnusable, match="Nothing is lost") as caught:
            library.ingest(on_progress=stop)
        assert "\n" not in str(caught.value)
        for use in (lambda: library.search("boat"), library.verify, library.status):
            with pytest.raises(DatabaseUnusable, match="cannot be used"):
                use()
        own_database.start()
        assert found(library) == before
        report = library.ingest()
        assert (report.chunks_embedded, report.chunks_reused) == (0, 20)
        assert library.verify().problems == ()


def test_a_database_that_was_restarted_between_two_questions_is_asked_again(
    settings: Settings, notes: Path, own_database: PostgresServer
) -> None:
    with with_catalogue(settings, own_database) as library:
        library.ingest([notes])
        before = found(library)
        own_database.stop()
        own_database.start()
        assert found(library) == before


def test_the_database_elects_one_writer(settings: Settings, notes: Path, database: PostgresServer) -> None:
    with with_catalogue(settings, database) as library:
        library.ingest([notes])
        with closing(PostgresConnection(CataloguePlace.read(settings.index), writes=True)):
            with pytest.raises(WriterBusy, match=r"Another process is writing.*Try again later"):
                library.ingest()
            assert len(found(library)) > 1
        library.ingest()


def test_a_database_that_lost_the_catalogue_is_found_out_and_mended(
    settings: Settings, notes: Path, database: PostgresServer
) -> None:
    with with_catalogue(settings, database) as library:
        library.ingest([notes])
        before = found(library)
        database.execute(f"DROP SCHEMA {CataloguePlace.read(settings.index).schema} CASCADE")
        with pytest.raises(IndexUnusable, match="rag-bot verify --repair"):
            library.search("boat")
        assert [problem.part for problem in library.verify().problems] == ["catalogue"]
        assert library.verify(repair=True).problems == ()
        assert found(library) == before
        assert library.status().database == f"127.0.0.1:{database.port}/notes"


def test_a_database_that_was_restored_from_an_older_backup_is_found_out_and_brought_up_to_date(
    settings: Settings, notes: Path, write: Write, database: PostgresServer
) -> None:
    with with_catalogue(settings, database) as library:
        library.ingest([notes])
        schema = CataloguePlace.read(settings.index).schema
        backup = database.dump(schema)
        write("3.md", "The boat number 3 has sunk.")
        (notes / "4.md").unlink()
        library.ingest()
        after = contents(settings.index)
        database.restore(schema, backup)
        assert library.verify().problems
        library.ingest()
        assert library.verify().problems == ()
        assert differences(after, contents(settings.index)) == []
        assert library.search("Which boat has sunk?")[0].chunk.note_path == "notes/3.md"


def test_a_copy_of_an_index_gets_a_catalogue_of_its_own(
    settings: Settings, notes: Path, write: Write, database: PostgresServer, tmp_path: Path
) -> None:
    with with_catalogue(settings, database) as library:
        library.ingest([notes])
        before = found(library)
        shutil.copytree(settings.index, tmp_path / "copy")
        with with_catalogue(settings.model_copy(update={"index": tmp_path / "copy"}), database) as copy:
            assert found(copy) == before
            write("3.md", "The boat number 3 has sunk.")
            assert copy.ingest().chunks_embedded == 1
            assert copy.verify().problems == ()
        assert found(library) == before
        assert library.ingest().chunks_embedded == 1
        assert library.verify().problems == ()


def test_an_index_that_came_from_elsewhere_asks_no_database_even_when_it_is_trusted(
    settings: Settings, notes: Path, database: PostgresServer
) -> None:
    with with_catalogue(settings, database) as library:
        library.ingest([notes])
        forget_index(settings.index)
        trust_index(settings.index)
        with pytest.raises(IndexUnusable, match=r"damaged or of another index"):
            library.search("boat")


TEXTS = {
    "nul in front matter": '---\naliases: ["Salt \\0 and \\0 pepper"]\n"a\\0b": "c\\0"\n---\nThe sea.',
    "noncharacters": "Odd \U0010ffff and \ufffe and % and ? and \\ here.",
    "long title": "# " + "x" * 5_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_that_postgresql_could_stumble_over_come_back_as_they_were(
    settings: Settings, notes: Path, write: Write, database: PostgresServer, text: str
) -> None:
    write("odd.md", text)
    with with_catalogue(settings, database) as library:
        assert library.ingest([notes]).failed == ()
        with closing(Catalogue.open(settings.index)) as catalogue:
            note = catalogue.find_note("notes/odd.md")
        assert note is not None
        assert note.text == text
        assert library.verify().problems == ()
        assert library.search("The sea salt pepper")[0].note.title
        assert library.ask("Which notes have the field price?").verdict == "none"


@pytest.mark.parametrize("place", ["catalogue-copied", "catalogue-moved"])
@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
def test_a_move_that_is_killed_leaves_one_whole_catalogue(
    settings: Settings, notes: Path, database: PostgresServer, place: str, back: bool
) -> None:
    there = settings.model_copy(update={"catalogue": database.url})
    first, second = (there, settings) if back else (settings, there)
    with Library(first) as library:
        library.ingest([notes])
        before = found(library)
    held = contents(settings.index)
    assert stress_crashes.sync_in_child(second, notes, (place, 0.0, 0), 1) == place
    assert differences(held, contents(settings.index)) == []
    with Library(second) as library:
        assert library.ingest([notes]).chunks_embedded == 0
        assert found(library) == before
        assert library.verify().problems == ()
        assert (settings.index / CATALOGUE_NAME).exists() is back


@pytest.mark.slow
def test_syncs_that_die_with_a_database_leave_a_complete_state_too(
    tmp_path: Path, model_cache: Path, database: PostgresServer
) -> None:
    ways = [(place, 0.0, 0) for place in FAILPOINTS]
    tally = stress_crashes.stress(
        tmp_path, model_cache, len(ways), notes=9, seed=3, way_of=lambda number, _: ways[number], database=database.url
    )
    assert tally.wrong == []
    assert sum(tally.died.values()) > len(ways) / 2


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("localhost/notes", "no address of a PostgreSQL database"),
        ("http://localhost/notes", "no address of a PostgreSQL database"),
        ("postgresql://me:secret@localhost/notes", "without the password"),
        ("postgresql://me@localhost/notes?password=secret", "without the password"),
        ("postgresql://me@db.example.org/notes", "verify-full"),
        ("postgresql://me@db.example.org/notes?sslmode=require", "verify-full"),
    ],
)
def test_an_address_that_would_not_do_is_refused_in_one_line(
    settings: Settings, notes: Path, setting: str, said: str
) -> None:
    with Library(settings.model_copy(update={"catalogue": setting})) as library:
        with pytest.raises(UsageError, match=said) as caught:
            library.ingest([notes])
        assert "secret" not in str(caught.value)
        assert not settings.index.exists()


def test_a_database_that_will_not_do_says_what_it_lacks(
    settings: Settings, notes: Path, database: PostgresServer
) -> None:
    database.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    database.execute("CREATE ROLE guest LOGIN PASSWORD 'of the tests'")
    latin = f"{database.url.removesuffix('notes')}latin"
    guest = database.url.replace("notes@", "guest@")
    for url, said in ((latin, r"LATIN1.*--encoding=UTF8"), (guest, r"permission denied.*GRANT CREATE ON DATABASE")):
        with (
            Library(settings.model_copy(update={"catalogue": url})) as library,
            pytest.raises((UsageError, DatabaseUnusable), match=said),
        ):
            library.ingest([notes])
    with Library(settings) as library:
        assert library.ingest([notes]).plan.counts["added"] == 20


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("", ""),
        ("postgresql://me@127.0.0.1:5433/notes", ""),
        ("postgresql:///notes", ""),
        ("postgresql://me@nas.local/notes", "nas.local"),
        ("postgresql://me@db.example.org:5433/notes?sslmode=verify-full", "db.example.org:5433"),
    ],
)
def test_people_are_told_which_machine_has_their_notes(setting: str, place: str) -> None:
    assert wanted_catalogue(setting) == setting
    assert remote_database(setting) == place


def test_a_wrong_password_and_no_server_are_one_line_and_make_no_index(
    settings: Settings,
    notes: Path,
    own_database: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ingest() -> tuple[object, str]:
        monkeypatch.setenv("RAG_BOT_CATALOGUE", own_database.url)
        with pytest.raises(SystemExit) as ended:
            main(["--index", str(settings.index), "ingest", str(notes)])
        return ended.value.code, capsys.readouterr().err

    with monkeypatch.context() as context:
        context.setenv("PGPASSWORD", "wrong")
        code, said = ingest()
    assert code != 0
    assert "password authentication failed" in said
    own_database.stop()
    code, said = ingest()
    assert code != 0
    assert "refused" in said.replace("\n", " ")
    assert len(said.splitlines()) <= 4
    own_database.start()
    assert ingest()[0] == 0


OVER_BOTH = (
    *("ingestion/test_sync.py", "ingestion/test_parts.py", "ingestion/test_left_out.py"),
    *("store/test_catalogue.py", "store/test_links.py", "store/test_note_dates.py", "query/vault"),
)


@pytest.mark.slow
@pytest.mark.parametrize("module", OVER_BOTH)
def test_what_holds_for_the_file_holds_for_the_database(database: PostgresServer, module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    chosen = ["-p", "no:cacheprovider", "-m", "not slow and not of_the_file", "--catalogue", database.url]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen, str(ROOT / "tests" / module)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3_000:]
    assert " passed" in done.stdout
