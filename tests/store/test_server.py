"""An index with its vectors on a Chroma server: whatever becomes of it, nothing is lost, and one line says it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from rag_bot import IndexUnusable, Library
from rag_bot.cli import main
from rag_bot.errors import UsageError
from rag_bot.ingestion import apply
from rag_bot.records import Progress
from rag_bot.settings import Settings, load_settings
from rag_bot.store import indexes
from rag_bot.store import server as server_module
from rag_bot.store.ownership import read_mark
from rag_bot.store.server import ServerUnusable, remote_place, wanted_url
from tests.chroma import ChromaServer, chroma_server
from tests.index_contents import contents, inner_differences

Write = Callable[..., Path]
QUESTIONS = ("Where does boat number 7 lie?", "harbour 49", "Which boat has sunk?")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ChromaServer]:
    """A Chroma server that this test may kill."""
    with chroma_server(tmp_path / "server") as started:
        yield started


@pytest.fixture(autouse=True)
def _small_libraries_are_searched_through_chroma_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "SMALL_LIBRARY", 0)


@pytest.fixture
def settings(tmp_path: Path, model_cache: Path, write: Write) -> Settings:
    for number in range(20):
        write(f"{number}.md", f"The boat number {number} lies in harbour {number * 7}.")
    return Settings(notes=(), index=tmp_path / "index", cache=model_cache)


def with_vectors(settings: Settings, server: ChromaServer) -> Library:
    return Library(settings.model_copy(update={"vectors": server.url}))


def found(library: Library) -> list[list[tuple[str, float]]]:
    return [[(hit.chunk.location, round(hit.score, 4)) for hit in library.search(asked)] for asked in QUESTIONS]


def own_collections(server: ChromaServer, library: Library) -> dict[str, int]:
    """Of this index, by the name of the store."""
    identity = read_mark(library.settings.index)
    return {name.split("-", 4)[-1]: count for name, count in server.collections().items() if identity in name}


def test_the_same_notes_give_the_same_answers_from_a_server_as_from_the_folder(
    settings: Settings, notes: Path, write: Write, server: ChromaServer, tmp_path: Path
) -> None:
    folder = Library(settings.model_copy(update={"index": tmp_path / "beside"}))
    with folder as here, with_vectors(settings, server) as there:
        for library in (here, there):
            library.ingest([notes])
        assert found(there) == found(here)
        write("3.md", "The boat number 3 has sunk.")
        (notes / "4.md").unlink()
        for library in (here, there):
            library.ingest()
        assert found(there) == found(here)
        assert there.search("Which boat has sunk?")[0].chunk.note_path == "notes/3.md"
        assert there.verify().problems == ()
        assert inner_differences(contents(there.settings.index)) == []
        assert own_collections(server, there) == {"store-1": 19}
        assert not (there.settings.index / "store-1" / "chroma").exists()


def test_no_text_and_no_name_of_a_note_is_on_the_server(
    settings: Settings, notes: Path, own_server: ChromaServer
) -> None:
    with with_vectors(settings, own_server) as library:
        library.ingest([notes])
        library.search("boat")
    (collection,) = httpx.get(own_server.api).json()
    asked = {"include": ["documents", "metadatas", "uris"]}
    held = httpx.post(f"{own_server.api}/{collection['id']}/get", json=asked).json()
    assert len(held["ids"]) == 20
    assert {value for part in ("documents", "metadatas", "uris") for value in held[part] or ()} == {None}
    own_server.stop()
    written = b"".join(path.read_bytes() for path in own_server.folder.rglob("*") if path.is_file())
    assert b"harbour" not in written
    assert str(notes).encode() not in written


def test_vectors_move_between_folder_and_server_without_being_embedded_again(
    settings: Settings, notes: Path, server: ChromaServer
) -> None:
    with Library(settings) as here, with_vectors(settings, server) as there:
        here.ingest([notes])
        before = found(here)
        for library, stores in ((there, {"store-2": 20}), (here, {})):
            assert library.ingest().chunks_embedded == 0
            assert found(library) == before
            assert library.verify().problems == ()
            assert own_collections(server, there) == stores
        assert (settings.index / "store-3" / "chroma").is_dir()


def test_vectors_come_back_from_a_server_that_is_gone_and_what_stays_there_is_told_as_no_failure(
    settings: Settings, notes: Path, own_server: ChromaServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with with_vectors(settings, own_server) as there:
        there.ingest([notes])
    (left,) = own_server.collections()
    own_server.stop()
    with Library(settings) as here:
        assert here.ingest().chunks_embedded == 0
        assert here.verify().problems == ()
    told = capsys.readouterr().err
    assert told.startswith("rag-bot: The vectors have moved. ")
    assert f"the collection {left} is left there; nothing needs it" in told


def test_an_index_alone_sends_nothing_to_a_server_that_the_setting_does_not_name(
    settings: Settings, notes: Path, server: ChromaServer
) -> None:
    with with_vectors(settings, server) as there:
        there.ingest([notes])
    with Library(settings) as here:
        for use in (lambda: here.search("boat"), here.verify, lambda: here.verify(repair=True)):
            with pytest.raises(
                IndexUnusable, match=r"which the setting vectors does not name.*rag-bot ingest"
            ) as caught:
                use()
            assert "\n" not in str(caught.value)


def test_a_copy_of_an_index_and_the_index_do_not_write_over_each_other(
    settings: Settings, notes: Path, write: Write, server: ChromaServer, tmp_path: Path
) -> None:
    with with_vectors(settings, server) as library:
        library.ingest([notes])
        before = found(library)
        shutil.copytree(settings.index, tmp_path / "copy")
        with with_vectors(settings.model_copy(update={"index": tmp_path / "copy"}), server) as copy:
            assert found(copy) == before
            write("3.md", "The boat number 3 has sunk.")
            assert copy.ingest().chunks_embedded == 1
            assert copy.verify().problems == ()
        assert found(library) == before
        assert library.ingest().chunks_embedded == 1
        assert library.verify().problems == ()


def test_a_server_that_dies_in_a_sync_costs_nothing_and_the_state_before_answers(
    settings: Settings, notes: Path, write: Write, own_server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "ENTRY_BATCH", 5)

    def kill(progress: Progress) -> None:
        if progress.stage == "index":
            own_server.stop()

    with with_vectors(settings, own_server) as library:
        library.ingest([notes])
        before = found(library)
        for number in range(20, 40):
            write(f"{number}.md", f"The boat number {number} lies in harbour {number * 7}.")
        write("3.md", "The boat number 3 has sunk.")
        with pytest.raises(
            ServerUnusable, match=r"cannot be reached: Connection refused\. Start it, and try again\. Nothing is lost"
        ) as caught:
            library.ingest(on_progress=kill)
        assert "\n" not in str(caught.value)
        with pytest.raises(ServerUnusable, match="cannot be reached"):
            library.search("boat")
        with pytest.raises(ServerUnusable, match="cannot be reached"):
            library.verify()
        assert "cannot be reached" in library.status().runs[0].error
        own_server.start()
        assert found(library) == before
        report = library.ingest()
        assert (report.chunks_embedded, report.chunks_reused) == (0, 21)
        assert library.search("Which boat has sunk?")[0].chunk.note_path == "notes/3.md"
        assert library.verify().problems == ()
        assert own_collections(own_server, library) == {"store-1": 40}


def test_a_server_that_is_not_there_is_noticed_before_anything_is_embedded(
    settings: Settings, notes: Path, own_server: ChromaServer
) -> None:
    own_server.stop()
    stages: list[str] = []
    with with_vectors(settings, own_server) as library:
        with pytest.raises(ServerUnusable, match="cannot be reached"):
            library.ingest([notes], on_progress=lambda progress: stages.append(progress.stage))
        assert stages == []
        own_server.start()
        assert library.ingest([notes]).chunks_embedded == 20


def test_an_open_library_asks_a_server_that_was_started_again(
    settings: Settings, notes: Path, own_server: ChromaServer
) -> None:
    with with_vectors(settings, own_server) as library:
        library.ingest([notes])
        before = found(library)
        own_server.stop()
        own_server.start()
        assert found(library) == before


def _emptied(server: ChromaServer, older: Path, collection: str) -> None:
    del older, collection
    server.stop()
    shutil.rmtree(server.folder)
    server.start()


def _restored(server: ChromaServer, older: Path, collection: str) -> None:
    del collection
    server.stop()
    shutil.rmtree(server.folder)
    shutil.copytree(older, server.folder)
    server.start()


def _without_one(server: ChromaServer, older: Path, collection: str) -> None:
    del older
    identity = server.identity(collection)
    (key,) = httpx.post(f"{server.api}/{identity}/get", json={"include": [], "limit": 1}).json()["ids"]
    httpx.post(f"{server.api}/{identity}/delete", json={"ids": [key]}).raise_for_status()


@pytest.mark.parametrize("mend", ["ingest", pytest.param("verify --repair", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (_emptied, "no longer has this index's vectors"),
        (_restored, "has other vectors than those of this index's last sync"),
        (_without_one, "has other vectors than those of this index's last sync"),
    ],
)
def test_what_a_server_has_lost_is_said_and_entered_again_from_the_index(
    settings: Settings,
    notes: Path,
    write: Write,
    own_server: ChromaServer,
    tmp_path: Path,
    lose: Callable[[ChromaServer, Path, str], None],
    said: str,
    mend: str,
) -> None:
    with with_vectors(settings, own_server) as library:
        library.ingest([notes])
        own_server.stop()
        shutil.copytree(own_server.folder, tmp_path / "older")
        own_server.start()
        write("3.md", "The boat number 3 has sunk.")
        library.ingest()
        before = found(library)
        library.close()
        lose(own_server, tmp_path / "older", next(iter(own_server.collections())))
        with pytest.raises(IndexUnusable, match=rf"{said}.*Run `rag-bot ingest`") as caught:
            library.search("boat")
        assert "\n" not in str(caught.value)
        assert said in " ".join(problem.text for problem in library.verify().problems)
        if mend == "ingest":
            assert library.ingest().chunks_embedded == 0
            assert library.verify().problems == ()
        else:
            assert library.verify(repair=True).problems == ()
        assert found(library) == before
        assert own_collections(own_server, library) == {"store-2": 20}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("chroma:8000", "no address of a Chroma server"),
        ("http://", "no address of a Chroma server"),
        ("https://me:secret@host", "without a password.*RAG_BOT_VECTORS_TOKEN"),
        ("http://chroma.example.org:8000", "encrypted only"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_before_there_is_an_index(
    settings: Settings, notes: Path, address: str, said: str
) -> None:
    with Library(settings.model_copy(update={"vectors": address})) as library:
        with pytest.raises(UsageError, match=said) as caught:
            library.ingest([notes])
        assert "secret" not in str(caught.value)
    assert not settings.index.exists()


def test_addresses_are_compared_without_the_slash_at_their_end() -> None:
    assert wanted_url("http://127.0.0.1:8000/") == wanted_url("http://127.0.0.1:8000")
    assert wanted_url("https://chroma.example.org/here/") == "https://chroma.example.org/here"
    assert wanted_url("") == ""


def test_a_server_that_is_none_of_chroma_is_said_to_be_that(
    settings: Settings, notes: Path, server: ChromaServer
) -> None:
    told = settings.model_copy(update={"vectors": f"{server.url}/elsewhere"})
    with Library(told) as library, pytest.raises(ServerUnusable, match=r"answers \(404\), but not as Chroma"):
        library.ingest([notes])


def test_a_folder_that_came_from_elsewhere_sends_vectors_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rag-bot.toml").write_text('vectors = "https://chroma.example.org"\n')
    monkeypatch.chdir(tmp_path)
    assert load_settings().vectors == ""
    assert "also sets vectors. It doesn't count until you agree" in capsys.readouterr().err


def test_a_server_that_never_answers_is_not_waited_for_for_ever(
    settings: Settings, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_ANSWER_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = settings.model_copy(update={"vectors": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        with Library(told) as library, pytest.raises(ServerUnusable, match="does not answer within 1 seconds"):
            library.ingest([notes])


def test_status_says_where_the_vectors_are(
    settings: Settings,
    notes: Path,
    server: ChromaServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with with_vectors(settings, server) as library:
        library.ingest([notes])
        assert library.status().server == server.url
    monkeypatch.setenv("RAG_BOT_INDEX", str(settings.index))
    with pytest.raises(SystemExit) as ended:
        main(["status"])
    assert not ended.value.code
    assert f"(20 vectors on {server.url})" in capsys.readouterr().out


def test_a_server_on_another_machine_is_told_from_one_on_this() -> None:
    assert remote_place("https://chroma.example.org/here") == "chroma.example.org"
    assert remote_place("http://192.168.1.7:8000") == "192.168.1.7:8000"
    for nowhere in ("", "http://127.0.0.1:8000", "http://localhost:8000", "http://chroma.example.org", "no address"):
        assert remote_place(nowhere) == ""
