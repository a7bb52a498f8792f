"""An index that came with a folder runs nothing, and nothing is removed that this program did not make."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag_bot import IndexUnusable, Library, UsageError
from rag_bot.processes import child_environment, module_command
from rag_bot.settings import Settings
from rag_bot.store import indexes, vectors
from rag_bot.store.indexes import next_folder, remove_other_folders
from rag_bot.store.lock import index_lock
from rag_bot.store.ownership import MARK_NAME, Standing, claim, is_own, read_mark, standing, trust_index
from rag_bot.store.rescue import rescue_catalogue
from rag_bot.store.vectors import VectorIndex
from rag_bot.ui.preference import remember_model, remembered_model

Write = Callable[..., Path]
NOT_MADE_HERE = r"was not made here.*rag-bot ingest FOLDER.*rag-bot trust"
OTHER_THINGS = r"holds other things and no index\. Choose an empty or new folder with --index\."


def listing(folder: Path) -> dict[str, tuple[int, str]]:
    """All that is in a folder: modes, and hashes of the files or where links lead."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        link = str(path.readlink()) if path.is_symlink() else ""
        found[path.relative_to(folder).as_posix()] = (status.st_mode, link or hashlib.sha256(content).hexdigest())
    return found


def become_another(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """From here on the commands are those of somebody who has made no index yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(home))


def name_function(index: Path, function: dict[str, Any] | None) -> None:
    """Let the collection name an embedding function, as Chroma itself would store it."""
    for database in index.glob("store-*/chroma/chroma.sqlite3"):
        with closing(sqlite3.connect(database)) as db, db:
            for identity, stored in db.execute("SELECT id, schema_str FROM collections").fetchall():
                schema = json.loads(stored)
                for part in (schema["defaults"], schema["keys"]["#embedding"]):
                    part["float_list"]["vector_index"]["config"]["embedding_function"] = function
                db.execute("UPDATE collections SET schema_str = ? WHERE id = ?", (json.dumps(schema), identity))


@pytest.fixture
def made(library: Library, write: Write, notes: Path) -> Library:
    """A library with one note that was ingested."""
    write("boat.md", "The boat was painted blue in May.")
    library.ingest([notes])
    library.close()
    return library


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    """A file that is there once the code of the model folder beside it has run."""
    return tmp_path / "witness"


@pytest.fixture
def code_that_runs(tmp_path: Path, witness: Path) -> dict[str, Any]:
    """An embedding function that Chroma knows, with a model folder whose code leaves a trace."""
    folder = tmp_path / "model-with-code"
    folder.mkdir()
    (folder / "modules.json").write_text('[{"idx": 0, "name": "0", "path": "", "type": "witnessing.Module"}]')
    (folder / "config_sentence_transformers.json").write_text("{}")
    (folder / "witnessing.py").write_text(f"open({str(witness)!r}, 'w')\n")
    options = {"model_name": str(folder), "device": "cpu", "normalize_embeddings": False}
    config = {**options, "kwargs": {"trust_remote_code": True}}
    return {"type": "known", "name": "sentence_transformer", "config": config}


def test_a_shipped_index_is_not_opened_and_ingesting_makes_it_anew(
    made: Library,
    notes: Path,
    write: Write,
    tmp_path: Path,
    code_that_runs: dict[str, Any],
    witness: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = made.settings.index
    name_function(index, code_that_runs)
    (index / "answers-by").write_text("openai-like:theirs\n")
    become_another(monkeypatch, tmp_path / "another")
    before = listing(index)
    uses: list[Callable[[Library], object]] = [
        lambda library: library.ask("What colour was the boat?"),
        lambda library: library.search("boat"),
        lambda library: library.status(),
        lambda library: library.verify(),
        lambda library: library.verify(repair=True),
        lambda library: library.note_states(),
        lambda library: library.ingest(),
        lambda library: library.forget(notes),
    ]
    for use in uses:
        with Library(made.settings) as shipped, pytest.raises(IndexUnusable, match=NOT_MADE_HERE) as caught:
            use(shipped)
        assert "\n" not in str(caught.value)
    assert remembered_model(index, "") is None
    remember_model(index, "mine", "")
    write("boat.md", "The boat was painted red in June.")
    with Library(made.settings) as library:
        library.ingest([notes], dry_run=True)
        assert listing(index) == before
        report = library.ingest([notes])
        assert (report.plan.added, report.chunks_reused) == (("notes/boat.md",), 0)
        assert "red" in library.ask("What colour was the boat?").text
        assert library.verify().problems == ()
    assert remembered_model(index, "") is None
    assert not witness.exists()


def test_an_index_that_was_agreed_to_opens_wherever_it_is_moved_to_and_its_maker_can_send_no_other(
    made: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = made.settings.index
    shutil.copytree(index, tmp_path / "sent later")
    become_another(monkeypatch, tmp_path / "another")
    trust_index(index)
    index.rename(tmp_path / "moved")
    with Library(made.settings.model_copy(update={"index": tmp_path / "moved"})) as moved:
        assert "blue" in moved.ask("What colour was the boat?").text
        assert moved.verify().problems == ()
        assert moved.ingest().plan.is_empty
    assert standing(tmp_path / "sent later") is Standing.STRANGE
    with pytest.raises(UsageError, match="There is no index in"):
        trust_index(tmp_path / "nowhere")


def test_the_command_agrees_to_an_index_and_takes_it_back(
    made: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become_another(monkeypatch, tmp_path / "another")
    index = made.settings.index

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "rag_bot", *arguments]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path, check=False
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    code, said = run("trust", str(index))
    assert (code, said.splitlines()) == (2, [said])
    assert "was not made here, and may hold what others wrote. It counts once you agree: say so with --yes." in said
    assert not is_own(index)
    assert run("trust", str(index), "--yes") == (0, f"The index in {index} counts as made here.")
    assert run("--index", str(index), "search", "boat")[0] == 0
    assert json.loads(run("trust", str(index), "--forget", "--json")[1]) == {"index": str(index), "agreed": False}
    assert run("--index", str(index), "search", "boat")[0] == 1
    assert run("trust", str(tmp_path / "nowhere"), "--yes")[0] == 2


def test_an_index_of_an_earlier_version_is_taken_up_at_home_and_asked_about_elsewhere(
    made: Library, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = made.settings.index
    for mark in index.rglob(MARK_NAME):
        mark.unlink()
    assert standing(index) is Standing.STRANGE
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data" / "rag-bot").mkdir(parents=True)
    home = index.rename(tmp_path / "data" / "rag-bot" / "index")
    with Library(made.settings.model_copy(update={"index": home})) as library:
        assert "blue" in library.ask("What colour was the boat?").text
        write("boat.md", "The boat was painted red in June.")
        assert library.ingest().chunks_embedded == 1
    assert read_mark(home)
    (store,) = home.glob("store-*")
    assert read_mark(store) == read_mark(home)


@pytest.mark.parametrize("use", ["ingest", "repair"])
def test_an_own_index_whose_database_names_a_function_runs_nothing_and_is_mended(
    made: Library, write: Write, code_that_runs: dict[str, Any], witness: Path, use: str
) -> None:
    name_function(made.settings.index, code_that_runs)
    write("boat.md", "The boat was painted red in June.")
    if use == "ingest":
        with pytest.raises(IndexUnusable, match=r"somebody has changed it.*verify --repair"):
            made.ingest()
    assert any("somebody has changed it" in problem.text for problem in made.verify().problems)
    made.verify(repair=True)
    assert made.ingest().plan.counts["changed"] == 1
    assert "red" in made.ask("What colour was the boat?").text
    assert made.verify().problems == ()
    assert not witness.exists()


def test_a_question_and_a_rescue_build_no_function_either(
    made: Library,
    code_that_runs: dict[str, Any],
    witness: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = made.settings.index
    name_function(index, code_that_runs)
    monkeypatch.setattr(indexes, "SMALL_LIBRARY", 0)
    with pytest.raises(IndexUnusable, match="somebody has changed it"):
        made.search("boat")
    with index_lock(index):
        assert rescue_catalogue(index, {}) == 1  # the catalogue's own vector
    assert list(vectors.every_collection(index / "store-1")) == []
    assert not witness.exists()


@pytest.mark.parametrize(
    "change",
    [
        """CREATE TRIGGER later AFTER UPDATE ON acquire_write BEGIN UPDATE collections SET schema_str = ''; END""",
        """ALTER TABLE collections RENAME TO others; CREATE VIEW collections AS SELECT * FROM others""",
        """ALTER TABLE collections ADD COLUMN more TEXT GENERATED ALWAYS AS (name) VIRTUAL""",
        """UPDATE collections SET config_json_str = '{"embedding_function": {"type": "known", "name": "default"}}'""",
        """UPDATE collections SET config_json_str = '{"deep": [{"type": "known", "name": "default"}]}'""",
        """UPDATE collections SET config_json_str =
           '{"embedding_function": {"type": "legacy"}, "embedding_function": {"type": "legacy"}}'""",
        """UPDATE collections SET schema_str = '{not JSON'""",
    ],
)
def test_a_database_that_could_name_a_function_in_any_way_is_not_opened(tmp_path: Path, change: str) -> None:
    import numpy as np

    with closing(VectorIndex(tmp_path, "model", create=True)) as made:
        made.upsert(["key"], np.eye(1, 4, dtype=np.float32))
    with closing(VectorIndex(tmp_path, "model")) as again:
        assert again.keys() == {"key"}
    with closing(sqlite3.connect(tmp_path / "chroma" / "chroma.sqlite3")) as db:
        db.executescript(change)
    with closing(VectorIndex(tmp_path, "model")) as changed, pytest.raises(IndexUnusable, match="changed it"):
        changed.keys()


def test_a_store_that_leads_out_of_the_index_is_refused(made: Library, tmp_path: Path) -> None:
    shutil.move(made.settings.index / "store-1", tmp_path / "elsewhere")
    with closing(sqlite3.connect(made.settings.index / "catalogue.sqlite3")) as db, db:
        db.execute("UPDATE meta SET value = '../elsewhere' WHERE name = 'store'")
    with pytest.raises(IndexUnusable, match=r"'\.\./elsewhere' as its store"):
        made.ask("What colour was the boat?")


@pytest.mark.parametrize("command", ["ingest", "verify", "ask"])
def test_a_folder_that_holds_other_things_is_refused_untouched(
    library: Library, notes: Path, write: Write, command: str
) -> None:
    write("boat.md", "The boat was painted blue in May.")
    index = library.settings.index
    for folder in ("chroma", "tantivy", "store-1/chroma", "store-1/tantivy", "rescue", "src"):
        (index / folder).mkdir(parents=True)
        (index / folder / "chroma.sqlite3").write_text("of another program")
    index.chmod(0o755)
    before, mode = listing(index), index.stat().st_mode
    uses: dict[str, Callable[[], object]] = {
        "ingest": lambda: library.ingest([notes]),
        "verify": lambda: library.verify(repair=True),
        "ask": lambda: library.ask("What colour was the boat?"),
    }
    with pytest.raises(IndexUnusable, match=OTHER_THINGS):
        uses[command]()
    assert (listing(index), index.stat().st_mode) == (before, mode)


@pytest.mark.parametrize("name", ["writer.lock", "writer.json", "roots.json", "catalogue.sqlite3", MARK_NAME])
def test_nothing_is_written_through_a_link(
    library: Library, notes: Path, write: Write, tmp_path: Path, name: str
) -> None:
    write("boat.md", "The boat was painted blue in May.")
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    library.settings.index.mkdir()
    (library.settings.index / name).symlink_to(precious)
    with pytest.raises(IndexUnusable, match=OTHER_THINGS):
        library.ingest([notes])
    assert precious.read_text() == "years of work"


def test_what_others_put_into_an_index_stays_through_syncs_rebuilds_and_rescues(
    made: Library, notes: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = made.settings.index
    theirs = ["chroma/a", "tantivy/a", "store-1/src/a", "store-2/chroma/a", "store-7/tantivy/a", "notes.txt"]
    for name in theirs:
        (index / name).parent.mkdir(parents=True, exist_ok=True)
        (index / name).write_text("precious")
    outside = tmp_path / "outside"
    (outside / "chroma").mkdir(parents=True)
    (outside / "chroma" / "a").write_text("precious")
    shutil.copy(index / MARK_NAME, outside)
    (index / "store-9").symlink_to(outside)
    for number in range(2):
        write("boat.md", f"The boat was painted {number} times.")
        made.ingest()
        with index_lock(index):
            remove_other_folders(index, next_folder(index, "store-1"))
    (index / "catalogue.sqlite3").write_bytes(b"noise, " * 1000)
    assert made.verify(repair=True).problems == ()
    become_another(monkeypatch, tmp_path / "another")
    made.ingest([notes])
    assert {name: (index / name).read_text() for name in theirs} == dict.fromkeys(theirs, "precious")
    assert (outside / "chroma" / "a").read_text() == "precious"
    assert made.verify().problems == ()


def test_another_s_folder_where_a_rescue_would_work_is_left_alone(made: Library) -> None:
    index = made.settings.index
    (index / "rescue").mkdir()
    (index / "rescue" / "a").write_text("precious")
    (index / "catalogue.sqlite3").write_bytes(b"noise, " * 1000)
    with pytest.raises(IndexUnusable, match="rescue cannot be made"):
        made.verify(repair=True)
    assert (index / "rescue" / "a").read_text() == "precious"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_can_read_an_index_also_where_the_folder_was_there_before(
    library: Library, notes: Path, write: Write
) -> None:
    write("boat.md", "The boat was painted blue in May.")
    index = library.settings.index
    index.mkdir(mode=0o755)
    index.chmod(0o755)
    library.ingest([notes])
    for path in index.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    index.chmod(0o755)
    theirs = index / "theirs.txt"
    theirs.write_text("not ours to close")
    theirs.chmod(0o644)
    library.ingest()
    wide = {path.name for path in (index, *index.rglob("*")) if path.stat().st_mode & 0o077}
    assert wide == {"theirs.txt"}


def test_no_file_in_the_current_folder_passes_for_a_module_of_a_child(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('code of the current folder ran')")
    command = module_command("rag_bot.store.rescue", str(tmp_path / "index"), str(tmp_path / "vectors.npz"))
    done = subprocess.run(command, cwd=tmp_path, env=child_environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_of_variables_in_the_current_folder_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("chroma_api_impl=theirs.Api\nchroma_product_telemetry_impl=theirs.Api\n")
    (tmp_path / "theirs.py").write_text("raise SystemExit('code of the current folder ran')")
    script = (
        "import pathlib, sys, numpy; sys.path.append('.')\n"
        "from rag_bot.store.vectors import VectorIndex\n"
        "index = VectorIndex(pathlib.Path('store'), 'model', create=True)\n"
        "index.upsert(['key'], numpy.eye(1, 4, dtype='float32')); print(index.keys())"
    )
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=child_environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "{'key'}\n"), done.stderr


def test_two_who_begin_one_index_agree_on_its_mark(tmp_path: Path) -> None:
    claim(_folder(tmp_path / "index"))
    first = read_mark(tmp_path / "index")
    claim(tmp_path / "index")
    assert read_mark(tmp_path / "index") == first
    assert standing(tmp_path / "index") is Standing.OWN


@pytest.mark.parametrize("mark", ["", "{", "[]", '{"id": 1}', '{"id": "../../x"}', '{"id": "' + "0" * 2000 + '"}'])
def test_a_mark_that_is_none_of_ours_is_none(tmp_path: Path, mark: str) -> None:
    (tmp_path / MARK_NAME).write_text(mark)
    assert standing(tmp_path) is Standing.OTHER


def test_settings_alone_make_a_shipped_index_anew(
    made: Library, notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become_another(monkeypatch, tmp_path / "another")
    with Library(Settings(**{**made.settings.model_dump(), "notes": (notes,)})) as library:
        assert library.ingest().plan.added == ("notes/boat.md",)
        assert "blue" in library.ask("What colour was the boat?").text


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
